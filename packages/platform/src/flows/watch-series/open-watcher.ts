/** The watcher on real parts. */
import type { Pool, PoolClient } from "pg";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import type { Problem } from "#base/errors";
import type { Log } from "#base/log";
import { problemText } from "#base/problem-text";
import type { Connection } from "#connectors/connector";
import type { Artifacts } from "#files/artifacts";
import { lagOf, openAdvancer } from "#flows/watch-series/advance";
import type { Active, Unsafe } from "#flows/watch-series/advance";
import type { DetectOptions, Outcome, Watcher } from "#flows/watch-series/watcher";
import type { DetectorSettings } from "#learn/anomaly/settings";
import type { Taken } from "#records/alarm";
import type { Deployment } from "#records/deployment";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import type { DetectSeriesUseCase } from "#records/use-case";
import { watchesSeries } from "#records/use-case";
import { activeDeployments, listDeployments, newestDeployment } from "#stages/registry/deployments";
import { findModelVersion } from "#stages/registry/model-store";
import { countUndelivered } from "#stages/notify/notice-store";
import { findSnapshot } from "#stages/snapshot/snapshot-store";
import { countAlarms, findAlarm, listAlarms, marksSince, writeAlarms } from "#stages/watch/alarm-store";
import type { KnownEvent } from "#stages/watch/calendar";
import { laterThan, parsePoints, pointsOf } from "#stages/watch/points";
import { readCalendar, readSince } from "#stages/watch/read-source";
import { longestMs, sharesOf } from "#stages/watch/feedback";
import type { Shares } from "#stages/watch/feedback";
import { detectorSettings } from "#stages/watch/settings";
import { countStates, keepStates, lastPoints, lockSeries, writeStates } from "#stages/watch/state-store";
import type { RowModels } from "#stages/watch/together";
import { latestAllowed } from "#stages/watch/train-series";
import { nothingTaken } from "#stages/watch/watch";
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
  readonly unsafe?: Unsafe;
}

/** A calendar is read again after this time when points are pushed. */
const calendarMs = 60_000;
const summaryDays = 14;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Where a system keeps instants as text, it compares them as such: those of another zone seem so much earlier at most. */
const zonesMs = 15 * hourMs;

