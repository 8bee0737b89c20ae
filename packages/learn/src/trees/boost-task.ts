/**
 * Gradient boosting as every thread runs it: the same steps, the same decisions, the work shared out. Between two barriers a thread writes
 * only what is its own: edges and histograms of its columns, its pieces of rows, its leaves. Sums over pieces are added in the
 * order of the pieces, whose size does not depend on the threads, so that the number of threads changes nothing in the result.
 *
 * Friedman: Greedy Function Approximation, Annals of Statistics 2001; Friedman: Stochastic Gradient Boosting, 2002 (samples of rows).
 */
import { barrier } from "../math/barrier.ts";
import { FNV_PRIME, mix } from "../math/hash.ts";
import { weightedQuantile } from "../math/quantile.ts";
import { seeded, shuffle } from "../math/random.ts";
import { EDGES, binCodes, binNumbers, categoryBins, numberEdges } from "./binning.ts";
import type { TreeColumn } from "./columns.ts";
import { BATCH, RECORD, growTree } from "./grow-tree.ts";
import type { Grower, GrownTree, HistogramPool } from "./grow-tree.ts";
import { GROUP, roundingTerm } from "./histogram.ts";
import type { Binned } from "./histogram.ts";
import { lossOf } from "./loss.ts";
import type { Loss } from "./loss.ts";
import { PIECE, placePiece } from "./partition.ts";
import type { Order } from "./partition.ts";
import type { TreesSettings } from "./settings.ts";
import type { SplitColumn } from "./split.ts";

/** Everything a thread needs, on shared memory. */
export interface BoostJob {
  readonly settings: TreesSettings;
  readonly seed: number;
  readonly threads: number;
  readonly rows: number;
  readonly columns: readonly TreeColumn[];
  readonly target: Float64Array;
  readonly weights: Float64Array | null;
  /** Rows that are learnt from, ascending, and those that say when to stop. */
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
  /** Training rows that the edges of bins are taken from. */
  readonly forBins: Uint32Array;
  /** Shape (columns, EDGES): edges filled up with Infinity. */
  readonly edges: Float64Array;
  /** Bins of the levels of all category columns, one column after the other. */
  readonly levelBins: Uint8Array;
  /** For each column its bins, that for missing values not counted. */
  readonly binCounts: Uint32Array;
  /** Shape (nRows, groups of four columns). */
  readonly words: Uint32Array;
  /** Shape (outputs, nRows). */
  readonly scores: Float64Array;
  /** For `softmax`, of each row the logarithm of the sum of e^score. */
  readonly logSums: Float64Array;
  readonly derivatives: Float64Array;
  readonly order: Order;
  readonly candidates: Float64Array;
  readonly pieceLefts: Uint32Array;
  /** Sums of one piece each. */
  readonly pieceSums: Float64Array;
  readonly leaves: Float64Array;
  readonly barrier: Int32Array;
  /** Where scores start, shape (outputs). */
  readonly start: Float64Array;
}

/** A tree in plain arrays; children stand behind their parents, siblings side by side. */
export interface TreeParts {
  /** Column of each split, -1 for leaves. */
  readonly columns: Int32Array;
  /** Left child, the right one is behind it; 0 for leaves. */
  readonly left: Uint32Array;
  /** Number columns: values up to it go left. */
  readonly thresholds: Float64Array;
  readonly missingLeft: Uint8Array;
  /** Category columns: a bit for each level that goes left, 32 a word; `setAt` is the first word, in the order of nodes. */
  readonly sets: Uint32Array;
  readonly setAt: Uint32Array;
  /** What leaves add to the score; 0 for splits. */
  readonly values: Float64Array;
  /** Weight of the training rows. */
  readonly covers: Float64Array;
}

export interface RoundDone {
  readonly round: number;
  /** A tree an output. */
  readonly trees: readonly TreeParts[];
  /** Mean loss of the validation rows with this round; NaN without any. */
  readonly loss: number;
}

/** Rows to take edges from: with 255 bins each holds some 800 of them, and sorting stays a small part of the fit. */
export const BIN_ROWS = 200_000;
/** Log-loss of validation rows at which there is nothing left to learn: where classes can be told apart wholly, it falls for ever. */
const CERTAIN = 5e-3;
/** Rows of a piece of the passes over all rows. */
const ROWS = 8192;
/** Histograms of all threads together stay below it: 512 MB. */
const HISTOGRAM_BYTES = 2 ** 29;

