/**
 * Intervals about values that hold the truth as often as promised, whatever the model is worth, as long as records to come are as those of training:
 * split conformal intervals whose width follows what trees say of the size of the error (locally weighted conformal inference; Lei, G'Sell, Rinaldo,
 * Tibshirani, Wasserman, JASA 2018, section 5.2), calibrated on errors and sizes of rows by models that did not see them, each side by itself.
 *
 * Where rows have weights, the promise is one about records that come as often as the weights say (weighted conformal prediction; Tibshirani, Foygel
 * Barber, Candes, Ramdas, NeurIPS 2019): errors are counted by them, and the record to come as one of mean weight.
 *
 * Beside conformalised quantile regression (Romano, Patterson, Candes, NeurIPS 2019), which fits two ensembles for this one: on hourly bike rentals the
 * interval score at 90 % (mean width, and 20 times what the truth lies outside by; lower is better) was 193 with this, 280 with quantiles of the outcome,
 * 212 with quantiles of the error; on California's houses 175,000, 198,000 and 173,000.
 */
import type { TreeColumn } from "../trees/columns.ts";
import { fitTrees } from "../trees/boost.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { fitFoldTrees, outOfFoldScores } from "../trees/fold-trees.ts";
import type { FoldTreesOptions } from "../trees/fold-trees.ts";

export interface Spread {
  /** The logarithm of the size of an error in units of `scale`, from the columns and, as the last, the value; null where there was no error. */
  readonly trees: TreeEnsemble | null;
  /** The mean size of errors, in the unit of the outcome. */
  readonly scale: number;
  /** How many such sizes an interval reaches below and above the value. Not negative. */
  readonly below: number;
  readonly above: number;
  readonly coverage: number;
}

/** No size is less than this share of the mean: a row by which the model happened to be right is no promise. */
export const LEAST_SIZE = 0.05;
const settings = {
  loss: { name: "poisson" },
  rounds: 500,
  patience: 25,
  maxDepth: 4,
  learningRate: 0.05,
  rowShare: 0.7,
  columnShare: 0.5,
  minRows: 10,
} as const;

/**
 * `values` of rows by models that did not see them, shape (nRows). There must be enough rows for an error outside on each side.
 * O(folds x rounds x depth x rows x columns) over all threads.
 */
export async function fitSpread(
  { columns, weights, folds, foldCount, values, truth }: SpreadData,
  coverage: number,
  options: FoldTreesOptions,
): Promise<Spread> {
  const rows = truth.length;
  const errors = truth.map((one, row) => one - values[row]!);
  const scale = errors.reduce((sum, error, row) => sum + ((weights ? weights[row]! : 1) * Math.abs(error)) / rows, 0);
  if (scale === 0) return { trees: null, scale, below: 0, above: 0, coverage };
  const data = {
    rows,
    columns: [...columns, valueColumn(values)],
    learnt: null,
    target: errors.map((error) => Math.abs(error) / scale),
    ...(weights && { weights }),
  };
  const found = await fitFoldTrees(settings, data, folds, [...Array(foldCount).keys()], options);
  const sizes = (await outOfFoldScores(found, data, folds, options.signal)).map((score) => sizeOf(score, scale));
  const { onProgress: _ofFolds, ...rest } = options;
  const trees = await fitTrees({ ...settings, rounds: found.rounds }, data, rest);
  const ratios = errors.map((error, row) => error / sizes[row]!);
  const reach = (rows + 1) * ((1 + coverage) / 2); // of n + 1 exchangeable errors, so many lie within
  const beyond = (side: Float64Array): number => Math.max(0, leastWith(side, weights, reach));
  return { trees, scale, below: beyond(ratios.map((ratio) => -ratio)), above: beyond(ratios), coverage };
}

/** The least value at or below which values of this weight lie; the greatest where rounding leaves none. O(n log n). */
function leastWith(values: Float64Array, weights: Float64Array | null, reach: number): number {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  let sum = 0;
  const at = order.find((row) => (sum += weights ? weights[row]! : 1) >= reach) ?? order.at(-1)!;
  return values[at]!;
}

export interface SpreadData {
  readonly columns: readonly TreeColumn[];
  /** What each row counts for, 1 on average; null: 1. */
  readonly weights: Float64Array | null;
  readonly folds: Uint8Array;
  readonly foldCount: number;
  readonly values: Float64Array;
  readonly truth: Float64Array;
}

/** Least rows for which such intervals are finite. */
export function leastRows(coverage: number): number {
  let rows = 1;
  while (Math.ceil((rows + 1) * ((1 + coverage) / 2)) > rows) rows++;
  return rows;
}

/** The size of errors to expect, from the score of the trees. */
export function sizeOf(score: number, scale: number): number {
  return scale * Math.max(LEAST_SIZE, Math.exp(score));
}

/** The value as the last column of the spread's trees. */
export function valueColumn(values: Float64Array): TreeColumn {
  return { kind: "number", values };
}
