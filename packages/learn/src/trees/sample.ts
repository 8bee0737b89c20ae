/** The share of rows and columns that a round is fitted on. */
import { FNV_PRIME, mix } from "../math/hash.ts";
import { seeded, shuffle } from "../math/random.ts";
import type { BoostJob } from "./boost-job.ts";
import { PIECE, placePiece } from "./partition.ts";
import type { Order } from "./partition.ts";

/** Every thread draws the same columns. */
export function sampleColumns({ columns, settings, seed }: BoostJob, round: number, sampled: Uint8Array): void {
  const count = Math.max(1, Math.round(settings.columnShare * columns.length));
  sampled.fill(0);
  const order = Uint32Array.from(columns.keys());
  if (count < columns.length) shuffle(order, seeded(mix(Math.imul(seed ^ 0x5bd1e995, FNV_PRIME) ^ round)));
  for (const column of order.subarray(0, count)) sampled[column] = 1;
}

/** The rows of this round first: of each row its own hash decides, whoever looks. */
export function* sampleRows(
  job: BoostJob,
  order: Order,
  thread: number,
  round: number,
  wait: () => void,
): Generator<number, number> {
  const { training, settings, seed, pieceLefts } = job;
  const threads = order.isOwn ? 1 : job.threads;
  const turn = order.isOwn ? 0 : thread;
  const count = training.length;
  const key = mix(Math.imul(seed, FNV_PRIME) ^ round);
  const limit = settings.rowShare * 2 ** 32;
  const pieces = Math.ceil(count / PIECE);
  for (let piece = turn; piece < pieces; piece += threads) {
    const [from, to] = [piece * PIECE, Math.min((piece + 1) * PIECE, count)];
    let [left, right] = [from, from];
    for (let at = from; at < to; at++) {
      const row = training[at]!;
      if (mix(Math.imul(row + 1, 0x9e3779b1) ^ key) <= limit) order.lefts[left++] = row;
      else order.rights[right++] = row;
    }
    pieceLefts[piece] = left - from; // of an order of its own every thread writes the same
    yield to - from;
  }
  wait();
  let sampled = 0;
  for (let piece = 0; piece < pieces; piece++) sampled += pieceLefts[piece]!;
  let [leftAt, rightAt] = [0, sampled];
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece * PIECE, Math.min((piece + 1) * PIECE, count)];
    const left = pieceLefts[piece]!;
    if (piece % threads === turn) placePiece(order, { from, to, node: 0 }, left, leftAt, rightAt);
    leftAt += left;
    rightAt += to - from - left;
  }
  wait();
  return sampled === 0 ? count : sampled; // of a handful of rows none may have been drawn
}
