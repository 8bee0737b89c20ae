/** Series that are watched, from the source to the alarm a person marks: over SQLite and PostgreSQL, by query and by HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "#base/errors";
import { alarmLines, chart } from "#doors/cli/commands/alarms";
import { versionText } from "#doors/cli/commands/build";
import { poissonRange } from "#learn/math/poisson";
import type { Alarm } from "#records/alarm";
import type { Watcher } from "#flows/watch-series/watcher";
import type { Point, WatchProject } from "./support/watch-project.ts";
import { historyEnd, openWatchProject, points, sent, stepMs, useCase } from "./support/watch-project.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** From 3:00 to 4:00 both values of web-1 are far too high. */
const outage = (point: Point): Point =>
  point.host === "web-1" && point.at >= historyEnd + 3 * hour && point.at < historyEnd + 4 * hour
    ? { ...point, cpu: point.cpu! + 60, queue: point.queue! + 40 }
    : point;

async function deployed(options: Parameters<typeof openWatchProject>[0]): Promise<WatchProject | undefined> {
  const project = await openWatchProject(options);
  if (!project) return undefined;
  const { version } = await project.builder.train(useCase);
  await project.release.deploy(useCase, version.version, "test");
  return project;
}

async function allAlarms(watcher: Watcher): Promise<Alarm[]> {
  return (await watcher.alarms({ limit: 1000 })).alarms;
}

/** Of alarms what does not depend on when Inlay was told. */
function told(alarms: readonly Alarm[]): unknown[] {
  return alarms.map((alarm) => ({ ...alarm, raised_at: "", deployment: "" }));
}

