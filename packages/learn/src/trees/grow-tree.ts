/**
 * Grows one tree: level by level, or always at the leaf that gains most. Every thread runs this same program and decides the same; they
 * share the work between barriers. Rows are parted in pieces that any thread may do; a histogram belongs by its columns to one thread,
 * which sums it and searches it. Of siblings the smaller is summed, the other is parent less sibling.
 */
import { GROUP, subtract } from "./histogram.ts";
import type { Binned, Histogram, HistogramMemory } from "./histogram.ts";
import { addPieces, partNode, partPiece, placePiece } from "./partition.ts";
import type { Order, Piece } from "./partition.ts";
import type { TreesSettings } from "./settings.ts";
import { leafValue, noSplit, searchColumn, writeRoute } from "./split.ts";
import type { Split, SplitColumn } from "./split.ts";

/** What a thread grows trees with. */
export interface Grower {
  readonly settings: TreesSettings;
  readonly thread: number;
  readonly threads: number;
  readonly wait: () => void;
  readonly binned: Binned;
  readonly bins: Uint8Array;
  readonly columns: readonly SplitColumn[];
  /** Shape (nRows, 2). */
  readonly derivatives: Float64Array;
  readonly order: Order;
  /**
   * Shared: the best split of each thread, shape (2, threads, 2 * BATCH, RECORD). The halves are used in turn: a thread may write the next
   * while another still reads.
   */
  readonly candidates: Float64Array;
  half: number;
  /** Shared: how many rows of each piece go left. */
  readonly pieceLefts: Uint32Array;
  /** The greatest step of a leaf, whichever way. */
  readonly maxStep: number;
  readonly histograms: HistogramPool;
  /** For each column 1 where this tree may split by it. */
  readonly sampled: Uint8Array;
}

export interface GrownNode {
  readonly depth: number;
  /** Its rows are `order.rows[from .. to)`. */
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly second: number;
  readonly lowest: number;
  readonly highest: number;
  /** As a leaf, not yet times the learning rate. */
  value: number;
  /** The left child; the right one is behind it. 0 for leaves. */
  left: number;
  /** The best split of the node; taken where `left` is not 0. */
  split: Split | null;
  histogram: Histogram | null;
}

/** Children stand behind their parents, siblings side by side. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
  /** For each node that is split, 256 values: 1 where rows of a bin go left. */
  readonly routes: Uint8Array;
}

/** Nodes that are split between two barriers at most. */
export const BATCH = 256;
/** Numbers of a split on shared memory: gain, column, bin, missing, G and H of the left, G and H of both, and the set. */
export const RECORD = 16;
/** Rows between two `yield`s of a sum. */
const SLICE = 32_768;

/** Histograms that are used again; the memory of those in use stays below a limit, beyond which children are summed one by one. */
export interface HistogramPool {
  readonly free: Histogram[];
  readonly memory: HistogramMemory;
  left: number;
}

/** Every `next()` is some work, its amount in sums of one value; the rows are the first `count` of the order. */
export function* growTree(grower: Grower, count: number): Generator<number, GrownTree> {
  const { settings, columns, maxStep } = grower;
  const nodes: GrownNode[] = [];
  const bounds = { lowest: -maxStep, highest: maxStep };
  const root: GrownNode = { ...bounds, depth: 0, from: 0, to: count, first: 0, second: 0, ...fresh };
  root.histogram = takeHistogram(grower.histograms, true);
  yield* sum(grower, root);
  const [first, second] = totals(grower, root);
  nodes.push({ ...root, first, second, value: leafValue(first, second, settings.l1, settings.l2, -maxStep, maxStep) });
  yield* search(grower, [nodes[0]!]);

  let open = [nodes[0]!].filter(isSplittable);
  let leaves = 1;
  while (open.length > 0 && leaves < settings.maxLeaves) {
    open.sort((a, b) => b.split!.gain - a.split!.gain || a.from - b.from);
    const isLevel = settings.growth === "depth-wise";
    const chosen = open.splice(0, isLevel ? Math.min(open.length, settings.maxLeaves - leaves) : 1);
    if (isLevel) for (const { histogram } of open.splice(0)) giveHistogram(grower.histograms, histogram);
    leaves += chosen.length;
    for (let start = 0; start < chosen.length; start += BATCH) {
      const batch = chosen.slice(start, start + BATCH);
      const children = yield* splitNodes(grower, batch, nodes, leaves < settings.maxLeaves);
      open.push(...children.filter(isSplittable));
    }
  }
  for (const { histogram } of open) giveHistogram(grower.histograms, histogram);
  const all = new Uint8Array(nodes.length * 256);
  nodes.forEach(({ left, split }, at) => {
    if (left > 0) writeRoute(split!, columns[split!.column]!, all, at * 256);
  });
  return { nodes, routes: all };
}

