/**
 * The unit of errors of a series, before any forecast is made: what its values usually move by. Of counts with many zeros it is the variance over the
 * mean.
 */
import { countQuantile, countShares } from "../math/negative-binomial.ts";
import { normalQuantile, normalShare } from "../math/normal.ts";
import { seasonalScale } from "../metrics/forecast.ts";

/**
 * Mean absolute change from one value to the next, or over a season where that is less, of the latest values; 0 where nothing moves. Where no two are so
 * far apart, as of every other day, from one that is known to the next. Latest are 48 values or eight seasons: of half as many, series alike have
 * intervals a fifth apart by chance; of many more, what has calmed down is not seen to have. O(window).
 */
export function usualChange(values: Float64Array, period: number): number {
  const recent = values.subarray(Math.max(0, values.length - Math.max(48, 8 * period)));
  const scales = [1, period].map((lag) => seasonalScale(recent, lag)).filter((scale) => !Number.isNaN(scale));
  if (scales.length > 0) return Math.min(...scales);
  const change = seasonalScale(
    recent.filter((value) => !Number.isNaN(value)),
    1,
  );
  return Number.isNaN(change) ? 0 : change;
}

/** Variance over mean of counts, above 1. O(values). */
export function countRatio(values: Float64Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    squares += value * value;
  }
  if (sum === 0) return LEAST_RATIO;
  const mean = sum / count;
  // One more value at the mean keeps short series from being too sure.
  return Math.max(LEAST_RATIO, (squares / count - mean * mean) / mean);
}

const LEAST_RATIO = 1.05;
/** What is not sold at all may yet be sold: a demand in so many steps. */
const LEAST_MEAN = 0.01;

/** Counts that come in hundreds are counted in lots, so that no sum over single ones gets long. */
const MOST_RATIO = 200;
const lotOf = (ratio: number): number => Math.max(1, Math.floor(ratio / MOST_RATIO));

/** Where a count lies among those that a forecast expects, as a value of the normal distribution; `chance` in [0, 1) parts equal ones. */
export function countScore(mean: number, ratio: number, value: number, chance: number): number {
  const lot = lotOf(ratio);
  const { below, upTo } = countShares(Math.max(LEAST_MEAN, mean / lot), ratio / lot, Math.ceil(value / lot));
  return normalQuantile(Math.min(1 - 1e-6, Math.max(1e-6, below + chance * (upTo - below))));
}

/** The count at such a value of the normal distribution. */
export function countAt(mean: number, ratio: number, score: number): number {
  const lot = lotOf(ratio);
  return lot * countQuantile(Math.max(LEAST_MEAN, mean / lot), ratio / lot, Math.min(1 - 1e-9, normalShare(score)));
}
