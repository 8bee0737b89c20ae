/**
 * Counts with a mean and a variance that is `ratio` times the mean, above 1: the negative binomial distribution. Sums of independent ones with one ratio
 * are of the same kind, so that demands of single steps and of a lead time go together.
 */
import { normalQuantile, normalShare } from "./normal.ts";

/** Greater means are as good as normal, cube roots of them. */
const MANY = 500;

/** The shares of counts below `value` and at or below it. `mean` above 0, `ratio` above 1. O(value), O(1) of great means. */
export function countShares(mean: number, ratio: number, value: number): { below: number; upTo: number } {
  if (value < 0) return { below: 0, upTo: 0 };
  if (mean > MANY) {
    const spread = ratio / mean / 9;
    const upTo = normalShare((Math.cbrt(value / mean) - 1 + spread) / Math.sqrt(spread));
    return { below: upTo, upTo };
  }
  const size = mean / (ratio - 1); // r of the distribution, its p is 1 / ratio
  const fall = 1 - 1 / ratio;
  let share = Math.exp(-size * Math.log(ratio));
  let sum = share;
  let below = 0;
  for (let count = 1; count <= value; count++) {
    share *= ((size + count - 1) / count) * fall;
    below = sum;
    sum += share;
  }
  return { below, upTo: Math.min(1, sum) };
}

/** The least count below or at which the share `level` lies. O(count). */
export function countQuantile(mean: number, ratio: number, level: number): number {
  if (mean > MANY) {
    // Wilson & Hilferty 1931, for the gamma distribution of the same mean and variance.
    const spread = ratio / mean / 9;
    return Math.max(0, Math.round(mean * Math.max(0, 1 - spread + normalQuantile(level) * Math.sqrt(spread)) ** 3));
  }
  const size = mean / (ratio - 1);
  const fall = 1 - 1 / ratio;
  let share = Math.exp(-size * Math.log(ratio));
  let sum = share;
  let count = 0;
  const most = mean + 60 * Math.sqrt(mean * ratio) + 60 * ratio;
  while (sum < level && count < most) {
    count++;
    share *= ((size + count - 1) / count) * fall;
    sum += share;
  }
  return count;
}