const fresh = { value: 0, left: 0, split: null, histogram: null };

function isSplittable({ split }: GrownNode): boolean {
  return split !== null && split.column >= 0;
}

/** Splits the nodes, and looks for the splits of their children if there is room for any. */
function* splitNodes(
  grower: Grower,
  batch: readonly GrownNode[],
  nodes: GrownNode[],
  hasRoom: boolean,
): Generator<number, GrownNode[]> {
  const { settings, columns, histograms } = grower;
  const { l1, l2 } = settings;
  const lefts = yield* partNodes(grower, batch);
  const children: GrownNode[] = [];
  for (const [at, parent] of batch.entries()) {
    const split = parent.split!;
    const middle = parent.from + lefts[at]!;
    const sides = [
      { from: parent.from, to: middle, first: split.leftFirst, second: split.leftSecond },
      { from: middle, to: parent.to, first: parent.first - split.leftFirst, second: parent.second - split.leftSecond },
    ];
    const values = sides.map(({ first, second }) => leafValue(first, second, l1, l2, parent.lowest, parent.highest));
    const sign = columns[split.column]!.monotone;
    const between = (values[0]! + values[1]!) / 2;
    parent.left = nodes.length;
    sides.forEach((side, k) => {
      const isLower = sign !== 0 && sign > 0 === (k === 0);
      const isHigher = sign !== 0 && !isLower;
      const child: GrownNode = {
        ...fresh,
        ...side,
        depth: parent.depth + 1,
        lowest: isHigher ? Math.max(parent.lowest, between) : parent.lowest,
        highest: isLower ? Math.min(parent.highest, between) : parent.highest,
        value: values[k]!,
      };
      nodes.push(child);
      children.push(child);
    });
  }
  if (!hasRoom) {
    for (const { histogram } of batch) giveHistogram(histograms, histogram);
    return [];
  }
  const open: GrownNode[] = [];
  for (const [at, parent] of batch.entries()) {
    const pair = children.slice(at * 2, at * 2 + 2);
    const wanted = pair.filter((child) => canSplit(settings, child));
    const [left, right] = pair as [GrownNode, GrownNode];
    const [small, large] = left.to - left.from <= right.to - right.from ? [left, right] : [right, left];
    const { histogram } = parent;
    parent.histogram = null;
    open.push(...wanted);
    if (wanted.length === 0) {
      giveHistogram(histograms, histogram);
      continue;
    }
    if (histogram && wanted.includes(large)) {
      large.histogram = histogram;
      small.histogram = takeHistogram(histograms, true);
      yield* sum(grower, small);
      subtract(histogram, small.histogram!);
      if (!wanted.includes(small)) small.histogram = giveHistogram(histograms, small.histogram);
      yield histogram.sums.length;
      continue;
    }
    giveHistogram(histograms, histogram);
    for (const child of wanted) {
      child.histogram = takeHistogram(histograms, false);
      if (child.histogram) yield* sum(grower, child);
    }
  }
  // At the last level there is nothing to wait for.
  if (open.length > 0) yield* search(grower, open);
  return open;
}

/** Parts the rows of all nodes; the answer is how many of each go left. */
function* partNodes(grower: Grower, batch: readonly GrownNode[]): Generator<number, Uint32Array> {
  const { columns, bins, order, pieceLefts, thread, threads, wait } = grower;
  const stride = grower.binned.groups * GROUP;
  const route = new Uint8Array(batch.length * 256);
  batch.forEach(({ split }, at) => writeRoute(split!, columns[split!.column]!, route, at * 256));
  const lefts = new Uint32Array(batch.length);
  if (order.isOwn) {
    for (const [at, { from, to, split }] of batch.entries()) {
      lefts[at] = partNode(order, from, to, bins, stride, split!.column, route.subarray(at * 256, (at + 1) * 256));
      yield to - from;
    }
    return lefts;
  }
  const pieces: Piece[] = [];
  batch.forEach(({ from, to }, at) => addPieces(from, to, at, pieces));
  for (let at = thread; at < pieces.length; at += threads) {
    const piece = pieces[at]!;
    const { column } = batch[piece.node]!.split!;
    pieceLefts[at] = partPiece(order, piece, bins, stride, column, route, piece.node * 256);
    yield piece.to - piece.from;
  }
  wait();
  pieces.forEach(({ node }, at) => (lefts[node]! += pieceLefts[at]!));
  const leftAt = Uint32Array.from(batch, ({ from }) => from);
  const rightAt = Uint32Array.from(batch, ({ from }, at) => from + lefts[at]!);
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at]!;
    const { node } = piece;
    const left = pieceLefts[at]!;
    if (at % threads === thread) placePiece(order, piece, left, leftAt[node]!, rightAt[node]!);
    leftAt[node]! += left;
    rightAt[node]! += piece.to - piece.from - left;
    yield (piece.to - piece.from) / threads;
  }
  wait();
  return lefts;
}

