/**
 * How well single groups of held-out rows fare: by each level of the categories that the model reads, and by the columns that it must not read
 * but is answerable for. An interval says what chance alone would make of so few rows (Clopper & Pearson 1934, 95 %).
 */
import type { Table } from "#learn/data/table";
import { clopperPearsonLower } from "#learn/math/binomial";
import type { Slice } from "#records/model-version";

export interface SliceColumn {
  readonly name: string;
  /** What the model does not read. */
  readonly isProtected: boolean;
  readonly values: readonly (string | null)[];
}

/** Groups of fewer rows say nothing. */
const LEAST_ROWS = 30;
/** Levels of a column, the most frequent. */
const LEVELS = 20;
const MISSING = "missing";
/** A column with more values is no grouping of rows. */
const MOST_LEVELS = 50;

/** Worst first: by the upper end of the interval, so that a few unlucky rows do not come first. O(rows x columns). */
export function slicesOf(columns: readonly SliceColumn[], right: Uint8Array, predicted: readonly string[]): Slice[] {
  const slices = columns.flatMap(({ name, isProtected, values }) => {
    const rowsOf = Map.groupBy(values.keys(), (row) => values[row] ?? MISSING);
    const levels = [...rowsOf].filter(([, rows]) => rows.length >= LEAST_ROWS).sort(([, a], [, b]) => b.length - a.length);
    return levels.slice(0, LEVELS).map(([value, rows]): Slice => {
      const hits = rows.reduce((sum, row) => sum + right[row]!, 0);
      return {
        column: name,
        protected: isProtected,
        value,
        rows: rows.length,
        accuracy: hits / rows.length,
        lower: clopperPearsonLower(hits, rows.length, 0.025),
        upper: 1 - clopperPearsonLower(rows.length - hits, rows.length, 0.025),
        decided: shares(rows.map((row) => predicted[row]!)),
      };
    });
  });
  return slices.sort((a, b) => a.upper - b.upper || a.accuracy - b.accuracy);
}

/** The three outcomes that are decided most often. */
function shares(outcomes: readonly string[]): Slice["decided"] {
  return [...Map.groupBy(outcomes, (outcome) => outcome)]
    .map(([outcome, rows]) => ({ outcome, share: rows.length / outcomes.length }))
    .sort((a, b) => b.share - a.share || (a.outcome < b.outcome ? -1 : 1))
    .slice(0, 3);
}

/** Columns of few levels that the model reads. */
export function categoriesOf({ columns }: Table, read: readonly string[]): SliceColumn[] {
  return read.flatMap((name) => {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    return column?.type === "string" && new Set(column.values).size <= MOST_LEVELS
      ? [{ name, isProtected: false, values: column.values }]
      : [];
  });
}
