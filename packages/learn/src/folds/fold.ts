/**
 * What the fits of a cross-validation share: rows and labels cut into folds, and the rows as the fit that leaves one fold out sees them.
 * Everything that looks at labels, the weights of terms too, looks at the rows of that fit alone.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import type { LabelSets } from "../data/label-sets.ts";
import { termWeights, weighRows } from "./term-weights.ts";

export interface FoldedRows {
  readonly rows: SparseRows;
  /** Class index of each row. */
  readonly labels: Uint32Array;
  readonly classCount: number;
  /** Which labels each class is made of, where that is several: linear classifiers are fitted for labels then. */
  readonly sets: LabelSets | null;
  /** Fold of each row, 0 .. foldCount - 1. */
  readonly folds: Uint8Array;
  readonly foldCount: number;
  /** For each fold, and at last for all rows, by what the features are multiplied: shape (nFeatures). */
  readonly termWeights: readonly Float32Array[];
}

export interface Fold {
  /** The rows to learn from; all of them for fold `foldCount`. */
  readonly chosen: Uint32Array;
  /** All rows, their values multiplied by `weights`. */
  readonly rows: SparseRows;
  /** Shape (nFeatures). What is fitted on `rows`, multiplied by these, fits rows that were not weighed. */
  readonly weights: Float32Array;
}

/**
 * `textFrom` is the first column of the text features, whose values are not negative: they are weighed by what they tell about the
 * class. O(folds x (stored values + features + classes)).
 */
export function cutFolds(data: Omit<FoldedRows, "termWeights">, textFrom: number): FoldedRows {
  const { rows, labels, classCount, foldCount } = data;
  const weights = Array.from({ length: foldCount + 1 }, (_, fold) =>
    termWeights(rows, textFrom, labels, classCount, chosenFor(data, fold)),
  );
  return { ...data, termWeights: weights };
}

/** O(stored values); memory for the values once more. */
export function openFold(data: FoldedRows, fold: number): Fold {
  const weights = data.termWeights[fold]!;
  return { chosen: chosenFor(data, fold), rows: weighRows(data.rows, weights), weights };
}

function chosenFor({ labels, folds, foldCount }: Omit<FoldedRows, "termWeights">, fold: number): Uint32Array {
  return Uint32Array.from(labels.keys()).filter((row) => fold === foldCount || folds[row] !== fold);
}

/** The same on memory that threads share. */
export function shareFolded(data: FoldedRows): FoldedRows {
  const { rows } = data;
  return {
    ...data,
    rows: { ...rows, offsets: shared(rows.offsets), indices: shared(rows.indices), values: shared(rows.values) },
    labels: shared(data.labels),
    folds: shared(data.folds),
    termWeights: data.termWeights.map(shared),
  };
}

function shared<A extends Uint32Array | Float32Array | Uint8Array>(array: A): A {
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
