/** The rule by which a model of numbers that costs more is taken: its squared error must be less by more than chance would make it. */
import { wins } from "./paired-gain.ts";

/** Squared error of each row. O(rows). */
export function squaredErrors(values: Float64Array, truth: Float64Array): Float64Array {
  return values.map((value, row) => (value - truth[row]!) ** 2);
}

/** Whether the squared error of the first is less than that of the second by more than one standard error of the difference. O(rows). */
export function winsBySquaredError(
  one: Float64Array,
  other: Float64Array,
  truth: Float64Array,
  weights: Float64Array | null,
): boolean {
  return wins(squaredErrors(one, truth), squaredErrors(other, truth), weights);
}
