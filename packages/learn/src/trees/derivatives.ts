/** First and second derivatives of the training rows: what a tree is grown to. */
import type { BoostJob } from "./boost-job.ts";
import { roundingTerm } from "./histogram.ts";
import type { Loss } from "./loss.ts";
import type { Order } from "./partition.ts";
import { eachPiece, piecesOf } from "./row-pieces.ts";
import { sampleRows } from "./sample.ts";

/** Of the rows `from .. to` the logarithm of the sum of e^score over all outputs. */
export function writeLogSums({ scores, logSums, rows }: BoostJob, outputs: number, from: number, to: number): void {
  for (let row = from; row < to; row++) logSums[row] = logSum(scores, rows, row, outputs);
}

export function logSum(scores: Float64Array, rows: number, row: number, outputs: number): number {
  let greatest = -Infinity;
  for (let k = 0; k < outputs; k++) greatest = Math.max(greatest, scores[k * rows + row]!);
  let sum = 0;
  for (let k = 0; k < outputs; k++) sum += Math.exp(scores[k * rows + row]! - greatest);
  return greatest + Math.log(sum);
}

/**
 * Derivatives of all training rows, rounded so that their sums are exact, and the order that begins with the rows of this round.
 *
 * `terms` holds what each output was rounded with a round before. It is the same again unless a sum has passed a power of two; only then all
 * are written anew. So most rounds write once and wait once.
 */
export function* prepare(
  job: BoostJob,
  order: Order,
  thread: number,
  loss: Loss,
  output: number,
  round: number,
  terms: Float64Array,
  wait: () => void,
): Generator<number, number> {
  const { training, settings, threads } = job;
  const count = training.length;
  const pair = new Float64Array(2);
  // The thread's own pieces of an order of its own are the rows whose scores it wrote last: it need not have waited for others.
  const rows = order.isOwn ? order.rows : training;
  const [own1, own2] = [2 * output, 2 * output + 1];
  for (let isRounded = false; !isRounded;) {
    const [term1, term2] = [terms[own1]!, terms[own2]!];
    yield* eachPiece(count, thread, threads, (from, to, piece) =>
      writeDerivatives(job, loss, output, rows.subarray(from, to), piece, pair, term1, term2),
    );
    wait();
    const [firsts, seconds] = sizes(job);
    terms[own1] = roundingTerm(firsts);
    terms[own2] = roundingTerm(seconds);
    isRounded = terms[own1] === term1 && terms[own2] === term2;
  }
  if (settings.rowShare < 1) return yield* sampleRows(job, order, thread, round, wait);
  if (order.isOwn) {
    order.rows.set(training);
    return count;
  }
  yield* eachPiece(count, thread, threads, (from, to) => order.rows.set(training.subarray(from, to), from));
  wait();
  return count;
}

/** What the sizes of derivatives add up to, piece by piece. */
function sizes({ training, pieceSums }: BoostJob): [firsts: number, seconds: number] {
  let [firsts, seconds] = [0, 0];
  for (let piece = 0; piece < piecesOf(training.length); piece++) {
    firsts += pieceSums[2 * piece]!;
    seconds += pieceSums[2 * piece + 1]!;
  }
  return [firsts, seconds];
}

/** Weighted derivatives of rows, rounded, and the sums of their sizes. */
function writeDerivatives(
  { rows, target, weights, scores, logSums, derivatives, pieceSums }: BoostJob,
  loss: Loss,
  output: number,
  chosen: Uint32Array,
  piece: number,
  pair: Float64Array,
  term1: number,
  term2: number,
): void {
  const isClass = loss.outputs > 1;
  let firsts = 0;
  let seconds = 0;
  for (let at = 0; at < chosen.length; at++) {
    const row = chosen[at]!;
    if (isClass) loss.derivatives(scores[output * rows + row]! - logSums[row]!, Number(target[row] === output), pair);
    else loss.derivatives(scores[row]!, target[row]!, pair);
    const weight = weights ? weights[row]! : 1;
    const first = pair[0]! * weight;
    const second = pair[1]! * weight;
    derivatives[2 * row] = first + term1 - term1;
    derivatives[2 * row + 1] = second + term2 - term2;
    firsts += Math.abs(first);
    seconds += second;
  }
  pieceSums[2 * piece] = firsts;
  pieceSums[2 * piece + 1] = seconds;
}