for (const source of ["sqlite", "postgres"] as const) {
  test(`from a table in ${source} to an alarm that is marked`, async (t) => {
    const project = await deployed({ source });
    if (!project) return t.skip("no PostgreSQL at 127.0.0.1:5432");
    const { watcher, release, clock } = project;
    try {
      const version = await release.model(useCase, 1);
      assert.ok(version.evaluation.task === "detect");
      const { alarms, series } = version.evaluation;
      assert.equal(series, 4);
      assert.ok(alarms.raised <= alarms.upper, `${alarms.raised} of ${alarms.promised} on a history without anomalies`);
      assert.match(versionText(version), /4 series are watched\.\nSeasons they may follow: 24 h and 7 days \(4 series\)\./);
      assert.match(
        Buffer.from(await release.export(useCase, 1, "card")).toString(),
        /Watches 4 series of cpu, queue[\s\S]*2 per week per series/,
      );

      await project.insert(points(historyEnd, 288, { seed: 2, change: outage }));
      clock.now = historyEnd + day;
      const before = await watcher.detect(useCase, { dryRun: true });
      assert.ok(before.alarms.length > 0);
      assert.deepEqual(await allAlarms(watcher), [], "a dry run keeps nothing");
      const outcome = await watcher.detect(useCase);
      assert.deepEqual(told(outcome.alarms), told(before.alarms), "and says what the run then does");
      assert.deepEqual((await watcher.detect(useCase)).alarms, [], "the same rows are not watched twice");

      const alarm = (await allAlarms(watcher)).find(({ group, start }) => {
        return group === "web-1" && Math.abs(Date.parse(start) - (historyEnd + 3 * hour)) <= stepMs;
      });
      assert.ok(alarm, "the outage is found");
      assert.deepEqual(
        [...new Set(alarm.parts.map(({ series: name }) => name))].sort(),
        ["web-1 / cpu", "web-1 / queue"],
        "both values of the host are one alarm",
      );
      const cpu = alarm.parts.find(({ series: name }) => name === "web-1 / cpu")!;
      assert.ok(cpu.value! > cpu.upper && cpu.lower <= cpu.expected && cpu.expected <= cpu.upper, JSON.stringify(cpu));
      assert.ok(cpu.points.length > 30 && cpu.points.some(({ at }) => at < alarm.start), "it shows what was before");
      assert.match(alarm.reason, /^web-1 \/ (cpu|queue): .*was expected.*1 more of its series/);
      assert.match(chart(cpu).join("\n"), /#[\s\S]*# outside/);
      assert.match(alarmLines([alarm]), /web-1 \/ (cpu|queue) and 1 more/);

      const useful = await watcher.mark(alarm.id, { as: "useful", note: "a real outage", by: "cli" });
      assert.ok(useful.mark!.share > 1, "what is useful may come more often");
      const noise = await watcher.mark(alarm.id, { as: "noise", by: "cli" });
      assert.ok(noise.mark!.share < 1, "what is noise less often");
      assert.deepEqual((await watcher.alarms({ mark: "noise", limit: 10 })).alarms, [noise]);
      const summary = await watcher.summary(useCase);
      assert.equal(summary.days.at(-2)?.noise, 1);
      assert.equal(summary.promised, (4 * 2 * 14) / 7);
    } finally {
      await project.close();
    }
  });
}

const orders = `use_case: orders
task: detect
goal: { kpi: loss, direction: decrease }
source: { system: ops, query: select * from metrics, key: host }
features: { number: [cpu] }
policy: { alarms: 1% }
`;

test("points that are sent: judged, late, twice, in the future, and none at all", async () => {
  const project = (await openWatchProject({ source: "sqlite", files: { "orders.yaml": orders } }))!;
  const { app, keys, clock, watcher } = project;
  const code = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "none",
      (error: unknown) => (isFailure(error) ? error.code : String(error)),
    );
  const ask = async (
    path: string,
    payload?: object,
    key = keys.all,
  ): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> => {
    const answer = await app.inject({
      method: payload ? "POST" : "GET",
      url: path,
      headers: { authorization: `Bearer ${key}` },
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, body: answer.json() };
  };
  const send = async (list: readonly object[], key = keys.all): ReturnType<typeof ask> =>
    ask(`/v1/use-cases/${useCase}/points`, { points: list }, key);
  const none = { judged: 0, warming: 0, missing: 0, known: 0, late: 0, ahead: 0 };
  try {
    assert.equal(await code(watcher.detect(useCase)), "NOT_WATCHED");
    assert.equal(await code(watcher.take("orders", [{}])), "RECORDS_NEEDED");
    assert.equal(await code(watcher.take("nothing", [{}])), "USE_CASE_UNKNOWN");
    assert.equal(await code(watcher.alarm("x")), "ALARM_UNKNOWN");
    assert.equal(await code(watcher.mark("019abc12-3456-8def-8abc-0123456789ab", { as: "noise", by: "test" })), "ALARM_UNKNOWN");
    const early = await send(sent(points(historyEnd, 1)));
    assert.deepEqual([early.status, early.body["code"]], [409, "NOT_WATCHED"]);
    const { version } = await project.builder.train(useCase);
    await project.release.deploy(useCase, version.version, "test");

    const fresh = points(historyEnd, 60, { seed: 2, change: outage });
    clock.now = historyEnd + 5 * hour;
    const first = await send(sent(fresh.slice(0, 4)));
    assert.equal(first.status, 200, JSON.stringify(first.body));
    // The first point after a deployment says nothing of what came between: it is known, the next is judged.
    assert.deepEqual(first.body["taken"], { ...none, known: 4, judged: 4 });
    const rest = await send(sent(fresh.slice(4)));
    assert.deepEqual(rest.body["taken"], { ...none, judged: fresh.length * 2 - 8 });
    const [alarm] = rest.body["alarms"] as Alarm[];
    assert.equal(alarm?.group, "web-1");

    assert.deepEqual((await send(sent(fresh.slice(-6)))).body["taken"], { ...none, late: 12 }, "sent again");
    assert.deepEqual(
      (await send(sent(points(historyEnd - day, 3, { of: ["web-1"] })))).body["taken"],
      { ...none, late: 6 },
      "time backwards",
    );
    assert.deepEqual((await send(sent(points(Date.UTC(9999, 11, 31), 1)))).body["taken"], { ...none, ahead: 4 }, "the year 9999");
    assert.deepEqual(
      (await send(sent(points(historyEnd + 5 * hour, 1, { of: ["new-1"] })))).body["taken"],
      { ...none, warming: 2 },
      "a new series begins by itself",
    );
    const at = new Date(historyEnd + 5 * hour).toISOString();
    const cpuAlone = await send([{ host: "web-1", at, cpu: 41 }]);
    assert.deepEqual(cpuAlone.body["taken"], { ...none, judged: 1 }, "what is left out is not spoken of");
    assert.deepEqual(
      (await send([{ host: "web-1", at, queue: null }])).body["taken"],
      { ...none, missing: 1 },
      "what is null was missing",
    );

    const bad = await send([
      { host: "web-1", at: "yesterday", cpu: 1 },
      { host: "web-1", at, cpu: "41" },
      { host: "web-1", at, cpy: 1 },
      { at, cpu: 1 },
      { host: "web-1", at },
    ]);
    assert.equal(bad.status, 422);
    assert.deepEqual(
      (bad.body["errors"] as { pointer: string }[]).map(({ pointer }) => pointer),
      ["/points/0/at", "/points/1/cpu", "/points/2/cpy", "/points/2", "/points/3/host", "/points/4"],
    );
    const alike = await send(Array.from({ length: 500 }, () => ({ host: "web-1", at: "yesterday", cpu: 1 })));
    assert.match(
      String(alike.body["detail"]),
      /\/points\/0\/at .* \(and 499 more so\)/,
      "what is wrong in the same way is said once",
    );

    const list = await ask("/v1/alarms?limit=1");
    assert.deepEqual((list.body["alarms"] as Alarm[]).length, 1);
    assert.equal((await ask(`/v1/alarms/${alarm.id}`)).body["series"], alarm.series);
    const marked = await ask(`/v1/alarms/${alarm.id}/mark`, { as: "expected", note: "a known load" });
    assert.deepEqual([marked.status, (marked.body["mark"] as { as: string }).as], [200, "expected"]);
    assert.equal((await ask(`/v1/alarms/${alarm.id}/mark`, { as: "expected" }, keys.read)).status, 403);
    assert.equal((await ask(`/v1/alarms/${alarm.id}`, undefined, keys.elsewhere)).status, 404, "another's alarm does not exist");
    assert.deepEqual((await ask("/v1/alarms", undefined, keys.elsewhere)).body["alarms"], []);
    assert.equal((await send(sent(fresh), keys.elsewhere)).status, 403);
    assert.equal((await ask(`/v1/use-cases/${useCase}/alarms`)).body["series"], 4);
    assert.deepEqual((await ask(`/v1/use-cases/${useCase}`)).body["takes"], "points");
    // Another version goes on with what people said; of what came before it took over it says nothing.
    const { version: next } = await project.builder.train(useCase);
    await project.release.deploy(useCase, next.version, "test");
    const later = points(historyEnd + 6 * hour, 2, { of: ["web-1"] });
    clock.now = historyEnd + 7 * hour;
    assert.deepEqual(
      (await send(sent(later))).body["taken"],
      { ...none, known: 4, judged: 2 },
      "its first points are known, and that others stay away",
    );
    await project.release.rollback(useCase, "test");
    const back = await send(sent(points(historyEnd + 6.5 * hour, 1, { of: ["web-1"] })));
    const begun = (back.body["alarms"] as Alarm[]).filter(({ start }) => start > new Date(historyEnd + 5 * hour).toISOString());
    assert.deepEqual(begun, [], "going back raises no alarm of its own");

    const record = await ask(`/v1/use-cases/${useCase}/decisions`, { record: { cpu: 1 } });
    assert.deepEqual([record.status, record.body["code"]], [409, "POINTS_NEEDED"]);
  } finally {
    await project.close();
  }
});

test("runs that are cut anywhere give the alarms of one; known events are quiet, and silence is not", async () => {
  const again = "the-same-again";
  const project = (await deployed({ source: "sqlite", also: again }))!;
  const { watcher, clock } = project;
  try {
    await project.builder.train(again);
    await project.release.deploy(again, 1, "test");
    const [from, to] = [10 * hour, 11 * hour].map((after) => new Date(historyEnd + after).toISOString());
    await project.run(`insert into maintenance values ('${from}', '${to}', 'web-2')`);
    const fresh = points(historyEnd, 2 * 288, {
      seed: 2,
      change(point) {
        const { at, host, cpu } = point;
        const after = at - historyEnd;
        // The same outage, in the maintenance of web-2; later web-2 is away for an hour.
        if (host === "web-2" && after >= 10 * hour && after < 11 * hour) return { ...point, cpu: cpu! + 60 };
        return host === "web-2" && after >= 30 * hour && after < 31 * hour ? null : outage(point);
      },
    });
    const edges = [0, 1, 80, 81, 500, 700, 701, 1000, fresh.length];
    for (const [piece, end] of edges.slice(1).entries()) {
      await project.insert(fresh.slice(edges[piece], end));
      // A process of its own, which has nothing but what is stored. No time passes, so that nothing is missed but what the points show.
      clock.now = fresh[end - 1]!.at;
      await project.another().detect(again);
    }
    clock.now = historyEnd + 2 * day;
    await project.another().detect(again);
    const { taken } = await watcher.detect(useCase);
    assert.equal(taken.known, 4 + 12 * 2, "the first points, and an hour of both values of one host");
    const [one, many] = await Promise.all(
      [useCase, again].map(async (name) => (await watcher.alarms({ useCases: [name], limit: 1000 })).alarms),
    );
    const plain = (alarms: readonly Alarm[] | undefined): unknown[] =>
      told(alarms ?? []).map((alarm) => ({ ...(alarm as Alarm), id: "", use_case: "" }));
    assert.deepEqual(plain(many), plain(one));
    const kinds = one!.map(({ group, start, kind }) => [group, Math.round((Date.parse(start) - historyEnd) / hour), kind]);
    assert.ok(
      kinds.some(([group, at]) => group === "web-1" && at === 3),
      JSON.stringify(kinds),
    );
    assert.ok(!kinds.some(([group, at]) => group === "web-2" && at === 10), "nothing alarms in a known event");
    assert.deepEqual(
      kinds.filter(([, , kind]) => kind === "missing"),
      [["web-2", 30, "missing"]],
      "an hour without points shows where it began",
    );

    await project.insert(points(historyEnd + 2 * day, 72, { seed: 3 }));
    clock.now = historyEnd + 2 * day + 6 * hour;
    await watcher.detect(useCase);
    clock.now = historyEnd + 2 * day + 8 * hour;
    const { alarms: all } = await watcher.detect(useCase);
    assert.deepEqual(
      all.map(({ group, kind, open, parts }) => [group, kind, open, parts.length]),
      [["most series", "missing", true, 4]],
      "when most fall silent it is one alarm",
    );
    await project.insert(points(historyEnd + 2 * day + 8 * hour, 48, { seed: 4 }));
    clock.now = historyEnd + 2 * day + 12 * hour;
    await watcher.detect(useCase);
    assert.equal((await watcher.alarm(all[0]!.id)).open, false, "which ends when they come back");
    const gone = historyEnd + 4 * day;
    clock.now = gone;
    const { alarms: last } = await watcher.detect(useCase);
    assert.equal(last[0]?.open, true);
    clock.now = gone + 60 * day;
    await watcher.detect(useCase);
    assert.equal((await watcher.alarm(last[0].id)).open, false, "or when nobody expects them any more");
  } finally {
    await project.close();
  }
});

test("a series that fell silent long before the source did has an alarm of its own, from where it did", async () => {
  const of = ["web-1", "web-2", "web-3"];
  const project = (await deployed({ source: "sqlite", history: points(historyEnd - 14 * day, 14 * 288, { of }) }))!;
  const { watcher, clock } = project;
  try {
    const from = historyEnd + 4 * hour;
    const change = (point: Point): Point | null => (point.host === "web-2" && point.at >= from ? null : point);
    await project.insert(points(historyEnd, 144, { seed: 2, of, change }));
    clock.now = historyEnd + 13 * hour;
    await watcher.detect(useCase);
    const silent = (await allAlarms(watcher)).toReversed().flatMap(({ group, open, parts }) => {
      const missing = parts.filter(({ kind }) => kind === "missing");
      return missing.length === 0 ? [] : [[group, open, missing.length, missing[0]!.start]];
    });
    assert.deepEqual(silent, [
      ["web-2", true, 2, new Date(from).toISOString()],
      // However late it was looked at.
      ["most series", true, 4, new Date(historyEnd + 12 * hour).toISOString()],
    ]);
  } finally {
    await project.close();
  }
});

test("most series that fall silent while others go on are one alarm, read late", async () => {
  const of = ["web-1", "web-2", "web-3"];
  const project = (await deployed({ source: "sqlite", history: points(historyEnd - 14 * day, 14 * 288, { of }) }))!;
  try {
    const from = historyEnd + 4 * hour;
    const change = (point: Point): Point | null =>
      point.host !== "web-1" && point.at >= from && point.at < from + 4 * hour ? null : point;
    await project.insert(points(historyEnd, 144, { seed: 2, of, change }));
    project.clock.now = historyEnd + 12 * hour;
    await project.watcher.detect(useCase);
    assert.deepEqual(
      (await allAlarms(project.watcher))
        .filter(({ kind }) => kind === "missing")
        .map(({ group, parts }) => [group, parts.length]),
      [["most series", 4]],
    );
  } finally {
    await project.close();
  }
});

test("a silence of the source leaves open alarms of values as they are", async () => {
  const project = (await deployed({ source: "sqlite" }))!;
  const { watcher, clock } = project;
  try {
    const stops = historyEnd + 4 * hour;
    const high = (point: Point): Point =>
      point.host === "web-1" && point.at >= stops - hour ? { ...point, cpu: point.cpu! + 18 } : point;
    await project.insert(points(historyEnd, 48, { seed: 2, change: high }));
    clock.now = stops;
    await watcher.detect(useCase);
    const before = (await watcher.alarms({ open: true, limit: 10 })).alarms.find(({ group }) => group === "web-1")!;
    assert.ok(before.kind !== "missing");
    for (const after of [1, 2, 3]) {
      clock.now = stops + after * hour;
      await watcher.detect(useCase);
    }
    const after = await watcher.alarm(before.id);
    assert.deepEqual([after.kind, after.reason, after.parts], [before.kind, before.reason, before.parts]);
    const silent = (await allAlarms(watcher)).filter(({ kind }) => kind === "missing");
    assert.deepEqual(
      silent.map(({ group, open, parts }) => [group, open, parts.length]),
      [["most series", true, 4]],
    );
  } finally {
    await project.close();
  }
});

test("quiet series keep the promised number of alarms", async () => {
  const of = Array.from({ length: 5 }, (_, at) => `quiet-${at}`);
  const project = (await deployed({ source: "sqlite", history: points(historyEnd - 14 * day, 14 * 288, { of }) }))!;
  try {
    await project.insert(points(historyEnd, 14 * 288, { seed: 5, of }));
    project.clock.now = historyEnd + 14 * day;
    await project.watcher.detect(useCase);
    const parts = (await allAlarms(project.watcher)).flatMap((alarm) => alarm.parts);
    const promised = 10 * 2 * 2;
    const [, most] = poissonRange(promised, 0.99);
    assert.ok(parts.length <= most, `${parts.length} alarms, ${promised} were promised`);
  } finally {
    await project.close();
  }
});

for (const [what, column] of [
  ["text", "at || ''"],
  ["text with a space before it", "' ' || at"],
] as const)
  test(`of a time that is ${what} only what came since is read`, async () => {
    const query = `select ${column} as at, host, cpu, queue from metrics`;
    const lines = { source: `{ system: ops, query: "${query}", series: [host], time: at, values: [cpu, queue] }` };
    const project = (await deployed({ source: "sqlite", lines }))!;
    const { watcher, clock } = project;
    try {
      const fresh = points(historyEnd, 48, { seed: 2, change: outage });
      let read = 0;
      const detect = async (): ReturnType<Watcher["detect"]> =>
        watcher.detect(useCase, { onProgress: (doing) => (read = Number(/(\d+) rows/.exec(doing)?.[1] ?? read)) });
      await project.insert(fresh.slice(0, 40));
      clock.now = fresh[39]!.at;
      await detect();
      await project.insert(fresh.slice(40));
      clock.now = historyEnd + 4 * hour;
      const { taken, alarms } = await detect();
      assert.deepEqual([taken.judged, taken.late], [(fresh.length - 40) * 2, 0]);
      assert.equal(alarms[0]?.group, "web-1");
      // Text may be of any zone, so a day or so is read again; those with a space before them each time.
      assert.ok(what.includes("space") || read < 1000, `${read} rows of ${14 * 288 * 2}`);
    } finally {
      await project.close();
    }
  });
