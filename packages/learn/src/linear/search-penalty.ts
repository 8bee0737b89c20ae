/** The penalty of a generalised linear model that does best on rows that were not seen, and the model with it on all rows. */
import type { SparseRows } from "../data/sparse-rows.ts";
import { Pace } from "../math/pause.ts";
import { fitFoldPath } from "./fold-path.ts";
import type { FoldPathOptions } from "./fold-path.ts";
import { fitGeneralised, generalisedDefaults, outputsOf } from "./generalised.ts";
import type { Family } from "./generalised.ts";

/** Tried in this order, in rows, strongest first. */
const penalties = [100, 30, 10, 3, 1, 0.3];

export interface PenaltyData {
  readonly rows: SparseRows;
  /** As the family has it. */
  readonly target: Float64Array;
  /** What each row counts for; null: 1. */
  readonly counts: Float64Array | null;
  readonly folds: Uint8Array;
  readonly foldCount: number;
}

export interface FoundLinear {
  /** The one that did best, in rows. */
  readonly penalty: number;
  /** Shape (nFeatures + 1, outputs), the last row for the constants. */
  readonly weights: Float64Array;
  /** Scores of each row by the fit that did not see it, shape (nRows, outputs). */
  readonly outOfFold: Float64Array;
}

/** `judge` says how bad such scores are. O(penalties x rounds x folds x stored values x outputs) over all threads. */
export async function searchPenalty(
  family: Family,
  data: PenaltyData,
  judge: (outOfFold: Float64Array) => number,
  { onProgress, ...options }: FoldPathOptions,
): Promise<FoundLinear> {
  const paths = await fitFoldPath(family, penalties, data, { ...options, onProgress: (share) => onProgress?.(share * 0.8) });
  const losses = paths.map(judge);
  const best = losses.indexOf(Math.min(...losses));
  const weights = await fitWithPenalty(family, penalties[best]!, data, options.signal);
  onProgress?.(1);
  return { penalty: penalties[best]!, weights, outOfFold: paths[best]! };
}

/** The weights of the model with one penalty on all rows, shape (nFeatures + 1, outputs). O(rounds x stored values x outputs). */
export async function fitWithPenalty(
  family: Family,
  penalty: number,
  { rows, target, counts }: Pick<PenaltyData, "rows" | "target" | "counts">,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const outputs = outputsOf(family);
  const weights = new Float64Array((rows.features + 1) * outputs);
  const settings = { ...generalisedDefaults, family, penalty };
  const pace = new Pace(PASSED, signal);
  for (const _pass of fitGeneralised(settings, rows, target, counts, Uint32Array.from(target.keys()), weights)) {
    await pace.spend(rows.indices.length * outputs);
  }
  return weights;
}

/** Values between two pauses in the calling thread: some ten milliseconds. */
const PASSED = 3_000_000;
