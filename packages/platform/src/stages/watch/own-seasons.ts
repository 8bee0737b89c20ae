/** Seasons of series, each found in its own history: a shift, the cycle of a machine, days, weeks, or none. */
import type { Detector } from "#learn/anomaly/detector";
import { findSeasons } from "#learn/anomaly/find-seasons";
import { Pace } from "#learn/math/pause";
import type { KnownEvent } from "#stages/watch/calendar";
import { isKnown } from "#stages/watch/calendar";
import type { Points } from "#stages/watch/points";

/** Values after which other work gets its turn: some ten milliseconds. */
const turn = 10_000;

/**
 * Gives each series of a detector that has seen nothing yet the seasons of its points before `until`. Known events show none. O(points).
 *
 * @throws what the signal throws
 */
export async function giveSeasons(
  detector: Detector,
  { names, series, times, values }: Points,
  { known, until, signal }: { known: readonly KnownEvent[]; until: number; signal?: AbortSignal | undefined },
): Promise<void> {
  // Points by series: those of one lie from ends[series - 1] on.
  const ends = new Uint32Array(names.length + 1);
  series.forEach((of, at) => times[at]! < until && (ends[of + 1]! += 1));
  for (let of = 0; of < names.length; of++) ends[of + 1]! += ends[of]!;
  const places = new Uint32Array(ends[names.length]!);
  const next = ends.slice(0, -1);
  series.forEach((of, at) => times[at]! < until && (places[next[of]!++] = at));
  const { every, seasons: calendar } = detector.settings;
  const pace = new Pace(turn, signal);
  for (const [slot, name] of names.entries()) {
    if (name.value === null) continue; // values together: what they are is known as they are watched
    const own = places.subarray(ends[slot], ends[slot + 1]);
    const waits = pace.spend(own.length);
    if (waits) await waits;
    const isOrdinary = (at: number): boolean => known.length === 0 || !isKnown(known, name.key, times[at]!);
    const shown = Float64Array.from(own, (at) => (isOrdinary(at) ? values[at]! : Number.NaN));
    detector.setSeasons(
      slot,
      findSeasons(
        { every, calendar },
        Float64Array.from(own, (at) => times[at]!),
        shown,
      ),
    );
  }
}
