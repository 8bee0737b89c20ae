/**
 * Scores to probabilities without overflow: the greatest score is taken off before the exponential.
 */

/** Replaces `values[from .. from + count)` by their softmax. O(count). */
export function softmaxInPlace(values: Float32Array | Float64Array, from: number, count: number): void {
  let greatest = -Infinity;
  for (let at = from; at < from + count; at++) if (values[at]! > greatest) greatest = values[at]!;
  let sum = 0;
  for (let at = from; at < from + count; at++) {
    const power = Math.exp(values[at]! - greatest);
    values[at] = power;
    sum += power;
  }
  for (let at = from; at < from + count; at++) values[at]! /= sum;
}

/** Index, counted from `from`, of the greatest of `count` values; the first of equals. O(count). */
export function argmax(values: Float32Array | Float64Array, from: number, count: number): number {
  let best = 0;
  for (let at = 1; at < count; at++) if (values[from + at]! > values[from + best]!) best = at;
  return best;
}
