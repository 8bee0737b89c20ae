/**
 * Weights of models whose values are added: least squares on rows that they did not see, none negative (Breiman: Stacked Regressions, Machine
 * Learning 1996). Of one model the weight mends what it says too little or too much throughout.
 */
import { totalWeight } from "../data/row-weights.ts";

/** `values` are those of one or two models, `counts` what each row counts for, null: 1; each of shape (nRows). O(rows). */
export function stackWeights(
  values: readonly [Float64Array] | readonly [Float64Array, Float64Array],
  truth: Float64Array,
  counts: Float64Array | null,
): number[] {
  const [one, other] = values;
  const dot = (a: Float64Array, b: Float64Array): number => dotProduct(a, b, counts);
  const alone = (model: Float64Array): number => Math.max(0, dot(model, truth) / (dot(model, model) || 1));
  if (!other) return [alone(one)];
  const [aa, ab, bb] = [dot(one, one), dot(one, other), dot(other, other)];
  const [ay, by] = [dot(one, truth), dot(other, truth)];
  const determinant = aa * bb - ab * ab;
  if (determinant > 1e-12 * aa * bb) {
    const weights = [(bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant];
    if (weights.every((weight) => weight >= 0)) return weights;
  }
  const [first, second] = [alone(one), alone(other)];
  return first * ay >= second * by ? [first, 0] : [0, second]; // what the squares fall by
}

/** Mean squared error of values with the weight that is best for them. O(rows). */
export function weightedError(values: Float64Array, truth: Float64Array, counts: Float64Array | null): number {
  const [weight] = stackWeights([values], truth, counts);
  const rest = truth.map((one, row) => weight! * values[row]! - one);
  return dotProduct(rest, rest, counts) / totalWeight(counts, truth.length);
}

function dotProduct(a: Float64Array, b: Float64Array, counts: Float64Array | null): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (counts ? counts[at]! : 1) * a[at]! * b[at]!;
  return sum;
}
