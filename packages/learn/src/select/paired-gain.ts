/** How much less one model loses than another on the same rows, and how sure that is. */
import type { Tried } from "../model.ts";

/** Mean and standard error of the differences. Losses of the same rows, shape (nRows). O(rows). */
export function pairedGain(losses: Float64Array, than: Float64Array): { readonly mean: number; readonly error: number } {
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < losses.length; row++) {
    const gain = than[row]! - losses[row]!;
    sum += gain;
    squares += gain * gain;
  }
  const count = Math.max(1, losses.length);
  return { mean: sum / count, error: Math.sqrt(Math.max(0, squares - (sum * sum) / count)) / count };
}

/** Whether a model loses less by more than one standard error of the difference (Breiman, Friedman, Olshen, Stone, 1984, section 3.4.3). */
export function wins(losses: Float64Array, than: Float64Array): boolean {
  const { mean, error } = pairedGain(losses, than);
  return mean > error;
}

/** Normal quantile of 95 % intervals. */
const REACH = 1.96;

/** What was tried, in shares of what the first loses. O(rows x models). */
export function triedOf(models: readonly { readonly learner: string; readonly losses: Float64Array }[]): Tried[] {
  const meanOf = (losses: Float64Array): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const first = models[0]!.losses;
  const whole = meanOf(first) || 1;
  return models.map(({ learner, losses }) => {
    const { mean, error } = pairedGain(losses, first);
    return {
      learner,
      loss: meanOf(losses),
      gain: mean / whole,
      lower: (mean - REACH * error) / whole,
      upper: (mean + REACH * error) / whole,
    };
  });
}
