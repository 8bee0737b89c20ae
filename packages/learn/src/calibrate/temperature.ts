/**
 * Probabilities from margins: softmax(slope x (margin - constant of the class) + shift of the class), fitted for the least log-loss on rows
 * that the margins' classifier did not see. With one slope for all this is temperature scaling (Guo, Pleiss, Sun, Weinberger: On Calibration of Modern
 * Neural Networks, ICML 2017, section 4.2) with shifts (Alexandari, Kundaje, Shrikumar: bias-corrected, ICML 2020), which are drawn
 * towards what the constants say so that rare classes do not run away.
 *
 * Margins of a squared hinge are squeezed where they are large, so here the slope may depend on the row, by its greatest margin and by
 * that less the second (the idea is that of Joy et al.: Sample-Dependent Adaptive Temperature Scaling, AAAI 2023):
 * slope = s0 + s1 greatest + s2 (greatest - second). Log-loss on held-out rows of four collections, one slope and this: 0.351 and
 * 0.345, 0.487 and 0.482, 0.072 and 0.070, 0.686 and 0.669; Platt's method a class, normalised, was worse on three. The loss stays
 * convex in all parameters, and a score is a shift plus a sum over the features of its row, so contributions stay exact.
 *
 * Where a network was fitted beside the margins, its logits come in with a slope of their own: softmax(slope x (margin - constant) +
 * network slope x logit + shift). That is stacking (Wolpert 1992): how much each of the two is worth is learnt on rows neither saw.
 * The last step is a factor by the lead of the best class (`lead-temperature.ts`).
 */
import { factorAt, fitLeadTemperature, leadOf } from "./lead-temperature.ts";
import type { LeadTemperature } from "./lead-temperature.ts";
import { totalWeight, weightsOf } from "../data/row-weights.ts";
import { minimise } from "../math/minimise.ts";
import type { MinimiseSettings } from "../math/minimise.ts";
import { pause } from "../math/pause.ts";
import { seeded, shuffle } from "../math/random.ts";
import { softmaxInPlace } from "../math/softmax.ts";

export interface Calibration {
  /** s0, s1, s2. */
  readonly slopes: readonly [number, number, number];
  /** What each class's margin is for a row without features. */
  readonly constants: Float32Array;
  /** One for each class. */
  readonly shifts: Float32Array;
  /** Slope of the network's logits; 0 where there is no network. */
  readonly networkSlope: number;
  /** The score of each class for a row without features: shifts, and what the network says without any. */
  readonly base: Float32Array;
  /** By what the rest of the scores of a row is multiplied at last. */
  readonly lead: LeadTemperature;
}

/** What a margin and a logit of one row counted for: the factor is in both. */
export interface RowSlopes {
  margins: number;
  logits: number;
}

export interface CalibrationSettings extends MinimiseSettings {
  /** Rows times classes at most; more teach little about so few numbers. A random part of the rows is taken. */
  readonly maxValues: number;
  /** Strength of the pull of each shift towards its constant times a common slope, in rows. */
  readonly pull: number;
}

export const calibrationDefaults: CalibrationSettings = { maxValues: 500_000, pull: 4, maxRounds: 60, tolerance: 1e-5 };

/** Replaces the margins of one row by its probabilities, and writes the slopes of the row. O(classes). */
export function calibrateRow(
  calibration: Calibration,
  margins: Float64Array,
  logits: Float64Array | null,
  slopes?: RowSlopes,
): void {
  const slope = scoreRow(calibration, margins, logits);
  const factor = factorAt(calibration.lead, leadOf(margins, 0, margins.length));
  const { base } = calibration;
  for (let at = 0; at < margins.length; at++) margins[at] = base[at]! + factor * (margins[at]! - base[at]!);
  softmaxInPlace(margins, 0, margins.length);
  if (!slopes) return;
  slopes.margins = slope * factor;
  slopes.logits = calibration.networkSlope * factor;
}

/** The probabilities of rows, shape (nRows, nClasses). O(rows x classes). */
export function calibrateRows(calibration: Calibration, { margins, logits }: UnseenScores): Float32Array {
  const classCount = calibration.constants.length;
  const scores = new Float64Array(classCount);
  const others = logits && new Float64Array(classCount);
  const probabilities = new Float32Array(margins.length);
  for (let from = 0; from < margins.length; from += classCount) {
    scores.set(margins.subarray(from, from + classCount));
    others?.set(logits!.subarray(from, from + classCount));
    calibrateRow(calibration, scores, others);
    probabilities.set(scores, from);
  }
  return probabilities;
}

