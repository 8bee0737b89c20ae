/**
 * Steps on the clock: where steps are hours or less, days of clocks have 23 or 25 hours twice a year, and what happens at eight in the morning moves by a step.
 * Methods see series on the clock, so that seasons stay in place: an hour that is left out is a gap, and of one that comes twice there is the mean.
 */
import type { StepClock } from "../data/series.ts";

/** How many steps the clock is ahead at a step; 0 without a clock. */
export function aheadAt(clock: StepClock | undefined, step: number): number {
  return clock ? clock.ahead[step - clock.start]! : 0;
}

/**
 * Place on the clock of `count` steps from step `first` on, ascending from 0, a place twice where an hour comes twice. Null where the clock does not change
 * meanwhile: places are what they are. O(count).
 */
export function clockPlaces(clock: StepClock | undefined, first: number, count: number): Int32Array | null {
  if (!clock) return null;
  const ahead = clock.ahead.subarray(first - clock.start, first - clock.start + count);
  if (ahead.every((one) => one === ahead[0])) return null;
  return Int32Array.from(ahead, (one, at) => at + one - ahead[0]!);
}

/** The values at their places, means where a place comes twice, NaN where it is left out. O(values). */
export function onClock(values: Float64Array, places: Int32Array): Float64Array {
  const sums = new Float64Array(values.length === 0 ? 0 : places[values.length - 1]! + 1);
  const counts = new Uint8Array(sums.length);
  for (let at = 0; at < values.length; at++) {
    if (Number.isNaN(values[at]!)) continue;
    sums[places[at]!]! += values[at]!;
    counts[places[at]!]!++;
  }
  return sums.map((sum, place) => sum / counts[place]!);
}
