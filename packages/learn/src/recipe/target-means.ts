/**
 * Categories with many levels as numbers: the mean outcome of the level, drawn towards that of all rows the more, the fewer rows it has (Micci-Barreca:
 * A Preprocessing Scheme for High-Cardinality Categorical Attributes, SIGKDD Explorations 2001, with the empirical Bayes weight: the variance within
 * levels over that between them, by the analysis of variance). Where levels do not differ more than by chance, all have the mean of all rows.
 *
 * A row of training must not find its own outcome in its number. So rows have an order, that of time or one by chance, and each is told the mean of
 * the rows before it (ordered target statistics; Prokhorenkova, Gusev, Vorobev, Dorogush, Gulin: CatBoost, NeurIPS 2018, section 3.2). Means out of fold
 * would do harm: of one level, they are the higher, the lower the outcomes of the fold are. Rows that a fit does not see, and records to
 * come, are told the mean of all rows that it sees. A level without rows has the mean of all, a missing one none.
 */
import type { Table } from "../data/table.ts";
import { valueAt } from "../data/table.ts";
import { fitCategory } from "../encode/category.ts";
import { textOf } from "../encode/dense.ts";
import { seeded, shuffle } from "../math/random.ts";
import type { LearntColumns } from "../trees/columns.ts";

/** The means of one field, plain JSON. */
export interface TargetMeans {
  /** Which of the fields of the trees. */
  readonly field: number;
  /** Most frequent first. */
  readonly levels: readonly string[];
  /** Of all rows, one for each outcome that is averaged. */
  readonly all: readonly number[];
  /** Shape (levels, outcomes), row-major. */
  readonly means: readonly number[];
}

export interface TargetMeansData {
  readonly table: Table;
  /** What is averaged: the number, or for a class 1 where a row has it and else 0. */
  readonly outcomes: readonly Float64Array[];
  readonly folds: Uint8Array;
  readonly foldCount: number;
  readonly ordered?: boolean;
  /** Rows of one group are told of none of each other. Not heeded where rows are ordered. */
  readonly groups?: Uint32Array | undefined;
  /** What each row counts for; null: 1. */
  readonly weights: Float64Array | null;
}

export interface FittedTargetMeans {
  /** What records to come are told. */
  readonly fitted: readonly TargetMeans[];
  /** What rows of training are told. */
  readonly ofFit: LearntColumns;
}

/** Fewer levels than that are told apart by trees as they are. */
const fewestLevels = 20;
const mostLevels = 1 << 16;

/** The means of all categories with many levels. O(folds x rows x fields x outcomes). */
export function fitTargetMeans(
  fields: readonly { readonly name: string; readonly kind: string }[],
  data: TargetMeansData,
  seed: number,
): FittedTargetMeans {
  const { table, folds, foldCount, outcomes, weights } = data;
  const order = orderOf(data, seed);
  const some = fields.flatMap(({ name, kind }, field) => {
    if (kind !== "category") return [];
    const column = table.columns[name]!;
    const values = Array.from({ length: table.rows }, (_, row) => textOf(valueAt(column, row)));
    const { levels } = fitCategory(values, 2, mostLevels);
    if (levels.length < fewestLevels) return [];
    const codes = new Map(levels.map((level, code) => [level, code]));
    const rare = levels.length; // never counted: as what is new
    return [{ field, levels, codes: Int32Array.from(values, (value) => (value === null ? -1 : (codes.get(value) ?? rare))) }];
  });
  const fits = Array.from({ length: foldCount + 1 }, (_, fold) => {
    const isSeen = (row: number): boolean => folds[row] !== fold;
    return some.map(({ codes, levels }) =>
      outcomes.map((outcome) =>
        meansOf(
          { codes, levels: levels.length, outcome, weights, groups: data.ordered ? undefined : data.groups },
          order,
          isSeen,
        ),
      ),
    );
  });
  return {
    fitted: some.map(({ field, levels }, at) => {
      const own = fits[foldCount]![at]!;
      return {
        field,
        levels,
        all: own.map(({ all }) => all),
        means: levels.flatMap((_, level) => own.map(({ means }) => means[level]!)),
      };
    }),
    ofFit: fits.map((fit) => fit.flat().map(({ told }) => told)),
  };
}

