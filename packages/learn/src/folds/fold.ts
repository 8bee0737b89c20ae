/**
 * What the fits of a cross-validation share: rows and labels cut into folds, and the rows as the fit that leaves one fold out sees them.
 * Everything that looks at labels, the weights of terms too, looks at the rows of that fit alone.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { termWeights, weighRows } from "./term-weights.ts";

export interface FoldedRows {
  readonly rows: SparseRows;
  /** The first column of the text features, whose values are not negative; they are weighed by what they tell. */
  readonly textFrom: number;
  /** Class index of each row. */
  readonly labels: Uint32Array;
  readonly classCount: number;
  /** Fold of each row, 0 .. foldCount - 1. */
  readonly folds: Uint8Array;
  readonly foldCount: number;
}

export interface Fold {
  /** The rows to learn from; all of them for fold `foldCount`. */
  readonly chosen: Uint32Array;
  /** All rows, their values multiplied by `weights`. */
  readonly rows: SparseRows;
  /** Shape (nFeatures). What is fitted on `rows`, multiplied by these, fits rows that were not weighed. */
  readonly weights: Float32Array;
}

/** O(stored values + features + classes); memory for the values once more. */
export function openFold({ rows, textFrom, labels, classCount, folds, foldCount }: FoldedRows, fold: number): Fold {
  const chosen = Uint32Array.from(labels.keys()).filter((row) => fold === foldCount || folds[row] !== fold);
  const weights = termWeights(rows, textFrom, labels, classCount, chosen);
  return { chosen, rows: weighRows(rows, weights), weights };
}

/** The same on memory that threads share. */
export function shareFolded(data: FoldedRows): FoldedRows {
  const { rows } = data;
  return {
    ...data,
    rows: { ...rows, offsets: shared(rows.offsets), indices: shared(rows.indices), values: shared(rows.values) },
    labels: shared(data.labels),
    folds: shared(data.folds),
  };
}

function shared<A extends Uint32Array | Float32Array | Uint8Array>(array: A): A {
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