export const piecesOf = (rows: number): number => Math.ceil(rows / ROWS);
/** Pieces of a level: every node has one that is not full. */
export const mostPieces = (rows: number): number => Math.ceil(rows / PIECE) + BATCH;
export const candidateSize = (threads: number): number => 2 * threads * 2 * BATCH * RECORD;

/** Every `next()` is some work done; the first thread hands each round to `onRound`. */
export function* boost(job: BoostJob, thread: number, onRound: (done: RoundDone) => void): Generator<number, void> {
  const { settings, threads, training, validation } = job;
  const loss = lossOf(settings.loss);
  const wait = barrier(job.barrier, threads);
  yield* findBins(job, thread);
  wait();
  yield* fillBins(job, thread);
  const grower = growerOf(job, thread, loss, wait);
  yield* eachPiece(job.rows, thread, threads, (from, to) => {
    for (let k = 0; k < loss.outputs; k++) job.scores.fill(job.start[k]!, k * job.rows + from, k * job.rows + to);
  });
  wait();

  const isLogLoss = settings.loss.name === "logistic" || settings.loss.name === "softmax";
  let best = Infinity;
  let bestRound = 0;
  for (let round = 0; round < settings.rounds; round++) {
    sampleColumns(job, round, grower.sampled);
    if (loss.outputs > 1) {
      yield* eachPiece(job.rows, thread, threads, (from, to) => writeLogSums(job, loss.outputs, from, to));
      wait();
    }
    const trees: TreeParts[] = [];
    for (let output = 0; output < loss.outputs; output++) {
      const count = yield* prepare(job, grower.order, thread, loss, output, round, wait);
      const tree = yield* growTree(grower, count);
      const { values, covers } = yield* finishLeaves(job, grower.order, thread, loss, output, tree, wait);
      yield* addScores(job, grower.order, thread, output, tree, values, count);
      wait();
      if (thread === 0) trees.push(partsOf(job, tree, values, covers));
    }
    const mean = validation.length === 0 ? NaN : yield* validationLoss(job, thread, loss, wait);
    if (thread === 0) onRound({ round, trees, loss: mean });
    if (mean < best) [best, bestRound] = [mean, round];
    if (validation.length > 0 && (round - bestRound >= settings.patience || (isLogLoss && mean < CERTAIN))) return;
    yield training.length;
  }
}

/** The first column of each thread and behind the last, in groups of four: as even as groups allow. */
export function groupsOf(columns: number, thread: number, threads: number): readonly [from: number, to: number] {
  const groups = Math.ceil(columns / GROUP);
  return [Math.floor((groups * thread + threads - 1) / threads), Math.floor((groups * (thread + 1) + threads - 1) / threads)];
}

function* eachPiece(
  rows: number,
  thread: number,
  threads: number,
  work: (from: number, to: number, piece: number) => void,
): Generator<number, void> {
  for (let piece = thread; piece * ROWS < rows; piece += threads) {
    work(piece * ROWS, Math.min((piece + 1) * ROWS, rows), piece);
    yield ROWS;
  }
}

/** Edges and levels of the thread's own columns, from training rows alone. */
function* findBins(job: BoostJob, thread: number): Generator<number, void> {
  const { columns, settings, weights, training, forBins, edges, levelBins, binCounts, threads } = job;
  const [from, to] = groupsOf(columns.length, thread, threads);
  for (let at = from * GROUP; at < Math.min(to * GROUP, columns.length); at++) {
    const column = columns[at]!;
    if (column.kind === "category") {
      const mass = new Float64Array(column.levels);
      for (const row of training) {
        const code = column.codes[row]!;
        if (code >= 0) mass[code]! += weights ? weights[row]! : 1;
      }
      const { bins, count } = categoryBins(mass, settings.maxBins);
      levelBins.set(bins, levelsBefore(columns, at));
      binCounts[at] = count;
      yield training.length;
      continue;
    }
    const present = new Uint32Array(forBins.length);
    let count = 0;
    for (const row of forBins) if (!Number.isNaN(column.values[row]!)) present[count++] = row;
    const chosen = present.subarray(0, count);
    if (weights) chosen.sort((a, b) => column.values[a]! - column.values[b]! || a - b);
    const values = new Float64Array(count);
    for (let k = 0; k < count; k++) values[k] = column.values[chosen[k]!]!;
    if (!weights) values.sort();
    const own = weights && Float64Array.from(chosen, (row) => weights[row]!);
    const found = numberEdges(values, own, settings.maxBins);
    edges.fill(Infinity, at * EDGES, (at + 1) * EDGES);
    edges.set(found, at * EDGES);
    binCounts[at] = found.length + 1;
    yield values.length * 20;
  }
}

