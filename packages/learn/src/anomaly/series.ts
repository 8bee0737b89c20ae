/**
 * One series: its numbers, and what a value does to them. Numbers lie in a row of a Float64Array, tails and profiles in one of a Float32Array.
 *
 * A predictor says level, or level and one season, or level and both; the one is heeded that has erred least. Which seasons, each series says for
 * itself. Four measures of its errors are summed as evidence, each as -log10 of its own tail probability: the change from the value before, the distance
 * from the mean of a day or so, the distance of the last few, and how much the last few change. A value whose distance was reached before at about this
 * time of the season has no evidence. Drift, how often changes are great, equal values in a row and values that stay away are measured too and stand
 * alone.
 *
 * numbers = [ COUNT ... | envelope | calibration | event | offsets of tails | predictors ]
 * cells = [ tails | shares of the budget | profile of the first season | turns of the second | envelope ]
 */
import { hashString } from "../math/hash.ts";
import {
  CALIBRATION_NUMBERS,
  alarmThreshold,
  countAlarm,
  countEvidence,
  evidenceOf,
  openingThreshold,
  probabilityOf,
  startCalibration,
} from "./calibration.ts";
import { ENVELOPE_NUMBERS, reachedBefore, widen } from "./envelope.ts";
import {
  EVENT_NUMBERS,
  NONE,
  STARTS,
  eventOf,
  fitsEvent,
  followEvent,
  isOpen,
  keepUnusual,
  kindOfEvent,
  lastEnd,
} from "./event.ts";
import type { AnomalyEvent, AnomalyKind, Findings } from "./finding.ts";
import { anomalyKinds } from "./finding.ts";
import { FEW } from "./settings.ts";
import type { DetectorSettings } from "./settings.ts";
import { TAIL_CELLS, cellOf, countMeasure, tailProbability } from "./tail.ts";

export interface SeriesEngine {
  /** Of one series. */
  readonly numbers: number;
  readonly cells: number;
  /** The same for engines whose series can be exchanged. */
  readonly layout: number;
  start(numbers: Float64Array, cells: Float32Array, slot: number): void;
  observe(
    numbers: Float64Array,
    cells: Float32Array,
    slot: number,
    time: number,
    value: number,
    known: boolean,
    out: Findings,
    at: number,
  ): void;
  event(numbers: Float64Array, slot: number): AnomalyEvent | null;
  lastTime(numbers: Float64Array, slot: number): number | null;
  setShare(cells: Float32Array, slot: number, share: number, kind: AnomalyKind | undefined): void;
  seasons(numbers: Float64Array, slot: number): number[];
  /** Of a series that has just been started. */
  setSeasons(numbers: Float64Array, slot: number, seasons: readonly number[]): void;
  /** Whether numbers that come from elsewhere can be those of a series: places lie where cells are, what is divided by is above 0. */
  fits(numbers: Float64Array, slot: number): boolean;
}

// Places in the row of numbers.
const COUNT = 0; // values that were learnt
const FIRST = 1; // time of the first
const LAST = 2; // time of the last that was no late one
const VALUED = 3; // time of the last that was not missing
const LATE_TIME = 4; // of a run of late values, the last time
const LATE_COUNT = 5;
const TOTAL = 6; // measures in each tail
const LEVEL = 7;
const SCATTER = 8; // mean change over a few steps
const RATE = 9; // share of great changes
const RUN = 10; // values since the last change
const BEFORE = 11; // the value before
const UPPER = 12; // ends of the range, from what was expected
const LOWER = 13;
const RUNS = 14; // runs of equal values that have ended
const SHORTER = 15; // milliseconds of the first season; 0: none
const LONGER = 16; // and of the second
const ENVELOPE = 17;
const CALIBRATION = ENVELOPE + ENVELOPE_NUMBERS;
const EVENT = CALIBRATION + CALIBRATION_NUMBERS;
const OFFSETS = EVENT + EVENT_NUMBERS; // of each tail
const TAILS = 8;
const PREDICTORS = OFFSETS + TAILS;
/** Of each predictor: its last error, means of errors over few, many and more steps, mean square of changes of the error and of its distance from the mean. */
const [ERROR, FAST, SLOW, SLOWER, CHANGE, SPREAD] = [0, 1, 2, 3, 4, 5] as const;
const PREDICTOR_NUMBERS = 6;
const PREDICTORS_MOST = 3;

