/**
 * How much a classifier leans on each of its fields: how much worse it does on held-out rows when the values of the field are dealt to other rows
 * (Breiman: Random Forests, Machine Learning 2001, section 10; Fisher, Rudin, Dominici: All Models are Wrong, JMLR 2019). Of two fields that say the
 * same, each may seem dispensable; and what the model leans on need not be a cause.
 */
import type { Table } from "../data/table.ts";
import { takeRows } from "../data/table.ts";
import { Pace } from "../math/pause.ts";
import { seeded, shuffle } from "../math/random.ts";
import type { Classifier } from "../model.ts";

export interface Importance {
  readonly field: string;
  /** Mean rise of the log-loss, in nats; about 0 where the field says nothing. */
  readonly rise: number;
  /** Standard error of that over the deals. */
  readonly error: number;
}

export interface ImportanceOptions {
  readonly seed: number;
  /** Deals of each field. */
  readonly repeats?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Most important first. Rows whose label the model does not know are left out. O(fields x repeats x predictions of the rows). */
export async function permutationImportance(
  model: Classifier,
  table: Table,
  labels: readonly string[],
  { seed, repeats = 3, signal }: ImportanceOptions,
): Promise<Importance[]> {
  const indexOf = new Map(model.classes.map((name, at) => [name, at]));
  const rows = Uint32Array.from(labels.keys().filter((row) => indexOf.has(labels[row]!)));
  const known = takeRows(table, rows);
  const truth = Uint32Array.from(rows, (row) => indexOf.get(labels[row]!)!);
  const random = seeded(seed);
  const pace = new Pace(1, signal);
  const before = logLoss(model.predict(known), truth, model.classes.length);
  const found: Importance[] = [];
  for (const field of model.features) {
    const column = Object.hasOwn(known.columns, field) ? known.columns[field] : undefined;
    if (!column) continue;
    const rises: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      await pace.spend(1);
      const order = shuffle(Uint32Array.from(truth.keys()), random);
      const dealt = takeRows({ rows: known.rows, columns: { [field]: column } }, order).columns[field]!;
      const after = model.predict({ ...known, columns: { ...known.columns, [field]: dealt } });
      rises.push(logLoss(after, truth, model.classes.length) - before);
    }
    const mean = rises.reduce((sum, rise) => sum + rise, 0) / repeats;
    const variance = rises.reduce((sum, rise) => sum + (rise - mean) ** 2, 0) / Math.max(1, repeats - 1);
    found.push({ field, rise: mean, error: Math.sqrt(variance / repeats) });
  }
  return found.sort((a, b) => b.rise - a.rise);
}

function logLoss(probabilities: Float32Array, truth: Uint32Array, classCount: number): number {
  let sum = 0;
  truth.forEach((label, row) => (sum -= Math.log(Math.max(1e-9, probabilities[row * classCount + label]!))));
  return truth.length === 0 ? 0 : sum / truth.length;
}
