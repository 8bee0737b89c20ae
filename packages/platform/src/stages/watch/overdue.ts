/** Points that should have come and did not: silence is seen where it began, however late it is looked at. */
import type { Points, SeriesName } from "#stages/watch/points";

/** A series whose last point was before the newest of others. */
export interface Silent {
  readonly name: SeriesName;
  /** Epoch milliseconds. */
  readonly last: number;
  /** Nothing is known of what came between: only its last step is missed. */
  readonly resumes: boolean;
}

export interface OverdueOptions {
  readonly every: number;
  /** How late points come at most, milliseconds. */
  readonly lag: number;
  /** Points later than this count for nothing, epoch milliseconds. */
  readonly until: number;
  /** A series is missed for so long at most, milliseconds. */
  readonly letGo: number;
  /** What time it is, where that is known besides: a step is overdue by it too. */
  readonly now?: number;
}

export interface WithOverdue {
  /** With a value that is missing at the steps that were overdue. */
  readonly points: Points;
  /** How many series were silent at about this time. */
  silentAt(time: number): number;
}

/** Of a silence so many steps are missed one by one, then its last: an alarm has begun by then, and the work stays bounded. */
const singleSteps = 100;

/**
 * A step of a series is overdue once another series has a point more than the lag after it, or it is so late.
 *
 * @param silent series with their last points before these; others begin with their first one here
 * @returns the points themselves where nothing is overdue. O(n log n) in points and overdue steps
 */
export function withOverdue(
  points: Points,
  silent: readonly Silent[],
  { every, lag, until, letGo, now = -Infinity }: OverdueOptions,
): WithOverdue {
  const names = [...points.names];
  const places = new Map(names.map(({ id }, at) => [id, at]));
  const last = new Map<number, number>();
  const resumes = new Set<number>();
  for (const one of silent) {
    let at = places.get(one.name.id);
    if (at === undefined) at = names.push(one.name) - 1;
    last.set(at, one.last);
    if (one.resumes) resumes.add(at);
  }
  const missed: { readonly series: number; readonly time: number }[] = [];
  const begins: number[] = [];
  const ends: number[] = [];

  /** What of a series was overdue when the newest point of all was this one. */
  function miss(series: number, newest: number): void {
    const from = last.get(series);
    if (from === undefined) return;
    const steps = Math.ceil((Math.min(newest - lag, from + letGo) - from) / every) - 1;
    if (steps < 1) return;
    const first = resumes.has(series) ? steps : 1;
    begins.push(from + first * every);
    ends.push(from + steps * every);
    for (let step = first; step <= steps; step++) {
      if (step > singleSteps) step = steps;
      missed.push({ series, time: from + step * every });
    }
  }

  let [newest, before] = [-Infinity, -Infinity];
  for (let at = 0; at < points.times.length && points.times[at]! <= until; at++) {
    const [series, time] = [points.series[at]!, points.times[at]!];
    if (time > newest) [before, newest] = [newest, time];
    if (time <= (last.get(series) ?? -Infinity)) continue;
    miss(series, before);
    last.set(series, time);
    resumes.delete(series);
  }
  for (const series of last.keys()) miss(series, Math.max(newest, now));
  begins.sort((a, b) => a - b);
  ends.sort((a, b) => a - b);
  return {
    points: missed.length === 0 ? points : merged(points, names, missed),
    silentAt: (time) => countBelow(begins, time + every) - countBelow(ends, time),
  };
}

function merged(
  points: Points,
  names: readonly SeriesName[],
  missed: { readonly series: number; readonly time: number }[],
): Points {
  missed.sort((a, b) => a.time - b.time || a.series - b.series);
  const length = points.times.length + missed.length;
  const series = new Uint32Array(length);
  const times = new Float64Array(length);
  const values = new Float64Array(length).fill(Number.NaN);
  let [given, added] = [0, 0];
  for (let at = 0; at < length; at++) {
    const next = missed[added];
    if (next && !(points.times[given]! <= next.time)) {
      series[at] = next.series;
      times[at] = next.time;
      added++;
    } else {
      series[at] = points.series[given]!;
      times[at] = points.times[given]!;
      values[at] = points.values[given]!;
      given++;
    }
  }
  return { ...points, names, series, times, values, anomalies: null };
}

/** How many of ascending numbers are below this one. O(log n). */
function countBelow(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
