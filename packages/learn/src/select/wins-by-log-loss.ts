/** The rule by which a model that costs more is taken: its log-loss must be lower by more than chance would make it. */
import { wins } from "./paired-gain.ts";

/** A row that is taken for impossible is one error, not the end of a model. */
const LEAST = 1e-3;

/** Log-loss of each of these rows. Probabilities have the shape (nRows, nClasses), labels are class indices. O(rows). */
export function logLosses(
  probabilities: Float32Array,
  rows: Iterable<number>,
  labels: Uint32Array,
  classCount: number,
): Float64Array {
  return Float64Array.from(rows, (row) => -Math.log(Math.max(probabilities[row * classCount + labels[row]!]!, LEAST)));
}

/** Whether the log-loss of the first is lower on these rows by more than one standard error of the difference. O(rows). */
export function winsByLogLoss(
  one: Float32Array,
  other: Float32Array,
  rows: Iterable<number>,
  labels: Uint32Array,
  classCount: number,
): boolean {
  const chosen = Uint32Array.from(rows);
  return wins(logLosses(one, chosen, labels, classCount), logLosses(other, chosen, labels, classCount), null);
}
