/**
 * What would have to be different in a record for the model to decide otherwise, or to give a number on the other side of a bound: the fewest fields, and of as few the nearest values that training rows
 * had (Wachter, Mittelstadt, Russell: Counterfactual Explanations without Opening the Black Box, Harvard JOLT 2018; values from training rows, so that
 * each is feasible by itself). A beam search over single changes. It says what the model goes by, not what would happen in the world.
 */
import type { Row, Table } from "../data/table.ts";
import { valueAt } from "../data/table.ts";
import { argmax } from "../math/softmax.ts";
import type { Classifier, Regressor } from "../model.ts";

export interface Change {
  readonly field: string;
  readonly from: string | number | null;
  readonly to: string | number;
}

export interface Counterfactual<Said> {
  /** In the order in which they were found: the one that does most comes first. */
  readonly changes: readonly Change[];
  /** What the model says with the changes made. */
  readonly said: Said;
}

/** What the model is to say. */
export interface Goal<Said> {
  ask(row: Row): Said;
  isReached(said: Said): boolean;
  /** Greater is nearer. */
  nearness(said: Said): number;
}

/** That the model decides as `wanted`, a class index. What it says are probabilities, in the order of its classes. */
export function decidedAs(model: Classifier, wanted: number): Goal<Float32Array> {
  return {
    ask: (row) => model.predictRow(row),
    isReached: (said) => argmax(said, 0, said.length) === wanted,
    nearness: (said) => said[wanted]!,
  };
}

/** That the model gives no more than a bound, or no less. */
export function valueWithin(model: Regressor, side: "<=" | ">=", bound: number): Goal<number> {
  return {
    ask: (row) => model.predictRow(row),
    isReached: (said) => (side === "<=" ? said <= bound : said >= bound),
    nearness: (said) => (side === "<=" ? -said : said),
  };
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

interface State<Said> {
  readonly row: Row;
  readonly changes: readonly Change[];
  readonly distance: number;
  readonly said: Said;
}

/**
 * The nearest record that reaches the goal, changed in at most `maxChanges` fields; null where none was found, and no change where the record does so
 * as it is. A change of a number is as far as the share of training rows it passes, a change of level 1. O(changes x beam x values x a prediction).
 * Deterministic.
 */
export function counterfactual<Said>(
  goal: Goal<Said>,
  row: Row,
  values: ChangeableValues,
  maxChanges = 3,
): Counterfactual<Said> | null {
  const start: State<Said> = { row, changes: [], distance: 0, said: goal.ask(row) };
  const nearness = ({ said }: State<Said>): number => goal.nearness(said);
  let beam: readonly State<Said>[] = [start];
  for (let count = 0; count <= maxChanges; count++) {
    const next = count === 0 ? beam : beam.flatMap((state) => changesOf(goal, state, values));
    const there = next.filter(({ said }) => goal.isReached(said));
    const [found] = there.sort((a, b) => a.distance - b.distance || nearness(b) - nearness(a));
    if (found) return { changes: found.changes, said: found.said };
    beam = [...next].sort((a, b) => nearness(b) - nearness(a)).slice(0, BEAM);
  }
  return null;
}

function changesOf<Said>(goal: Goal<Said>, state: State<Said>, values: ChangeableValues): State<Said>[] {
  return Object.entries(values).flatMap(([field, candidates]) => {
    if (state.changes.some((change) => change.field === field)) return [];
    const own = state.row[field];
    const from = typeof own === "string" || typeof own === "number" ? own : null;
    return candidates
      .filter((to) => to !== from)
      .map((to): State<Said> => {
        const row = { ...state.row, [field]: to };
        const distance = state.distance + distanceBetween(from, to, candidates);
        return { row, changes: [...state.changes, { field, from, to }], distance, said: goal.ask(row) };
      });
  });
}

function distanceBetween(from: string | number | null, to: string | number, candidates: readonly (string | number)[]): number {
  if (typeof from !== "number" || typeof to !== "number") return 1;
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return candidates.filter((value) => (value as number) > low && (value as number) <= high).length / candidates.length;
}
