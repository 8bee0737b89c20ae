/**
 * Trains the watching of series: runs the detector over the history. Each point is judged before it is learnt from, so the last part of the time
 * counts as held out although the state goes on through it; the version that is judged is the one that is deployed.
 */
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import { parsePercent } from "#base/text";
import type { Artifacts } from "#files/artifacts";
import { createDetector } from "#learn/anomaly/detector";
import type { Detector } from "#learn/anomaly/detector";
import { poissonRange } from "#learn/math/poisson";
import type { AlarmPart } from "#records/alarm";
import type { DetectEvaluation, DetectionScores } from "#records/detect-evaluation";
import type { Snapshot } from "#records/snapshot";
import type { DetectSeriesUseCase } from "#records/use-case";
import { namedColumns } from "#records/use-case";
import { reasonOf } from "#stages/watch/alarms";
import type { KnownEvent } from "#stages/watch/calendar";
import { giveSeasons } from "#stages/watch/own-seasons";
import { laterThan, pointsOf } from "#stages/watch/points";
import type { Points } from "#stages/watch/points";
import { detectorSettings } from "#stages/watch/settings";
import { muteSilence } from "#stages/watch/feedback";
import { fitRows, joinRows } from "#stages/watch/together";
import type { RowModels } from "#stages/watch/together";
import { newlyWatched, watch } from "#stages/watch/watch";
import type { Watched } from "#stages/watch/watch";
import type { Tables } from "#tables/tables";

export interface WatchedSeries {
  readonly detector: Detector;
  /** In the order of the detector's slots. */
  readonly watched: readonly Watched[];
  /** How values go together, where they are judged so. */
  readonly models: RowModels;
  readonly evaluation: DetectEvaluation;
}

export interface TrainSeriesDeps {
  readonly tables: Tables;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((doing: string, share: number | null) => void) | undefined;
}

/** Alarms of the held-out part that are shown. */
const shownAlarms = 20;
/** Seasons, of series that share them, that are shown. */
const shownSeasons = 20;
/** Points that are timed at the end. */
const timedPoints = 2000;

/** @throws DATA_UNSUITABLE (no point, or a budget that cannot be kept), CANCELLED */
export async function trainSeries(
  { tables, artifacts, clock, signal, onProgress }: TrainSeriesDeps,
  { useCase, snapshot, known }: { useCase: DetectSeriesUseCase; snapshot: Snapshot; known: readonly KnownEvent[] },
): Promise<WatchedSeries> {
  const columns = [...new Set(namedColumns(useCase).map(({ column }) => column))];
  const all = pointsOf(useCase, await tables.readParquet(await artifacts.verifiedPath(snapshot.hash), columns, { signal }));
  const until = latestAllowed(clock);
  const last = all.times.findLast((time) => time <= until);
  if (last === undefined) {
    throw failure("DATA_UNSUITABLE", {
      use_case: useCase.use_case,
      reason: `no row has a ${useCase.source.time} that can be`,
      fix: `Check source.query: ${useCase.source.time} must hold instants that are not after now.`,
    });
  }
  const first = all.times[0]!;
  const splitAt = last - (last - first) * parsePercent(useCase.train.holdout)!;
  if (useCase.source.together) onProgress?.("learning what goes together", null);
  const models: RowModels = useCase.source.together
    ? fitRows(all, { values: useCase.source.values, before: splitAt, known })
    : new Map();
  const points = useCase.source.together
    ? laterThan(all, ({ id, value }) => (value === null && !models.has(id) ? Infinity : null))
    : all;
  onProgress?.("watching the history", null);
  const detector = detectorOf(useCase, points.names.length);
  const watched = points.names.map(newlyWatched);
  joinRows(watched, models, () => null);
  watched.forEach(({ value }, slot) => value === null && muteSilence(detector, slot));
  const parts: { slot: number; part: AlarmPart; began: number }[] = [];
  const open = new Map<number, (typeof parts)[number]>();
  const slots = Uint32Array.from(points.names, (_, slot) => slot);
  try {
    await giveSeasons(detector, points, { known, until: splitAt, signal });
    await watch(detector, watched, points, slots, {
      known,
      until,
      signal,
      onPart(slot, part, at) {
        const before = open.get(slot);
        if (before?.part.start === part.start) before.part = part;
        else {
          const next = { slot, part, began: at };
          parts.push(next);
          open.set(slot, next);
        }
      },
    });
  } catch (error) {
    throw signal?.aborted ? failure("CANCELLED", { what: "The training" }, { cause: error }) : error;
  }
  const heldOut = parts.filter(({ began }) => began >= splitAt);
  const { budget } = detector.settings;
  const promised = (points.names.length * budget.alarms * (last - splitAt)) / budget.per;
  const [lower, upper] = poissonRange(promised, 0.95);
  const isValue = points.names.map(({ value }) => value !== null);
  const countValues = (from: number, to: number): number =>
    points.times.reduce((count, time, at) => (time >= from && time <= to && isValue[points.series[at]!] ? count + 1 : count), 0);
  const testRows = countValues(splitAt, until);
  const largest = heldOut.map(({ part }) => part).sort((a, b) => a.rarity - b.rarity);
  return {
    detector,
    watched,
    models,
    evaluation: {
      task: "detect",
      train_rows: countValues(-Infinity, Infinity) - testRows,
      test_rows: testRows,
      copied_rows: 0,
      split: "time",
      split_at: new Date(splitAt).toISOString(),
      series: points.names.length,
      ...(useCase.source.together && {
        together: { things: models.size, left_out: all.names.length / (useCase.source.values.length + 1) - models.size },
      }),
      seasons: seasonsOf(detector, points.names.length),
      alarms: {
        budget: useCase.policy.alarms,
        threshold: (budget.alarms * detector.settings.every) / budget.per,
        promised,
        lower,
        upper,
        raised: heldOut.length,
      },
      known: points.anomalies && knownScores(points, heldOut, splitAt, detector.settings.every),
      largest: largest.slice(0, shownAlarms).map((part) => ({
        name: part.series,
        kind: part.kind,
        start: part.start,
        peak: part.peak,
        end: part.end,
        value: part.value,
        expected: part.expected,
        lower: part.lower,
        upper: part.upper,
        rarity: part.rarity,
        reason: reasonOf(part),
      })),
      learnt: sharesOf(heldOut.map(({ slot }) => watched[slot]!)),
      latency_ms: timePoints(clock, detector, last),
    },
  };

  function detectorOf(of: DetectSeriesUseCase, series: number): Detector {
    try {
      return createDetector(detectorSettings(of, series), series);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const fix = "Allow fewer alarms, or make every shorter.";
      throw failure("DATA_UNSUITABLE", { use_case: of.use_case, reason: error.message, fix }, { cause: error });
    }
  }
}

