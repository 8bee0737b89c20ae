/**
 * Generalised linear models along a path of penalties, without one fold each: what each penalty says of rows that were not seen. From the
 * strongest penalty to the weakest, each fit begins where the last ended (Friedman, Hastie, Tibshirani: Regularization Paths for Generalized
 * Linear Models, JSS 2010). Folds are independent, so threads take them from one shared counter.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { runWorkers } from "../math/parallel.ts";
import { pause } from "../math/pause.ts";
import { fitGeneralised, generalisedDefaults, outputsOf } from "./generalised.ts";
import type { Family } from "./generalised.ts";

/** Everything a thread needs, on shared memory. */
export interface PathJob {
  readonly family: Family;
  readonly rows: SparseRows;
  readonly target: Float64Array;
  /** What each row counts for; null: 1. */
  readonly counts: Float64Array | null;
  readonly folds: Uint8Array;
  readonly foldCount: number;
  /** Strongest first. */
  readonly penalties: readonly number[];
  /** Scores of each row by the fits that did not see it, shape (nPenalties, nRows, outputs). */
  readonly outOfFold: Float64Array;
  /** Number of the next fold. */
  readonly next: Int32Array;
}

export interface FoldPathOptions {
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
}

type Data = Pick<PathJob, "rows" | "target" | "counts" | "folds" | "foldCount">;

/** Out-of-fold scores, one array a penalty, shape (nRows, outputs). O(penalties x rounds x folds x stored values x outputs) over all threads. */
export async function fitFoldPath(
  family: Family,
  penalties: readonly number[],
  data: Data,
  { threads, signal, onProgress }: FoldPathOptions,
): Promise<Float64Array[]> {
  const { rows, target, foldCount } = data;
  const outputs = outputsOf(family);
  const size = target.length * outputs;
  const job: PathJob = {
    ...data,
    family,
    penalties,
    outOfFold: new Float64Array(new SharedArrayBuffer(penalties.length * size * 8)),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  let done = 0;
  const onStep = (): void => onProgress?.(++done / (foldCount * penalties.length));
  // Starting a thread takes as long as some ten million multiplications.
  const isSmall = rows.indices.length * outputs * penalties.length < 1e6;
  if (threads > 0 && !isSmall) {
    await runWorkers(new URL("./fold-path-worker", import.meta.url), job, Math.min(threads, foldCount), {
      signal,
      onMessage: onStep,
    });
  } else {
    for (let fold = 0; fold < foldCount; fold++) {
      for (const isDone of fitFoldOfPath(job, fold)) {
        await pause();
        signal?.throwIfAborted();
        if (isDone) onStep();
      }
    }
  }
  return penalties.map((_, at) => job.outOfFold.subarray(at * size, (at + 1) * size));
}

/** Every `next()` is one pass over the rows; true where a penalty is done and its scores are written. */
export function* fitFoldOfPath(job: PathJob, fold: number): Generator<boolean, void> {
  const { family, rows, target, counts, folds, penalties, outOfFold } = job;
  const { features, offsets, indices, values } = rows;
  const outputs = outputsOf(family);
  const chosen = Uint32Array.from(target.keys()).filter((row) => folds[row] !== fold);
  const weights = new Float64Array((features + 1) * outputs);
  for (const [place, penalty] of penalties.entries()) {
    for (const _pass of fitGeneralised({ ...generalisedDefaults, family, penalty }, rows, target, counts, chosen, weights))
      yield false;
    for (let row = 0; row < target.length; row++) {
      if (folds[row] !== fold) continue;
      const into = (place * target.length + row) * outputs;
      for (let k = 0; k < outputs; k++) {
        let score = weights[features * outputs + k]!;
        for (let at = offsets[row]!; at < offsets[row + 1]!; at++) score += values[at]! * weights[indices[at]! * outputs + k]!;
        outOfFold[into + k] = score;
      }
    }
    yield true;
  }
}
