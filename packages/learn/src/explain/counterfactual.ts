/**
 * What would have to be different in a record for the model to decide otherwise: the fewest fields, and of as few the nearest values that training rows
 * had (Wachter, Mittelstadt, Russell: Counterfactual Explanations without Opening the Black Box, Harvard JOLT 2018; values from training rows, so that
 * each is feasible by itself). A beam search over single changes. It says what the model goes by, not what would happen in the world.
 */
import type { Row, Table } from "../data/table.ts";
import { valueAt } from "../data/table.ts";
import { argmax } from "../math/softmax.ts";
import type { Classifier } from "../model.ts";

export interface Change {
  readonly field: string;
  readonly from: string | number | null;
  readonly to: string | number;
}

export interface Counterfactual {
  /** In the order in which they were found: the one that does most comes first. */
  readonly changes: readonly Change[];
  /** With the changes made, in the order of the model's classes. */
  readonly probabilities: Float32Array;
}

/** Values that a field may be changed to: numbers ascending, or levels. */
export type ChangeableValues = Readonly<Record<string, readonly (string | number)[]>>;

const QUANTILES = 20;
const LEVELS = 20;

/** Of the named columns of training rows: numbers at even shares of the rows, and the most frequent levels. O(rows log rows) a column. */
export function changeableValues(table: Table, fields: readonly string[]): ChangeableValues {
  const values: Record<string, readonly (string | number)[]> = {};
  for (const field of fields) {
    const column = table.columns[field];
    if (column?.type === "number") {
      const known = column.values.filter((value) => !Number.isNaN(value)).sort();
      if (known.length === 0) continue;
      const at = (step: number): number => known[Math.round((step / QUANTILES) * (known.length - 1))]!;
      values[field] = [...new Set(Array.from({ length: QUANTILES + 1 }, (_, step) => at(step)))];
    } else if (column?.type === "string") {
      const counts = new Map<string, number>();
      for (let row = 0; row < table.rows; row++) {
        const level = valueAt(column, row);
        if (typeof level === "string") counts.set(level, (counts.get(level) ?? 0) + 1);
      }
      const frequent = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, LEVELS);
      values[field] = frequent.map(([level]) => level);
    }
  }
  return values;
}

/** Partial solutions that are followed at a time. */
const BEAM = 5;

interface State {
  readonly row: Row;
  readonly changes: readonly Change[];
  readonly distance: number;
  readonly probabilities: Float32Array;
}

/**
 * The nearest record that the model decides as `wanted` (a class index), changed in at most `maxChanges` fields; null where none was found. A change of
 * a number is as far as the share of training rows it passes, a change of level 1. O(changes x beam x values x a prediction). Deterministic.
 */
export function counterfactual(
  model: Classifier,
  row: Row,
  wanted: number,
  values: ChangeableValues,
  maxChanges = 3,
): Counterfactual | null {
  const chosen = ({ probabilities }: State): boolean => argmax(probabilities, 0, probabilities.length) === wanted;
  let beam: readonly State[] = [{ row, changes: [], distance: 0, probabilities: model.predictRow(row) }];
  for (let count = 1; count <= maxChanges; count++) {
    const next = beam.flatMap((state) => changesOf(model, state, values));
    const there = next
      .filter(chosen)
      .sort((a, b) => a.distance - b.distance || b.probabilities[wanted]! - a.probabilities[wanted]!);
    if (there[0]) return { changes: there[0].changes, probabilities: there[0].probabilities };
    beam = next.sort((a, b) => b.probabilities[wanted]! - a.probabilities[wanted]!).slice(0, BEAM);
  }
  return null;
}

function changesOf(model: Classifier, state: State, values: ChangeableValues): State[] {
  return Object.entries(values).flatMap(([field, candidates]) => {
    if (state.changes.some((change) => change.field === field)) return [];
    const own = state.row[field];
    const from = typeof own === "string" || typeof own === "number" ? own : null;
    return candidates
      .filter((to) => to !== from)
      .map((to): State => {
        const changed = { ...state.row, [field]: to };
        return {
          row: changed,
          changes: [...state.changes, { field, from, to }],
          distance: state.distance + distanceBetween(from, to, candidates),
          probabilities: model.predictRow(changed),
        };
      });
  });
}

function distanceBetween(from: string | number | null, to: string | number, candidates: readonly (string | number)[]): number {
  if (typeof from !== "number" || typeof to !== "number") return 1;
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return candidates.filter((value) => (value as number) > low && (value as number) <= high).length / candidates.length;
}
