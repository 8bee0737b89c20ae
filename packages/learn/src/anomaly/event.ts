/** The event that a series is in, or was in last: numbers beside those of the series. It goes on until nothing was unusual for a while. */
import type { AnomalyEvent } from "./finding.ts";
import { anomalyKinds } from "./finding.ts";

export const EVENT_NUMBERS = 9;
const [START, PEAK, END, OPEN, SCORE, VALUE, EXPECTED, KIND, QUIET] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

/** What a value does to the event. */
export const [NONE, STARTS, GOES_ON, ENDS] = [0, 1, 2, 3] as const;

export function isOpen(numbers: Float64Array, e: number): boolean {
  return numbers[e + OPEN] === 1;
}

/** The index of its kind, by its peak. */
export function kindOfEvent(numbers: Float64Array, e: number): number {
  return numbers[e + KIND]!;
}

/** When the last event ended, or goes on until; NaN where there was none before `time`. Of a clock that was set back, an end may lie ahead. */
export function lastEnd(numbers: Float64Array, e: number, time: number): number {
  return numbers[e + SCORE] !== 0 && numbers[e + END]! <= time ? numbers[e + END]! : Number.NaN;
}

/** Goes on by `steps` steps. `isAnother`: what is unusual is another event than the open one. */
export function followEvent(
  numbers: Float64Array,
  e: number,
  time: number,
  steps: number,
  unusual: boolean,
  isAnother: boolean,
  quietSteps: number,
): number {
  if (isOpen(numbers, e) && !isAnother) {
    numbers[e + QUIET] = unusual ? 0 : numbers[e + QUIET]! + steps;
    if (numbers[e + QUIET]! <= quietSteps) return GOES_ON;
    numbers[e + OPEN] = 0;
    return ENDS;
  }
  if (!unusual) return NONE;
  numbers[e + START] = time;
  numbers[e + OPEN] = 1;
  numbers[e + QUIET] = 0;
  numbers[e + SCORE] = -1;
  return STARTS;
}

/** An unusual value of the event, which may be its peak. */
export function keepUnusual(
  numbers: Float64Array,
  e: number,
  time: number,
  score: number,
  value: number,
  expected: number,
  kind: number,
): void {
  numbers[e + END] = time;
  if (score <= numbers[e + SCORE]!) return;
  numbers[e + SCORE] = score;
  numbers[e + PEAK] = time;
  numbers[e + VALUE] = value;
  numbers[e + EXPECTED] = expected;
  numbers[e + KIND] = kind;
}

/** null where there was none yet. */
export function eventOf(numbers: Float64Array, e: number): AnomalyEvent | null {
  if (numbers[e + SCORE] === 0) return null;
  return {
    kind: anomalyKinds[numbers[e + KIND]!]!,
    start: numbers[e + START]!,
    peak: numbers[e + PEAK]!,
    end: numbers[e + END]!,
    open: isOpen(numbers, e),
    score: numbers[e + SCORE]!,
    value: numbers[e + VALUE]!,
    expected: numbers[e + EXPECTED]!,
  };
}

/** Whether numbers that come from elsewhere can be those of an event. */
export function fitsEvent(numbers: Float64Array, e: number): boolean {
  return anomalyKinds[numbers[e + KIND]!] !== undefined && (numbers[e + OPEN] === 0 || isOpen(numbers, e));
}
