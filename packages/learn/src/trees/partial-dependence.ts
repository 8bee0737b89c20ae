/**
 * How the mean score of rows depends on one column: the mean over rows of what the ensemble says when the column is set to a value.
 * Friedman: Greedy Function Approximation, Annals of Statistics 2001, section 8.2.
 */
import type { TreeColumn } from "./columns.ts";
import { rawScores } from "./score.ts";
import type { Scorer } from "./score.ts";

/**
 * Mean raw scores, shape (values, outputs). `values` are numbers, or codes of a category; NaN or -1 is missing. O(values x rows x trees x
 * depth): a few hundred rows are enough for a curve.
 */
export function partialDependence(
  scorer: Scorer,
  columns: readonly TreeColumn[],
  rows: number,
  column: number,
  values: Float64Array,
): Float64Array {
  const outputs = scorer.ensemble.start.length;
  const means = new Float64Array(values.length * outputs);
  values.forEach((value, point) => {
    const changed = columns.map((one, at): TreeColumn => {
      if (at !== column) return one;
      if (one.kind === "number") return { kind: "number", values: new Float64Array(rows).fill(value) };
      return { ...one, codes: new Int32Array(rows).fill(Number.isNaN(value) ? -1 : value) };
    });
    const scores = rawScores(scorer, changed, rows);
    scores.forEach((score, at) => (means[point * outputs + (at % outputs)]! += score / rows));
  });
  return means;
}