function levelsBefore(columns: readonly TreeColumn[], at: number): number {
  let sum = 0;
  for (let other = 0; other < at; other++) {
    const column = columns[other]!;
    if (column.kind === "category") sum += column.levels;
  }
  return sum;
}

function* fillBins(job: BoostJob, thread: number): Generator<number, void> {
  const { columns, edges, levelBins, binCounts, words, threads } = job;
  const stride = Math.ceil(columns.length / GROUP) * GROUP;
  const bins = new Uint8Array(words.buffer);
  for (const _work of eachPiece(job.rows, thread, threads, (from, to) => {
    columns.forEach((column, at) => {
      const into = bins.subarray(at);
      if (column.kind === "number") {
        binNumbers(column.values, edges, at * EDGES, binCounts[at]!, from, to, into, stride);
      } else {
        binCodes(column.codes, levelBins, levelsBefore(columns, at), binCounts[at]!, from, to, into, stride);
      }
    });
  })) {
    yield ROWS * columns.length * 10;
  }
}

function growerOf(job: BoostJob, thread: number, loss: Loss, wait: () => void): Grower {
  const { columns, settings, binCounts, threads, words } = job;
  const groups = Math.ceil(columns.length / GROUP);
  const [from, to] = groupsOf(columns.length, thread, threads);
  const offsets = new Uint32Array(groups * GROUP);
  let total = 0;
  let all = 0;
  for (let at = 0; at < groups * GROUP; at++) {
    const bins = at < columns.length ? binCounts[at]! + 1 : 1; // columns that fill up a group have one bin
    all += bins;
    if (at < from * GROUP || at >= to * GROUP) continue;
    offsets[at] = total;
    total += bins;
  }
  const binned: Binned = { words, groups, from, to, offsets };
  const isUnit = loss.isFlat && !job.weights;
  const isCounted = settings.minRows > 1 && !isUnit;
  const histograms: HistogramPool = {
    free: [],
    make: () => ({ sums: new Float64Array(total * 2), rows: isCounted ? new Uint32Array(total) : null }),
    left: Math.max(1, Math.floor(HISTOGRAM_BYTES / (all * 16))),
  };
  return {
    settings,
    thread,
    threads,
    wait,
    binned,
    bins: new Uint8Array(words.buffer),
    columns: columns.map(({ kind }, index): SplitColumn => ({
      index,
      isCategory: kind === "category",
      bins: binCounts[index]!,
      offset: offsets[index]!,
      monotone: settings.monotone[index] ?? 0,
    })),
    derivatives: job.derivatives,
    order: orderOf(job),
    candidates: job.candidates,
    half: 0,
    pieceLefts: job.pieceLefts,
    maxStep: loss.maxStep,
    histograms,
    sampled: new Uint8Array(columns.length),
  };
}

/**
 * Few rows are parted by every thread for itself, which spares it two of the three waits for the others a level.
 */
function orderOf({ order, training, threads }: BoostJob): Order {
  if (threads === 1 || training.length > OWN_ORDER) return order;
  const rows = (): Uint32Array => new Uint32Array(training.length);
  return { rows: rows(), lefts: rows(), rights: rows(), isOwn: true };
}

const OWN_ORDER = 100_000;

/** Every thread draws the same columns. */
function sampleColumns({ columns, settings, seed }: BoostJob, round: number, sampled: Uint8Array): void {
  const count = Math.max(1, Math.round(settings.columnShare * columns.length));
  sampled.fill(0);
  const order = Uint32Array.from(columns.keys());
  if (count < columns.length) shuffle(order, seeded(mix(Math.imul(seed ^ 0x5bd1e995, FNV_PRIME) ^ round)));
  for (const column of order.subarray(0, count)) sampled[column] = 1;
}

function writeLogSums({ scores, logSums, rows }: BoostJob, outputs: number, from: number, to: number): void {
  for (let row = from; row < to; row++) logSums[row] = logSum(scores, rows, row, outputs);
}

