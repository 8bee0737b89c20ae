/**
 * How much less one model loses than another on the same rows, and how sure that is. Rows may have weights: the error of a weighted mean is that of
 * rows drawn by chance (White: A Heteroskedasticity-Consistent Covariance Matrix Estimator, Econometrica 1980), one heavy row being one observation.
 */
import { totalWeight } from "../data/row-weights.ts";
import type { Tried } from "../model.ts";

/** Mean and standard error of the differences. Losses of the same rows, and what each counts for, null: 1; shape (nRows). O(rows). */
export function pairedGain(
  losses: Float64Array,
  than: Float64Array,
  weights: Float64Array | null,
): { readonly mean: number; readonly error: number } {
  const total = totalWeight(weights, losses.length) || 1;
  let sum = 0;
  for (let row = 0; row < losses.length; row++) sum += (weights ? weights[row]! : 1) * (than[row]! - losses[row]!);
  const mean = sum / total;
  let squares = 0;
  for (let row = 0; row < losses.length; row++) {
    squares += ((weights ? weights[row]! : 1) * (than[row]! - losses[row]! - mean)) ** 2;
  }
  return { mean, error: Math.sqrt(squares) / total };
}

/** Whether a model loses less by more than one standard error of the difference (Breiman, Friedman, Olshen, Stone, 1984, section 3.4.3). */
export function wins(losses: Float64Array, than: Float64Array, weights: Float64Array | null): boolean {
  const { mean, error } = pairedGain(losses, than, weights);
  return mean > error;
}

/** Normal quantile of 95 % intervals. */
const REACH = 1.96;

/** What was tried, in shares of what the first loses. O(rows x models). */
export function triedOf(
  models: readonly { readonly learner: string; readonly losses: Float64Array }[],
  weights: Float64Array | null,
): Tried[] {
  const meanOf = (losses: Float64Array): number =>
    losses.reduce((sum, loss, row) => sum + (weights ? weights[row]! : 1) * loss, 0) / totalWeight(weights, losses.length);
  const first = models[0]!.losses;
  const whole = meanOf(first) || 1;
  return models.map(({ learner, losses }) => {
    const { mean, error } = pairedGain(losses, first, weights);
    return {
      learner,
      loss: meanOf(losses),
      gain: mean / whole,
      lower: (mean - REACH * error) / whole,
      // Nobody loses less than nothing.
      upper: Math.min(1, (mean + REACH * error) / whole),
    };
  });
}
