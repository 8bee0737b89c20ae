/** One task of a one-vs-rest fit: one target on one set of rows. Runs in any thread; writes only what belongs to its task. */
import { openFold } from "../folds/fold.ts";
import type { Fold, FoldedRows } from "../folds/fold.ts";
import { fitSvm, squaredNorms } from "./svm.ts";
import type { SvmSettings } from "./svm.ts";

/** Everything a thread needs, on shared memory. Tasks are numbered fold by fold; the last fold means all rows. */
export interface OneVsRestJob {
  readonly settings: SvmSettings;
  readonly seed: number;
  readonly data: FoldedRows;
  /** What is told apart: classes, or the labels they are made of. */
  readonly targetCount: number;
  /** Targets that are fitted: all, but of two classes only the second, whose mirror image is the first. */
  readonly fittedCount: number;
  /** Shape (nRows or nFeatures + 1, nTargets). */
  readonly weights: Float32Array;
  readonly outOfFold: Float32Array;
  /** Number of the next task, and the one before which all end. */
  readonly next: Int32Array;
  readonly end: number;
}

/** Fits tasks one after the other: every `next()` is one sweep of the fit; the results are written when it is done. */
export function oneVsRestTasks(job: OneVsRestJob): (task: number) => Generator<void, void> {
  const { data, targetCount, fittedCount } = job;
  const { rows, labels, sets, folds, foldCount } = data;
  const { count, features, offsets, indices } = rows;
  const signs = new Int8Array(count);
  const weights = new Float64Array(features + 1);
  let opened = -1; // tasks of one fold come together
  let fold: Fold | undefined;
  let norms: Float64Array | undefined;
  return function* fit(task) {
    const at = Math.floor(task / fittedCount);
    const wanted = targetCount - fittedCount + (task % fittedCount);
    const has = (label: number): boolean => (sets ? sets.contains[label * targetCount + wanted] === 1 : label === wanted);
    if (at !== opened || !fold || !norms) {
      fold = openFold(data, (opened = at));
      norms = squaredNorms(fold.rows);
    }
    const { values } = fold.rows;
    labels.forEach((label, row) => (signs[row] = has(label) ? 1 : -1));
    yield* fitSvm(job.settings, fold.rows, norms, fold.chosen.slice(), signs, job.seed + task, weights);
    const write = (into: Float32Array, row: number, value: number): void => {
      into[row * targetCount + wanted] = value;
      if (fittedCount < targetCount) into[row * targetCount] = -value;
    };
    if (at === foldCount) {
      for (let feature = 0; feature < features; feature++)
        write(job.weights, feature, weights[feature]! * fold.weights[feature]!);
      write(job.weights, features, weights[features]!);
      return;
    }
    for (let row = 0; row < count; row++) {
      if (folds[row] !== at) continue;
      let margin = weights[features]!;
      for (let k = offsets[row]!; k < offsets[row + 1]!; k++) margin += weights[indices[k]!]! * values[k]!;
      write(job.outOfFold, row, margin);
    }
  };
}
