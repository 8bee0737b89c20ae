/**
 * From evidence, a sum of -log10 of tail probabilities of measures that depend on each other, to the probability of so much of it, and to an alarm
 * rate that keeps to the budget.
 *
 * Of values of a series without anomalies (white noise; autoregressive series, random walks and counts differ little) a share of 0.008 has evidence of 5 or
 * more, and e-fold fewer for each 1.13 more. That is assumed as if 6,000 values had shown it, and each series adds its own: heavy tails have more.
 * Evidence while an event is open is not counted: an anomaly must not pass for ordinary because it lasts. Where there are more alarms than promised
 * nonetheless, values must be less probable: by the third power of the excess.
 *
 * What is promised is spent over time, as a false discovery rate is that is controlled online (Javanmard, Montanari, Annals of Statistics 2018): soon after
 * an event a value must be less probable, and after a long quiet it may be more so. Trouble that comes back has fewer alarms, and a quiet series finds more.
 *
 * numbers = [ values | those beyond 5 | sum of what they are beyond | alarms, with those promised for the 6,000 ]
 */

export const CALIBRATION_NUMBERS = 4;
const [STEPS, BEYOND, EXCESS, ALARMS] = [0, 1, 2, 3] as const;

const EVIDENT = 5;
const PRIOR_STEPS = 6000;
const PRIOR_BEYOND = 48;
const PRIOR_MEAN = 1.13;
/** At so many values all counts are halved: old ones fade. */
const FULL_STEPS = 20_000;
const CORRECTION = 3;
/** The share of the promised alarms from which on it counts as an excess: what corrects afterwards comes a little late. */
const AIM = 0.8;
/**
 * Of the promised rate so much is allowed at once after an event, and as much more as promised intervals have passed. With 0.3 the mean time from
 * alarm to alarm is what it would be at the promised rate all along: the integral of exp(-0.3 u - u²/2) over u > 0 is 1.
 */
const AT_ONCE = 0.3;
/** So many times the promised rate at most, however long it was quiet, and no values that are more probable than this. */
const MOST = 4;
const RARE = 0.01;
/** No probability is said to be less. */
const LEAST = 1e-12;

/** `allowed` alarms a value. */
export function startCalibration(numbers: Float64Array, n: number, allowed: number): void {
  numbers[n + STEPS] = PRIOR_STEPS;
  numbers[n + BEYOND] = PRIOR_BEYOND;
  numbers[n + EXCESS] = PRIOR_BEYOND * PRIOR_MEAN;
  numbers[n + ALARMS] = PRIOR_STEPS * allowed * AIM;
}

/** The probability of evidence as great, in (0, 1]. */
export function probabilityOf(numbers: Float64Array, n: number, evidence: number): number {
  const share = numbers[n + BEYOND]! / numbers[n + STEPS]!;
  if (evidence < EVIDENT) return share ** (evidence / EVIDENT);
  return Math.max(LEAST, share * Math.exp(((EVIDENT - evidence) * numbers[n + BEYOND]!) / numbers[n + EXCESS]!));
}

/** The evidence that is as improbable, before a series has shown its own; 0 of what is more probable than evidence of 5. */
export function evidenceOf(probability: number): number {
  const beyond = Math.log(PRIOR_BEYOND / PRIOR_STEPS / probability);
  return beyond > 0 ? EVIDENT + PRIOR_MEAN * beyond : 0;
}

/** How probable a value that is alarmed may be: a share of `allowed`, and less where there were more alarms than that. */
export function alarmThreshold(numbers: Float64Array, n: number, allowed: number, share: number): number {
  const excess = numbers[n + ALARMS]! / (numbers[n + STEPS]! * allowed * AIM * Math.max(1, share));
  return (allowed * share) / Math.max(1, excess) ** CORRECTION;
}

/** The threshold of a value that opens an event; `promised` alarms since the last one. */
export function openingThreshold(threshold: number, promised: number): number {
  const spendable = threshold * Math.min(MOST, AT_ONCE + promised);
  return Math.min(spendable, Math.max(threshold, RARE));
}

export function countAlarm(numbers: Float64Array, n: number): void {
  numbers[n + ALARMS]! += 1;
}

export function countEvidence(numbers: Float64Array, n: number, evidence: number, isOpen: boolean): void {
  numbers[n + STEPS]! += 1;
  if (evidence >= EVIDENT && !isOpen) {
    numbers[n + BEYOND]! += 1;
    numbers[n + EXCESS]! += evidence - EVIDENT;
  }
  if (numbers[n + STEPS]! < FULL_STEPS) return;
  for (let at = n; at < n + CALIBRATION_NUMBERS; at++) numbers[at]! /= 2;
}
