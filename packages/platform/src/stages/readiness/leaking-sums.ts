/**
 * Columns that only together make up a label that is a number: `casual` + `registered` beside `bikers`, `closed_at` - `opened_at` beside hours, `price`
 * × `quantity` beside an amount. Found in a sample of whole rows, chosen by their key: sums as they are, products by the logarithms of
 * positive numbers.
 */
import { exactSum } from "#learn/select/exact-sum";
import type { Finding } from "#records/readiness-report";
import { featureKinds } from "#records/use-case";
import type { LabelledUseCase } from "#records/use-case";
import { leakingColumns } from "#stages/readiness/leak";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

const sampleRows = 20_000;
/** Squares of greater numbers are none any more. */
const greatest = 1e100;
/** Numbers that are missing, or not positive, in more of the rows are left out where only whole rows can be looked at. */
const mostAbsent = 0.2;
/** A weight this near to 1 is 1. */
const nearOne = 0.005;

/**
 * @param alone columns that give the label away alone: what makes it up only with them gives it away as well, and what does so beside them is not
 *   hidden by them. O(rows x columns^2) in the sample.
 */
export async function findLeakingSums(subject: Subject<LabelledUseCase>, alone: ReadonlySet<string>): Promise<Finding[]> {
  const { useCase } = subject;
  const { label } = useCase.source;
  const { names, columns, target } = await readSample(subject);
  if (names.length < 2) return [];
  const findings: Finding[] = [];
  const left = new Set(names.keys());
  const look = (wholeRows: (among: readonly number[]) => Rows, shown: Shown): void => {
    for (;;) {
      const among = [...left];
      const { at, values, outcomes } = wholeRows(among);
      const sum = exactSum(values, outcomes);
      if (!sum) return;
      const parts = sum.columns.map((index) => at[index]!);
      const together = shown(
        label,
        parts.map((part) => names[part]!),
        sum.weights,
      );
      const held = `${(100 * (1 - sum.open)).toFixed(2)} % of what makes ${label} differ`;
      // What the record brings when it comes to be is known by then.
      const leaking = parts.map((part) => names[part]!).filter((name) => name !== useCase.source.time);
      if (leaking.some((name) => !alone.has(name)))
        findings.push(leakingColumns(subject, leaking, `${together}: on rows it was not learnt on, this is ${held}`));
      for (const part of parts) left.delete(part);
      if (leaking.length === 0) return;
    }
  };
  const lookAll = (): void => {
    // A part that is missing is nothing, or the row cannot be judged.
    look((among) => rowsWith(columns, target, among, (value) => (Number.isNaN(value) ? 0 : value)), shownSum);
    look((among) => rowsWith(columns, target, among, (value) => value), shownSum);
    look((among) => rowsWith(columns, target, among, (value) => (value > 0 ? Math.log(value) : NaN), Math.log), shownProduct);
  };
  lookAll();
  const told = [...left].filter((at) => alone.has(names[at]!));
  for (const at of told) left.delete(at);
  if (told.length > 0) lookAll();
  return findings;
}

interface Sample {
  readonly names: readonly string[];
  /** NaN where there is no number. */
  readonly columns: readonly Float64Array[];
  readonly target: Float64Array;
}

async function readSample({ tables, path, snapshot, useCase, signal }: Subject<LabelledUseCase>): Promise<Sample> {
  const { key, label, time } = useCase.source;
  const kinds = featureKinds(useCase);
  const fields = snapshot.fields.filter(
    ({ name, type }) => kinds.get(name) === "number" || (type === "time" && (kinds.get(name) === "time" || name === time)),
  );
  const number = (name: string): string => `TRY_CAST(CAST(${quoteName(name)} AS VARCHAR) AS DOUBLE)`;
  const read = fields.map(({ name, type }, at) => `${type === "time" ? quoteName(name) : number(name)} AS c${at}`);
  const rows =
    fields.length < 2
      ? []
      : await tables.aggregate(
          path,
          `SELECT ${[`${number(label)} AS label`, ...read].join(", ")} FROM records WHERE abs(${number(label)}) < ${greatest}
           ORDER BY hash(${quoteName(key)}) LIMIT ${sampleRows}`,
          { signal },
        );
  const column = (name: string): Float64Array =>
    Float64Array.from(rows, (row) => {
      const value = row[name];
      return typeof value === "number" && Math.abs(value) < greatest ? value : NaN;
    });
  return {
    names: fields.map(({ name }) => name),
    columns: fields.map((_, at) => column(`c${at}`)),
    target: column("label"),
  };
}

interface Rows {
  /** Which of the columns these are. */
  readonly at: readonly number[];
  readonly values: readonly Float64Array[];
  readonly outcomes: Float64Array;
}

/** The rows in which each of the columns has a value, of the columns that have one in most rows. */
function rowsWith(
  columns: readonly Float64Array[],
  target: Float64Array,
  among: readonly number[],
  valueOf: (value: number) => number,
  outcomeOf = (value: number): number => value,
): Rows {
  const outcomes = target.map(outcomeOf);
  const all = among.map((at) => ({ at, values: columns[at]!.map(valueOf) }));
  const known = all.filter(({ values }) => values.filter(Number.isNaN).length <= mostAbsent * target.length);
  const rows = [...target.keys()].filter(
    (row) => Number.isFinite(outcomes[row]) && known.every(({ values }) => !Number.isNaN(values[row])),
  );
  return {
    at: known.map(({ at }) => at),
    values: known.map(({ values }) => Float64Array.from(rows, (row) => values[row]!)),
    outcomes: Float64Array.from(rows, (row) => outcomes[row]!),
  };
}

type Shown = (label: string, names: readonly string[], weights: readonly number[]) => string;

const isOne = (weight: number): boolean => Math.abs(Math.abs(weight) - 1) <= nearOne;

/** What is added before what is taken off. */
function joined(names: readonly string[], weights: readonly number[], plus: string, minus: string): string {
  const order = [...names.keys()].sort((a, b) => Number(weights[a]! < 0) - Number(weights[b]! < 0));
  return order.map((at, place) => (place === 0 ? "" : weights[at]! < 0 ? minus : plus) + names[at]!).join("");
}

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

function shownSum(label: string, names: readonly string[], weights: readonly number[]): string {
  const isPlain = weights.every(isOne) && weights.some((weight) => weight > 0);
  return isPlain
    ? `${label} is ${joined(names, weights, " + ", " - ")}`
    : `${label} can be calculated from ${listed(names)}, as a sum with weights`;
}

function shownProduct(label: string, names: readonly string[], weights: readonly number[]): string {
  const isPlain = weights.every(isOne) && weights.some((weight) => weight > 0);
  return isPlain
    ? `${label} goes with ${joined(names, weights, " × ", " / ")}`
    : `${label} can be calculated from ${listed(names)}, as a product of powers`;
}
