/**
 * An instant as what comes round again: hour of the day, day of the week, and month, all in UTC. Nothing in it says when in history the
 * record was, because rows to come are always later than those of training. The month is used only where the training rows
 * span two years: in less, it is the date by another name.
 */
import { MISSING, numberOf } from "./dense.ts";
import type { DenseEncoder } from "./dense.ts";

export interface FittedTime {
  readonly kind: "time";
  readonly months: boolean;
}

const DAY = 86_400_000;
const HOURS = 24;
const WEEKDAYS = 7;

/** Values are epoch milliseconds. O(n). */
export function fitTime(values: Iterable<unknown>): FittedTime {
  let first = Infinity;
  let last = -Infinity;
  for (const value of values) {
    const time = timeOf(value);
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return { kind: "time", months: last - first >= 730 * DAY };
}

export function openTime({ months }: FittedTime): DenseEncoder {
  const missing = HOURS + WEEKDAYS + (months ? 12 : 0);
  return {
    size: missing + 1,
    encode(value, emit) {
      const time = timeOf(value);
      if (Number.isNaN(time)) {
        emit(missing, 1);
        return false;
      }
      const date = new Date(time);
      emit(date.getUTCHours(), 0.5);
      emit(HOURS + date.getUTCDay(), 0.5);
      if (months) emit(HOURS + WEEKDAYS + date.getUTCMonth(), 0.5);
      return true;
    },
    show(value) {
      const time = timeOf(value);
      return Number.isNaN(time) ? MISSING : new Date(time).toISOString();
    },
  };
}

/** Epoch milliseconds within what a date can be; NaN for everything else. */
export function timeOf(value: unknown): number {
  const time = numberOf(value);
  return Math.abs(time) <= 8.64e15 ? time : Number.NaN;
}