// Places in the row of cells, after the tails.
const SHARES = TAILS * TAIL_CELLS;
const PROFILES = SHARES + anomalyKinds.length;
/** A season is known in so many parts at most. */
export const PROFILE_CELLS = 96;
const LEVELS = PROFILES + PROFILE_CELLS;
/** The second season has so many levels; where it holds the first at most half as often, as a week does days, as many levels and strengths. */
const LONGER_CELLS = 14;
const MOST_TURNS = LONGER_CELLS / 2;
const ENVELOPES = LEVELS + LONGER_CELLS;
const ENVELOPE_CELLS = 48;
const CELLS = ENVELOPES + 2 * ENVELOPE_CELLS;
/** A season has so many steps or more. */
export const LEAST_PERIOD = 4;

// Tails. The first four are the measures that are summed.
const [CHANGED, FAR, SHIFTED, SCATTERED, DRIFTED, OFTEN, STUCK, AWAY] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const SUMMED = 4;

/** A run of so many late values, each after the other, sets the clock of a series back: one wrong time in the future must not end it. */
const LATE_RUN = 8;
const GREATEST = 1e30;
// Steps over which means reach back.
const MANY = 300;
const MORE = 500;
const MEMORY = 600;
const LEVEL_MEMORY = 1000;
const RATE_MEMORY = 72;
/** Of a longer first season so many values are enough. */
const LONG = 2000;
/** Slow measures speak once so many values were seen. */
const SLOW_START = 2000;
/** Values that are equal so many times stand still, if they usually do not. */
const STILL = 12;
const FULL = 16_384;
/** A season's profile takes so much of what it sees each time, of three values or more in a cell; of fewer as much less. */
const RENEWAL = 0.4;
const ENOUGH = 3;
/** Errors are learnt from up to so many times their usual size. */
const BOUND = 20;

const [JUDGED, WARMING, MISSING, KNOWN, LATE] = [0, 1, 2, 3, 4] as const;
const [POINT, SHIFT, TREND, VARIANCE, SEASON, FREQUENCY, ABSENCE] = [0, 1, 2, 3, 4, 5, 6] as const;

