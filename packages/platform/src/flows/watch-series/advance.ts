/** The states of series go on by points and by silence, and alarms begin, grow and end with them. */
import type { PoolClient } from "pg";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure } from "#base/errors";
import { uuidFromName } from "#base/id";
import { parseDuration } from "#base/text";
import type { Outcome } from "#flows/watch-series/watcher";
import { createDetector } from "#learn/anomaly/detector";
import type { DetectorSettings } from "#learn/anomaly/settings";
import type { Alarm, AlarmPart } from "#records/alarm";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { DetectSeriesUseCase } from "#records/use-case";
import type { Project } from "#records/project";
import { addNotices, lastTold } from "#stages/notify/notice-store";
import { noticesOf } from "#stages/notify/notices";
import { endLeftBehind, recentAlarms, writeAlarms } from "#stages/watch/alarm-store";
import { goesWith, summaryOf, withPart } from "#stages/watch/alarms";
import type { KnownEvent } from "#stages/watch/calendar";
import { withOverdue } from "#stages/watch/overdue";
import { laterThan, seriesNamed } from "#stages/watch/points";
import type { Points, SeriesName } from "#stages/watch/points";
import { Recent } from "#stages/watch/recent";
import { applyShares } from "#stages/watch/feedback";
import type { Shares } from "#stages/watch/feedback";
import { togetherWithin } from "#stages/watch/settings";
import { countStates, readStates, silentSeries, writeStates } from "#stages/watch/state-store";
import { joinRows } from "#stages/watch/together";
import type { RowModels } from "#stages/watch/together";
import { latestAllowed } from "#stages/watch/train-series";
import { newlyWatched, nothingTaken, watch } from "#stages/watch/watch";
import type { Watched } from "#stages/watch/watch";

/** As many series are watched by one use case. */
const mostSeries = 100_000;
/** A series is silent once its next point is so many steps overdue, unless the use case says how late points come. */
const graceSteps = 2;
const letGoMs = 28 * 86_400_000;
const silentAtOnce = 10_000;
/** What series share that fall silent together. */
const everySeries = "most series";

const nothing: Outcome = { taken: nothingTaken, alarms: [] };
const none: Points = {
  names: [],
  series: new Uint32Array(0),
  times: new Float64Array(0),
  values: new Float64Array(0),
  anomalies: null,
  timeless: 0,
};

/** What watches a use case now. */
export interface Active {
  readonly useCase: DetectSeriesUseCase;
  readonly deployment: Deployment;
  readonly version: ModelVersion;
  readonly settings: DetectorSettings;
  /** How values of a row go together, where they are judged so. */
  readonly models: RowModels;
  /** What people said of alarms so far. */
  readonly shares: Shares;
}

/** How points are taken. */
export interface Advance {
  readonly known: readonly KnownEvent[];
  /** Points that are not after the last of their series were read before: nothing is said of them. */
  readonly again: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Whether most series are silent at this time. */
  readonly isCommon?: (time: number) => boolean;
}

/** Each in a transaction that holds the lock of the use case. */
export interface Advancer {
  /** Points, and what was overdue along them: a series that stays away while others go on. */
  byPoints(client: PoolClient, active: Active, points: Points, options: Advance): Promise<Outcome>;
  /** Series whose next point is overdue at `now`. */
  bySilence(client: PoolClient, active: Active, now: number, options: Advance): Promise<Outcome>;
}

/** What a test may do between the states and the alarms they led to. */
export interface Unsafe {
  readonly commit: boolean;
  between(): Promise<void>;
}

export interface AdvancerDeps {
  readonly clock: Clock;
  /** Who is told of alarms. */
  readonly notify: Project["notify"];
  readonly unsafe?: Unsafe | undefined;
}

