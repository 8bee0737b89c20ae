/** Points that brokers deliver: they lead to what points over HTTP lead to, and none is lost, whatever is away meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { systemClock } from "#base/clock";
import { failure } from "#base/errors";
import type { Log } from "#base/log";
import { silentLog } from "#base/log";
import { followEvents } from "#flows/watch-series/follow-events";
import type { Watcher } from "#flows/watch-series/watcher";
import type { Alarm } from "#records/alarm";
import { whileLeading } from "#store/lead";
import { eventually } from "./support/http-server.ts";
import type { TestBroker } from "./support/test-brokers.ts";
import { testBrokers } from "./support/test-brokers.ts";
import type { Point, WatchProject } from "./support/watch-project.ts";
import { historyEnd, openWatchProject, points, sent, stepMs, useCase } from "./support/watch-project.ts";

const hour = 3_600_000;
const outage = (point: Point): Point =>
  point.host === "web-1" && point.at >= historyEnd + 3 * hour && point.at < historyEnd + 4 * hour
    ? { ...point, cpu: point.cpu! + 60, queue: point.queue! + 40 }
    : point;
const steps = (5 * hour) / stepMs;
const day = points(historyEnd, steps, { seed: 2, change: outage });

/** Watching, subscribed and ready to be sent to. */
async function watching(broker: TestBroker): Promise<WatchProject> {
  const { settings, from } = broker;
  const project = (await openWatchProject({
    source: "sqlite",
    more: `  plant: { type: ${settings.type}, url: "${settings.url}" }\n`,
    lines: { serve: `{ events: { system: plant, from: "${from}" } }` },
  }))!;
  const { version } = await project.builder.train(useCase);
  await project.release.deploy(useCase, version.version, "test");
  project.clock.now = historyEnd + 5 * hour;
  const consumer = `inlay-ops-${useCase}`;
  await broker.open().subscribe({ from, consumer }, async (messages) => messages.map(() => "refused"), AbortSignal.timeout(500));
  return project;
}

function follow(
  { project, watcher, state }: WatchProject,
  broker: TestBroker,
  { by = watcher, log = silentLog }: { by?: Pick<Watcher, "take">; log?: Log } = {},
): () => Promise<void> {
  const stop = new AbortController();
  const deps = { project, watcher: by, clock: systemClock, log, stateUrl: state.url, broker: () => broker.open() };
  const following = followEvents(deps, stop.signal);
  return async () => {
    stop.abort();
    await following;
  };
}

/** A message of each point; where the topic says the host, the body does not. */
async function send(broker: TestBroker, list: readonly Point[]): Promise<void> {
  for (const [at, point] of sent(list).entries()) {
    const body = broker.hasParts ? { ...point, host: undefined } : point;
    await broker.send([JSON.stringify(body)], list[at]!.host);
  }
}

const shown = (alarms: readonly Alarm[]): unknown[] =>
  alarms.map(({ start, end, series, kind, peak }) => ({ start, end, series, kind, peak }));
const alarmsOf = async (watcher: Watcher): Promise<unknown[]> => shown((await watcher.alarms({ limit: 100 })).alarms);

/** What the same points lead to when they are sent over HTTP. */
async function expected(): Promise<unknown[]> {
  const project = (await openWatchProject({ source: "sqlite" }))!;
  try {
    const { version } = await project.builder.train(useCase);
    await project.release.deploy(useCase, version.version, "test");
    project.clock.now = historyEnd + 5 * hour;
    await project.watcher.take(useCase, sent(day));
    return await alarmsOf(project.watcher);
  } finally {
    await project.close();
  }
}
const wanted = await expected();
assert.ok(wanted.length > 0);

