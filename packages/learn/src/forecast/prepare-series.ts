/**
 * A series as methods want it: it begins with its first value, gaps are filled from both sides and the same places of other seasons, and what was
 * sold out counts as at least what would have been usual there. Missing values at its end are left to the forecast, which starts that much
 * earlier.
 */
import type { LocalSeries } from "./method.ts";

export interface PreparedSeries extends LocalSeries {
  /** Steps from the last value to the end of the series: so many of a forecast are past. */
  readonly gap: number;
}

/** Null where there is no value. `censored`: 1 where the value is a lower bound. O(values). */
export function prepareSeries(
  values: Float64Array,
  censored: Uint8Array | null,
  seasons: readonly number[],
): PreparedSeries | null {
  const isKnown = (at: number): boolean => !Number.isNaN(values[at]!) && censored?.[at] !== 1;
  let from = 0;
  let to = values.length;
  while (from < to && !isKnown(from)) from++;
  while (to > from && !isKnown(to - 1)) to--;
  if (from === to) {
    // Nothing but lower bounds is better than nothing.
    return censored?.includes(1) && values.some((value) => !Number.isNaN(value)) ? prepareSeries(values, null, seasons) : null;
  }
  const count = to - from;
  const periods = usablePeriods(seasons, count);
  const gap = values.length - to;
  const own = values.subarray(from, to);
  let gaps = 0;
  for (let at = from; at < to; at++) if (!isKnown(at)) gaps++;
  if (gaps === 0) return { values: own, periods, gap };
  const known = own.map((value, at) => (isKnown(from + at) ? value : Number.NaN));
  const filled = interpolated(known);
  const period = periods.at(-1);
  if (period !== undefined) {
    const season = usualOf(known, filled, period);
    const free = interpolated(known.map((value, at) => value - season[at % period]!));
    for (let at = 0; at < count; at++) if (Number.isNaN(known[at]!)) filled[at] = free[at]! + season[at % period]!;
  }
  if (censored) for (let at = 0; at < count; at++) if (Number.isNaN(known[at]!) && own[at]! > filled[at]!) filled[at] = own[at]!;
  return { values: filled, periods, gap };
}

/** Whole lengths of the seasons that so many values hold twice, shortest first, each once. */
export function usablePeriods(seasons: readonly number[], count: number): number[] {
  const whole = seasons.map(Math.round).filter((period) => period > 1 && 2 * period <= count);
  return [...new Set(whole)].sort((a, b) => a - b);
}

function interpolated(known: Float64Array): Float64Array {
  const filled = known.slice();
  let last = -1;
  for (let at = 0; at < filled.length; at++) {
    if (Number.isNaN(known[at]!)) continue;
    for (let gap = last + 1; last >= 0 && gap < at; gap++)
      filled[gap] = known[last]! + ((known[at]! - known[last]!) * (gap - last)) / (at - last);
    last = at;
  }
  return filled;
}

/** Mean difference of each place of the season from what lies about it, shape (period). */
function usualOf(known: Float64Array, filled: Float64Array, period: number): Float64Array {
  const mean = filled.reduce((sum, value) => sum + value / filled.length, 0);
  const sums = new Float64Array(period);
  const counts = new Uint32Array(period);
  known.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    sums[at % period]! += value - mean;
    counts[at % period]!++;
  });
  return sums.map((sum, place) => sum / Math.max(1, counts[place]!));
}
