/**
 * Origins of the past: a series is cut, what was cut off is forecast from what is left, and the errors are those that the forecast would have made.
 * Tashman: Out-of-sample Tests of Forecasting Accuracy, IJF 2000. Origin 0 is the end of the series, the others lie before it.
 *
 *   history ...........................|
 *   origin 1   ...............|<- horizon ->|
 *   origin 2   .........|<- horizon ->|<- stride
 *
 * Forecasts from much less than there is today err more than today's will: at least half of a series is left, but at its one origin where it is short.
 */

import { INTERMITTENT } from "./series-class.ts";

export interface Origins {
  /** Besides origin 0. */
  readonly count: number;
  readonly stride: number;
}

/** Values that are left at least where a series is cut: two of the shortest season and some; methods of counts know no seasons. */
export function leastHistory(seasons: readonly number[], seriesClass: number): number {
  if (seriesClass === INTERMITTENT) return 12;
  const shortest = seasons.reduce((least, season) => Math.min(least, season), Infinity);
  return shortest === Infinity ? 4 : Math.max(4, Math.round(2 * shortest) + 2);
}

/**
 * How many of `length` values are left at an origin, or -1 where there would be too few. The first origin of a series shorter than that lies later,
 * and its forecast is judged on fewer steps.
 */
export function cutAt(length: number, origin: number, horizon: number, { stride }: Origins, least: number): number {
  if (origin === 0) return length;
  const cut = length - horizon - (origin - 1) * stride;
  if (cut >= (origin === 1 ? least : Math.max(least, length / 2))) return cut;
  return origin === 1 && length > least ? least : -1;
}

/** Whether two origins of the past have steps ahead in common. */
export function overlap(
  { origins, horizon }: { readonly origins: Origins; readonly horizon: number },
  one: number,
  other: number,
): boolean {
  return Math.abs(one - other) * origins.stride < horizon;
}
