/** The rule by which a model of numbers that costs more is taken: its squared error must be less by more than chance would make it. */

/**
 * Whether the squared error of the first is less than that of the second by more than one standard error of the difference (Breiman, Friedman,
 * Olshen, Stone, 1984, section 3.4.3). All of equal length. O(rows).
 */
export function winsBySquaredError(one: Float64Array, other: Float64Array, truth: Float64Array): boolean {
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < truth.length; row++) {
    const gain = (other[row]! - truth[row]!) ** 2 - (one[row]! - truth[row]!) ** 2;
    sum += gain;
    squares += gain * gain;
  }
  return sum > Math.sqrt(Math.max(0, squares - (sum * sum) / Math.max(1, truth.length)));
}
