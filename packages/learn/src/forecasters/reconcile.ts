/**
 * Forecasts of series and of their sums that agree: each is moved, those least that erred least, until the sums are the sums. Wickramasuriya, Athanasopoulos,
 * Hyndman: Optimal Forecast Reconciliation for Hierarchical and Grouped Time Series through Trace Minimization, JASA 2019 (MinT), with the
 * covariance of errors shrunk to its diagonal (Schäfer & Strimmer 2005).
 *
 * In the form of constraints: C y = 0 with one row a sum, y' = y - W C' (C W C')^-1 C y. The covariance W is never made: the shrunk one is a
 * diagonal and the few errors of each series, so that only a system of the size of the sums is solved.
 */
import { factorise, solveFactored } from "../math/cholesky.ts";
import type { Groups } from "./sums.ts";

/**
 * Moves `means`, shape (series + sums, horizon), so that they agree. `errors`: those of the past in the unit of the series, shape (series + sums,
 * times), 0 where there is none. O(sums^3 + (series + sums) x times x horizon).
 */
export function reconcile(
  means: Float64Array,
  horizon: number,
  groups: Groups,
  errors: Float64Array,
  isNonNegative: boolean,
): void {
  const all = means.length / horizon;
  const sums = groups.length;
  const series = all - sums;
  const times = errors.length / all;
  const variances = Float64Array.from({ length: all }, (_, at) => {
    let square = 0;
    for (let time = 0; time < times; time++) square += errors[at * times + time]! ** 2;
    return square / Math.max(1, times);
  });
  const usual = variances.reduce((sum, one) => sum + one / all, 0);
  // Without errors to go by, sums vary as what they are made of.
  if (!(usual > 0)) for (let at = 0; at < all; at++) variances[at] = at < series ? 1 : groups[at - series]!.length;
  else for (let at = 0; at < all; at++) variances[at] = Math.max(variances[at]!, 1e-6 * usual);
  const shrunk = usual > 0 ? shrinkage(errors, variances, times) : 1;

  const system = new Float64Array(sums * sums);
  const contrasts = new Float64Array(sums * times); // C E
  const sumsOf: number[][] = Array.from({ length: series }, () => []);
  groups.forEach((members, sum) => {
    for (let time = 0; time < times; time++) contrasts[sum * times + time] = errors[(series + sum) * times + time]!;
    for (const member of members) {
      sumsOf[member]!.push(sum);
      for (let time = 0; time < times; time++) contrasts[sum * times + time]! -= errors[member * times + time]!;
    }
    system[sum * sums + sum]! += shrunk * variances[series + sum]!;
  });
  for (let member = 0; member < series; member++)
    for (const one of sumsOf[member]!)
      for (const other of sumsOf[member]!) system[one * sums + other]! += shrunk * variances[member]!;
  for (let one = 0; one < sums; one++) {
    for (let other = 0; other <= one; other++) {
      let product = 0;
      for (let time = 0; time < times; time++) product += contrasts[one * times + time]! * contrasts[other * times + time]!;
      if (times > 0) system[one * sums + other]! += ((1 - shrunk) * product) / times;
    }
  }
  const isSolvable = factorise(system, sums);
  const wrong = new Float64Array(sums);
  for (let step = 0; step < horizon; step++) {
    if (isSolvable) {
      groups.forEach((members, sum) => {
        wrong[sum] = means[(series + sum) * horizon + step]!;
        for (const member of members) wrong[sum] -= means[member * horizon + step]!;
      });
      const pull = solveFactored(system, wrong, sums);
      const common = new Float64Array(times); // E' C' z
      for (let sum = 0; sum < sums; sum++)
        for (let time = 0; time < times; time++) common[time]! += contrasts[sum * times + time]! * pull[sum]!;
      for (let member = 0; member < series; member++) {
        let move = 0;
        for (const sum of sumsOf[member]!) move -= shrunk * variances[member]! * pull[sum]!;
        for (let time = 0; time < times; time++) move += ((1 - shrunk) * errors[member * times + time]! * common[time]!) / times;
        const place = member * horizon + step;
        means[place]! -= move;
        if (isNonNegative) means[place] = Math.max(0, means[place]!);
      }
    }
    groups.forEach((members, sum) => {
      let total = 0;
      for (const member of members) total += means[member * horizon + step]!;
      means[(series + sum) * horizon + step] = total;
    });
  }
}

/** Series whose correlations the share is estimated on. */
const PAIRED = 200;

/** The share of the diagonal, in [0, 1]: the less sure correlations are, the more. O(PAIRED^2 x times). */
function shrinkage(errors: Float64Array, variances: Float64Array, times: number): number {
  if (times < 3) return 1;
  const all = variances.length;
  const stride = Math.max(1, all / PAIRED);
  const chosen = Array.from({ length: Math.min(all, PAIRED) }, (_, at) => Math.floor(at * stride));
  let [noise, signal] = [0, 0];
  for (const [at, one] of chosen.entries()) {
    for (const other of chosen.slice(0, at)) {
      const unit = Math.sqrt(variances[one]! * variances[other]!);
      let [sum, squares] = [0, 0];
      for (let time = 0; time < times; time++) {
        const product = (errors[one * times + time]! * errors[other * times + time]!) / unit;
        sum += product;
        squares += product * product;
      }
      const mean = sum / times;
      noise += (squares / times - mean * mean) / (times - 1);
      signal += mean * mean;
    }
  }
  return signal > 0 ? Math.min(1, Math.max(0, noise / signal)) : 1;
}