export function openAdvancer({ clock, notify, unsafe }: AdvancerDeps): Advancer {
  return { byPoints, bySilence };

  /** Writes alarms as they are now, and what people are told of them. */
  async function write(client: PoolClient, alarms: readonly Alarm[]): Promise<void> {
    await writeAlarms(client, alarms);
    await tell(client, alarms);
  }

  async function tell(client: PoolClient, alarms: readonly Alarm[]): Promise<void> {
    if (alarms.length === 0 || Object.keys(notify).length === 0) return;
    const told = await lastTold(
      client,
      alarms.map(({ id }) => id),
    );
    await addNotices(client, noticesOf(notify, alarms, told, instant(clock)), clock.now());
  }

  /** With what was overdue along them: a series that stays away while others go on. Where it is most of them at once, they are one alarm. */
  async function byPoints(client: PoolClient, active: Active, given: Points, options: Advance): Promise<Outcome> {
    const points = modelled(given, active.models);
    const until = latestAllowed(clock);
    const newest = points.times.findLast((time) => time <= until);
    if (newest === undefined) return advance(client, active, points, options);
    const from = Math.min(points.times[0]!, newest);
    return advance(client, active, ...(await overdue(client, active, points, { now: newest, from, until, options })));
  }

  /** In a transaction that holds the lock: points through the detector, states and alarms written. */
  async function advance(
    client: PoolClient,
    active: Active,
    points: Points,
    { known, again, signal, isCommon }: Advance,
  ): Promise<Outcome> {
    if (points.times.length === 0) return nothing;
    const { useCase, deployment, version, settings, models, shares } = active;
    const name = useCase.use_case;
    const found = await readStates(
      client,
      name,
      version.version,
      points.names.map(({ id }) => id),
    );
    const stored = new Map(found.map((state) => [state.id, state]));
    const asked = again ? laterThan(points, ({ id }) => stored.get(id)?.last ?? null) : points;
    const ids = asked.names.map(({ id }) => id);
    const fresh = ids.filter((id) => !stored.has(id)).length;
    if (fresh > 0) {
      const count = (await countStates(client, name, version.version)) + fresh;
      if (count > mostSeries) throw failure("SERIES_TOO_MANY", { use_case: name, count, limit: mostSeries });
    }
    const within = togetherWithin(settings);
    const earliest = asked.times[0] ?? 0;
    const open = await recentAlarms(client, name, earliest - within);
    const latest = open.flatMap((alarm) => alarm.parts).sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    const parts = new Map(latest.map((part) => [part.series_id, part]));

    const detector = createDetector(settings, ids.length);
    const valued = new Map<number, number>();
    const watched = asked.names.map((one, slot): Watched => {
      const state = stored.get(one.id);
      if (state) detector.put(slot, state.state);
      applyShares(detector, slot, one, shares);
      if (!state) return newlyWatched(one);
      if (state.valued !== null) valued.set(slot, state.valued);
      return {
        ...newlyWatched(one),
        recent: state.recent && Recent.from(state.recent),
        part: parts.get(one.id) ?? null,
        resumes: state.deployment !== deployment.id,
      };
    });
    joinRows(watched, models, ({ id }) => stored.get(id)?.row_state ?? null);
    const changed = new Map<string, Alarm>();
    const slots = Uint32Array.from(asked.names, (_, slot) => slot);
    const taken = await watch(detector, watched, asked, slots, {
      known,
      until: latestAllowed(clock),
      signal,
      onPart(slot, part, at) {
        const one = watched[slot]!;
        const isSilence = part.points.at(-1)?.value === null;
        const alarm = alarmFor(isSilence && isCommon?.(at) === true ? { ...one, group: everySeries } : one, part);
        const grown = withPart(alarm, part);
        open.splice(
          open.findIndex(({ id }) => id === alarm.id),
          1,
          grown,
        );
        changed.set(grown.id, grown);
      },
    });

    function alarmFor(one: Watched, part: AlarmPart): Alarm {
      const own = open.find(({ parts: all }) => all.some(({ series_id: id, start }) => id === one.id && start === part.start));
      const related = own ?? open.find((alarm) => goesWith(alarm, one.group, Date.parse(part.start), within));
      if (related) return related;
      const alarm: Alarm = {
        id: uuidFromName(`${name}\n${version.version}\n${one.id}\n${part.start}`),
        use_case: name,
        group: one.group,
        ...summaryOf([part]),
        parts: [part],
        mark: null,
        autonomy: deployment.policy.autonomy,
        model_version: version.version,
        deployment: deployment.id,
        raised_at: instant(clock),
      };
      open.push(alarm);
      return alarm;
    }

    for (let at = 0; at < asked.times.length; at++) {
      if (Number.isFinite(asked.values[at]!)) {
        const slot = asked.series[at]!;
        const last = detector.lastTime(slot);
        if (last !== null && asked.times[at]! <= last) valued.set(slot, asked.times[at]!);
      }
    }
    const touched = watched.flatMap((one, slot) => (one.seen || !stored.has(one.id) ? [slot] : []));
    await writeStates(
      client,
      name,
      version.version,
      touched.map((slot) => ({
        id: watched[slot]!.id,
        deployment: deployment.id,
        last: detector.lastTime(slot),
        valued: valued.get(slot) ?? null,
        state: detector.take(slot),
        row_state: watched[slot]!.value === null ? (watched[slot]!.row?.bytes() ?? null) : null,
        recent: watched[slot]!.recent?.bytes() ?? null,
      })),
    );
    if (unsafe && changed.size > 0) {
      if (unsafe.commit) await client.query("commit");
      await unsafe.between();
    }
    await write(client, [...changed.values()]);
    return { taken, alarms: [...changed.values()] };
  }

  /** Series whose next point is overdue at `now`: the points that are missing. Where it is most of them at once, they have one cause, and are one alarm. */
  async function bySilence(client: PoolClient, active: Active, now: number, options: Advance): Promise<Outcome> {
    const { useCase, settings } = active;
    const due = now - lagOf(useCase, settings);
    const outcome = await advance(client, active, ...(await overdue(client, active, none, { now, from: now, options })));
    await tell(client, await endLeftBehind(client, useCase.use_case, due - settings.every - 2 * togetherWithin(settings)));
    return outcome;
  }

  /** Points with those that were overdue along them, `from` the first of them on, or at `now`; and whether most series were silent then. */
  async function overdue(
    client: PoolClient,
    { useCase, deployment, version, settings }: Active,
    points: Points,
    { now, from, until = now, options }: { now: number; from: number; until?: number; options: Advance },
  ): Promise<[Points, Advance]> {
    const { every } = settings;
    const [lag, letGo] = [lagOf(useCase, settings), letGoOf(settings)];
    const silent = await silentSeries(client, useCase.use_case, version.version, {
      before: now - lag - every,
      since: from - letGo,
      limit: silentAtOnce,
    });
    const { points: all, silentAt } = withOverdue(
      points,
      silent.map(({ id, last, deployment: of }) => ({ name: seriesNamed(useCase, id), last, resumes: of !== deployment.id })),
      { every, lag, until, letGo, now },
    );
    if (all === points) return [points, options];
    const count = Math.max(all.names.length, await countStates(client, useCase.use_case, version.version));
    return [all, { ...options, isCommon: (time) => isMost(silentAt(time), count) }];
  }
}

/** Without what says how far apart values are where nothing is known of how they go together. */
function modelled(points: Points, models: RowModels): Points {
  const unknown = ({ id, value }: SeriesName): boolean => value === null && !models.has(id);
  return points.names.some(unknown) ? laterThan(points, (name) => (unknown(name) ? Infinity : null)) : points;
}

/** How late points come at most. */
export function lagOf({ lag }: DetectSeriesUseCase, { every }: DetectorSettings): number {
  return lag === undefined ? graceSteps * every : parseDuration(lag)!;
}

/** A series without a value for so long is let go, rather than missed for ever. */
function letGoOf({ every }: DetectorSettings): number {
  return Math.max(letGoMs, 100 * every);
}

/** Silent series that have one cause rather than many. */
function isMost(silent: number, all: number): boolean {
  return silent > 1 && silent > all / 2;
}
