/**
 * Smoothing of sums over 1, 2, ... steps, up to the usual interval between demands: sums have fewer zeros. The mean of what all say. Nikolopoulos,
 * Syntetos, Boylan, Petropoulos, Assimakopoulos: An Aggregate-disaggregate Intermittent Demand Approach (ADIDA), JORS 2011; Petropoulos &
 * Kourentzes: Forecast Combinations for Intermittent Demand, JORS 2015 (iMAPA: all levels of aggregation).
 */
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";

const alphas = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6];

/** O(interval x values). */
export function temporalAggregation({ values }: LocalSeries, horizon: number): LocalForecast {
  const demands = values.reduce((count, value) => count + Number(value !== 0), 0);
  if (demands === 0) return flat(0, horizon);
  const most = Math.max(1, Math.min(Math.round(values.length / demands), values.length >> 2));
  let sum = 0;
  for (let size = 1; size <= most; size++) sum += smoothed(sums(values, size)) / size;
  return flat(sum / most, horizon);
}

/** Sums of so many values each; those that are left over at the beginning are not used. */
function sums(values: Float64Array, size: number): Float64Array {
  const from = values.length % size;
  return Float64Array.from({ length: Math.floor(values.length / size) }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += values[from + at * size + k]!;
    return sum;
  });
}

/** Simple exponential smoothing from the mean, with the share of least squares. */
function smoothed(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  let best = { squares: Infinity, level: mean };
  for (const alpha of alphas) {
    let level = mean;
    let squares = 0;
    for (const value of values) {
      squares += (value - level) ** 2;
      level += alpha * (value - level);
    }
    if (squares < best.squares) best = { squares, level };
  }
  return best.level;
}