/** Replaces the margins of one row by its scores before the last step; the answer is the slope of the row. O(classes). */
function scoreRow(
  { slopes, constants, shifts, networkSlope }: Pick<Calibration, "slopes" | "constants" | "shifts" | "networkSlope">,
  margins: Float64Array,
  logits: Float64Array | null,
): number {
  const slope = slopeOf(slopes, rowStatistics(margins, 0, margins.length));
  for (let at = 0; at < margins.length; at++) margins[at] = slope * (margins[at]! - constants[at]!) + shifts[at]!;
  if (logits) for (let at = 0; at < margins.length; at++) margins[at]! += networkSlope * logits[at]!;
  return slope;
}

/** What a calibration is fitted on: scores of rows by classifiers that did not see them, shape (nRows, nClasses). */
export interface UnseenScores {
  readonly margins: Float32Array;
  /** Of the network, where there is one. */
  readonly logits: Float32Array | null;
}

/** What the fitted margins and network say of a row without features, shape (nClasses). */
export interface Constants {
  readonly margins: Float32Array;
  readonly logits: Float32Array | null;
}

export interface CalibrationOptions {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly judged?: Uint32Array | undefined;
  /** What each row counts for; null: 1. */
  readonly weights?: Float64Array | null;
}

/**
 * `labels` are class indices. The loss is that of the `judged` rows (all where nothing is said), by their `weights`, as if one row more had been seen
 * in equal parts of every class (after Platt's targets: few rows, all of them right, do not make certain), plus the pull of the shifts.
 * O(rounds x rows x classes). Deterministic.
 */
export async function fitCalibration(
  settings: CalibrationSettings,
  { margins, logits }: UnseenScores,
  labels: Uint32Array,
  { margins: constants, logits: networkConstants }: Constants,
  { seed, signal, judged, weights = null }: CalibrationOptions,
): Promise<Calibration> {
  const classCount = constants.length;
  const maxRows = Math.ceil(settings.maxValues / classCount);
  const rows = shuffle(judged?.slice() ?? Uint32Array.from(labels.keys()), seeded(seed))
    .subarray(0, maxRows)
    .sort();
  const own = weightsOf(weights, rows);
  const total = totalWeight(own, rows.length);
  const problem = { margins, logits, labels, constants, rows, weights: own, total, pull: settings.pull };
  // The shifts lie behind the slopes. All are measured in steps that change the loss alike: by the rows that they matter to.
  const scales = new Float64Array(SLOPES + classCount).fill(1 / Math.sqrt(total), 0, SLOPES);
  const support = new Float64Array(classCount);
  rows.forEach((row, at) => (support[labels[row]!]! += own ? own[at]! : 1));
  support.forEach((count, at) => (scales[SLOPES + at] = 1 / Math.sqrt(settings.pull + count)));
  const point = Float64Array.of(usualSlope, 0, 0, 0, ...constants.map((constant) => usualSlope * constant));
  point.forEach((value, at) => (point[at] = value / scales[at]!));

  const parameters = new Float64Array(point.length);
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    at.forEach((value, i) => (parameters[i] = value * scales[i]!));
    const loss = calibrationLoss(problem, parameters, gradient);
    for (let i = 0; i < gradient.length; i++) gradient[i]! *= scales[i]!;
    return loss;
  };
  signal?.throwIfAborted();
  for (const _evaluation of minimise(objective, point, settings)) {
    await pause();
    signal?.throwIfAborted();
  }
  const [s0, s1, s2, networkSlope, ...shifts] = point.map((value, at) => value * scales[at]!);
  const plain = {
    slopes: [s0!, s1!, s2!] as const,
    constants,
    shifts: Float32Array.from(shifts),
    networkSlope: networkSlope!,
  };

  const base = plain.shifts.map((shift, at) => shift + plain.networkSlope * (networkConstants?.[at] ?? 0));

  const scores = new Float64Array(rows.length * classCount);
  rows.forEach((row, at) => {
    const ofRow = scores.subarray(at * classCount, (at + 1) * classCount);
    ofRow.set(margins.subarray(row * classCount, (row + 1) * classCount));
    scoreRow(plain, ofRow, logits && Float64Array.from(logits.subarray(row * classCount, (row + 1) * classCount)));
  });
  const lead = await fitLeadTemperature(
    scores,
    rows.map((row) => labels[row]!),
    base,
    { ...settings, signal, weights: own },
  );
  return { ...plain, base, lead };
}

