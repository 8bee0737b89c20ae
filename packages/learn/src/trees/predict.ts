/** What an ensemble says of rows: raw scores through the inverse of the link of its loss. */
import { runWorkers } from "../math/parallel.ts";
import { softmaxInPlace } from "../math/softmax.ts";
import type { TreeColumn } from "./columns.ts";
import type { TreeEnsemble } from "./ensemble.ts";
import { checkColumns, rawScores, scorerOf } from "./score.ts";
import type { Scorer } from "./score.ts";
import type { LossSettings } from "./settings.ts";

/** Everything a thread needs to score, on shared memory. */
export interface ScoreJob {
  readonly scorer: Scorer;
  readonly columns: readonly TreeColumn[];
  readonly rows: number;
  readonly scores: Float64Array;
  /** First row that no thread has taken. */
  readonly next: Int32Array;
}

/**
 * Raw scores in worker threads, shape (nRows, outputs), row-major; the same as `rawScores` to the last bit. Worth it from some 100,000 rows
 * on: starting the threads takes some 50 ms. Columns that are not on shared memory are copied.
 *
 * @throws RangeError naming the column that is not as the ensemble knows it
 */
export async function rawScoresInThreads(
  ensemble: TreeEnsemble,
  columns: readonly TreeColumn[],
  rows: number,
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal },
): Promise<Float64Array> {
  if (threads === 0) return rawScores(scorerOf(ensemble), columns, rows);
  checkColumns(ensemble, columns, rows);
  const job: ScoreJob = {
    scorer: scorerOf(ensemble),
    columns: columns.map((column) =>
      column.kind === "number" ? { ...column, values: shared(column.values) } : { ...column, codes: shared(column.codes) },
    ),
    rows,
    scores: new Float64Array(new SharedArrayBuffer(rows * ensemble.start.length * 8)),
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  await runWorkers(new URL("./score-worker", import.meta.url), job, threads, { signal });
  return job.scores.slice();
}

/**
 * Raw scores to what is predicted, in place; returns its argument. Probabilities with `softmax`, the probability of class 1 with `logistic`,
 * means with `poisson` and `tweedie`, else the scores as they are. O(scores).
 */
export function applyLink(loss: LossSettings, scores: Float64Array): Float64Array {
  switch (loss.name) {
    case "logistic":
      for (let at = 0; at < scores.length; at++) scores[at] = 1 / (1 + Math.exp(-scores[at]!));
      break;
    case "softmax":
      for (let at = 0; at < scores.length; at += loss.classes) softmaxInPlace(scores, at, loss.classes);
      break;
    case "poisson":
    case "tweedie":
      for (let at = 0; at < scores.length; at++) scores[at] = Math.exp(scores[at]!);
      break;
    default:
  }
  return scores;
}

function shared<A extends Float64Array | Int32Array>(array: A): A {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