function canSplit({ maxDepth, minRows, minChildWeight }: TreesSettings, { depth, from, to, second }: GrownNode): boolean {
  return depth < maxDepth && to - from >= 2 * minRows && second >= 2 * minChildWeight && to - from >= 2;
}

function* sum({ binned, derivatives, order, histograms }: Grower, { from, to, histogram }: GrownNode): Generator<number, void> {
  for (let start = from; start < to; start += SLICE) {
    const end = Math.min(start + SLICE, to);
    histograms.memory.add(derivatives, order.rows, start, end, histogram!);
    yield (end - start) * (binned.to - binned.from) * GROUP;
  }
}

/** G and H of all rows: what the bins of any column add up to, to the last bit. Every thread has one of its own to ask. */
function totals({ columns, binned }: Grower, { histogram }: GrownNode): [first: number, second: number] {
  const { offset, bins } = columns[binned.from * GROUP]!;
  let [first, second] = [0, 0];
  for (let bin = offset; bin <= offset + bins; bin++) {
    first += histogram!.sums[bin * 2]!;
    second += histogram!.sums[bin * 2 + 1]!;
  }
  return [first, second];
}

/** Finds the best split of each node: every thread among its own columns, then all among what the threads found. */
function* search(grower: Grower, nodes: readonly GrownNode[]): Generator<number, void> {
  const { settings, columns, binned, candidates, thread, threads, wait, histograms } = grower;
  grower.half = 1 - grower.half;
  const first = grower.half * threads;
  const own = columns.filter(
    ({ index }) => index >= binned.from * GROUP && index < binned.to * GROUP && grower.sampled[index] === 1,
  );
  for (const [at, node] of nodes.entries()) {
    const best = noSplit();
    let spare: Histogram | null = null;
    if (!node.histogram) {
      // No memory for one of its own: summed for the search alone.
      spare = node.histogram = takeHistogram(histograms, true);
      yield* sum(grower, node);
    }
    const rows = node.to - node.from;
    const sums = { first: node.first, second: node.second, rows, lowest: node.lowest, highest: node.highest };
    for (const column of own) {
      searchColumn(settings, sums, column, node.histogram!, best);
      yield column.bins * 10;
    }
    if (spare) node.histogram = giveHistogram(histograms, spare);
    writeCandidate(best, candidates, ((first + thread) * 2 * BATCH + at) * RECORD);
  }
  wait();
  nodes.forEach((node, at) => {
    const best = noSplit();
    for (let other = 0; other < threads; other++) readCandidate(candidates, ((first + other) * 2 * BATCH + at) * RECORD, best);
    node.split = best;
    if (best.column < 0) node.histogram = giveHistogram(histograms, node.histogram);
  });
}

function writeCandidate(split: Split, into: Float64Array, at: number): void {
  into[at] = split.gain;
  into[at + 1] = split.column;
  into[at + 2] = split.bin;
  into[at + 3] = Number(split.missingLeft);
  into[at + 4] = split.leftFirst;
  into[at + 5] = split.leftSecond;
  for (let word = 0; word < 8; word++) into[at + 8 + word] = split.set[word]!;
}

/** Threads hold columns in ascending order, so that of equals the first column wins, as within a thread. */
function readCandidate(from: Float64Array, at: number, best: Split): void {
  if (!(from[at]! > best.gain)) return;
  best.gain = from[at]!;
  best.column = from[at + 1]!;
  best.bin = from[at + 2]!;
  best.missingLeft = from[at + 3] === 1;
  best.leftFirst = from[at + 4]!;
  best.leftSecond = from[at + 5]!;
  for (let word = 0; word < 8; word++) best.set[word] = from[at + 8 + word]!;
}

/** A histogram of zeros; null where the limit is reached and it is not `needed`. */
function takeHistogram(pool: HistogramPool, needed: boolean): Histogram | null {
  if (pool.left <= 0 && !needed) return null;
  pool.left--;
  const used = pool.free.pop();
  if (!used) return pool.memory.make();
  used.sums.fill(0);
  used.rows?.fill(0);
  return used;
}

function giveHistogram(pool: HistogramPool, histogram: Histogram | null): null {
  if (!histogram) return null;
  pool.left++;
  pool.free.push(histogram);
  return null;
}
