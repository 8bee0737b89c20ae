/**
 * How much a model leans on each of its fields: how much worse it does on held-out rows when the values of the field are dealt to other rows
 * (Breiman: Random Forests, Machine Learning 2001, section 10; Fisher, Rudin, Dominici: All Models are Wrong, JMLR 2019). Of two fields that say the
 * same, each may seem dispensable, so that such fields are dealt together; and what the model leans on need not be a cause.
 */
import type { Table } from "../data/table.ts";
import { takeRows } from "../data/table.ts";
import { Pace } from "../math/pause.ts";
import { seeded, shuffle } from "../math/random.ts";
import type { Classifier, Regressor } from "../model.ts";

/** How bad a model is on rows whose truth is known. */
export interface Judge {
  /** The loss of each row of the table. */
  losses(table: Table): Float64Array;
  /** What is said of a mean loss. */
  said(mean: number): number;
}

/** By the log-loss, in nats. `truth` are class indices. */
export function logLossOf(model: Classifier, truth: Uint32Array): Judge {
  const count = model.classes.length;
  return {
    losses(table) {
      const probabilities = model.predict(table);
      return Float64Array.from(truth, (label, row) => -Math.log(Math.max(1e-9, probabilities[row * count + label]!)));
    },
    said: (mean) => mean,
  };
}

/** By the root of the mean squared error, in the unit of the outcome. */
export function squaredErrorOf(model: Regressor, targets: Float64Array): Judge {
  return { losses: (table) => model.predict(table).map((value, row) => (value - targets[row]!) ** 2), said: Math.sqrt };
}

export interface Importance {
  /** The fields that were dealt together. */
  readonly fields: readonly string[];
  /** By how much the measure rises; about 0 where the fields say nothing. */
  readonly rise: number;
  /** 95 % interval, over rows. */
  readonly lower: number;
  readonly upper: number;
}

export interface ImportanceOptions {
  readonly seed: number;
  /** Deals of each group. */
  readonly repeats?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Most important first. Groups of fields that the table has none of are left out. O(groups x repeats x predictions of the rows). */
export async function permutationImportance(
  judge: Judge,
  table: Table,
  groups: readonly (readonly string[])[],
  { seed, repeats = 3, signal }: ImportanceOptions,
): Promise<Importance[]> {
  const random = seeded(seed);
  const pace = new Pace(1, signal);
  const { rows } = table;
  const before = judge.losses(table);
  const mean = sumOf(before) / rows;
  const found: Importance[] = [];
  for (const fields of groups) {
    const columns = Object.fromEntries(Object.entries(table.columns).filter(([name]) => fields.includes(name)));
    if (rows === 0 || Object.keys(columns).length === 0) continue;
    const rises = new Float64Array(rows);
    for (let repeat = 0; repeat < repeats; repeat++) {
      await pace.spend(1);
      const dealt = takeRows({ rows, columns }, shuffle(Uint32Array.from(before.keys()), random));
      const after = judge.losses({ rows, columns: { ...table.columns, ...dealt.columns } });
      for (let row = 0; row < rows; row++) rises[row]! += (after[row]! - before[row]!) / repeats;
    }
    const rise = sumOf(rises) / rows;
    const error = Math.sqrt(sumOf(rises.map((value) => (value - rise) ** 2)) / Math.max(1, rows - 1) / rows);
    const said = (risen: number): number => judge.said(Math.max(0, mean + risen)) - judge.said(mean);
    found.push({ fields, rise: said(rise), lower: said(rise - 1.96 * error), upper: said(rise + 1.96 * error) });
  }
  return found.sort((a, b) => b.rise - a.rise);
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
