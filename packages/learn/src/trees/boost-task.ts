/**
 * Gradient boosting as every thread runs it: the same steps, the same decisions, the work shared out. Between two barriers a thread writes
 * only what is its own: edges and histograms of its columns, its pieces of rows, its leaves. Sums over pieces are added in the
 * order of the pieces, whose size does not depend on the threads, so that the number of threads changes nothing in the result.
 *
 * Friedman: Greedy Function Approximation, Annals of Statistics 2001; Friedman: Stochastic Gradient Boosting, 2002 (samples of rows).
 */
import { barrier } from "../math/barrier.ts";
import { fillBins, findBins } from "./bin-job.ts";
import type { BoostJob, RoundDone } from "./boost-job.ts";
import { prepare, writeLogSums } from "./derivatives.ts";
import { addScores, finishLeaves } from "./finish-leaves.ts";
import { BATCH, RECORD, growTree } from "./grow-tree.ts";
import type { Grower, HistogramPool } from "./grow-tree.ts";
import { GROUP, groupsOf, histogramMemory } from "./histogram.ts";
import type { Binned } from "./histogram.ts";
import { lossOf } from "./loss.ts";
import type { Loss } from "./loss.ts";
import { PIECE } from "./partition.ts";
import type { Order } from "./partition.ts";
import { eachPiece } from "./row-pieces.ts";
import { sampleColumns } from "./sample.ts";
import type { SplitColumn } from "./split.ts";
import { partsOf } from "./tree-parts.ts";
import type { TreeParts } from "./tree-parts.ts";
import { validationLoss } from "./validation-loss.ts";

/** Log-loss of validation rows at which there is nothing left to learn: where classes can be told apart wholly, it falls for ever. */
const CERTAIN = 5e-3;
/** Histograms of all threads together stay below it: 512 MB. */
const HISTOGRAM_BYTES = 2 ** 29;

/** Pieces of a level: every node has one that is not full. */
export const mostPieces = (rows: number): number => Math.ceil(rows / PIECE) + BATCH;
export const candidateSize = (threads: number): number => 2 * threads * 2 * BATCH * RECORD;

/** Every `next()` is some work done; the last thread, whose columns are the fewest, hands each round to `onRound`. */
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

  const terms = new Float64Array(2 * loss.outputs);
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
      const count = yield* prepare(job, grower.order, thread, loss, output, round, terms, wait);
      const tree = yield* growTree(grower, count);
      const { values, covers } = yield* finishLeaves(job, grower.order, thread, loss, output, tree, wait);
      yield* addScores(job, grower.order, thread, output, tree, values, count);
      if (!grower.order.isOwn || loss.outputs > 1) wait();
      if (thread === threads - 1) trees.push(partsOf(job, tree, values, covers));
    }
    const mean = validation.length === 0 ? NaN : yield* validationLoss(job, thread, loss, wait);
    if (thread === threads - 1) onRound({ round, trees, loss: mean });
    if (mean < best) [best, bestRound] = [mean, round];
    if (validation.length > 0 && (round - bestRound >= settings.patience || (isLogLoss && mean < CERTAIN))) return;
    yield training.length;
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
    memory: histogramMemory(binned, total, isCounted),
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
function orderOf({ order, training }: BoostJob): Order {
  if (training.length > OWN_ORDER) return order;
  const rows = (): Uint32Array => new Uint32Array(training.length);
  return { rows: training.slice(), lefts: rows(), rights: rows(), isOwn: true };
}

const OWN_ORDER = 100_000;