interface Problem {
  readonly margins: Float32Array;
  readonly logits: Float32Array | null;
  readonly labels: Uint32Array;
  readonly constants: Float32Array;
  readonly rows: Uint32Array;
  /** Of these rows. */
  readonly weights: Float64Array | null;
  /** The sum of the weights. */
  readonly total: number;
  readonly pull: number;
}

/** Value and gradient of the loss at (s0, s1, s2, network slope, shifts). O(rows x classes). */
function calibrationLoss(problem: Problem, parameters: Float64Array, gradient: Float64Array): number {
  const { margins, logits, labels, constants, rows, weights, total, pull } = problem;
  const classCount = constants.length;
  const unsure = 1 / (total + 1); // the share of each row's truth that is spread over all classes
  const networkSlope = parameters[3]!;
  const shifts = parameters.subarray(SLOPES);
  const shiftGradient = gradient.fill(0).subarray(SLOPES);
  const probabilities = new Float64Array(classCount);
  let loss = 0;
  let sumOfShifts = 0;
  for (let at = 0; at < classCount; at++) {
    const away = shifts[at]! - usualSlope * constants[at]!;
    loss += (pull * away * away) / 2;
    shiftGradient[at] = pull * away - (total * unsure) / classCount;
    sumOfShifts += shifts[at]!;
  }
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place]!;
    const weight = weights ? weights[place]! : 1;
    const from = row * classCount;
    const label = labels[row]!;
    const statistics = rowStatistics(margins, from, classCount);
    const slope = slopeOf(parameters, statistics);
    let sumOfMargins = 0;
    let sumOfLogits = 0;
    for (let at = 0; at < classCount; at++) {
      const margin = margins[from + at]! - constants[at]!;
      const logit = logits ? logits[from + at]! : 0;
      probabilities[at] = slope * margin + networkSlope * logit + shifts[at]!;
      sumOfMargins += margin;
      sumOfLogits += logit;
    }
    const own = margins[from + label]! - constants[label]!;
    const score = probabilities[label]!;
    softmaxInPlace(probabilities, 0, classCount);
    const log = Math.log(Math.max(probabilities[label]!, 1e-300));
    // ln p of a class is its score less score - log, so the mean of ln p needs no logarithm of its own
    const meanLog = (slope * sumOfMargins + networkSlope * sumOfLogits + sumOfShifts) / classCount - (score - log);
    loss -= weight * ((1 - unsure) * log + unsure * meanLog);
    let mean = 0;
    let meanLogit = 0;
    for (let at = 0; at < classCount; at++) {
      mean += probabilities[at]! * (margins[from + at]! - constants[at]!);
      if (logits) meanLogit += probabilities[at]! * logits[from + at]!;
      shiftGradient[at]! += weight * probabilities[at]!;
    }
    shiftGradient[label]! -= weight * (1 - unsure);
    const slopeGradient = mean - (1 - unsure) * own - (unsure * sumOfMargins) / classCount;
    for (let i = 0; i < 3; i++) gradient[i]! += weight * slopeGradient * statistics[i]!;
    if (!logits) continue;
    gradient[3]! += weight * (meanLogit - (1 - unsure) * logits[from + label]! - (unsure * sumOfLogits) / classCount);
  }
  return loss;
}

type Statistics = readonly [one: 1, greatest: number, lead: number];

function rowStatistics(margins: Float32Array | Float64Array, from: number, count: number): Statistics {
  let greatest = -Infinity;
  let second = -Infinity;
  for (let at = from; at < from + count; at++) {
    const margin = margins[at]!;
    if (margin > greatest) [second, greatest] = [greatest, margin];
    else if (margin > second) second = margin;
  }
  return [1, greatest, greatest - second];
}

/** Never so small that a row unlike all others would turn the order of its classes round. */
function slopeOf(slopes: ArrayLike<number>, statistics: Statistics): number {
  return Math.max(LEAST_SLOPE, slopes[0]! + slopes[1]! * statistics[1] + slopes[2]! * statistics[2]);
}

const LEAST_SLOPE = 0.5;

/** Parameters before the shifts. */
const SLOPES = 4;

/** What one slope for all comes out as, more or less, on texts: where the fit begins. */
export const usualSlope = 4;
