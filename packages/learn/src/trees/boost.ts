/**
 * Histogram gradient boosting: Chen & Guestrin: XGBoost, KDD 2016; Ke et al.: LightGBM, NIPS 2017. Columns of numbers and categories, missing
 * values and weights as they are; nothing is scaled, filled in or encoded.
 *
 * The same data, settings and seed give the same trees to the last bit, whatever the number of threads.
 */
import { barrierState } from "../math/barrier.ts";
import { runWorkers } from "../math/parallel.ts";
import { Pace } from "../math/pause.ts";
import { seeded } from "../math/random.ts";
import { EDGES } from "./binning.ts";
import type { BoostJob, RoundDone } from "./boost-job.ts";
import { boost, candidateSize, mostPieces } from "./boost-task.ts";
import { checkData, trainingRows } from "./columns.ts";
import type { TreeColumn, TreesData } from "./columns.ts";
import { joinTrees } from "./ensemble.ts";
import type { TreeEnsemble } from "./ensemble.ts";
import { GROUP } from "./histogram.ts";
import { lossOf } from "./loss.ts";
import { piecesOf } from "./row-pieces.ts";
import { completeSettings } from "./settings.ts";
import type { TreesSettings } from "./settings.ts";

export interface FitTreesOptions {
  readonly seed: number;
  /** Worker threads; 0 fits in the calling thread, which is let go of every ten milliseconds or so. More than one for four columns is of no use. */
  readonly threads?: number;
  /** Rows times groups of four columns below which threads would cost more than they give: the calling thread fits them, whatever `threads` says. */
  readonly leastForThreads?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number, doing: string) => void) | undefined;
  /** Keep the rounds behind the best one too: where several fits are to end at the same round, say. */
  readonly keepAll?: boolean;
  /** Called after each round with the mean loss of the validation rows; NaN without any. */
  readonly onRound?: (round: number, loss: number) => void;
}

/**
 * O(rounds x depth x rows x columns) over all threads. Memory: 1 byte a value and 40 a row, and with threads a copy of the columns while
 * they are binned.
 *
 * @throws RangeError naming the setting, column or row that cannot be used
 * @example await fitTrees({ loss: { name: "squared" } }, { rows, columns: [{ kind: "number", values }], target }, { seed: 1, threads: 2 })
 */
export async function fitTrees(
  given: Partial<TreesSettings> & Pick<TreesSettings, "loss">,
  data: TreesData,
  { seed, threads = 0, leastForThreads = LEAST_FOR_THREADS, signal, keepAll = false, onProgress, onRound }: FitTreesOptions,
): Promise<TreeEnsemble> {
  const settings = completeSettings(given);
  checkData(settings, data);
  signal?.throwIfAborted();
  const groups = Math.ceil(data.columns.length / GROUP);
  const isApart = threads > 0 && data.rows * groups >= leastForThreads;
  const running = isApart ? Math.max(1, Math.min(threads, groups)) : 1;
  const job = jobOf(settings, data, seed, running, isApart);
  const rounds: RoundDone[] = [];
  const done = (round: RoundDone): void => {
    rounds.push(round);
    onProgress?.((round.round + 1) / settings.rounds, "trees");
    onRound?.(round.round, round.loss);
  };
  if (isApart) {
    await runWorkers(
      new URL("./boost-worker", import.meta.url),
      { job, next: new Int32Array(new SharedArrayBuffer(4)) },
      running,
      {
        signal,
        onMessage: (message) => done(message as RoundDone),
      },
    );
  } else {
    const pace = new Pace(WORK, signal);
    for (const work of boost(job, 0, done)) await pace.spend(work);
  }

  return joinTrees(
    settings.loss,
    data.columns,
    job.start,
    (keepAll ? rounds : rounds.slice(0, bestRound(rounds) + 1)).flatMap(({ trees }) => trees),
  );
}

/**
 * Two threads start in some 80 ms and wait for each other at every level. Measured against none, in time: 1.25 times with 130,000, 1 with 240,000,
 * 0.9 with 480,000, 0.75 with 960,000.
 */
const LEAST_FOR_THREADS = 240_000;

/** Work between two pauses in the calling thread: some ten milliseconds. */
const WORK = 3_000_000;

/** The first of those whose validation rows have the least loss; without such rows the last. */
function bestRound(rounds: readonly RoundDone[]): number {
  let best = rounds.length - 1;
  for (const { round, loss } of rounds.toReversed()) if (loss <= rounds[best]!.loss) best = round;
  return best;
}

function jobOf(settings: TreesSettings, data: TreesData, seed: number, threads: number, isShared: boolean): BoostJob {
  const { rows, columns } = data;
  const { outputs, start } = lossOf(settings.loss);
  const training = trainingRows(data);
  const weights = data.weights ?? null;
  const share = <A extends Shareable>(array: A): A => (isShared ? shared(array) : array);
  const zeros = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
  const counts = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * 4));
  const levels = columns.reduce((sum, column) => sum + (column.kind === "category" ? column.levels : 0), 0);
  const mostNodes = 2 * Math.min(settings.maxLeaves, training.length);
  return {
    settings,
    seed,
    threads,
    rows,
    columns: columns.map((column): TreeColumn =>
      column.kind === "number" ? { ...column, values: share(column.values) } : { ...column, codes: share(column.codes) },
    ),
    target: share(data.target),
    weights: weights && share(weights),
    training: share(training),
    validation: share(data.validation ?? new Uint32Array(0)),
    forBins: share(someOf(training, seed)),
    edges: zeros(columns.length * EDGES),
    levelBins: new Uint8Array(new SharedArrayBuffer(levels)),
    binCounts: counts(columns.length),
    words: counts(rows * Math.ceil(columns.length / GROUP)),
    scores: zeros(outputs * rows),
    logSums: zeros(outputs > 1 ? rows : 0),
    derivatives: zeros(rows * 2),
    order: { rows: counts(training.length), lefts: counts(training.length), rights: counts(training.length), isOwn: false },
    candidates: zeros(candidateSize(threads)),
    pieceLefts: counts(mostPieces(rows)),
    pieceSums: zeros(2 * piecesOf(rows)),
    leaves: zeros(2 * mostNodes),
    barrier: barrierState(),
    start: start(data.target, weights, training),
  };
}

/** Rows to take edges from: with 255 bins each holds some 800 of them, and sorting stays a small part of the fit. */
const BIN_ROWS = 200_000;

/** One row of each stretch, where there are more than BIN_ROWS. */
function someOf(rows: Uint32Array, seed: number): Uint32Array {
  if (rows.length <= BIN_ROWS) return rows;
  const random = seeded(seed);
  const stretch = rows.length / BIN_ROWS;
  return Uint32Array.from({ length: BIN_ROWS }, (_, at) => rows[Math.floor((at + random.next()) * stretch)]!);
}

type Shareable = Float64Array | Int32Array | Uint32Array;

/** The same values on memory that threads share; those that are already on such memory as they are. */
function shared<A extends Shareable>(array: A): A {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
