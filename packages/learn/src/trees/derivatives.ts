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

/** Derivatives of all training rows, rounded so that their sums are exact, and the order that begins with the rows of this round. */
export function* prepare(
  job: BoostJob,
  order: Order,
  thread: number,
  loss: Loss,
  output: number,
  round: number,
  wait: () => void,
): Generator<number, number> {
  const { training, derivatives, pieceSums, settings, threads } = job;
  const count = training.length;
  const pair = new Float64Array(2);
  if (order.isOwn) order.rows.set(training);
  yield* eachPiece(count, thread, threads, (from, to, piece) => {
    if (!order.isOwn) for (let at = from; at < to; at++) order.rows[at] = training[at]!;
    writeDerivatives(job, loss, output, from, to, piece, pair);
  });
  wait();
  let [firsts, seconds] = [0, 0];
  for (let piece = 0; piece < piecesOf(count); piece++) {
    firsts += pieceSums[2 * piece]!;
    seconds += pieceSums[2 * piece + 1]!;
  }
  const [term1, term2] = [roundingTerm(firsts), roundingTerm(seconds)];
  yield* eachPiece(count, thread, threads, (from, to) => {
    roundDerivatives(derivatives, training, from, to, term1, term2);
  });
  if (settings.rowShare === 1) {
    wait();
    return count;
  }
  return yield* sampleRows(job, order, thread, round, wait);
}

/** Weighted derivatives of rows, and the sums of their sizes. */
function writeDerivatives(
  { rows, training, target, weights, scores, logSums, derivatives, pieceSums }: BoostJob,
  loss: Loss,
  output: number,
  from: number,
  to: number,
  piece: number,
  pair: Float64Array,
): void {
  const isClass = loss.outputs > 1;
  let firsts = 0;
  let seconds = 0;
  for (let at = from; at < to; at++) {
    const row = training[at]!;
    if (isClass) loss.derivatives(scores[output * rows + row]! - logSums[row]!, Number(target[row] === output), pair);
    else loss.derivatives(scores[row]!, target[row]!, pair);
    const weight = weights ? weights[row]! : 1;
    const first = pair[0]! * weight;
    const second = pair[1]! * weight;
    derivatives[2 * row] = first;
    derivatives[2 * row + 1] = second;
    firsts += Math.abs(first);
    seconds += second;
  }
  pieceSums[2 * piece] = firsts;
  pieceSums[2 * piece + 1] = seconds;
}

function roundDerivatives(
  derivatives: Float64Array,
  training: Uint32Array,
  from: number,
  to: number,
  firstTerm: number,
  secondTerm: number,
): void {
  for (let at = from; at < to; at++) {
    const row = training[at]!;
    derivatives[2 * row] = derivatives[2 * row]! + firstTerm - firstTerm;
    derivatives[2 * row + 1] = derivatives[2 * row + 1]! + secondTerm - secondTerm;
  }
}
