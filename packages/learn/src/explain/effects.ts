/**
 * How what a model says goes with one field, the others being as they are: of numbers by accumulated local effects (Apley & Zhu: Visualizing the Effects of
 * Predictor Variables in Black Box Supervised Learning Models, JRSS B 2020), which change a value only as far as the next edge, so that no record is
 * asked about that could not be, as partial dependence does where fields go together; of levels, which have no next one, by partial dependence
 * (Friedman: Greedy Function Approximation, Annals of Statistics 2001, section 8.2).
 */
import type { Column, Table } from "../data/table.ts";
import { takeRows } from "../data/table.ts";

/** Shape (nRows, outputs), row-major: the value, or the probability of each class. */
export type Predict = (table: Table) => Float32Array | Float64Array;

export interface Effects {
  /** Numbers ascending, or levels, the most frequent first. */
  readonly at: readonly (number | string)[];
  /** By how much each output is more there than that of rows on average, shape (points, outputs). */
  readonly effects: Float64Array;
}

const INTERVALS = 20;
const LEVELS = 10;
/** Share of the rows that have a level that is looked at: of free texts there are none. */
const LEAST_SHARE = 0.01;

/** Null where the field does not vary or is neither number nor text. O(2 x predictions of the rows), of levels 11 x. */
export function effectsOf(predict: Predict, outputs: number, table: Table, field: string): Effects | null {
  const column = Object.hasOwn(table.columns, field) ? table.columns[field] : undefined;
  if (column?.type === "number") return effectsOfNumber(predict, outputs, table, field, column.values);
  if (column?.type === "string") return effectsOfLevels(predict, outputs, table, field, column.values);
  return null;
}

function effectsOfNumber(predict: Predict, outputs: number, table: Table, field: string, values: Float64Array): Effects | null {
  const known = Uint32Array.from(values.keys().filter((row) => Number.isFinite(values[row])));
  const sorted = Float64Array.from(known, (row) => values[row]!).sort();
  const share = (step: number): number => sorted[Math.round((step / INTERVALS) * (sorted.length - 1))]!;
  const edges = sorted.length === 0 ? [] : [...new Set(Array.from({ length: INTERVALS + 1 }, (_, step) => share(step)))];
  if (edges.length < 2) return null;
  // Interval k reaches from edge k to edge k + 1, which belongs to it.
  const intervalOf = Array.from(known, (row) => Math.max(0, edges.findIndex((edge) => edge >= values[row]!) - 1));
  const rows = takeRows(table, known);
  const said = (upper: 0 | 1): Float32Array | Float64Array =>
    predict(withColumn(rows, field, { type: "number", values: Float64Array.from(intervalOf, (k) => edges[k + upper]!) }));
  const [low, high] = [said(0), said(1)];
  const counts = new Float64Array(edges.length - 1);
  for (const k of intervalOf) counts[k]!++;
  const effects = new Float64Array(edges.length * outputs);
  for (let output = 0; output < outputs; output++) {
    const sums = new Float64Array(counts.length);
    intervalOf.forEach((k, row) => (sums[k]! += high[row * outputs + output]! - low[row * outputs + output]!));
    let [height, mean] = [0, 0];
    counts.forEach((count, k) => {
      const next = height + (count > 0 ? sums[k]! / count : 0);
      mean += (count * (height + next)) / 2 / known.length;
      height = next;
      effects[(k + 1) * outputs + output] = height;
    });
    for (let point = 0; point < edges.length; point++) effects[point * outputs + output]! -= mean;
  }
  return { at: edges, effects };
}

function effectsOfLevels(
  predict: Predict,
  outputs: number,
  table: Table,
  field: string,
  values: readonly (string | null)[],
): Effects | null {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= Math.max(2, LEAST_SHARE * values.length));
  const levels = frequent.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, LEVELS);
  if (levels.length < 2) return null;
  const effects = new Float64Array(levels.length * outputs);
  const usual = predict(table);
  levels.forEach(([level], point) => {
    const changed = predict(withColumn(table, field, { type: "string", values: Array.from(values, () => level) }));
    changed.forEach((value, at) => (effects[point * outputs + (at % outputs)]! += (value - usual[at]!) / table.rows));
  });
  return { at: levels.map(([level]) => level), effects };
}

function withColumn({ rows, columns }: Table, field: string, column: Column): Table {
  return { rows, columns: { ...columns, [field]: column } };
}
