/**
 * One history of ours in a process of its own: prequential, block by block. What was seen is learnt from as `inlay train` does, and `inlay train --refit` later; the next block is decided, its outcomes
 * are seen, and so on. Prints one line of JSON. Arguments: the history, the learner's threads.
 */
import { refitTabular } from "../../packages/learn/src/classifiers/refit-tabular.ts";
import { fitTabular } from "../../packages/learn/src/classifiers/tabular.ts";
import { takeRows } from "../../packages/learn/src/data/table.ts";
import type { ScalarTable } from "../../packages/learn/src/data/table.ts";
import type { Classifier } from "../../packages/learn/src/model.ts";
import { PageHinkley } from "../../packages/learn/src/drift/page-hinkley.ts";
import { electricity, electricityRows, policy, rowsOfWeek } from "./data.ts";
import type { histories } from "./data.ts";

export interface Block {
  /** Rows from the beginning of the file. */
  readonly from: number;
  readonly rows: number;
  readonly kind: string;
  readonly right: number;
  readonly right_by_last: number;
  /** Columns whose distribution in the block is unlike that of the rows learnt from, with the population stability index, greatest first. */
  readonly drifted: readonly (readonly [column: string, index: number])[];
}

export interface Prequential {
  readonly blocks: readonly Block[];
  /** Where the errors became more: the row of the alarm, and the one from which on. */
  readonly alarms: readonly { readonly at: number; readonly from: number }[];
}

const [history, threads] = process.argv.slice(2) as [keyof typeof histories, string];
const useCase = electricity(history);
const { table, labels } = await electricityRows(useCase);
const { category, number } = useCase.features;
const fields = [
  ...category.map((name) => ({ name, kind: "category" as const })),
  ...number.map((name) => ({ name, kind: "number" as const })),
];
const range = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, at) => from + at);

const step = policy.refitWeeks * rowsOfWeek;
const first = Math.round(table.rows * policy.chosenOn);
const errors = new PageHinkley();
const alarms: { at: number; from: number }[] = [];
const blocks: Block[] = [];
let last: Classifier | undefined;
for (let from = first; from < table.rows; from += step) {
  const learnt = range(0, from - Math.round(from * policy.holdout));
  const data = { table: takeRows(table, learnt), labels: Array.from(learnt, (row) => labels[row]!) };
  const options = { seed: 1, threads: Number(threads) };
  const model: Classifier = last
    ? await refitTabular(last.save(), { fields }, data, options)
    : await fitTabular({ recipe: { fields }, learner: "auto", budget: 0 }, data, options);
  last = model;
  const block = range(from, Math.min(table.rows, from + step));
  const probabilities = model.predict(takeRows(table, block));
  let right = 0;
  let byLast = 0;
  block.forEach((row, at) => {
    const said = model.classes[probabilities[at * 2]! > probabilities[at * 2 + 1]! ? 0 : 1];
    const rise = errors.add(said === labels[row] ? 0 : 1);
    if (rise) alarms.push({ at: first + rise.at, from: first + rise.from });
    if (said === labels[row]) right++;
    if (labels[row - 1] === labels[row]) byLast++;
  });
  const drifted = number
    .map((name): [string, number] => [name, stabilityIndex(table, name, learnt, block)])
    .filter(([, index]) => index > 0.25)
    .sort((a, b) => b[1] - a[1]);
  blocks.push({ from, rows: block.length, kind: model.kind, right, right_by_last: byLast, drifted });
  console.error(history, from, model.kind, (right / block.length).toFixed(4), (byLast / block.length).toFixed(4));
}
console.log(JSON.stringify({ blocks, alarms } satisfies Prequential));

/** Of the tenths of the rows learnt from; above 0.25 is commonly called a shift (Siddiqi, Credit Risk Scorecards, 2006). */
function stabilityIndex({ columns }: ScalarTable, name: string, learnt: Uint32Array, block: Uint32Array): number {
  const values = columns[name]!.values as Float64Array;
  const known = (rows: Uint32Array): Float64Array =>
    Float64Array.from(rows, (row) => values[row]!).filter((value) => !Number.isNaN(value));
  const sorted = known(learnt).sort();
  if (sorted.length === 0) return 0;
  const edges = [...new Set(Array.from({ length: 9 }, (_, at) => sorted[Math.floor(((at + 1) / 10) * sorted.length)]!))];
  const shares = (rows: Float64Array): number[] => {
    const counts = Array.from({ length: edges.length + 1 }, () => 0.5);
    for (const value of rows) counts[edges.filter((edge) => value > edge).length]!++;
    return counts.map((count) => count / (rows.length + counts.length / 2));
  };
  const [before, now] = [shares(sorted), shares(known(block))];
  return before.reduce((sum, share, at) => sum + (now[at]! - share) * Math.log(now[at]! / share), 0);
}
