/**
 * Trees of several settings, without one fold each: how well each does on rows that were not seen, after how many rounds, and what it says of
 * them. A thread a fit, since a fit in one thread wastes nothing; the threads take fits from one shared counter.
 */
import { runWorkers } from "../math/parallel.ts";
import { Pace } from "../math/pause.ts";
import { fitTrees } from "./boost.ts";
import { columnsOfFit, takeColumns } from "./columns.ts";
import type { LearntColumns, TreesData } from "./columns.ts";
import { firstRounds } from "./ensemble.ts";
import type { TreeEnsemble } from "./ensemble.ts";
import { scoreRows, scorerOf } from "./score.ts";
import type { TreesSettings } from "./settings.ts";

export type GivenSettings = Partial<TreesSettings> & Pick<TreesSettings, "loss">;

export interface FoldTreesData extends Omit<TreesData, "validation"> {
  readonly learnt: LearntColumns | null;
}

/** What a thread needs; columns and target on shared memory. */
export interface FoldTreesJob {
  readonly settings: GivenSettings;
  readonly data: FoldTreesData;
  readonly folds: Uint8Array;
  /** The folds to fit without. */
  readonly wanted: readonly number[];
  /** 1 for rows that say how well a fit does that did not see them; null: all do. */
  readonly judged: Uint8Array | null;
  readonly seed: number;
  /** Number of the next fit. */
  readonly next: Int32Array;
}

/** One fit without a fold. */
export interface FoldFit {
  readonly fold: number;
  /** Mean loss of the fold's rows after each round. */
  readonly losses: Float64Array;
  /** All rounds, those behind the best one included. */
  readonly ensemble: TreeEnsemble;
}

export interface FoldTrees {
  /** In the order of folds. */
  readonly fits: readonly FoldFit[];
  /** Rounds after which the mean loss of all folds is least. */
  readonly rounds: number;
  /** That loss. */
  readonly loss: number;
}

export interface FoldTreesOptions {
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
  /** The rows that say how well a fit does that did not see them; all where nothing is said. */
  readonly judged?: Uint32Array | undefined;
}

/** O(folds x rounds x depth x rows x columns) over all threads. */
export async function fitFoldTrees(
  settings: GivenSettings,
  data: FoldTreesData,
  folds: Uint8Array,
  wanted: readonly number[],
  { seed, threads, signal, onProgress, judged }: FoldTreesOptions,
): Promise<FoldTrees> {
  const job: FoldTreesJob = {
    settings,
    data,
    folds,
    wanted,
    judged: judged && judged.length < folds.length ? flags(judged, folds.length) : null,
    seed,
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  const fits: FoldFit[] = [];
  const onFit = (fit: FoldFit): void => {
    fits.push(fit);
    onProgress?.(fits.length / wanted.length);
  };
  // Starting a thread takes as long as some thousand rows take.
  const isSmall = data.rows * data.columns.length < 20_000;
  if (threads > 0 && !isSmall) {
    await runWorkers(new URL("./fold-trees-worker", import.meta.url), job, Math.min(threads, wanted.length), {
      signal,
      onMessage: (fit) => onFit(fit as FoldFit),
    });
  } else {
    for (const fold of wanted) onFit(await fitFoldOfTrees(job, fold, signal));
  }
  fits.sort((a, b) => a.fold - b.fold);
  return { fits, ...bestOf(fits.map(({ losses }) => losses)) };
}

export async function fitFoldOfTrees(
  { settings, data, folds, judged, seed }: FoldTreesJob,
  fold: number,
  signal?: AbortSignal,
): Promise<FoldFit> {
  const validation = Uint32Array.from(folds.keys()).filter((row) => folds[row] === fold);
  const losses: number[] = [];
  const ensemble = await fitTrees(
    settings,
    {
      ...data,
      columns: columnsOfFit(data.columns, data.learnt, fold),
      validation,
      ...(judged && { weights: judgedWeights(data, validation, judged) }),
    },
    { seed: seed + fold, signal, keepAll: true, onRound: (_round, loss) => losses.push(loss) },
  );
  return { fold, losses: Float64Array.from(losses), ensemble };
}

function flags(rows: Uint32Array, count: number): Uint8Array {
  const flagged = new Uint8Array(new SharedArrayBuffer(count));
  for (const row of rows) flagged[row] = 1;
  return flagged;
}

/** Validation rows that are not judged weigh nothing. */
function judgedWeights({ rows, weights }: FoldTreesJob["data"], validation: Uint32Array, judged: Uint8Array): Float64Array {
  const own = weights ? weights.slice() : new Float64Array(rows).fill(1);
  for (const row of validation) if (judged[row] === 0) own[row] = 0;
  return own;
}

/** The round that is best for all folds together, among those that every fit has come to. */
function bestOf(curves: readonly Float64Array[]): { rounds: number; loss: number } {
  const shortest = Math.min(...curves.map(({ length }) => length));
  let best = { rounds: 1, loss: Infinity };
  for (let round = 0; round < shortest; round++) {
    const loss = curves.reduce((sum, losses) => sum + losses[round]!, 0) / curves.length;
    if (loss < best.loss) best = { rounds: round + 1, loss };
  }
  return best;
}

/** Raw scores of each row of the folds by the fit that did not see it, shape (nRows, outputs); 0 for rows of other folds. */
export async function outOfFoldScores(
  { fits, rounds }: Pick<FoldTrees, "fits" | "rounds">,
  { columns, learnt }: Pick<FoldTreesData, "columns" | "learnt">,
  folds: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const outputs = fits[0]!.ensemble.start.length;
  const scores = new Float64Array(folds.length * outputs);
  const pace = new Pace(WORK, signal);
  for (const { fold, ensemble } of fits) {
    const scorer = scorerOf(firstRounds(ensemble, rounds));
    const read = columnsOfFit(columns, learnt, fold);
    const rows = Uint32Array.from(folds.keys()).filter((row) => folds[row] === fold);
    for (let from = 0; from < rows.length; from += BLOCK) {
      const chosen = rows.subarray(from, from + BLOCK);
      const own = new Float64Array(chosen.length * outputs);
      scoreRows(scorer, takeColumns(read, chosen), 0, chosen.length, own);
      chosen.forEach((row, at) => scores.set(own.subarray(at * outputs, (at + 1) * outputs), row * outputs));
      await pace.spend(chosen.length * rounds * outputs);
    }
  }
  return scores;
}

const BLOCK = 2048;
/** Trees that are walked down between two pauses. */
const WORK = 1_000_000;