for (const [kind, start] of Object.entries(testBrokers)) {
  const broker = await start();
  const skip = broker ? false : "no broker of this kind on its standard port of 127.0.0.1";

  test(`${kind}: points lead to the alarms they lead to over HTTP, also those sent while nobody listened`, { skip }, async () => {
    const project = await watching(broker!);
    try {
      const half = day.length / 2;
      const stop = follow(project, broker!);
      await send(broker!, day.slice(0, half));
      await stop();
      await send(broker!, day.slice(half));
      const stopAgain = follow(project, broker!);
      await eventually(async () => isDeepStrictEqual(await alarmsOf(project.watcher), wanted), 60);
      await stopAgain();
    } finally {
      await project.close();
      await broker!.close();
    }
  });
}

test("while the state is away messages wait, and none is lost", async (t) => {
  const broker = await testBrokers["rabbitmq"]!();
  if (!broker) return t.skip("no RabbitMQ on 127.0.0.1:5672");
  const project = await watching(broker);
  const told: string[] = [];
  const log: Log = (_level, event) => void told.push(event);
  try {
    let away = 2;
    const by: Pick<Watcher, "take"> = {
      take: async (...given) => {
        if (away-- > 0) throw failure("STATE_UNREACHABLE", { reason: "away", folder: ".inlay" });
        return project.watcher.take(...given);
      },
    };
    await send(broker, day);
    const stop = follow(project, broker, { by, log });
    await eventually(async () => isDeepStrictEqual(await alarmsOf(project.watcher), wanted), 60);
    await stop();
    assert.ok(away < 0);
    assert.equal(told.filter((event) => event === "events:away").length, 1, "the same trouble is told once");
  } finally {
    await project.close();
    await broker.close();
  }
});

test("what does not fit is refused by itself, and what came beside it is watched", async (t) => {
  const broker = await testBrokers["nats"]!();
  if (!broker) return t.skip("no NATS on 127.0.0.1:4222");
  const project = await watching(broker);
  const refused: number[] = [];
  const log: Log = (_level, event, fields) => void (event === "events:refused" && refused.push(Number(fields?.["messages"])));
  try {
    const [first, ...rest] = sent(day).map((point) => JSON.stringify(point));
    await broker.send([
      first!,
      "no JSON",
      '{"at":"yesterday","cpu":1}',
      "[]",
      "7",
      Buffer.from([0xff, 0xfe]),
      ...rest.slice(0, 3),
    ]);
    await broker.send([JSON.stringify({ points: rest.slice(3).map((text) => JSON.parse(text) as unknown) })]);
    const stop = follow(project, broker, { log });
    await eventually(async () => isDeepStrictEqual(await alarmsOf(project.watcher), wanted), 60);
    await stop();
    assert.equal(
      refused.reduce((sum, n) => sum + n, 0),
      4,
    );
  } finally {
    await project.close();
    await broker.close();
  }
});

test("of two processes one follows, and the other goes on when it ends", async () => {
  const project = (await openWatchProject({ source: "sqlite" }))!;
  try {
    const { url } = project.state;
    const began: string[] = [];
    const lead = (name: string, signal: AbortSignal): Promise<void> =>
      whileLeading(url, "test", signal, async (leading) => {
        began.push(name);
        await new Promise<void>((resolve) => leading.addEventListener("abort", () => resolve(), { once: true }));
      });
    const [one, two] = [new AbortController(), new AbortController()];
    const first = lead("first", one.signal);
    await eventually(async () => began.length === 1);
    const second = lead("second", two.signal);
    const other = new AbortController();
    await whileLeading(url, "another name", other.signal, async () => void began.push("another name"));
    assert.deepEqual(began, ["first", "another name"], "what has another name is not held up");
    one.abort();
    await first;
    await eventually(async () => began.length === 3);
    assert.equal(began.at(-1), "second");
    // The connection breaks: another may lead.
    const broken = assert.rejects(second, /PostgreSQL ended/);
    await project.state.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'inlay leader' and datname = current_database()",
    );
    await broken;
  } finally {
    await project.close();
  }
});
