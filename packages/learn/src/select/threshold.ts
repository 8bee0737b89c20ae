/**
 * From a promised precision to the confidence that keeps it, on held-out rows.
 *
 * Candidate thresholds lie at 5 %, 10 %, ... 100 % coverage, rows of equal confidence together. Trying twenty and taking the best would
 * promise too much, so they are tested in a fixed order: from the most confident rows downwards, each once, stopping at the first
 * whose one-sided Clopper-Pearson bound of precision falls below what is wanted. Fixed-sequence testing keeps its level however
 * many are tried (Maurer, Hothorn, Lehmacher 1995; for thresholds: Angelopoulos et al., Learn then Test, 2021, section 4). Few rows
 * convince nobody, so one early error would stop a sequence that larger shares would have passed: there are four sequences,
 * which begin at 5, 30, 55 and 80 %, each at a quarter of the 5 %. The lowest threshold that any of them reached is taken. Where that is all
 * rows, the confidence that was promised is threshold enough.
 */
import { clopperPearsonLower } from "../math/binomial.ts";

export interface Threshold {
  /** Decide alone at this confidence and above; greater than 1: never. */
  readonly threshold: number;
  /** Share of the rows at or above it. */
  readonly coverage: number;
  /** Of those the share that was right, and its one-sided 95 % lower bound; null where there are none. */
  readonly precision: number | null;
  readonly precisionLower: number | null;
}

const ERROR = 0.05;
const STEPS = 20;
const STARTS: readonly number[] = [1, 6, 11, 16];
/** Beyond that nobody collects rows to be convinced. */
const MOST_ROWS = 1 << 24;

/**
 * `confidences` of the chosen classes, `right[i]` 1 where the choice was the truth, `wanted` the precision to keep in (0, 1]. With
 * 95 % probability over the held-out rows the true precision at the threshold is at least `wanted`. O(n log n).
 */
export function confidenceThreshold(confidences: Float64Array, right: Uint8Array, wanted: number): Threshold {
  const count = confidences.length;
  const order = Uint32Array.from(confidences.keys()).sort((a, b) => confidences[b]! - confidences[a]! || a - b);
  const hitsUpTo = new Uint32Array(count + 1);
  order.forEach((row, at) => (hitsUpTo[at + 1] = hitsUpTo[at]! + right[row]!));

  /** Rows at or above the threshold of a step: a twentieth of all for each, and all of the same confidence as the last. */
  const taken = (step: number): number => {
    let rows = Math.ceil((count * step) / STEPS);
    while (rows > 0 && rows < count && confidences[order[rows]!] === confidences[order[rows - 1]!]) rows++;
    return rows;
  };
  const keeps = (rows: number): boolean => clopperPearsonLower(hitsUpTo[rows]!, rows, ERROR / STARTS.length) >= wanted;

  let best = 0;
  for (const start of STARTS) {
    for (let step = start; step <= STEPS && taken(step) > 0 && keeps(taken(step)); step++) best = Math.max(best, taken(step));
  }
  if (best === 0) return { threshold: 2, coverage: 0, precision: null, precisionLower: null };
  const lowest = confidences[order[best - 1]!]!;
  return {
    // Where the promise is kept without any threshold, calibration alone says how low a confidence may be.
    threshold: best === count ? Math.min(lowest, wanted) : lowest,
    coverage: best / count,
    precision: hitsUpTo[best]! / best,
    precisionLower: clopperPearsonLower(hitsUpTo[best]!, best, ERROR),
  };
}

/**
 * Held-out rows without which no threshold can keep a precision: so many, all of them right, are enough and fewer are not. Infinity for a precision of
 * 1, which no number of rows proves.
 */
export function leastRows(wanted: number): number {
  if (wanted >= 1) return Infinity;
  // The bound of k right ones of k is the k-th root of the error; the last sequence begins with four fifths of the rows.
  const right = Math.max(1, Math.ceil(Math.log(ERROR / STARTS.length) / Math.log(wanted)));
  return Math.floor(((right - 1) * STEPS) / STARTS.at(-1)!) + 1;
}

/**
 * About so many held-out rows would be enough for a threshold, were the surest of them as often right as they are among these. null where they are not
 * right more often than is wanted: more rows would only say so more clearly. What is seen of the surest few is by chance too, so this is the
 * order of it and no promise. `points` as `riskCoverage` has them. O(points x log rows).
 */
export function rowsEnough(
  points: readonly { readonly coverage: number; readonly precision: number }[],
  wanted: number,
): number | null {
  let fewest = Infinity;
  for (const start of STARTS) {
    const point = points.find(({ coverage }) => coverage >= start / STEPS - 1e-9);
    if (!point || point.precision <= wanted) continue;
    const keeps = (rows: number): boolean =>
      clopperPearsonLower(Math.floor(point.precision * rows), rows, ERROR / STARTS.length) >= wanted;
    let [below, enough] = [1, 2];
    while (!keeps(enough) && enough < MOST_ROWS) [below, enough] = [enough, enough * 2];
    if (!keeps(enough)) continue;
    while (enough - below > 1) {
      const middle = (below + enough) >> 1;
      if (keeps(middle)) enough = middle;
      else below = middle;
    }
    fewest = Math.min(fewest, enough / point.coverage);
  }
  return fewest === Infinity ? null : Math.ceil(fewest);
}
