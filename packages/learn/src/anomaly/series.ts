/**
 * One series: its numbers, and what a value does to them. Numbers lie in a row of a Float64Array, profiles and tails in one of a Float32Array.
 *
 * numbers = [ NUMBER ... | predictors: 4 each ]   cells = [ tails | shares | profile of each season ]
 */
import { hashString } from "../math/hash.ts";
import type { AnomalyEvent, AnomalyKind, Findings } from "./finding.ts";
import { anomalyKinds, eventStates, outcomes } from "./finding.ts";
import type { DetectorSettings } from "./settings.ts";
import { TAIL_CELLS, cellOf, countMeasure, startTail, tailProbability } from "./tail.ts";

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
}

// Places in the row of numbers.
const COUNT = 0; // values that were learnt
const FIRST = 1; // time of the first
const LAST = 2; // time of the last that was no late one
const VALUED = 3; // time of the last that was not missing
const LATE_TIME = 4; // of a run of late values, the last time
const LATE_COUNT = 5;
const LEVEL = 6;
const SHORT = 7; // mean of scaled errors over a few steps
const SPREAD = 8; // mean of scaled absolute errors over a few steps
const EVENT = 9; // start, peak, end, open, score, value, expected, kind, quiet steps
const [START, PEAK, END, OPEN, SCORE, VALUE, EXPECTED, KIND, QUIET] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const TOTALS = EVENT + 9; // of each tail
const TAILS = anomalyKinds.length + 1;
const PREDICTORS = TOTALS + TAILS;
/** Of each predictor: its last error before the correction, means of the products of neighbouring ones and of squares, mean absolute error. */
const [ERROR, PRODUCT, SQUARE, LOSS] = [0, 1, 2, 3] as const;
const PREDICTOR_NUMBERS = 4;

const ALL = anomalyKinds.length; // the tail of the least probability of all kinds
const SHARES = TAILS * TAIL_CELLS;
const PROFILES = SHARES + anomalyKinds.length;
const PROFILE_CELLS = [288, 56] as const;

/** A run of so many late values, each after the other, sets the clock of a series back: one wrong time in the future must not end it. */
const LATE_RUN = 8;
const GREATEST = 1e30;
/** Values over which means of errors reach back. */
const MEMORY = 500;
const SHORT_STEPS = 12;
const PRIOR_WEIGHT = 20;

const codeOf = <T>(names: readonly T[], name: T): number => names.indexOf(name);
const [JUDGED, WARMING, MISSING, KNOWN, LATE] = outcomes.map((name) => codeOf(outcomes, name)) as [
  number,
  number,
  number,
  number,
  number,
];
const [NONE, STARTS, GOES_ON, ENDS] = eventStates.map((name) => codeOf(eventStates, name)) as [number, number, number, number];
const POINT = codeOf(anomalyKinds, "point");
const SHIFT = codeOf(anomalyKinds, "level");
const VARIANCE = codeOf(anomalyKinds, "variance");
const AWAY = codeOf(anomalyKinds, "missing");

