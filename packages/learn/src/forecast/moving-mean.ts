/**
 * The mean of the last season, of the shortest there is, or of twelve steps without any: what moves is followed within a season, and what is not sold any
 * more is at zero after one.
 */
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";

/** O(period). */
export function movingMean({ values, periods }: LocalSeries, horizon: number): LocalForecast {
  const last = values.subarray(Math.max(0, values.length - (periods[0] ?? USUAL)));
  return flat(
    last.reduce((sum, value) => sum + value / last.length, 0),
    horizon,
  );
}

const USUAL = 12;
