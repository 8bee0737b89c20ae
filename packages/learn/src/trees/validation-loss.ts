/** What says when to stop: the mean loss of the rows that are not learnt from. */
import type { BoostJob } from "./boost-job.ts";
import { logSum } from "./derivatives.ts";
import type { Loss } from "./loss.ts";
import { eachPiece, piecesOf } from "./row-pieces.ts";

/** Every thread gets the same. O(rows). */
export function* validationLoss(job: BoostJob, thread: number, loss: Loss, wait: () => void): Generator<number, number> {
  const { validation, scores, rows, target, weights, pieceSums, threads } = job;
  const count = validation.length;
  yield* eachPiece(count, thread, threads, (from, to, piece) => {
    let [sum, total] = [0, 0];
    for (let at = from; at < to; at++) {
      const row = validation[at]!;
      const weight = weights ? weights[row]! : 1;
      const wanted = target[row]!;
      const score = loss.outputs === 1 ? scores[row]! : scores[wanted * rows + row]! - logSum(scores, rows, row, loss.outputs);
      sum += weight * loss.value(score, wanted);
      total += weight;
    }
    pieceSums[2 * piece] = sum;
    pieceSums[2 * piece + 1] = total;
  });
  wait();
  let [sum, total] = [0, 0];
  for (let piece = 0; piece < piecesOf(count); piece++) {
    sum += pieceSums[2 * piece]!;
    total += pieceSums[2 * piece + 1]!;
  }
  wait();
  return sum / total;
}