export function seriesEngine(settings: DetectorSettings): SeriesEngine {
  const { every, quietSteps, warmUp, budget } = settings;
  const seasons = settings.seasons.filter((season) => season >= 4 * every);
  const profiles = seasons.map((season, at) => Math.min(Math.floor(season / every), PROFILE_CELLS[at]!));
  const profileStarts = profiles.map((_, at) => PROFILES + profiles.slice(0, at).reduce((sum, size) => sum + size, 0));
  const cellCount = PROFILES + profiles.reduce((sum, size) => sum + size, 0);
  const predictors = 1 + seasons.length;
  const numberCount = PREDICTORS + predictors * PREDICTOR_NUMBERS;
  const wanted = anomalyKinds.map((kind) => settings.kinds.includes(kind));
  const allowed = (budget.alarms * every) / budget.per;
  const levelSteps = Math.max(20, Math.min(288, seasons.length > 0 ? seasons[0]! / every : 200));
  const bases = new Float64Array(predictors);
  const places = new Uint32Array(seasons.length);

  let best = 1;
  let bestKind = 0;

  /** Judges a measure of one kind against its tail and counts it. */
  function judge(
    numbers: Float64Array,
    cells: Float32Array,
    n: number,
    c: number,
    kind: number,
    cell: number,
    learn: boolean,
  ): void {
    if (!wanted[kind]) return;
    const from = c + kind * TAIL_CELLS;
    const total = numbers[n + TOTALS + kind]!;
    const probability = tailProbability(cells, from, total, cell);
    if (probability < best) {
      best = probability;
      bestKind = kind;
    }
    if (learn) numbers[n + TOTALS + kind] = countMeasure(cells, from, total, cell);
  }

  /** From the least probability of the kinds to that of it, and the event. */
  function conclude(
    numbers: Float64Array,
    cells: Float32Array,
    n: number,
    c: number,
    time: number,
    value: number,
    expected: number,
    steps: number,
    outcome: number,
    learn: boolean,
    out: Findings,
    at: number,
  ): void {
    const cell = Math.min(TAIL_CELLS - 1e-6, -Math.log2(best));
    const from = c + ALL * TAIL_CELLS;
    const total = numbers[n + TOTALS + ALL]!;
    const probability = tailProbability(cells, from, total, cell);
    if (learn) numbers[n + TOTALS + ALL] = countMeasure(cells, from, total, cell);
    const e = n + EVENT;
    const threshold = allowed * cells[c + SHARES + bestKind]!;
    const unusual = (outcome === JUDGED || outcome === MISSING) && numbers[n + COUNT]! >= warmUp && probability <= threshold;
    const score = 1 - probability;
    let state = NONE;
    if (numbers[e + OPEN] === 1) {
      numbers[e + QUIET] = unusual ? 0 : numbers[e + QUIET]! + steps;
      if (numbers[e + QUIET]! >= quietSteps) {
        numbers[e + OPEN] = 0;
        state = ENDS;
      } else state = GOES_ON;
    } else if (unusual) {
      state = STARTS;
      numbers[e + START] = time;
      numbers[e + OPEN] = 1;
      numbers[e + QUIET] = 0;
      numbers[e + SCORE] = -1;
    }
    if (unusual) {
      numbers[e + END] = time;
      if (score > numbers[e + SCORE]!) {
        numbers[e + SCORE] = score;
        numbers[e + PEAK] = time;
        numbers[e + VALUE] = value;
        numbers[e + EXPECTED] = expected;
        numbers[e + KIND] = bestKind;
      }
    }
    out.outcome[at] = outcome;
    out.score[at] = score;
    out.kind[at] = bestKind;
    out.event[at] = state;
  }

  function expect(numbers: Float64Array, cells: Float32Array, n: number, c: number, time: number, gap: number): number {
    let base = numbers[n + LEVEL]!;
    bases[0] = base;
    const age = time - numbers[n + FIRST]!;
    let chosen = 0;
    for (let at = 0; at < seasons.length; at++) {
      const season = seasons[at]!;
      const phase = time / season - Math.floor(time / season);
      places[at] = c + profileStarts[at]! + Math.min(profiles[at]! - 1, Math.floor(phase * profiles[at]!));
      base += cells[places[at]!]!;
      bases[at + 1] = base;
      const p = n + PREDICTORS + (at + 1) * PREDICTOR_NUMBERS;
      if (age >= 2 * season && numbers[p + LOSS]! < numbers[n + PREDICTORS + chosen * PREDICTOR_NUMBERS + LOSS]!) chosen = at + 1;
    }
    void gap;
    return chosen;
  }

  function correction(numbers: Float64Array, p: number, gap: number): number {
    const square = numbers[p + SQUARE]!;
    if (square <= 0) return 0;
    const slope = Math.max(0, Math.min(1, numbers[p + PRODUCT]! / square));
    return (gap === 1 ? slope : slope ** Math.min(gap, 1e6)) * numbers[p + ERROR]!;
  }

  function range(
    numbers: Float64Array,
    cells: Float32Array,
    n: number,
    c: number,
    expected: number,
    scale: number,
    out: Findings,
    at: number,
  ): void {
    const total = numbers[n + TOTALS + POINT]!;
    let above = 0;
    let cell = TAIL_CELLS;
    while (cell > 1 && above + cells[c + POINT * TAIL_CELLS + cell - 1]! < 0.01 * total)
      above += cells[c + POINT * TAIL_CELLS + --cell]!;
    const half = scale * 2 ** (cell / 4 - 1);
    out.expected[at] = expected;
    out.lower[at] = expected - half;
    out.upper[at] = expected + half;
  }

  return {
    numbers: numberCount,
    cells: cellCount,
    layout: hashString(JSON.stringify([every, seasons, numberCount, cellCount]), 1),
    start(numbers, cells, slot) {
      const [n, c] = [slot * numberCount, slot * cellCount];
      numbers.fill(0, n, n + numberCount);
      cells.fill(0, c, c + cellCount);
      for (let tail = 0; tail < TAILS; tail++) {
        const from = c + tail * TAIL_CELLS;
        if (tail === AWAY) cells[from] = PRIOR_WEIGHT;
        else if (tail === ALL) for (let at = 0; at < 12; at++) cells[from + at] = PRIOR_WEIGHT * 2 ** -(at + 1);
        else startTail(cells, from, PRIOR_WEIGHT);
        numbers[n + TOTALS + tail] = PRIOR_WEIGHT;
      }
      cells.fill(1, c + SHARES, c + SHARES + anomalyKinds.length);
    },
    observe(numbers, cells, slot, time, given, known, out, at) {
      const [n, c] = [slot * numberCount, slot * cellCount];
      const count = numbers[n + COUNT]!;
      const last = numbers[n + LAST]!;
      if (!Number.isFinite(time) || (count > 0 && time <= last)) {
        const follows = Number.isFinite(time) && (numbers[n + LATE_COUNT] === 0 || time > numbers[n + LATE_TIME]!);
        if (follows) {
          numbers[n + LATE_TIME] = time;
          numbers[n + LATE_COUNT]! += 1;
        }
        if (!follows || numbers[n + LATE_COUNT]! < LATE_RUN) {
          const chosen = count > 0 ? expect(numbers, cells, n, c, last, 1) : 0;
          range(numbers, cells, n, c, bases[chosen]!, numbers[n + PREDICTORS + chosen * PREDICTOR_NUMBERS + LOSS]!, out, at);
          out.outcome[at] = LATE;
          out.score[at] = 0;
          out.kind[at] = POINT;
          out.event[at] = NONE;
          return;
        }
        numbers[n + LAST] = time - every;
        numbers[n + VALUED] = time - every;
        numbers[n + FIRST] = Math.min(numbers[n + FIRST]!, time);
      }
      numbers[n + LATE_COUNT] = 0;
      if (count === 0) {
        if (!Number.isFinite(given)) {
          out.outcome[at] = MISSING;
          out.score[at] = out.expected[at] = out.lower[at] = out.upper[at] = 0;
          out.kind[at] = AWAY;
          out.event[at] = NONE;
          return;
        }
        numbers[n + FIRST] = time;
        numbers[n + LAST] = numbers[n + VALUED] = time - every;
        numbers[n + LEVEL] = Math.max(-GREATEST, Math.min(GREATEST, given));
      }
      const learn = !known;
      const since = Math.max(1, Math.round((time - numbers[n + VALUED]!) / every));
      const steps = Math.max(1, Math.round((time - numbers[n + LAST]!) / every));
      const reported = numbers[n + LAST]! > numbers[n + VALUED]!;
      numbers[n + LAST] = time;
      const chosen = expect(numbers, cells, n, c, time, since);
      const p = n + PREDICTORS + chosen * PREDICTOR_NUMBERS;
      const expected = bases[chosen]! + correction(numbers, p, since);
      const scale = numbers[p + LOSS]! * 1.2533;
      range(numbers, cells, n, c, expected, scale, out, at);
      best = 1;
      bestKind = POINT;
      if (!Number.isFinite(given)) {
        judge(numbers, cells, n, c, AWAY, cellOf(since), false);
        conclude(numbers, cells, n, c, time, expected, expected, steps, known ? KNOWN : MISSING, learn, out, at);
        return;
      }
      const value = Math.max(-GREATEST, Math.min(GREATEST, given));
      numbers[n + VALUED] = time;
      if (reported)
        numbers[n + TOTALS + AWAY] = countMeasure(cells, c + AWAY * TAIL_CELLS, numbers[n + TOTALS + AWAY]!, cellOf(since - 1));
      else judge(numbers, cells, n, c, AWAY, cellOf(since - 1), learn);

      // What is unusual.
      const error = value - expected;
      const least = 1e-9 * Math.abs(value) + 1e-30;
      const scaled = error / (scale + least);
      judge(numbers, cells, n, c, POINT, cellOf(Math.abs(scaled)), learn);
      const share = 1 / SHORT_STEPS;
      const clipped = Math.max(-4, Math.min(4, scaled));
      const short = numbers[n + SHORT]! + (clipped - numbers[n + SHORT]!) * share;
      const spread = numbers[n + SPREAD]! + (Math.abs(clipped) - numbers[n + SPREAD]!) * share;
      judge(numbers, cells, n, c, SHIFT, cellOf(Math.abs(short) * Math.sqrt((2 - share) / share)), learn);
      judge(numbers, cells, n, c, VARIANCE, cellOf(Math.max(0, spread - 0.8) * 1.66 * Math.sqrt((2 - share) / share)), learn);
      conclude(
        numbers,
        cells,
        n,
        c,
        time,
        value,
        expected,
        steps,
        known ? KNOWN : count < warmUp ? WARMING : JUDGED,
        learn,
        out,
        at,
      );
      if (!learn) return;

      // What is learnt.
      numbers[n + SHORT] = short;
      numbers[n + SPREAD] = spread;
      numbers[n + COUNT] = count + 1;
      const memory = 1 / Math.min(count + 1, MEMORY);
      for (let k = 0; k < predictors; k++) {
        const q = n + PREDICTORS + k * PREDICTOR_NUMBERS;
        const own = Math.abs(value - bases[k]! - correction(numbers, q, since));
        const loss = numbers[q + LOSS]!;
        numbers[q + LOSS] = loss + (Math.min(own, count < 20 ? own : 4 * loss + least) - loss) * memory;
        const bound = count < 20 ? GREATEST : 4 * Math.sqrt(numbers[q + SQUARE]!) + least;
        const rest = Math.max(-bound, Math.min(bound, value - bases[k]!));
        if (since === 1) numbers[q + PRODUCT]! += (rest * numbers[q + ERROR]! - numbers[q + PRODUCT]!) * memory;
        numbers[q + SQUARE]! += (rest * rest - numbers[q + SQUARE]!) * memory;
        numbers[q + ERROR] = rest;
        if (k > 0) {
          const season = seasons[k - 1]!;
          const passed = Math.floor((time - numbers[n + FIRST]!) / season);
          const perCell = Math.max(1, season / every / profiles[k - 1]!);
          cells[places[k - 1]!]! += (rest * Math.max(1 / (passed + 1), 0.15)) / perCell;
        }
      }
      const rest = numbers[n + PREDICTORS + chosen * PREDICTOR_NUMBERS + ERROR]!;
      numbers[n + LEVEL]! += rest / Math.min(count + 1, levelSteps);
    },
    event(numbers, slot) {
      const e = slot * numberCount + EVENT;
      if (numbers[e + SCORE] === 0) return null;
      return {
        kind: anomalyKinds[numbers[e + KIND]!]!,
        start: numbers[e + START]!,
        peak: numbers[e + PEAK]!,
        end: numbers[e + END]!,
        open: numbers[e + OPEN] === 1,
        score: numbers[e + SCORE]!,
        value: numbers[e + VALUE]!,
        expected: numbers[e + EXPECTED]!,
      };
    },
    lastTime(numbers, slot) {
      const n = slot * numberCount;
      return numbers[n + COUNT] === 0 ? null : numbers[n + LAST]!;
    },
    setShare(cells, slot, share, kind) {
      anomalyKinds.forEach((name, at) => {
        if (kind === undefined || kind === name) cells[slot * cellCount + SHARES + at] = share;
      });
    },
  };
}