export function openWatcher(deps: WatcherDeps): Watcher {
  const { project, pool, artifacts, clock, log } = deps;
  const advancer = openAdvancer({ clock, notify: project.notify, unsafe: deps.unsafe });
  /** What was learnt of the version that watches, by use case: the state of a series fits no other. */
  const learntOf = new Map<
    string,
    { readonly artifact: string; readonly settings: DetectorSettings; readonly models: RowModels }
  >();
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
    let learnt = learntOf.get(useCase.use_case);
    if (learnt?.artifact !== version.artifact) {
      const { detector, models } = await openSeries(artifacts, version.artifact);
      learnt = { artifact: version.artifact, settings: detector.settings, models };
      learntOf.set(useCase.use_case, learnt);
    }
    const watched = version.evaluation.task === "detect" ? (version.evaluation.series ?? 1) : 1;
    const policy = "alarms" in deployment.policy ? { alarms: deployment.policy.alarms } : useCase.policy;
    const { budget } = detectorSettings({ every: useCase.every, policy: { ...useCase.policy, ...policy } }, watched);
    const shares = await sharesNow(client, useCase.use_case, budget);
    return { useCase, deployment, version, settings: { ...learnt.settings, budget }, models: learnt.models, shares };
  }

  /** What people said of alarms against what the budget allowed since the series are watched. */
  async function sharesNow(client: PoolClient, name: string, { alarms, per }: DetectorSettings["budget"]): Promise<Shares> {
    const now = clock.now();
    const marked = await marksSince(client, name, now - longestMs);
    if (marked.length === 0) return () => 1;
    const first = (await listDeployments(client, name)).at(-1)!;
    return sharesOf(marked, { now, since: Date.parse(first.deployed_at), rate: alarms / per });
  }

  /** The states after training, the first time that a version watches. */
  async function begin(client: PoolClient, { useCase, deployment, version }: Active): Promise<void> {
    const { use_case: name } = useCase;
    if ((await countStates(client, name, version.version)) > 0) return;
    const { detector, ids, row } = await openSeries(artifacts, version.artifact);
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
        row_state: row(slot),
        recent: null,
      })),
    );
    await keepStates(client, name, version.version, deployment.previous_version);
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
        const text = problemText(problems, "/points");
        throw failure("POINTS_INVALID", { use_case: name, problems: text }, { problems: problems.slice(0, 100) });
      }
      const known = await knownNow(useCase, false);
      return transaction(pool, (client) =>
        locked(client, useCase, async (active) => {
          const pushed = await advancer.byPoints(client, active, points, { known, again: false });
          // Who sends points says what time it is.
          const newest = Math.min(points.times.at(-1) ?? 0, latestAllowed(clock));
          return merged([pushed, await advancer.bySilence(client, active, newest, { known, again: false })]);
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
        const mark = { as, note: note ?? null, by, at: instant(clock) };
        await writeAlarms(client, [{ ...alarm, mark: { ...mark, share: 1 } }]);
        const { shares } = await activeOf(client, series(name));
        const marked = { ...alarm, mark: { ...mark, share: shares(alarm.series_id, alarm.kind) } };
        await writeAlarms(client, [marked]);
        return marked;
      }),

    async summary(name) {
      const useCase = series(name);
      const today = Math.floor(clock.now() / dayMs);
      const since = new Date((today - summaryDays + 1) * dayMs).toISOString();
      const [{ days: counted, open }, undelivered] = await Promise.all([
        countAlarms(pool, name, since),
        countUndelivered(pool, name),
      ]);
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
        undelivered,
      };
    },
  };

  type Within = (work: (client: PoolClient) => Promise<Outcome>) => Promise<Outcome>;

  async function run(
    useCase: DetectSeriesUseCase,
    known: readonly KnownEvent[],
    { signal, onProgress }: DetectOptions,
    within: Within,
  ): Promise<Outcome> {
    const { last, type, reach, models } = await transaction(pool, (client) =>
      locked(client, useCase, async ({ version, settings, models: modelled }) => {
        const { fields } = await findSnapshot(pool, version.snapshot);
        return {
          last: await lastPoints(client, useCase.use_case, version.version),
          type: fields.find(({ name }) => name === useCase.source.time)?.type ?? "string",
          reach: 12 * settings.every + lagOf(useCase, settings),
          models: modelled,
        };
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
      const batches = readSince(connection, useCase, { since, type, slack, ...(signal && { signal }) });
      for await (const table of batches) {
        signal?.throwIfAborted();
        onProgress?.(`reading ${useCase.source.system}: ${(rows += table.rows)} rows`, null);
        // Of values that nothing is known of together there is nothing to see.
        const unseen = laterThan(
          pointsOf(plain, table),
          ({ id, value }) => last.get(id) ?? (value === null && !models.has(id) ? Infinity : null),
        );
        if (unseen.times.length === 0) continue;
        outcomes.push(
          await within((client) => locked(client, useCase, async (active) => advancer.byPoints(client, active, unseen, options))),
        );
        unseen.series.forEach((series, at) => last.set(unseen.names[series]!.id, unseen.times[at]!));
      }
    } catch (error) {
      throw signal?.aborted ? failure("CANCELLED", { what: "The run" }, { cause: error }) : error;
    } finally {
      await connection.close();
    }
    outcomes.push(
      await within((client) =>
        locked(client, useCase, async (active) => advancer.bySilence(client, active, clock.now(), options)),
      ),
    );
    return merged(outcomes);
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

/** Of alarms that changed several times, the last. */
function merged(outcomes: readonly Outcome[]): Outcome {
  const taken = outcomes.reduce(
    (sum, { taken: one }) =>
      Object.fromEntries(Object.entries(sum).map(([what, n]) => [what, n + one[what as keyof Taken]])) as Taken,
    nothingTaken,
  );
  const alarms = new Map(outcomes.flatMap((outcome) => outcome.alarms.map((alarm) => [alarm.id, alarm] as const)));
  return { taken, alarms: [...alarms.values()] };
}
