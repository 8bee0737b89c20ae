/**
 * Points go through the detector one after the other, each judged by those before it; what is unusual becomes parts of alarms. The same for
 * the history at training and for what comes in later, so that what was measured at training is what happens.
 */
import type { Detector } from "#learn/anomaly/detector";
import type { Finding } from "#learn/anomaly/finding";
import { Pace } from "#learn/math/pause";
import type { AlarmPart, AlarmPoint, Taken } from "#records/alarm";
import type { KnownEvent } from "#stages/watch/calendar";
import { isKnown } from "#stages/watch/calendar";
import type { Points, SeriesName } from "#stages/watch/points";
import { alarmPoint, Recent, shortened } from "#stages/watch/recent";
import type { RowWatch } from "#stages/watch/together";

/** Points that a part of an alarm keeps at most; beyond, every second one goes. */
const mostPoints = 120;
/** Values after which other work gets its turn: some ten milliseconds. */
const turn = 10_000;

/** A series that is watched, in the slot of a detector that is its place in the list. */
export interface Watched extends SeriesName {
  recent: Recent | null;
  /** The part of an alarm that goes on, or did last. */
  part: AlarmPart | null;
  /** The next point says nothing of what was between: an alarm that it was missing would be of our own making. */
  resumes: boolean;
  /** The row that its values belong to, where they are judged together too. */
  row: RowWatch | null;
  /** Whether it was touched. */
  seen: boolean;
}

export interface WatchOptions {
  readonly known: readonly KnownEvent[];
  /** Points later than this are left aside, epoch milliseconds. */
  readonly until: number;
  /** Called when a part begins, and whenever it changes. */
  readonly onPart: (series: number, part: AlarmPart, at: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export const nothingTaken: Taken = { judged: 0, warming: 0, missing: 0, known: 0, late: 0, ahead: 0 };

export function newlyWatched(name: SeriesName): Watched {
  return { ...name, recent: null, part: null, resumes: false, row: null, seen: false };
}

/**
 * @param slots place in `watched`, and slot in the detector, of each series of the points
 * @throws what the signal throws
 */
export async function watch(
  detector: Detector,
  watched: readonly Watched[],
  points: Points,
  slots: ArrayLike<number>,
  { known, until, onPart, signal }: WatchOptions,
): Promise<Taken> {
  const taken = { ...nothingTaken };
  const pace = new Pace(turn, signal);
  for (let at = 0; at < points.times.length; at++) {
    const waits = pace.spend(1);
    if (waits) await waits;
    const time = points.times[at]!;
    if (time > until) {
      taken.ahead++;
      continue;
    }
    const slot = slots[points.series[at]!]!;
    const one = watched[slot]!;
    const isExpected = one.resumes || (known.length > 0 && isKnown(known, one.key, time));
    const value = valueOf(one, points.values[at]!, time, isExpected, detector.lastTime(slot));
    const finding = detector.observe(slot, time, value, isExpected);
    if (one.value !== null) taken[finding.outcome]++;
    if (finding.outcome === "late") continue;
    one.resumes = false;
    one.seen = true;
    follow(detector, one, slot, time, value, finding, onPart);
  }
  return taken;
}

/** The value itself, or how far apart the values of its row are. Points that are not later than the last are left aside. */
function valueOf(one: Watched, given: number, time: number, known: boolean, last: number | null): number {
  if (one.value !== null) {
    one.row?.put(one.value, time, given);
    return given;
  }
  return one.row && (last === null || time > last) ? one.row.apart(time, known) : Number.NaN;
}

function follow(
  detector: Detector,
  one: Watched,
  slot: number,
  time: number,
  value: number,
  finding: Finding,
  onPart: WatchOptions["onPart"],
): void {
  const { expected, lower, upper } = finding;
  one.recent ??= new Recent();
  one.recent.push(time, value, expected, lower, upper);
  if (finding.event === "none") return;
  const point = alarmPoint(time, value, expected, lower, upper);
  const event = detector.event(slot)!;
  const isPeak = event.peak === time;
  const before = one.part !== null && Date.parse(one.part.start) >= event.start ? one.part : null;
  const isTogether = one.value === null;
  // Values that go together better than they usually do are no news.
  if (before === null && (isTogether ? !isPeak || value < expected : finding.event !== "starts")) return;
  const peak = {
    kind: isTogether ? ("together" as const) : event.kind,
    peak: new Date(event.peak).toISOString(),
    rarity: 1 - event.score,
    value: point.value,
    expected: point.expected,
    lower: point.lower,
    upper: point.upper,
    ...(isTogether && {
      metrics: one.row!.reasons().map(({ metric, value: is, expected: usual }) => ({
        metric,
        value: shortened(is),
        expected: shortened(usual),
      })),
    }),
  };
  one.part = {
    ...(before ?? { series: one.text, series_id: one.id, start: point.at, ...peak }),
    ...(isPeak && peak),
    end: new Date(event.end).toISOString(),
    open: event.open,
    points: thinned(before ? [...before.points, point] : one.recent.points()),
  };
  onPart(slot, one.part, time);
}

/** Every second point, the last one always, where there are too many. */
function thinned(points: AlarmPoint[]): AlarmPoint[] {
  if (points.length <= mostPoints) return points;
  return points.filter((_, at) => at % 2 === (points.length - 1) % 2);
}
