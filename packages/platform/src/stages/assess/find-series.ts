/**
 * Series in a table: a time, the columns that tell series apart, and the step from one row of a series to the next. Pure; what it sees is a
 * sample, so what it says is a proposal.
 */
import { calendarStep, isCalendar } from "#base/steps";
import type { Every } from "#base/steps";
import type { ScalarColumn } from "#learn/data/table";
import { parseInstant } from "#tables/instant";

const dayMs = 86_400_000;
/** Rows of one series at one time that may be there: systems repeat rows now and then. */
const mostRepeats = 0.005;
const mostKeys = 4;
/** A column with more values than this share of the rows names rows rather than series. */
const mostLevels = 0.25;
/** From this share of distances on that are one step, it is the rhythm; the others are gaps. */
const leastRegular = 0.5;
/** Distances that are no whole number of steps: more of them, and there is none. */
const mostOff = 0.02;

/** Epoch milliseconds of a column of instants, of texts that all are instants or months; null where it is none. */
export function instantsOf(column: ScalarColumn): Float64Array | null {
  if (column.type === "time") return column.values;
  if (column.type !== "string") return null;
  const values = Float64Array.from(column.values, (text) =>
    text === null || text.trim() === "" ? Number.NaN : parseInstant(/^\d{4}-\d{2}$/.test(text) ? `${text}-01` : text),
  );
  const filled = column.values.filter((text) => text !== null && text.trim() !== "").length;
  const known = values.reduce((count, value) => count + Number(Number.isFinite(value)), 0);
  return known > 0 && known === filled ? values : null;
}

/** Codes of the values of a column, missing included: equal where the values are. */
export function codesOf({ values }: ScalarColumn): Int32Array {
  const codes = new Map<unknown, number>();
  return Int32Array.from(values as Iterable<unknown>, (value) => {
    const known = codes.get(value);
    if (known !== undefined) return known;
    codes.set(value, codes.size);
    return codes.size - 1;
  });
}

export interface KeyCandidate {
  readonly name: string;
  readonly codes: Int32Array;
}

export interface FoundKey {
  readonly names: readonly string[];
  /** Number of the series of each row. */
  readonly codes: Int32Array;
  readonly count: number;
}

/** Fewest columns with which a row has its time alone; null where there are none. O(rows x candidates x columns). */
export function findKey(times: Float64Array, candidates: readonly KeyCandidate[]): FoundKey | null {
  const rows = times.length;
  const instants = codesOf({ type: "number", values: times });
  const distinct = (parts: readonly Int32Array[]): number => countOf(joined([instants, ...parts]));
  const wanted = (1 - mostRepeats) * rows;
  const able = candidates.filter(({ codes }) => countOf(codes) > 1 && countOf(codes) <= mostLevels * rows);
  let chosen: KeyCandidate[] = [];
  let found = distinct([]);
  while (found < wanted && chosen.length < mostKeys) {
    let best: { candidate: KeyCandidate; distinct: number } | undefined;
    for (const candidate of able) {
      if (chosen.includes(candidate)) continue;
      const now = distinct([...chosen, candidate].map(({ codes }) => codes));
      if (now > (best?.distinct ?? found)) best = { candidate, distinct: now };
    }
    if (!best) return null;
    chosen.push(best.candidate);
    found = best.distinct;
  }
  if (found < wanted) return null;
  // What was taken early may have become needless.
  for (const one of chosen) {
    const rest = chosen.filter((other) => other !== one);
    if (distinct(rest.map(({ codes }) => codes)) >= wanted) chosen = rest;
  }
  chosen.sort((a, b) => candidates.indexOf(a) - candidates.indexOf(b));
  const codes = joined([new Int32Array(rows), ...chosen.map((one) => one.codes)]);
  return { names: chosen.map(({ name }) => name), codes, count: countOf(codes) };
}

export interface Rhythm {
  /** The step of a calendar or of a clock, where it is one that is looked ahead in. */
  readonly every: Every | null;
  /** Milliseconds from one row of a series to the next, mostly. */
  readonly ms: number;
  /** Steps with a row, of those from the first to the last row of a series: the median of series. */
  readonly filled: number;
  /** Steps from the first to the last row: the median of series. */
  readonly length: number;
}

/** The step in which rows of each series come; null where they come as they please. O(rows log rows). */
export function findRhythm(times: Float64Array, series: Int32Array): Rhythm | null {
  const order = Uint32Array.from(times.keys()).sort((a, b) => series[a]! - series[b]! || times[a]! - times[b]!);
  const distances: number[] = [];
  for (let at = 1; at < order.length; at++) {
    const [before, now] = [order[at - 1]!, order[at]!];
    if (series[before] === series[now] && times[now]! > times[before]!) distances.push(times[now]! - times[before]!);
  }
  if (distances.length < 20) return null;
  const sorted = Float64Array.from(distances).sort();
  const ms = sorted[sorted.length >> 1]!;
  const every = everyOf(ms, times);
  const stepOf = (time: number): number =>
    every !== null && isCalendar(every) ? calendarStep(every, Math.floor(time / dayMs)) : time / ms;
  let [regular, off] = [0, 0];
  const shares: number[] = [];
  const lengths: number[] = [];
  let [count, first] = [1, 0];
  const close = (last: number): void => {
    const length = Math.round(stepOf(times[order[last]!]!) - stepOf(times[order[first]!]!)) + 1;
    lengths.push(length);
    shares.push(count / length);
  };
  for (let at = 1; at < order.length; at++) {
    const [before, now] = [order[at - 1]!, order[at]!];
    if (series[before] !== series[now]) {
      close(at - 1);
      [count, first] = [1, at];
      continue;
    }
    const steps = stepOf(times[now]!) - stepOf(times[before]!);
    if (steps === 0) continue;
    count++;
    if (Math.abs(steps - 1) < 0.1) regular++;
    if (Math.abs(steps - Math.round(steps)) > 0.1) off++;
  }
  close(order.length - 1);
  if (regular < leastRegular * distances.length || off > mostOff * distances.length) return null;
  return { every, ms, filled: Math.min(1, median(shares)), length: median(lengths) };
}

/** The step that is looked ahead in whose length is usual between rows; null where there is none so short, or rows stand between steps. */
function everyOf(ms: number, times: Float64Array): Every | null {
  const days = ms / dayMs;
  const near = (least: number, most: number): boolean => days >= least && days <= most;
  // With a clock change between them two midnights are 23 or 25 hours apart.
  if (near(0.95, 1.05)) return "day";
  if (near(6.9, 7.1)) return "week";
  if (near(27.9, 31.1)) return "month";
  if (near(88.9, 92.1)) return "quarter";
  if (near(364.9, 366.1)) return "year";
  const minutes = ms / 60_000;
  const every = ({ 15: "15m", 30: "30m", 60: "hour" } as const)[minutes];
  if (every === undefined) return null;
  // Whole steps of the clock: else two rows may fall into one.
  const on = times.reduce((count, time) => count + Number(time % ms === 0), 0);
  return on >= (1 - mostOff) * times.length ? every : null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const [first, ...others] = parts;
  let all = first!;
  for (const part of others) {
    const codes = new Map<number, number>();
    all = all.map((code, row) => {
      const both = code * 4_194_304 + part[row]!;
      const known = codes.get(both);
      if (known !== undefined) return known;
      codes.set(both, codes.size);
      return codes.size - 1;
    });
  }
  return all;
}

function countOf(codes: Int32Array): number {
  return new Set(codes).size;
}
