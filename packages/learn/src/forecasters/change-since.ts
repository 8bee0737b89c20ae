/** What changed since the last forecast of a series, on the steps that both forecast, part by part. */
import type { Forecaster } from "../model.ts";

export interface ForecastChange {
  /** The first step that both forecast, on the grid of the panel; arrays go on from there. */
  readonly start: number;
  /** The mean now less the mean before: the sum of all that follows. */
  readonly mean: Float64Array;
  readonly level: number;
  readonly trend: Float64Array;
  /** In the order of `seasons` and `inputs` of the forecaster. */
  readonly seasons: readonly Float64Array[];
  readonly inputs: readonly Float64Array[];
  readonly limit: Float64Array;
}

/**
 * `series` and `before`: numbers of the series in the newer and the older forecaster, which have the same seasons and inputs. Null where they share no
 * step or one has no forecast. O(horizon x parts).
 */
export function changeSince(now: Forecaster, series: number, old: Forecaster, before: number): ForecastChange | null {
  const [next, last] = [now.explain(series), old.explain(before)];
  if (!next || !last) return null;
  const start = Math.max(now.origins[series]!, old.origins[before]!);
  const [from, earlier] = [start - now.origins[series]!, start - old.origins[before]!];
  const count = Math.min(now.horizon - from, old.horizon - earlier);
  if (count <= 0) return null;
  const less = (one: Float64Array, other: Float64Array): Float64Array =>
    Float64Array.from({ length: count }, (_, step) => one[from + step]! - other[earlier + step]!);
  return {
    start,
    mean: less(now.forecast(series)!.mean, old.forecast(before)!.mean),
    level: next.level - last.level,
    trend: less(next.trend, last.trend),
    seasons: next.seasons.map((part, at) => less(part, last.seasons[at]!)),
    inputs: next.inputs.map((part, at) => less(part, last.inputs[at]!)),
    limit: less(next.limit, last.limit),
  };
}
