/** Leaves of a tree that was grown: their values and covers, and what they add to the scores of all rows. */
import { weightedQuantile } from "../math/quantile.ts";
import type { BoostJob } from "./boost-job.ts";
import type { GrownTree } from "./grow-tree.ts";
import { GROUP } from "./histogram.ts";
import type { Loss } from "./loss.ts";
import type { Order } from "./partition.ts";
import { eachPiece } from "./row-pieces.ts";

export interface FinishedLeaves {
  /** What each node adds to scores, 0 where it is split. */
  readonly values: Float64Array;
  readonly covers: Float64Array;
}

/** Values of leaves as they will be added, renewed where the loss asks for it; each leaf is one thread's. */
export function* finishLeaves(
  { settings, weights, target, scores, leaves, rows, threads }: BoostJob,
  order: Order,
  thread: number,
  { renewal }: Loss,
  output: number,
  { nodes }: GrownTree,
  wait: () => void,
): Generator<number, FinishedLeaves> {
  const covers = new Float64Array(nodes.length);
  const values = Float64Array.from(nodes, ({ left, value }) => (left === 0 ? value * settings.learningRate : 0));
  if (weights || renewal !== null) {
    for (let at = thread; at < nodes.length; at += threads) {
      const { from, to, left } = nodes[at]!;
      if (left > 0) continue;
      const own = weights && Float64Array.from(order.rows.subarray(from, to), (row) => weights[row]!);
      leaves[2 * at + 1] = own ? own.reduce((sum, weight) => sum + weight, 0) : to - from;
      if (renewal !== null) {
        const rest = Float64Array.from(order.rows.subarray(from, to), (row) => target[row]! - scores[output * rows + row]!);
        leaves[2 * at] = weightedQuantile(rest, own, rest.length, renewal) * settings.learningRate;
      }
      yield (to - from) * 10;
    }
    wait();
  }
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { left, from, to } = nodes[at]!;
    if (left > 0) covers[at] = covers[left]! + covers[left + 1]!;
    else covers[at] = weights ? leaves[2 * at + 1]! : to - from;
    if (left === 0 && renewal !== null) values[at] = leaves[2 * at]!;
  }
  return { values, covers };
}

/** Adds the tree to the scores of all rows: those it was grown on lie leaf by leaf, the others go down from its root. */
export function* addScores(
  job: BoostJob,
  order: Order,
  thread: number,
  output: number,
  tree: GrownTree,
  values: Float64Array,
  count: number,
): Generator<number, void> {
  const { rows, threads, training, validation } = job;
  const scores = job.scores.subarray(output * rows, (output + 1) * rows);
  const leaves = [...tree.nodes.keys()].filter((at) => tree.nodes[at]!.left === 0);
  leaves.sort((a, b) => tree.nodes[a]!.from - tree.nodes[b]!.from);
  const goDown = descent(job, tree, values, scores);
  yield* eachPiece(training.length, thread, threads, (start, end) => {
    for (const at of leaves) {
      const { from, to } = tree.nodes[at]!;
      const own = order.rows.subarray(Math.max(from, start), Math.max(start, Math.min(to, end)));
      const value = values[at]!;
      for (let k = 0; k < own.length; k++) scores[own[k]!]! += value;
    }
    if (end > count) goDown(order.rows.subarray(Math.max(start, count), end));
  });
  yield* eachPiece(validation.length, thread, threads, (from, to) => goDown(validation.subarray(from, to)));
}

/** Adds the values of leaves that rows reach from the root by their bins. O(rows x depth). */
function descent(
  { words, columns }: BoostJob,
  { nodes, routes }: GrownTree,
  values: Float64Array,
  scores: Float64Array,
): (others: Uint32Array) => void {
  const bins = new Uint8Array(words.buffer);
  const stride = Math.ceil(columns.length / GROUP) * GROUP;
  const lefts = Uint32Array.from(nodes, ({ left }) => left);
  const byColumn = Uint32Array.from(nodes, ({ split }) => Math.max(split?.column ?? 0, 0));
  return (others) => {
    for (let k = 0; k < others.length; k++) {
      const row = others[k]!;
      let at = 0;
      while (lefts[at]! > 0) {
        const isLeft = routes[at * 256 + bins[row * stride + byColumn[at]!]!]!;
        at = lefts[at]! + 1 - isLeft;
      }
      scores[row]! += values[at]!;
    }
  };
}
