/** The watcher on real parts. */
import type { Pool, PoolClient } from "pg";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import type { Problem } from "#base/errors";
import { uuidFromName } from "#base/id";
import type { Log } from "#base/log";
import { parseDuration } from "#base/text";
import type { Connection } from "#connectors/connector";
import type { Artifacts } from "#files/artifacts";
import type { DetectOptions, Outcome, Watcher } from "#flows/watch-series/watcher";
import { budgetShare } from "#learn/anomaly/alarm-budget";
import { createDetector } from "#learn/anomaly/detector";
import type { DetectorSettings } from "#learn/anomaly/settings";
import type { Alarm, AlarmPart, Taken } from "#records/alarm";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import type { DetectSeriesUseCase } from "#records/use-case";
import { watchesSeries } from "#records/use-case";
import { activeDeployments, listDeployments, newestDeployment } from "#stages/registry/deployments";
import { findModelVersion } from "#stages/registry/model-store";
import { findSnapshot } from "#stages/snapshot/snapshot-store";
import { countAlarms, endLeftBehind, findAlarm, listAlarms, marksOf, recentAlarms, writeAlarms } from "#stages/watch/alarm-store";
import { goesWith, summaryOf, withPart } from "#stages/watch/alarms";
import type { KnownEvent } from "#stages/watch/calendar";
import { withOverdue } from "#stages/watch/overdue";
import { laterThan, parsePoints, pointsOf, seriesNamed } from "#stages/watch/points";
import type { Points } from "#stages/watch/points";
import { readCalendar, readSince } from "#stages/watch/read-source";
import { Recent } from "#stages/watch/recent";
import { detectorSettings, togetherWithin } from "#stages/watch/settings";
import {
  countStates,
  lastPoints,
  inheritShares,
  lockSeries,
  readStates,
  setShare,
  silentSeries,
  writeStates,
} from "#stages/watch/state-store";
import { latestAllowed } from "#stages/watch/train-series";
import { newlyWatched, nothingTaken, watch } from "#stages/watch/watch";
import type { Watched } from "#stages/watch/watch";
import { openSeries } from "#stages/watch/watch-file";
import { transaction } from "#store/pool";

export interface WatcherDeps {
  readonly project: Project;
  readonly pool: Pool;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly log: Log;
  connect(system: string): Connection;
  /** Only for a test that ends a process between states and the alarms they led to; `commit` shows what is lost without one transaction. */
  readonly unsafe?: { readonly commit: boolean; between(): Promise<void> };
}

/** As many series are watched by one use case. */
const mostSeries = 100_000;
/** A series is silent once its next point is so many steps overdue, unless the use case says how late points come. */
const graceSteps = 2;
const letGoMs = 28 * 86_400_000;
const silentAtOnce = 10_000;
/** What series share that fall silent together. */
const everySeries = "most series";
/** A calendar is read again after this time when points are pushed. */
const calendarMs = 60_000;
const summaryDays = 14;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Instants that are text are compared as such: those of another zone seem so much earlier at most. */
const zonesMs = 15 * hourMs;

const nothing: Outcome = { taken: nothingTaken, alarms: [] };

/** What watches a use case now. */
interface Active {
  readonly useCase: DetectSeriesUseCase;
  readonly deployment: Deployment;
  readonly version: ModelVersion;
  readonly settings: DetectorSettings;
}