/** The same where no fold is left out: what records to come are told, and what rows of training are. */
export function fitTargetMeansOfAll(
  fields: readonly { readonly name: string; readonly kind: string }[],
  data: Omit<TargetMeansData, "folds" | "foldCount">,
  seed: number,
): FittedTargetMeans {
  return fitTargetMeans(fields, { ...data, folds: new Uint8Array(data.table.rows).fill(1), foldCount: 0 }, seed);
}

/** Groups one after the other, by chance; or the order of time. */
function orderOf({ table: { rows }, ordered, groups }: TargetMeansData, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  if (ordered) return order;
  shuffle(order, seeded(seed));
  return groups ? Uint32Array.from([...Map.groupBy(order, (row) => groups[row]!).values()].flat()) : order;
}

interface Column {
  readonly codes: Int32Array;
  readonly levels: number;
  readonly outcome: Float64Array;
  readonly weights: Float64Array | null;
  readonly groups: Uint32Array | undefined;
}

interface Means {
  readonly all: number;
  /** Shape (levels). */
  readonly means: Float64Array;
  /** Shape (nRows). */
  readonly told: Float64Array;
}

function meansOf(
  { codes, levels, outcome, weights, groups }: Column,
  order: Uint32Array,
  isSeen: (row: number) => boolean,
): Means {
  const [counts, sums] = [new Float64Array(levels + 1), new Float64Array(levels + 1)];
  let [squares, count, sum] = [0, 0, 0];
  for (const row of order) {
    if (!isSeen(row)) continue;
    const value = outcome[row]!;
    const weight = weights ? weights[row]! : 1;
    count += weight;
    sum += weight * value;
    if (codes[row]! < 0 || codes[row] === levels) continue;
    counts[codes[row]!]! += weight;
    sums[codes[row]!]! += weight * value;
    squares += weight * value * value;
  }
  const all = sum / count;
  const strength = shrinkage(counts, sums, squares);
  const mean = (code: number): number => {
    if (code < 0) return Number.NaN;
    return strength === Infinity ? all : (sums[code]! + strength * all) / (counts[code]! + strength);
  };
  const told = new Float64Array(new SharedArrayBuffer(codes.length * 8));
  for (let row = 0; row < codes.length; row++) if (!isSeen(row)) told[row] = mean(codes[row]!);
  const means = Float64Array.from({ length: levels }, (_, level) => mean(level));
  counts.fill(0);
  sums.fill(0);
  for (let at = 0, from = 0; at < order.length; at++) {
    const row = order[at]!;
    if (isSeen(row)) told[row] = mean(codes[row]!);
    const isLast = !groups || at + 1 === order.length || groups[order[at + 1]!] !== groups[row];
    for (; isLast && from <= at; from++) {
      const done = order[from]!;
      if (!isSeen(done) || codes[done]! < 0 || codes[done] === levels) continue;
      const weight = weights ? weights[done]! : 1;
      counts[codes[done]!]! += weight;
      sums[codes[done]!]! += weight * outcome[done]!;
    }
  }
  return { all, means, told };
}

/** Rows that the mean of all counts for: the variance within levels over that between them. */
function shrinkage(counts: Float64Array, sums: Float64Array, squares: number): number {
  let [rows, sum, levels, between, squaredCounts] = [0, 0, 0, 0, 0];
  counts.forEach((count, level) => {
    if (count === 0) return;
    rows += count;
    sum += sums[level]!;
    levels++;
    between += sums[level]! ** 2 / count;
    squaredCounts += count * count;
  });
  if (levels < 2 || rows <= levels) return Infinity;
  const within = Math.max(0, squares - between) / (rows - levels);
  const usual = (rows - squaredCounts / rows) / (levels - 1);
  const variance = ((between - (sum * sum) / rows) / (levels - 1) - within) / usual;
  return variance > 0 ? within / variance : Infinity;
}
