/**
 * One linear classifier a class, each against all others, fitted side by side (where classes are sets of labels, one a label, summed up to
 * those of the sets): (fold, class) pairs are independent, so threads take
 * them from one shared counter. Which thread does which changes nothing in the result: chance is seeded by fold and class. Beside the
 * weights fitted on all rows, out-of-fold margins come back, on which probabilities can be calibrated.
 */
import { sumsOfSets } from "../data/label-sets.ts";
import { runWorkers } from "../math/parallel.ts";
import { Pace } from "../math/pause.ts";
import { shareFolded } from "../folds/fold.ts";
import type { FoldedRows } from "../folds/fold.ts";
import { oneVsRestTasks } from "./one-vs-rest-task.ts";
import type { OneVsRestJob } from "./one-vs-rest-task.ts";
import type { SvmSettings } from "./svm.ts";

export interface OneVsRest {
  /** Shape (nFeatures + 1, nClasses), row-major, the last row for the constant: one active feature adds one contiguous row. */
  readonly weights: Float32Array;
  /** Margins of each row by the classifiers that did not see it, shape (nRows, nClasses). */
  readonly outOfFold: Float32Array;
}

export interface OneVsRestOptions {
  readonly seed: number;
  /** Worker threads; 0 fits in the calling thread, which is let go of after each sweep. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/**
 * O(sweeps x stored values x classes x folds) over all threads. With `some` only the margins of those folds come back, the weights only with
 * fold `foldCount`, which means all rows; done in parts or at once, the numbers are the same.
 */
export async function fitOneVsRest(
  settings: SvmSettings,
  data: FoldedRows,
  options: OneVsRestOptions,
  some: { readonly from: number; readonly to: number } = { from: 0, to: data.foldCount },
): Promise<OneVsRest> {
  const { rows, sets } = data;
  const targetCount = sets ? sets.labels.length : data.classCount;
  const fittedCount = !sets && targetCount === 2 ? 1 : targetCount;
  const job: OneVsRestJob = {
    settings,
    seed: options.seed,
    data: shareFolded(data),
    targetCount,
    fittedCount,
    end: (some.to + 1) * fittedCount,
    weights: new Float32Array(new SharedArrayBuffer((rows.features + 1) * targetCount * 4)),
    outOfFold: new Float32Array(new SharedArrayBuffer(rows.count * targetCount * 4)),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  const first = some.from * fittedCount;
  job.next[0] = first;
  const tasks = job.end - first;
  let done = 0;
  const onTask = (): void => options.onProgress?.(++done / tasks);
  const threads = Math.min(options.threads, tasks);
  if (threads > 0) {
    await runWorkers(new URL("./one-vs-rest-worker", import.meta.url), job, threads, {
      signal: options.signal,
      onMessage: onTask,
    });
  } else {
    const fit = oneVsRestTasks(job);
    const pace = new Pace(VALUES, options.signal);
    for (let task = first; task < job.end; task++) {
      for (const _sweep of fit(task)) await pace.spend(rows.indices.length);
      onTask();
    }
  }
  const ofClasses = (values: Float32Array): Float32Array => (sets ? sumsOfSets(values, sets) : values.slice());
  return { weights: ofClasses(job.weights), outOfFold: ofClasses(job.outOfFold) };
}

/** Stored values between two pauses in the calling thread: some ten milliseconds. */
const VALUES = 5_000_000;
