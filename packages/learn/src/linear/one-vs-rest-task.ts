/** One task of a one-vs-rest fit: one class on one set of rows. Runs in any thread; writes only what belongs to its task. */
import { fitSvm } from "./svm.ts";
import type { SvmSettings } from "./svm.ts";

/** Everything a thread needs, on shared memory. Tasks are numbered fold by fold; the last fold means all rows. */
export interface OneVsRestJob {
  readonly settings: SvmSettings;
  readonly seed: number;
  readonly count: number;
  readonly features: number;
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
  readonly norms: Float64Array;
  readonly labels: Uint32Array;
  readonly folds: Uint8Array;
  readonly foldCount: number;
  readonly classCount: number;
  /** Classes that are fitted: all, but of two only the second, whose mirror image is the first. */
  readonly fittedCount: number;
  readonly weights: Float32Array;
  readonly outOfFold: Float32Array;
  /** Number of the next task. */
  readonly next: Int32Array;
}

export function taskCount(job: OneVsRestJob): number {
  return job.fittedCount * (job.foldCount + 1);
}

/** Every `next()` is one sweep of the fit; the results are written when it is done. */
export function* fitTask(job: OneVsRestJob, task: number): Generator<void, void> {
  const { classCount, fittedCount, count, features, offsets, indices, values } = job;
  const fold = Math.floor(task / fittedCount);
  const wanted = classCount - fittedCount + (task % fittedCount);
  const final = fold === job.foldCount;
  const chosen = new Uint32Array(count);
  const signs = new Int8Array(count);
  let used = 0;
  for (let row = 0; row < count; row++) {
    signs[row] = job.labels[row] === wanted ? 1 : -1;
    if (final || job.folds[row] !== fold) chosen[used++] = row;
  }
  const weights = new Float64Array(features + 1);
  const rows = { count, features, offsets, indices, values };
  yield* fitSvm(job.settings, rows, job.norms, chosen.subarray(0, used), signs, job.seed + task, weights);
  const write = (into: Float32Array, row: number, value: number): void => {
    into[row * classCount + wanted] = value;
    if (fittedCount < classCount) into[row * classCount] = -value;
  };
  if (final) {
    for (let feature = 0; feature <= features; feature++) write(job.weights, feature, weights[feature]!);
    return;
  }
  for (let row = 0; row < count; row++) {
    if (job.folds[row] !== fold) continue;
    let margin = weights[features]!;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) margin += weights[indices[at]!]! * values[at]!;
    write(job.outOfFold, row, margin);
  }
}
