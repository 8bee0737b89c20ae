/** The rule by which a model that costs more is taken: its log-loss must be lower by more than chance would make it. */

/** A row that is taken for impossible is one error, not the end of a model. */
const LEAST = 1e-3;

/**
 * Whether the log-loss of the first is lower on these rows by more than one standard error of the difference. Probabilities have the shape (nRows,
 * nClasses), labels are class indices. O(rows).
 */
export function winsByLogLoss(
  one: Float32Array,
  other: Float32Array,
  rows: Iterable<number>,
  labels: Uint32Array,
  classCount: number,
): boolean {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const row of rows) {
    const at = row * classCount + labels[row]!;
    const gain = Math.log(Math.max(one[at]!, LEAST) / Math.max(other[at]!, LEAST));
    count++;
    sum += gain;
    squares += gain * gain;
  }
  return sum > Math.sqrt(Math.max(0, squares - (sum * sum) / Math.max(1, count)));
}
