/**
 * Logistic regressions along a path of penalties, without one fold each: how well each penalty does on rows that were not seen, and what it
 * says of them. From the strongest penalty to the weakest, each fit begins where the last ended (Friedman, Hastie, Tibshirani:
 * Regularization Paths for Generalized Linear Models, JSS 2010). Folds are independent, so threads take them from one shared counter.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { runWorkers } from "../math/parallel.ts";
import { pause } from "../math/pause.ts";
import { fitLogistic, logisticDefaults } from "./logistic.ts";

/** Everything a thread needs, on shared memory. */
export interface LogisticJob {
  readonly rows: SparseRows;
  readonly labels: Uint32Array;
  readonly classCount: number;
  readonly folds: Uint8Array;
  readonly foldCount: number;
  /** Strongest first. */
  readonly penalties: readonly number[];
  /** Scores of each row by the fits that did not see it, shape (nPenalties, nRows, nClasses). */
  readonly outOfFold: Float32Array;
  /** Number of the next fold. */
  readonly next: Int32Array;
}

export interface FoldLogisticOptions {
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
}

type Data = Pick<LogisticJob, "rows" | "labels" | "classCount" | "folds" | "foldCount">;

/** Out-of-fold scores, shape (nPenalties, nRows, nClasses). O(penalties x rounds x folds x stored values x classes) over all threads. */
export async function fitFoldLogistic(
  penalties: readonly number[],
  data: Data,
  { threads, signal, onProgress }: FoldLogisticOptions,
): Promise<Float32Array> {
  const { rows, labels, classCount, foldCount } = data;
  const job: LogisticJob = {
    ...data,
    penalties,
    outOfFold: new Float32Array(new SharedArrayBuffer(penalties.length * labels.length * classCount * 4)),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  let done = 0;
  const onStep = (): void => onProgress?.(++done / (foldCount * penalties.length));
  // Starting a thread takes as long as some ten million multiplications.
  const isSmall = rows.indices.length * classCount * penalties.length < 1e6;
  if (threads > 0 && !isSmall) {
    await runWorkers(new URL("./fold-logistic-worker", import.meta.url), job, Math.min(threads, foldCount), {
      signal,
      onMessage: onStep,
    });
  } else {
    for (let fold = 0; fold < foldCount; fold++) {
      for (const isDone of fitLogisticFold(job, fold)) {
        await pause();
        signal?.throwIfAborted();
        if (isDone) onStep();
      }
    }
  }
  return job.outOfFold;
}

/** Every `next()` is one pass over the rows; true where a penalty is done and its scores are written. */
export function* fitLogisticFold(job: LogisticJob, fold: number): Generator<boolean, void> {
  const { rows, labels, classCount, folds, penalties, outOfFold } = job;
  const { features, offsets, indices, values } = rows;
  const chosen = Uint32Array.from(labels.keys()).filter((row) => folds[row] !== fold);
  const weights = new Float32Array((features + 1) * classCount);
  for (const [place, penalty] of penalties.entries()) {
    for (const _pass of fitLogistic({ ...logisticDefaults, penalty }, rows, labels, chosen, classCount, weights)) yield false;
    for (let row = 0; row < labels.length; row++) {
      if (folds[row] !== fold) continue;
      const into = (place * labels.length + row) * classCount;
      for (let k = 0; k < classCount; k++) {
        let score = weights[features * classCount + k]!;
        for (let at = offsets[row]!; at < offsets[row + 1]!; at++) score += values[at]! * weights[indices[at]! * classCount + k]!;
        outOfFold[into + k] = score;
      }
    }
    yield true;
  }
}
