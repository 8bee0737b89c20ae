/**
 * Seasonal naive: the value of the same place in the last season, which of the longest there is; without a season the last value. The measure of
 * all other methods.
 */
import type { LocalForecast, LocalSeries } from "./method.ts";

/** O(horizon x periods). */
export function seasonalNaive({ values, periods }: LocalSeries, horizon: number): LocalForecast {
  const period = periods.at(-1) ?? 1;
  const last = values.subarray(values.length - period);
  const level = last.reduce((sum, value) => sum + value / period, 0);
  const mean = Float64Array.from({ length: horizon }, (_, step) => last[step % period]!);
  const seasons = periods.map((_, at) =>
    at === periods.length - 1 ? mean.map((value) => value - level) : new Float64Array(horizon),
  );
  return { mean, level, seasons };
}
