/**
 * How far off numbers are in single groups of held-out rows: by each level of the categories that the model reads, and by the columns that it must not
 * read but is answerable for.
 */
import type { NumberSlice } from "#records/model-version";
import type { SliceColumn } from "#stages/train/slices";

/** Groups of fewer rows say nothing. */
const leastRows = 30;
/** Levels of a column, the most frequent. */
const mostLevels = 20;
const missing = "missing";

/** `errors` are values less outcomes. Furthest off first. O(rows x columns). */
export function numberSlicesOf(columns: readonly SliceColumn[], errors: Float64Array): NumberSlice[] {
  const slices = columns.flatMap(({ name, isProtected, values }) => {
    const rowsOf = Map.groupBy(values.keys(), (row) => values[row] ?? missing);
    const levels = [...rowsOf].filter(([, rows]) => rows.length >= leastRows).sort(([, a], [, b]) => b.length - a.length);
    return levels.slice(0, mostLevels).map(([value, rows]): NumberSlice => {
      const mean = (of: (error: number) => number): number => rows.reduce((sum, row) => sum + of(errors[row]!), 0) / rows.length;
      return {
        column: name,
        protected: isProtected,
        value,
        rows: rows.length,
        mae: mean(Math.abs),
        bias: mean((error) => error),
      };
    });
  });
  return slices.sort((a, b) => b.mae - a.mae || (a.value < b.value ? -1 : 1));
}