export function seriesEngine(settings: DetectorSettings): SeriesEngine {
  const { every, quietSteps, warmUp, budget } = settings;
  const numberCount = PREDICTORS + PREDICTORS_MOST * PREDICTOR_NUMBERS;
  const wanted = anomalyKinds.map((kind) => settings.kinds.includes(kind));
  const summed = [wanted[POINT]!, wanted[SHIFT]! || wanted[SEASON]!, wanted[SHIFT]!, wanted[VARIANCE]!];
  const weight = SUMMED / Math.max(1, summed.filter(Boolean).length);
  const allowed = (budget.alarms * every) / budget.per;
  // Of the series at hand: its seasons, the parts of the first, the turns of the second and whether they are turns of the first.
  let first = 0;
  let longer = 0;
  let predictors = 1;
  let size = 0;
  let turns = 0;
  let isNested = false;
  let envelopeCells = 0;
  // Of the value at hand.
  const errors = new Float64Array(PREDICTORS_MOST);
  let placeInSeason = 0;
  let turn = 0;
  const measures = new Float64Array(TAILS);
  let evidence = 0;
  let kind = POINT as number;

  function turnTo(numbers: Float64Array, n: number): void {
    if (numbers[n + SHORTER] === first && numbers[n + LONGER] === longer) return;
    first = numbers[n + SHORTER]!;
    longer = numbers[n + LONGER]!;
    predictors = longer > 0 ? 3 : first > 0 ? 2 : 1;
    const steps = Math.round(first / every);
    size = Math.min(steps, PROFILE_CELLS);
    envelopeCells = Math.min(steps, ENVELOPE_CELLS);
    const held = longer > 0 ? longer / first : 0;
    isNested = Math.round(held) >= 2 && Math.round(held) <= MOST_TURNS && Math.abs(held - Math.round(held)) < 0.05;
    turns = isNested ? Math.round(held) : Math.min(LONGER_CELLS, Math.round(longer / every));
  }

  /** The part of a season, of `count`, that a time lies in; to the nearest step, as clocks are a little off. */
  function partOf(time: number, season: number, count: number): number {
    const turned = (time + every / 2) / season;
    return Math.floor((turned - Math.floor(turned)) * count);
  }

  function writeSeasons(numbers: Float64Array, n: number, seasons: readonly number[]): void {
    const long = seasons.filter((season) => season >= LEAST_PERIOD * every);
    numbers[n + SHORTER] = long[0] ?? 0;
    numbers[n + LONGER] = long[1] ?? 0;
  }

  /** How much a predictor errs, from one value to the next and about its mean. */
  function badness(numbers: Float64Array, p: number): number {
    return numbers[p + CHANGE]! * numbers[p + SPREAD]!;
  }

  /** Fills `errors` with the value less what each predictor says but for its last error; the answer is the predictor that has erred least. */
  function predict(numbers: Float64Array, cells: Float32Array, n: number, c: number, time: number, value: number): number {
    errors[0] = value - numbers[n + LEVEL]!;
    if (predictors > 1) {
      placeInSeason = c + PROFILES + partOf(time, first, size);
      errors[1] = errors[0] - cells[placeInSeason]!;
    }
    if (predictors > 2) {
      turn = c + LEVELS + partOf(time, longer, turns);
      errors[2] = errors[1]! - cells[turn]! - (isNested ? cells[turn + MOST_TURNS]! * cells[placeInSeason]! : 0);
    }
    const age = time - numbers[n + FIRST]!;
    let chosen = 0;
    for (let k = 1; k < predictors && age >= (k === 1 ? first : longer); k++) {
      const own = badness(numbers, n + PREDICTORS + k * PREDICTOR_NUMBERS);
      if (own < badness(numbers, n + PREDICTORS + chosen * PREDICTOR_NUMBERS)) chosen = k;
    }
    return chosen;
  }

  /** What the chosen predictor expects of an error: its mean, and as much of the last distance from it as such distances last. */
  function expectedError(numbers: Float64Array, p: number): number {
    const slow = numbers[p + SLOW]!;
    const spread = numbers[p + SPREAD]!;
    const lasting = spread > 0 ? Math.max(0, Math.min(1, 1 - numbers[p + CHANGE]! / (2 * spread))) : 1;
    return slow + lasting * (numbers[p + ERROR]! - slow);
  }

  function writeRange(numbers: Float64Array, n: number, expected: number, out: Findings, at: number): void {
    out.expected[at] = expected;
    out.lower[at] = expected + numbers[n + LOWER]!;
    out.upper[at] = expected + numbers[n + UPPER]!;
  }

  /** Each cell takes a part of the error in it: all of the first, less and less then. The strength by least mean squares (Widrow, Hoff 1960). */
  function renewSeasons(numbers: Float64Array, cells: Float32Array, n: number, age: number): void {
    const part = (season: number, count: number): number => {
      const perCell = Math.max(1, season / every / count);
      const times = Math.floor(age / season);
      return times === 0
        ? 1 / Math.max(1, perCell / 2)
        : Math.max(1 / (times + 1) / perCell, RENEWAL / Math.max(ENOUGH, perCell));
    };
    const pattern = cells[placeInSeason]!;
    cells[placeInSeason]! += numbers[n + PREDICTORS + PREDICTOR_NUMBERS + ERROR]! * part(first, size);
    const power = numbers[n + PREDICTORS + SPREAD]!;
    if (turns === 0 || power <= 0) return;
    const moved = numbers[n + PREDICTORS + 2 * PREDICTOR_NUMBERS + ERROR]! * Math.min(0.5, part(longer, turns));
    cells[turn]! += moved;
    if (!isNested) return;
    const strength = turn + MOST_TURNS;
    cells[strength] = Math.max(-2, Math.min(2, cells[strength]! + (moved * pattern) / power));
  }

  /** -log10 of the probability of a measure as great. That of a long run is for each value: so many runs, so many of them as long. */
  function surprise(numbers: Float64Array, cells: Float32Array, n: number, c: number, tail: number): number {
    const cell = cellOf(measures[tail]!, numbers[n + OFFSETS + tail]!);
    const [total, among] =
      tail === STUCK ? [numbers[n + RUNS]!, numbers[n + RUNS]! / numbers[n + TOTAL]!] : [numbers[n + TOTAL]!, 1];
    const probability = tailProbability(cells, c + tail * TAIL_CELLS, total, cell);
    return probability < 1 ? -Math.log10(probability * among) : 0;
  }

  function learnMeasure(numbers: Float64Array, cells: Float32Array, n: number, c: number, tail: number, total: number): void {
    const o = n + OFFSETS + tail;
    numbers[o] = countMeasure(cells, c + tail * TAIL_CELLS, total, measures[tail]!, numbers[o]!);
  }

  /** A value far from what a season says breaks it. */
  function kindOf(tail: number, chosen: number): number {
    if (tail === CHANGED) return POINT;
    if (tail === SCATTERED) return VARIANCE;
    return !wanted[SHIFT] || (tail === FAR && chosen > 0 && wanted[SEASON]) ? SEASON : SHIFT;
  }

  /** Evidence of a kind that stands alone: as much as the sum would have to be as improbable. */
  function alone(numbers: Float64Array, cells: Float32Array, n: number, c: number, tail: number, of: number): void {
    if (!wanted[of]) return;
    const equal = evidenceOf(10 ** -surprise(numbers, cells, n, c, tail));
    if (equal <= evidence) return;
    evidence = equal;
    kind = of;
  }

  /** How many alarms were promised for the time since the last event, or since the first value. */
  function promisedSince(numbers: Float64Array, n: number, time: number): number {
    const end = lastEnd(numbers, n + EVENT, time);
    return (Math.max(0, time - (Number.isNaN(end) ? numbers[n + FIRST]! : end)) * budget.alarms) / budget.per;
  }

  /** From the evidence to the score and the event. */
  function conclude(
    numbers: Float64Array,
    cells: Float32Array,
    n: number,
    c: number,
    time: number,
    value: number,
    steps: number,
    outcome: number,
    out: Findings,
    at: number,
  ): void {
    const probability = probabilityOf(numbers, n + CALIBRATION, evidence);
    const score = 1 - probability;
    const e = n + EVENT;
    const wasOpen = isOpen(numbers, e);
    const share = cells[c + SHARES + kind]!;
    const usual = alarmThreshold(numbers, n + CALIBRATION, allowed, share);
    const threshold = wasOpen ? usual : openingThreshold(usual, share * promisedSince(numbers, n, time));
    const unusual = (outcome === JUDGED || outcome === MISSING) && numbers[n + COUNT]! >= warmUp && probability <= threshold;
    // That nothing comes is another event than what was unusual of values before.
    const fallsSilent = unusual && outcome === MISSING && kindOfEvent(numbers, e) !== ABSENCE;
    const state = followEvent(numbers, e, time, steps, unusual, fallsSilent, quietSteps);
    if (state === STARTS) countAlarm(numbers, n + CALIBRATION);
    if (unusual) keepUnusual(numbers, e, time, score, value, out.expected[at]!, kind);
    out.outcome[at] = outcome;
    out.score[at] = score;
    out.kind[at] = kind;
    out.event[at] = state;
    if (outcome !== KNOWN && outcome !== WARMING) countEvidence(numbers, n + CALIBRATION, evidence, wasOpen);
  }

  /** Nothing is known yet, or the time is none: the answer says what can be said. */
  function leaveAside(
    numbers: Float64Array,
    cells: Float32Array,
    n: number,
    c: number,
    outcome: number,
    out: Findings,
    at: number,
  ): void {
    const chosen = predict(numbers, cells, n, c, numbers[n + LAST]!, 0);
    const expected =
      numbers[n + COUNT] === 0 ? 0 : expectedError(numbers, n + PREDICTORS + chosen * PREDICTOR_NUMBERS) - errors[chosen]!;
    writeRange(numbers, n, expected, out, at);
    out.outcome[at] = outcome;
    out.score[at] = 0;
    out.kind[at] = outcome === MISSING ? ABSENCE : POINT;
    out.event[at] = NONE;
  }

  return {
    numbers: numberCount,
    cells: CELLS,
    layout: hashString(JSON.stringify([every, numberCount, CELLS]), 1),
    start(numbers, cells, slot) {
      const [n, c] = [slot * numberCount, slot * CELLS];
      numbers.fill(0, n, n + numberCount);
      cells.fill(0, c, c + CELLS);
      writeSeasons(numbers, n, settings.seasons);
      startCalibration(numbers, n + CALIBRATION, allowed);
      cells.fill(1, c + SHARES, c + SHARES + anomalyKinds.length);
    },
    observe(numbers, cells, slot, time, given, known, out, at) {
      const [n, c] = [slot * numberCount, slot * CELLS];
      const count = numbers[n + COUNT]!;
      turnTo(numbers, n);
      if (!Number.isFinite(time)) return leaveAside(numbers, cells, n, c, LATE, out, at);
      if (count > 0 && time <= numbers[n + LAST]!) {
        numbers[n + LATE_COUNT] =
          time > numbers[n + LATE_TIME]! || numbers[n + LATE_COUNT] === 0 ? numbers[n + LATE_COUNT]! + 1 : 1;
        numbers[n + LATE_TIME] = time;
        if (numbers[n + LATE_COUNT]! < LATE_RUN) return leaveAside(numbers, cells, n, c, LATE, out, at);
        numbers[n + LAST] = numbers[n + VALUED] = time - every;
        numbers[n + FIRST] = Math.min(numbers[n + FIRST]!, time);
      }
      numbers[n + LATE_COUNT] = 0;
      const isMissing = !Number.isFinite(given);
      const value = Math.max(-GREATEST, Math.min(GREATEST, given));
      if (count === 0) {
        if (isMissing || known) return leaveAside(numbers, cells, n, c, isMissing ? MISSING : KNOWN, out, at);
        numbers[n + FIRST] = time;
        numbers[n + LAST] = numbers[n + VALUED] = time - every;
        numbers[n + LEVEL] = numbers[n + BEFORE] = value;
      }
      const absent = Math.max(1, Math.round((time - numbers[n + VALUED]!) / every)) - (isMissing ? 0 : 1);
      const steps = Math.max(1, Math.round((time - numbers[n + LAST]!) / every));
      const reported = numbers[n + LAST]! > numbers[n + VALUED]!; // that values stayed away
      numbers[n + LAST] = time;
      const chosen = predict(numbers, cells, n, c, time, isMissing ? 0 : value);
      const p = n + PREDICTORS + chosen * PREDICTOR_NUMBERS;
      const likely = expectedError(numbers, p);
      // The errors of the first season, which nothing predicts yet, must not be the measure of those to come.
      const age = time - numbers[n + FIRST]!;
      const settled = age >= first || count >= LONG;
      const isWarm = settled && count >= warmUp;
      evidence = 0;
      kind = isMissing ? ABSENCE : POINT;
      measures[AWAY] = absent;
      if (isMissing) {
        const expected = likely - errors[chosen]!;
        writeRange(numbers, n, expected, out, at);
        alone(numbers, cells, n, c, AWAY, ABSENCE);
        return conclude(numbers, cells, n, c, time, expected, steps, known ? KNOWN : MISSING, out, at);
      }
      const error = errors[chosen]!;
      const expected = value - error + likely;
      writeRange(numbers, n, expected, out, at);
      numbers[n + VALUED] = time;

      // What is unusual: measures, greater for what is more so.
      const few = Math.max(1 / FEW, 1 / (count + 1));
      const change = Math.abs(error - numbers[p + ERROR]!);
      const scatter = numbers[n + SCATTER]! + (change - numbers[n + SCATTER]!) * few;
      const standsOut = change > 2 * Math.sqrt(numbers[p + CHANGE]!) ? 1 : 0;
      const rate = numbers[n + RATE]! + (standsOut - numbers[n + RATE]!) * Math.max(1 / RATE_MEMORY, 1 / (count + 1));
      const run = value === numbers[n + BEFORE] ? numbers[n + RUN]! + 1 : 0;
      const distance = error - numbers[p + SLOW]!;
      const place = envelopeCells > 0 ? partOf(time, first, envelopeCells) : 0;
      const isUsual =
        envelopeCells > 0 && reachedBefore(numbers, n + ENVELOPE, cells, c + ENVELOPES, envelopeCells, place, distance);
      measures[CHANGED] = change;
      measures[FAR] = Math.abs(distance);
      measures[SHIFTED] = Math.abs(numbers[p + FAST]! + (error - numbers[p + FAST]!) * few - numbers[p + SLOWER]!);
      measures[SCATTERED] = scatter;
      measures[DRIFTED] = Math.abs(numbers[p + SLOW]! - numbers[p + SLOWER]!);
      measures[OFTEN] = rate;
      measures[STUCK] = run;
      if (!isUsual) {
        let strongest = 0;
        for (let tail = 0; tail < SUMMED; tail++) {
          if (!summed[tail]) continue;
          const one = surprise(numbers, cells, n, c, tail);
          evidence += one * weight;
          if (one <= strongest) continue;
          strongest = one;
          kind = kindOf(tail, chosen);
        }
      }
      if (!reported) alone(numbers, cells, n, c, AWAY, ABSENCE);
      if (run >= STILL) alone(numbers, cells, n, c, STUCK, FREQUENCY);
      if (count >= SLOW_START) {
        alone(numbers, cells, n, c, DRIFTED, TREND);
        alone(numbers, cells, n, c, OFTEN, FREQUENCY);
      }
      conclude(numbers, cells, n, c, time, value, steps, known ? KNOWN : isWarm ? JUDGED : WARMING, out, at);
      if (known) return;

      // What is learnt.
      if (settled) {
        for (let tail = 0; tail < TAILS; tail++) {
          if (tail !== STUCK) learnMeasure(numbers, cells, n, c, tail, numbers[n + TOTAL]!);
        }
        if (run === 0) {
          measures[STUCK] = numbers[n + RUN]!;
          learnMeasure(numbers, cells, n, c, STUCK, numbers[n + RUNS]!);
          numbers[n + RUNS]! += 1;
        }
        numbers[n + TOTAL]! += 1;
      }
      if (numbers[n + TOTAL]! >= FULL) {
        numbers[n + TOTAL]! /= 2;
        numbers[n + RUNS]! /= 2;
        for (let at = c; at < c + TAILS * TAIL_CELLS; at++) cells[at]! /= 2;
      }
      numbers[n + SCATTER] = scatter;
      numbers[n + RATE] = rate;
      numbers[n + RUN] = run;
      numbers[n + BEFORE] = value;
      numbers[n + COUNT] = count + 1;
      const miss = value - expected;
      const nudge = Math.sqrt(numbers[p + CHANGE]!) / 2;
      numbers[n + UPPER] = Math.max(0, numbers[n + UPPER]! + nudge * ((miss > numbers[n + UPPER]! ? 1 : 0) - 0.005));
      numbers[n + LOWER] = Math.min(0, numbers[n + LOWER]! - nudge * ((miss < numbers[n + LOWER]! ? 1 : 0) - 0.005));
      if (envelopeCells > 0) widen(numbers, n + ENVELOPE, cells, c + ENVELOPES, envelopeCells, place, distance);
      const comparable = settled || count < 50;
      const share = 1 / (count + 1);
      for (let k = 0; k < predictors; k++) {
        const q = n + PREDICTORS + k * PREDICTOR_NUMBERS;
        const bound = count < warmUp ? Infinity : BOUND * (Math.sqrt(numbers[q + SPREAD]!) + Math.sqrt(numbers[q + CHANGE]!));
        const slow = numbers[q + SLOW]!;
        const own = Math.max(slow - bound, Math.min(slow + bound, errors[k]!));
        const changed = own - numbers[q + ERROR]!;
        const memory = Math.max(1 / MEMORY, share);
        if (comparable) numbers[q + CHANGE]! += (changed * changed - numbers[q + CHANGE]!) * memory;
        if (comparable) numbers[q + SPREAD]! += ((own - slow) * (own - slow) - numbers[q + SPREAD]!) * memory;
        numbers[q + FAST]! += (own - numbers[q + FAST]!) * few;
        numbers[q + SLOW]! += (own - slow) * Math.max(1 / MANY, share);
        numbers[q + SLOWER]! += (own - numbers[q + SLOWER]!) * Math.max(1 / MORE, share);
        numbers[q + ERROR] = own;
      }
      if (predictors > 1) renewSeasons(numbers, cells, n, age);
      numbers[n + LEVEL]! +=
        numbers[n + PREDICTORS + (predictors - 1) * PREDICTOR_NUMBERS + ERROR]! / Math.min(count + 1, LEVEL_MEMORY);
    },
    event(numbers, slot) {
      return eventOf(numbers, slot * numberCount + EVENT);
    },
    lastTime(numbers, slot) {
      const n = slot * numberCount;
      return numbers[n + COUNT] === 0 ? null : numbers[n + LAST]!;
    },
    fits(numbers, slot) {
      const n = slot * numberCount;
      turnTo(numbers, n);
      const isSeason = (value: number): boolean => value >= LEAST_PERIOD * every && value < Infinity;
      const isPlace = (value: number, size: number): boolean => Number.isInteger(value) && value >= 0 && value < size;
      return (
        (first === 0 ? longer === 0 : isSeason(first) && (longer === 0 || (isSeason(longer) && longer > first))) &&
        isPlace(numbers[n + ENVELOPE]!, Math.max(1, envelopeCells)) &&
        fitsEvent(numbers, n + EVENT) &&
        numbers[n + COUNT]! >= 0 &&
        numbers.subarray(n + CALIBRATION, n + CALIBRATION + CALIBRATION_NUMBERS).every((value) => value > 0)
      );
    },
    seasons(numbers, slot) {
      const n = slot * numberCount;
      return [numbers[n + SHORTER]!, numbers[n + LONGER]!].filter((season) => season > 0);
    },
    setSeasons(numbers, slot, seasons) {
      writeSeasons(numbers, slot * numberCount, seasons);
    },
    setShare(cells, slot, share, kind) {
      anomalyKinds.forEach((name, at) => {
        if (kind === undefined || kind === name) cells[slot * CELLS + SHARES + at] = share;
      });
    },
  };
}