export function openWatcher(deps: WatcherDeps): Watcher {
  const { project, pool, artifacts, clock, log } = deps;
  /** Settings of versions by artifact: the state of a series fits no others. */
  const settingsOf = new Map<string, DetectorSettings>();
  /** What is deployed, as it was seen last: while the state is away, it is still told what is served. */
  let deployed: ReadonlyMap<string, Deployment> = new Map();
  const calendars = new Map<string, { readonly at: number; readonly known: readonly KnownEvent[] }>();

  function series(name: string): DetectSeriesUseCase {
    const useCase = findUseCase(project, name);
    if (watchesSeries(useCase)) return useCase;
    throw failure("RECORDS_NEEDED", { use_case: name });
  }

  /** @throws NOT_WATCHED */
  async function activeOf(client: PoolClient, useCase: DetectSeriesUseCase): Promise<Active> {
    const deployment = await newestDeployment(client, useCase.use_case);
    if (!deployment) throw failure("NOT_WATCHED", { use_case: useCase.use_case });
    const version = await findModelVersion(client, useCase.use_case, deployment.version);
    let trained = settingsOf.get(version.artifact);
    if (!trained) {
      trained = (await openSeries(artifacts, version.artifact)).detector.settings;
      settingsOf.set(version.artifact, trained);
    }
    const watched = version.evaluation.task === "detect" ? (version.evaluation.series ?? 1) : 1;
    const policy = "alarms" in deployment.policy ? { alarms: deployment.policy.alarms } : useCase.policy;
    const { budget } = detectorSettings({ every: useCase.every, policy: { ...useCase.policy, ...policy } }, watched);
    return { useCase, deployment, version, settings: { ...trained, budget } };
  }

  /** The states after training, the first time that a version watches. */
  async function begin(client: PoolClient, { useCase, deployment, version }: Active): Promise<void> {
    const { use_case: name } = useCase;
    if ((await countStates(client, name, version.version)) > 0) return;
    const { detector, ids } = await openSeries(artifacts, version.artifact);
    await writeStates(
      client,
      name,
      version.version,
      ids.map((id, slot) => ({
        id,
        deployment: null,
        last: detector.lastTime(slot),
        valued: detector.lastTime(slot),
        state: detector.take(slot),
        recent: null,
      })),
    );
    await inheritShares(client, name, version.version, deployment.previous_version);
  }

  interface Advance {
    readonly known: readonly KnownEvent[];
    /** Points that are not after the last of their series were read before: nothing is said of them. */
    readonly again: boolean;
    readonly signal?: AbortSignal | undefined;
    /** Whether most series are silent at this time. */
    readonly isCommon?: (time: number) => boolean;
  }

  /** With what was overdue along them: a series that stays away while others go on. Where it is most of them at once, they are one alarm. */
  async function advanceAlong(client: PoolClient, active: Active, points: Points, options: Advance): Promise<Outcome> {
    const { useCase, deployment, version, settings } = active;
    const { every } = settings;
    const [lag, letGo, until] = [lagOf(useCase, settings), letGoOf(settings), latestAllowed(clock)];
    const newest = points.times.findLast((time) => time <= until);
    if (newest === undefined) return advance(client, active, points, options);
    const silent = await silentSeries(client, useCase.use_case, version.version, {
      before: newest - lag - every,
      since: Math.min(points.times[0]!, newest) - letGo,
      limit: silentAtOnce,
    });
    const { points: all, silentAt } = withOverdue(
      points,
      silent.map(({ id, last, deployment: of }) => ({ name: seriesNamed(useCase, id), last, resumes: of !== deployment.id })),
      { every, lag, until, letGo },
    );
    if (all === points) return advance(client, active, points, options);
    const count = Math.max(all.names.length, await countStates(client, useCase.use_case, version.version));
    const isCommon = (time: number): boolean => isMost(silentAt(time), count);
    return advance(client, active, all, { ...options, isCommon });
  }

  /** In a transaction that holds the lock: points through the detector, states and alarms written. */
  async function advance(
    client: PoolClient,
    active: Active,
    points: Points,
    { known, again, signal, isCommon }: Advance,
  ): Promise<Outcome> {
    if (points.times.length === 0) return nothing;
    const { useCase, deployment, version, settings } = active;
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
      if (!state) return newlyWatched(one);
      detector.put(slot, state.state);
      detector.setShare(slot, state.share);
      if (state.valued !== null) valued.set(slot, state.valued);
      return {
        ...newlyWatched(one),
        recent: state.recent && Recent.from(state.recent),
        part: parts.get(one.id) ?? null,
        resumes: state.deployment !== deployment.id,
      };
    });
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
        recent: watched[slot]!.recent?.bytes() ?? null,
      })),
    );
    if (deps.unsafe && changed.size > 0) {
      if (deps.unsafe.commit) await client.query("commit");
      await deps.unsafe.between();
    }
    await writeAlarms(client, [...changed.values()]);
    return { taken, alarms: [...changed.values()] };
  }

  /**
   * Series whose next point is overdue at `now`: a point that is missing, at the last step that should have been. Where it is most of them at once,
   * they have one cause, and are one alarm.
   */
  async function advanceSilent(client: PoolClient, active: Active, now: number, options: Advance): Promise<Outcome> {
    const { useCase, version, settings } = active;
    const due = now - lagOf(useCase, settings);
    const silent = await silentSeries(client, useCase.use_case, version.version, {
      before: due - settings.every,
      since: now - letGoOf(settings),
      limit: silentAtOnce,
    });
    const most = isMost(silent.length, await countStates(client, useCase.use_case, version.version));
    const points: Points = {
      names: silent.map(({ id }) => ({ ...seriesNamed(useCase, id), ...(most && { group: everySeries }) })),
      series: Uint32Array.from(silent, (_, at) => at),
      times: Float64Array.from(silent, ({ last }) => last + (Math.ceil((due - last) / settings.every) - 1) * settings.every),
      values: new Float64Array(silent.length).fill(Number.NaN),
      anomalies: null,
      timeless: 0,
    };
    const outcome = await advance(client, active, points, options);
    await endLeftBehind(client, useCase.use_case, due - settings.every - 2 * togetherWithin(settings));
    return outcome;
  }

  /** Known events as the source has them now; where it cannot be asked, as they were known last. */
  async function knownNow(useCase: DetectSeriesUseCase, fresh: boolean, signal?: AbortSignal): Promise<readonly KnownEvent[]> {
    if (Object.keys(useCase.calendar).length === 0) return [];
    const before = calendars.get(useCase.use_case);
    if (!fresh && before && clock.monotonic() - before.at < calendarMs) return before.known;
    const connection = deps.connect(useCase.source.system);
    try {
      const known = await readCalendar(connection, useCase, signal);
      calendars.set(useCase.use_case, { at: clock.monotonic(), known });
      return known;
    } catch (error) {
      if (fresh) throw error;
      log("warn", "calendar:away", { use_case: useCase.use_case, error });
      const last = { at: clock.monotonic(), known: before?.known ?? [] };
      calendars.set(useCase.use_case, last);
      return last.known;
    } finally {
      await connection.close();
    }
  }

  async function locked<T>(client: PoolClient, useCase: DetectSeriesUseCase, work: (active: Active) => Promise<T>): Promise<T> {
    await lockSeries(client, useCase.use_case);
    const active = await activeOf(client, useCase);
    await begin(client, active);
    return work(active);
  }

  return {
    async useCases() {
      const watched = Object.values(project.useCases).filter(watchesSeries);
      if (watched.length === 0) return [];
      try {
        deployed = new Map((await activeDeployments(pool)).map((one) => [one.use_case, one]));
      } catch (error) {
        if (!isFailure(error, "STATE_UNREACHABLE")) throw error;
      }
      return watched.map(({ use_case: name, source, policy }) => {
        const deployment = deployed.get(name);
        return {
          use_case: name,
          autonomy: (deployment?.policy ?? policy).autonomy,
          version: deployment?.version ?? null,
          series: source.series,
          time: source.time,
          values: source.values,
        };
      });
    },

    async take(name, inputs) {
      const useCase = series(name);
      const problems: Problem[] = [];
      const points = parsePoints(useCase, inputs, problems);
      if (!points) {
        const shown = problems.slice(0, 100);
        const text = shown.map(({ pointer, detail }) => `${pointer} ${detail}`).join("\n");
        throw failure("POINTS_INVALID", { use_case: name, problems: text }, { problems: shown });
      }
      const known = await knownNow(useCase, false);
      return transaction(pool, (client) =>
        locked(client, useCase, async (active) => {
          const pushed = await advanceAlong(client, active, points, { known, again: false });
          // Who sends points says what time it is.
          const newest = Math.min(points.times.at(-1) ?? 0, latestAllowed(clock));
          return together([pushed, await advanceSilent(client, active, newest, { known, again: false })]);
        }),
      );
    },

    async detect(name, options = {}) {
      const useCase = series(name);
      const known = await knownNow(useCase, true, options.signal);
      return options.dryRun === true
        ? dryRun(useCase, known, options)
        : run(useCase, known, options, (work) => transaction(pool, work));
    },

    alarms: (filter) => listAlarms(pool, filter),
    alarm: (id) => findAlarm(pool, id),

    mark: (id, { as, note, by }) =>
      transaction(pool, async (client) => {
        const { use_case: name } = await findAlarm(client, id);
        await lockSeries(client, name);
        const alarm = await findAlarm(client, id);
        const strongest = alarm.parts.find(({ series: text }) => text === alarm.series)!;
        const mark = { as, note: note ?? null, by, at: instant(clock) };
        await writeAlarms(client, [{ ...alarm, mark: { ...mark, share: 1 } }]);
        const share = await shareOf(client, name, alarm.series);
        const marked = { ...alarm, mark: { ...mark, share } };
        await writeAlarms(client, [marked]);
        await setShare(client, name, strongest.series_id, share);
        return marked;
      }),

    async summary(name) {
      const useCase = series(name);
      const today = Math.floor(clock.now() / dayMs);
      const since = new Date((today - summaryDays + 1) * dayMs).toISOString();
      const { days: counted, open } = await countAlarms(pool, name, since);
      const deployment = (await listDeployments(pool, name)).at(0);
      const version = deployment && (await findModelVersion(pool, name, deployment.version));
      const watched = version?.evaluation.task === "detect" ? (version.evaluation.series ?? 0) : 0;
      const policy = deployment && "alarms" in deployment.policy ? deployment.policy : useCase.policy;
      const { budget } = detectorSettings(
        { every: useCase.every, policy: { ...useCase.policy, alarms: policy.alarms } },
        watched,
      );
      const days = Array.from({ length: summaryDays }, (_, at) => {
        const day = new Date((today - summaryDays + 1 + at) * dayMs).toISOString().slice(0, 10);
        return counted.find((one) => one.day === day) ?? { day, alarms: 0, useful: 0, noise: 0 };
      });
      return {
        use_case: name,
        budget: policy.alarms,
        series: watched,
        days,
        alarms: days.reduce((sum, { alarms }) => sum + alarms, 0),
        promised: (watched * budget.alarms * summaryDays * dayMs) / budget.per,
        open,
      };
    },
  };

  /** What people said of a series' alarms against what the budget allowed since it is watched. */
  async function shareOf(client: PoolClient, name: string, text: string): Promise<number> {
    const active = await activeOf(client, series(name));
    const first = (await listDeployments(pool, name)).at(-1)!;
    const { alarms, per } = active.settings.budget;
    const promised = (alarms * Math.max(0, clock.now() - Date.parse(first.deployed_at))) / per;
    return budgetShare({ ...(await marksOf(client, name, text)), promised });
  }

  type Within = (work: (client: PoolClient) => Promise<Outcome>) => Promise<Outcome>;

  async function run(
    useCase: DetectSeriesUseCase,
    known: readonly KnownEvent[],
    { signal, onProgress }: DetectOptions,
    within: Within,
  ): Promise<Outcome> {
    const { last, narrow, reach } = await transaction(pool, (client) =>
      locked(client, useCase, async ({ version, settings }) => {
        const snapshot = await findSnapshot(pool, version.snapshot);
        const times = await lastPoints(client, useCase.use_case, version.version);
        return { last: times, narrow: snapshot.time_column !== null, reach: 12 * settings.every + lagOf(useCase, settings) };
      }),
    );
    const since = last.size === 0 ? null : Array.from(last.values()).reduce((most, time) => Math.max(most, time), -Infinity);
    const isTyped = project.systems[useCase.source.system]?.type === "postgres";
    const slack = Math.max(isTyped ? hourMs : zonesMs, reach);
    const options = { known, again: true, signal };
    // What is known of anomalies is for training to be judged by.
    const plain = { ...useCase, source: { ...useCase.source, label: undefined } };
    const outcomes: Outcome[] = [];
    const connection = deps.connect(useCase.source.system);
    try {
      let rows = 0;
      const batches = readSince(connection, useCase, { since, narrow, slack, ...(signal && { signal }) });
      for await (const table of batches) {
        signal?.throwIfAborted();
        onProgress?.(`reading ${useCase.source.system}: ${(rows += table.rows)} rows`, null);
        const unseen = laterThan(pointsOf(plain, table), ({ id }) => last.get(id) ?? null);
        if (unseen.times.length === 0) continue;
        outcomes.push(
          await within((client) => locked(client, useCase, async (active) => advanceAlong(client, active, unseen, options))),
        );
        unseen.series.forEach((series, at) => last.set(unseen.names[series]!.id, unseen.times[at]!));
      }
    } catch (error) {
      throw signal?.aborted ? failure("CANCELLED", { what: "The run" }, { cause: error }) : error;
    } finally {
      await connection.close();
    }
    outcomes.push(
      await within((client) => locked(client, useCase, async (active) => advanceSilent(client, active, clock.now(), options))),
    );
    return together(outcomes);
  }

  /** All in one transaction, which is taken back. */
  async function dryRun(useCase: DetectSeriesUseCase, known: readonly KnownEvent[], options: DetectOptions): Promise<Outcome> {
    const client = await pool.connect();
    try {
      await client.query("begin");
      return await run(useCase, known, options, (work) => work(client));
    } finally {
      await client.query("rollback");
      client.release();
    }
  }
}

/** How late points come at most. */
function lagOf({ lag }: DetectSeriesUseCase, { every }: DetectorSettings): number {
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

/** Of alarms that changed several times, the last. */
function together(outcomes: readonly Outcome[]): Outcome {
  const taken = outcomes.reduce(
    (sum, { taken: one }) =>
      Object.fromEntries(Object.entries(sum).map(([what, n]) => [what, n + one[what as keyof Taken]])) as Taken,
    nothingTaken,
  );
  const alarms = new Map(outcomes.flatMap((outcome) => outcome.alarms.map((alarm) => [alarm.id, alarm] as const)));
  return { taken, alarms: [...alarms.values()] };
}
