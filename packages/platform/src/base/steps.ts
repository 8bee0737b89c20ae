/**
 * Steps of time, the grid that series lie on: quarters of an hour, days, months ... A step is a whole number; 0 is the one that holds the first
 * instant of 1970. From a day on a step is one of the calendar in its zone, so that days of 23 and of 25 hours are one each; shorter
 * ones are stretches of UTC. Weeks begin on Monday.
 */
import { formatCount } from "#base/text";

export const everyNames = ["15m", "30m", "hour", "day", "week", "month", "quarter", "year"] as const;
export type Every = (typeof everyNames)[number];

/** Milliseconds of what is shorter than a day. */
export const stretches: Partial<Record<Every, number>> = { "15m": 900_000, "30m": 1_800_000, hour: 3_600_000 };

const dayMs = 86_400_000;

/** Whether steps are those of a calendar. */
export function isCalendar(every: Every): boolean {
  return stretches[every] === undefined;
}

/** The step that an instant, in epoch milliseconds, belongs to. */
export function stepAt(every: Every, zone: string, ms: number): number {
  const stretch = stretches[every];
  return stretch === undefined ? calendarStep(every, Math.floor(localMs(zone, ms) / dayMs)) : Math.floor(ms / stretch);
}

/**
 * By how many steps clocks of the zone are ahead of UTC at each of `count` steps from step `first` on; null of steps of a calendar, whose days
 * are those of clocks, and of UTC. O(count), with a look at the clock every day.
 */
export function clockAhead(every: Every, zone: string, first: number, count: number): Int8Array | null {
  const stretch = stretches[every];
  if (stretch === undefined || zone === "UTC") return null;
  const ahead = new Int8Array(count);
  const at = (place: number): number => {
    const ms = (first + place) * stretch;
    return Math.round((localMs(zone, ms) - ms) / stretch);
  };
  const day = dayMs / stretch;
  for (let from = 0; from < count; from += day) {
    const to = Math.min(count, from + day);
    const before = at(from);
    if (before === at(to - 1)) ahead.fill(before, from, to);
    else for (let place = from; place < to; place++) ahead[place] = at(place);
  }
  return ahead;
}

/** The step that holds a day of the calendar, counted from 1970-01-01. */
export function calendarStep(every: Every, day: number): number {
  if (every === "day") return day;
  if (every === "week") return Math.floor((day + 3) / 7);
  const date = new Date(day * dayMs);
  const years = date.getUTCFullYear() - 1970;
  if (every === "year") return years;
  return every === "month" ? years * 12 + date.getUTCMonth() : years * 4 + Math.floor(date.getUTCMonth() / 3);
}

/** The first instant of a step, as if its zone were UTC. */
export function stepStart(every: Every, step: number): Date {
  const stretch = stretches[every];
  if (stretch !== undefined) return new Date(step * stretch);
  if (every === "day") return new Date(step * dayMs);
  if (every === "week") return new Date((step * 7 - 3) * dayMs);
  if (every === "year") return new Date(Date.UTC(1970 + step, 0, 1));
  const months = every === "month" ? step : step * 3;
  return new Date(Date.UTC(1970 + Math.floor(months / 12), months - 12 * Math.floor(months / 12), 1));
}

/**
 * How a step is written: `2026-03-29T08:00Z`, `2026-03-29` (of a week its Monday), `2026-03`, `2026-Q1`, `2026`.
 *
 * @example stepText("quarter", 225) === "2026-Q2"
 */
export function stepText(every: Every, step: number): string {
  const start = stepStart(every, step);
  if (Number.isNaN(start.getTime())) return String(step);
  const text = start.toISOString();
  if (!isCalendar(every)) return `${text.slice(0, -8)}Z`;
  if (every === "year") return text.slice(0, -20);
  if (every === "month") return text.slice(0, -17);
  return every === "quarter" ? `${text.slice(0, -20)}-Q${Math.floor(start.getUTCMonth() / 3) + 1}` : text.slice(0, -14);
}

/** A number of steps in words. @example stepCount("month", 3) === "3 months" */
export function stepCount(every: Every, count: number): string {
  const unit = isCalendar(every) || every === "hour" ? every : `step of ${every.slice(0, -1)} minute`;
  const plural = unit.includes(" ") ? unit.replace("step", "steps").replace("minute", "minutes") : `${unit}s`;
  return `${formatCount(count)} ${count === 1 ? unit.replace("minute", "minutes") : plural}`;
}

/** The step that a text names: as `stepText` writes it, a date, or an instant in RFC 3339; undefined where it is none of them. */
export function stepNamed(every: Every, zone: string, text: string): number | undefined {
  const [, year, quarter] = /^(\d{4})-Q([1-4])$/.exec(text) ?? [];
  const date = year !== undefined ? `${year}-${String(Number(quarter) * 3 - 2).padStart(2, "0")}-01` : text;
  const isDate = /^\d{4}(-\d\d(-\d\d)?)?$/.test(date);
  if (!isDate && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(date)) return undefined;
  const ms = Date.parse(date);
  if (Number.isNaN(ms)) return undefined;
  return isDate ? stepAt(every, "UTC", ms) : stepAt(every, zone, ms);
}

/** Lengths of the seasons that steps of this kind usually have, in steps, shortest first. */
export const usualSeasons: Readonly<Record<Every, readonly number[]>> = {
  "15m": [96, 672],
  "30m": [48, 336],
  hour: [24, 168],
  day: [7, 365.25],
  week: [52.1775],
  month: [12],
  quarter: [4],
  year: [],
};

const zones = new Map<string, Intl.DateTimeFormat>();

/** Whether the name is one of the time zones of IANA. */
export function isZone(name: string): boolean {
  return name === "UTC" || zoneNames().includes(name);
}

export function zoneNames(): readonly string[] {
  return Intl.supportedValuesOf("timeZone");
}

/** What clocks of the zone show at an instant, as if it were UTC. */
function localMs(zone: string, ms: number): number {
  if (zone === "UTC") return ms;
  let format = zones.get(zone);
  if (!format) {
    const digits = "2-digit" as const;
    format = new Intl.DateTimeFormat("en-US-u-ca-iso8601", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
    zones.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts["year"]!, parts["month"]! - 1, parts["day"], parts["hour"], parts["minute"], parts["second"]);
}