function logSum(scores: Float64Array, rows: number, row: number, outputs: number): number {
  let greatest = -Infinity;
  for (let k = 0; k < outputs; k++) greatest = Math.max(greatest, scores[k * rows + row]!);
  let sum = 0;
  for (let k = 0; k < outputs; k++) sum += Math.exp(scores[k * rows + row]! - greatest);
  return greatest + Math.log(sum);
}

/** Derivatives of all training rows, rounded so that their sums are exact, and the order that begins with the rows of this round. */
function* prepare(
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

/** The rows of this round first: of each row its own hash decides, whoever looks. */
function* sampleRows(job: BoostJob, order: Order, thread: number, round: number, wait: () => void): Generator<number, number> {
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

interface FinishedLeaves {
  /** What each node adds to scores, 0 where it is split. */
  readonly values: Float64Array;
  readonly covers: Float64Array;
}

/** Values of leaves as they will be added, renewed where the loss asks for it; each leaf is one thread's. */
function* finishLeaves(
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
function* addScores(
  job: BoostJob,
  order: Order,
  thread: number,
  output: number,
  { nodes, routes }: GrownTree,
  values: Float64Array,
  count: number,
): Generator<number, void> {
  const { rows, threads, training, validation, words, columns } = job;
  const scores = job.scores.subarray(output * rows, (output + 1) * rows);
  let turn = 0;
  for (const [at, { from, to, left }] of nodes.entries()) {
    if (left > 0) continue;
    for (let start = from; start < to; start += PIECE) {
      if (turn++ % threads !== thread) continue;
      const end = Math.min(start + PIECE, to);
      const value = values[at]!;
      for (let k = start; k < end; k++) scores[order.rows[k]!]! += value;
      yield end - start;
    }
  }
  const bins = new Uint8Array(words.buffer);
  const stride = Math.ceil(columns.length / GROUP) * GROUP;
  const lefts = Uint32Array.from(nodes, ({ left }) => left);
  const byColumn = Uint32Array.from(nodes, ({ split }) => Math.max(split?.column ?? 0, 0));
  for (const others of [order.rows.subarray(count, training.length), validation]) {
    yield* eachPiece(others.length, thread, threads, (from, to) => {
      for (let k = from; k < to; k++) {
        const row = others[k]!;
        let at = 0;
        while (lefts[at]! > 0) {
          const isLeft = routes[at * 256 + bins[row * stride + byColumn[at]!]!]!;
          at = lefts[at]! + 1 - isLeft;
        }
        scores[row]! += values[at]!;
      }
    });
  }
}

function* validationLoss(job: BoostJob, thread: number, loss: Loss, wait: () => void): Generator<number, number> {
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

/**
 * The tree as it will answer: bins become the values that part them, bins of levels become levels, and nodes are numbered level by level in
 * place of the order in which they were split.
 */
function partsOf(job: BoostJob, { nodes, routes }: GrownTree, values: Float64Array, covers: Float64Array): TreeParts {
  const { columns, edges, levelBins } = job;
  const order = [0];
  const left = new Uint32Array(nodes.length);
  for (let at = 0; at < order.length; at++) {
    const child = nodes[order[at]!]!.left;
    if (child === 0) continue;
    left[at] = order.length;
    order.push(child, child + 1);
  }
  const parts = {
    columns: new Int32Array(nodes.length).fill(-1),
    left,
    thresholds: new Float64Array(nodes.length),
    missingLeft: new Uint8Array(nodes.length),
    setAt: new Uint32Array(nodes.length),
    values: Float64Array.from(order, (old) => values[old]!),
    covers: Float64Array.from(order, (old) => covers[old]!),
  };
  const sets: number[] = [];
  order.forEach((old, at) => {
    if (left[at] === 0) return;
    const split = nodes[old]!.split!;
    const column = columns[split.column]!;
    parts.columns[at] = split.column;
    parts.missingLeft[at] = Number(split.missingLeft);
    if (column.kind === "number") {
      parts.thresholds[at] = edges[split.column * EDGES + split.bin]!;
      return;
    }
    parts.setAt[at] = sets.length;
    const first = levelsBefore(columns, split.column);
    const words = new Uint32Array(Math.ceil(column.levels / 32));
    for (let level = 0; level < column.levels; level++) {
      if (routes[old * 256 + levelBins[first + level]!] === 1) words[level >> 5]! |= 1 << (level & 31);
    }
    for (const word of words) sets.push(word);
  });
  return { ...parts, sets: Uint32Array.from(sets) };
}
