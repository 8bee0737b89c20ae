/**
 * Days that differ as columns that are known ahead. A holiday is a day of the calendar; the one before it is for shopping, on the one after it what
 * was closed is open again, and a working day between a holiday and a weekend is hardly one. Each is a column of its own, since each moves
 * what is sold in its own way. Of steps longer than a day it is told how many holidays they have.
 */
import { calendarStep, stepAt, stepStart } from "#base/steps";
import type { Every } from "#base/steps";
import { holidayNames } from "#records/forecast-use-case";

export interface HolidayCalendar {
  /** Days from 1970-01-01. */
  readonly days: ReadonlySet<number>;
  /** Days of the week without work, 1 is Monday. */
  readonly weekend: readonly number[];
}

export interface HolidayColumn {
  readonly name: string;
  /** One a step. */
  readonly values: Float64Array;
}

/** For the steps from `start` on and before `end`. Days are those of the zone. O(steps). */
export function holidayColumns(
  { days, weekend }: HolidayCalendar,
  { every, zone, start, end }: { readonly every: Every; readonly zone: string; readonly start: number; readonly end: number },
): HolidayColumn[] {
  const columns = holidayNames(every).map((name) => ({ name, values: new Float64Array(end - start) }));
  if (columns.length === 1) {
    for (const day of days) {
      const step = calendarStep(every, day);
      if (step >= start && step < end) columns[0]!.values[step - start]!++;
    }
    return columns;
  }
  const isOff = (day: number): boolean => days.has(day) || weekend.includes(weekdayOf(day));
  for (let step = start; step < end; step++) {
    const day = every === "day" ? step : stepAt("day", zone, stepStart(every, step).getTime());
    const isHoliday = days.has(day);
    const [isBefore, isAfter] = [!isHoliday && days.has(day + 1), !isHoliday && days.has(day - 1)];
    const isBridge = !isOff(day) && ((isAfter && isOff(day + 1)) || (isBefore && isOff(day - 1)));
    [isHoliday, isBefore, isAfter, isBridge].forEach((is, at) => (columns[at]!.values[step - start] = Number(is)));
  }
  return columns;
}

/** 1 is Monday. 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}