/** Which seasons how many series may follow. */
function seasonsOf(detector: Detector, series: number): NonNullable<DetectEvaluation["seasons"]> {
  const slots = Array.from({ length: series }, (_, slot) => detector.seasons(slot).map((ms) => ms / 1000));
  return [...Map.groupBy(slots, (seconds) => seconds.join(" ")).values()]
    .map((alike) => ({ seconds: alike[0]!, series: alike.length }))
    .sort((a, b) => b.series - a.series || a.seconds.length - b.seconds.length)
    .slice(0, shownSeasons);
}

/** A point may be a little after now, as clocks differ. */
export function latestAllowed(clock: Clock): number {
  return clock.now() + 10 * 60_000;
}

/** Stretches of known anomalies in the held-out part, and how many of them alarms meet, by one step at most. */
function knownScores(
  points: Points,
  alarms: readonly { readonly slot: number; readonly part: AlarmPart }[],
  splitAt: number,
  every: number,
): DetectEvaluation["known"] {
  const stretches: { slot: number; from: number; to: number; found: boolean }[] = [];
  const open = new Map<number, (typeof stretches)[number]>();
  points.times.forEach((time, at) => {
    if (time < splitAt) return;
    const slot = points.series[at]!;
    const stretch = open.get(slot);
    if (points.anomalies![at] !== 1) open.delete(slot);
    else if (stretch) stretch.to = time;
    else {
      const next = { slot, from: time, to: time, found: false };
      stretches.push(next);
      open.set(slot, next);
    }
  });
  if (stretches.length === 0) return null;
  let right = 0;
  for (const { slot, part } of alarms) {
    const [start, end] = [Date.parse(part.start) - every, Date.parse(part.end) + every];
    const met = stretches.filter((one) => one.slot === slot && one.from <= end && one.to >= start);
    if (met.length > 0) right++;
    for (const one of met) one.found = true;
  }
  const precision = alarms.length === 0 ? 0 : right / alarms.length;
  const recall = stretches.filter(({ found }) => found).length / stretches.length;
  const model: DetectionScores = {
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  };
  return { anomalies: stretches.length, model, rules: null };
}

/** Which series alarms come from. */
function sharesOf(alarmed: readonly Watched[]): DetectEvaluation["learnt"] {
  const counts = Map.groupBy(alarmed, ({ text }) => text);
  return [...counts]
    .map(([field, of]) => ({ field, weight: Number((of.length / alarmed.length).toPrecision(3)) }))
    .sort((a, b) => b.weight - a.weight || (a.field < b.field ? -1 : 1))
    .slice(0, 20);
}

/** On a copy of one series: what is timed must not be learnt. */
function timePoints(clock: Clock, detector: Detector, last: number): DetectEvaluation["latency_ms"] {
  const copy = createDetector(detector.settings, 1);
  copy.put(0, detector.take(0));
  const durations = Array.from({ length: timedPoints }, (_, at) => {
    const started = clock.monotonic();
    copy.observe(0, last + (at + 1) * detector.settings.every, 0);
    return clock.monotonic() - started;
  }).sort((a, b) => a - b);
  return { p50: durations[timedPoints / 2]!, p95: durations[Math.floor(0.95 * timedPoints)]! };
}
