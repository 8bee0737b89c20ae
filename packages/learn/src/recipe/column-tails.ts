/**
 * How unusual the values of a record are, column by column: minus the logarithm of the share of training rows that lie as far out on the nearer
 * side, or have the same level, summed over the columns. Li, Zhao, Hu, Botta, Ionescu, Chen: ECOD, Unsupervised Outlier Detection Using
 * Empirical Cumulative Distribution Functions, IEEE TKDE 2022; here with levels and missing values, and with quantiles in place of all values.
 */
import { rankMeasures } from "../calibrate/novelty.ts";
import type { Novelty } from "../calibrate/novelty.ts";
import { takeColumns } from "../trees/columns.ts";
import type { TreeColumn } from "../trees/columns.ts";
import type { EnsembleColumn } from "../trees/ensemble.ts";

/** Of one column, plain JSON. */
export interface ColumnTails {
  /** Values at even shares of the rows that have one, ascending; empty for categories. */
  readonly quantiles: readonly number[];
  /** Share of each level; empty for numbers. */
  readonly shares: readonly number[];
  readonly missing: number;
}

const STEPS = 100;

/** O(n log n) a column. */
export function fitColumnTails(columns: readonly TreeColumn[]): ColumnTails[] {
  return columns.map((column): ColumnTails => {
    if (column.kind === "category") {
      const counts = new Float64Array(column.levels);
      for (const code of column.codes) if (code >= 0) counts[code]!++;
      const rows = column.codes.length;
      const known = counts.reduce((sum, count) => sum + count, 0);
      return { quantiles: [], shares: Array.from(counts, (count) => count / rows), missing: 1 - known / rows };
    }
    const known = column.values.filter((value) => !Number.isNaN(value)).sort();
    const last = known.length - 1;
    return {
      quantiles: last < 0 ? [] : Array.from({ length: STEPS + 1 }, (_, at) => known[Math.round((at / STEPS) * last)]!),
      shares: [],
      missing: 1 - known.length / column.values.length,
    };
  });
}

/** Nothing is rarer than this, or one odd value would outweigh all others. */
const RAREST = 1e-3;

/**
 * Minus the sum over the columns: 0 and below, the lower the more unusual. `row` has a number a column: a value, or the code of a level; NaN or -1
 * for missing. O(columns x log steps).
 */
export function usualness(tails: readonly ColumnTails[], row: Float64Array): number {
  let sum = 0;
  tails.forEach((tail, at) => (sum += columnUsualness(tail, row[at]!)));
  return sum;
}

/** The same of one column: the logarithm of the share of rows that lie as far out. */
export function columnUsualness({ quantiles, shares, missing }: ColumnTails, value: number): number {
  const isMissing = Number.isNaN(value) || (value < 0 && shares.length > 0);
  const share = isMissing ? missing : shares.length > 0 ? (shares[value] ?? 0) : tailShare(quantiles, value);
  return Math.log(Math.max(RAREST, share));
}

/**
 * How usual the training rows are, each by the tails of the rows outside of its fold: columns drift, and rows to come are no more like those of
 * training than one stretch of time is like the others. O(folds x n log n) a column.
 */
export function fitTypicality(columns: readonly TreeColumn[], folds: Uint8Array, foldCount: number): Novelty {
  const values = new Float64Array(columns.length);
  const measures = new Float32Array(folds.length);
  for (let fold = 0; fold < foldCount; fold++) {
    const rows = Uint32Array.from(folds.keys());
    const others = rows.filter((row) => folds[row] !== fold);
    const tails = fitColumnTails(takeColumns(columns, others.length > 0 ? others : rows));
    for (const row of rows.filter((one) => folds[one] === fold)) {
      columns.forEach((column, at) => (values[at] = column.kind === "number" ? column.values[row]! : column.codes[row]!));
      measures[row] = usualness(tails, values);
    }
  }
  return rankMeasures(measures);
}

/** Whether a row has a number, or a level that training rows had. The last level stands for all others. */
export function hasKnownValue(kinds: readonly EnsembleColumn[], row: Float64Array): boolean {
  return kinds.some(({ kind, levels }, at) => {
    const value = row[at]!;
    return kind === "number" ? !Number.isNaN(value) : value >= 0 && value < levels - 1;
  });
}

/** Twice the share of rows beyond the value on its nearer side, at most 1. */
function tailShare(quantiles: readonly number[], value: number): number {
  if (quantiles.length === 0) return 0;
  return Math.min(
    1,
    (2 *
      Math.min(
        countWhere(quantiles, (one) => one <= value),
        countWhere(quantiles, (one) => one < value, true),
      )) /
      STEPS,
  );
}

/** How many of the ascending values fulfil what the first ones fulfil; or how many do not. O(log n). */
function countWhere(values: readonly number[], holds: (value: number) => boolean, rest = false): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle]!)) low = middle + 1;
    else high = middle;
  }
  return rest ? values.length - low : low;
}
