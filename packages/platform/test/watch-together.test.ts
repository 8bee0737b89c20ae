/** Values of one row that are judged together: each is ordinary, and they do not go together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "#base/errors";
import { versionText } from "#doors/cli/commands/build";
import { seeded } from "#learn/math/random";
import type { Alarm } from "#records/alarm";
import type { Point, WatchProject } from "./support/watch-project.ts";
import { historyEnd, hosts, openWatchProject, points, sent, stepMs, useCase } from "./support/watch-project.ts";

const hour = 3_600_000;
const day = 24 * hour;
const source = (rest: string): string =>
  `{ system: ops, query: "select at, host, cpu, queue from metrics", series: [host], time: at, values: [cpu, queue]${rest} }`;

/** The queue follows the cpu; where `breaks`, it does the opposite, as far from the course of the day as before. */
function coupled(seed: number, breaks: (point: Point) => boolean = () => false): (point: Point) => Point {
  const random = seeded(seed);
  return (point) => {
    const usual = 40 + 15 * Math.sin((2 * Math.PI * point.at) / day);
    const off = (point.cpu! - usual) * (breaks(point) ? -1 : 1);
    return { ...point, queue: (usual + off) / 4 + 0.2 * (random.next() - 0.5) };
  };
}
const broken = ({ host, at }: Point): boolean => host === "web-1" && at >= historyEnd + 6 * hour && at < historyEnd + 8 * hour;

/** The last hosts have too little history, and a queue that never changes. */
function history(): Point[] {
  const from = historyEnd - 14 * day;
  const plain = points(from, 14 * 288, { change: coupled(3) });
  const short = points(historyEnd - 5 * day, 60, { of: ["short-1"], change: coupled(4) });
  const flat = points(from, 14 * 288, { of: ["flat-1"], seed: 6, change: (point) => ({ ...point, queue: 7 }) });
  return [...plain, ...short, ...flat];
}

async function deployed(rest: string, also?: string, past = history()): Promise<WatchProject> {
  const project = (await openWatchProject({
    source: "sqlite",
    // Few enough that an ordinary value raises none.
    lines: { source: source(rest), policy: "{ alarms: 1 per month per series }" },
    history: past,
    ...(also !== undefined && { also }),
  }))!;
  for (const name of [useCase, ...(also === undefined ? [] : [also])]) {
    await project.builder.train(name);
    await project.release.deploy(name, 1, "test");
  }
  return project;
}

function about(alarms: readonly Alarm[], from: number, to: number): Alarm[] {
  return alarms.filter(({ start }) => Date.parse(start) >= from && Date.parse(start) < to);
}

for (const together of [true, false])
  test(`two values, each ordinary, that stop going together are ${together ? "one alarm that names both" : "no alarm without together"}`, async () => {
    const project = await deployed(together ? ", together: true" : "");
    try {
      const { evaluation } = await project.release.model(useCase, 1);
      assert.ok(evaluation.task === "detect");
      assert.deepEqual(evaluation.together, together ? { things: 2, left_out: 2 } : undefined);
      assert.equal(evaluation.series, together ? 10 : 8, "what is judged together counts in the budget");
      assert.ok(evaluation.alarms.raised <= evaluation.alarms.upper, `${evaluation.alarms.raised}`);
      const { version, report } = {
        version: await project.release.model(useCase, 1),
        report: await project.builder.readiness(useCase),
      };
      const finding = report.findings.find(({ check }) => check === "together");
      if (together) {
        assert.match(versionText(version), /values of 2 things are judged together; 2 left out/);
        assert.match(finding!.detail, /1 of 4 .* fewer than 100 rows/);
        assert.deepEqual(finding!.examples, ["short-1"]);
      } else assert.equal(finding, undefined);

      await project.insert(points(historyEnd, 120, { seed: 2, change: coupled(5, broken) }));
      project.clock.now = historyEnd + 10 * hour;
      await project.watcher.detect(useCase);
      const alarms = about((await project.watcher.alarms({ limit: 100 })).alarms, historyEnd + 6 * hour, historyEnd + 9 * hour);
      const alarm = alarms.find(({ group }) => group === "web-1");
      if (!together) return assert.equal(alarm, undefined, JSON.stringify(alarm));
      assert.equal(alarms.length, 1);
      assert.deepEqual([alarm!.kind, alarm!.series, alarm!.parts.length], ["together", "web-1 / together", 1]);
      const [part] = alarm!.parts;
      assert.deepEqual(part!.metrics!.map(({ metric }) => metric).sort(), ["cpu", "queue"]);
      assert.ok(part!.value! > part!.upper, "it is farther off than expected");
      assert.match(
        alarm!.reason,
        /(cpu and queue|queue and cpu) do not go together as before: (cpu|queue) is \d.* would go with the others, /,
      );
      const marked = await project.watcher.mark(alarm!.id, { as: "noise", by: "test" });
      assert.ok(marked.mark!.share < 1);
    } finally {
      await project.close();
    }
  });

test("judged together in pieces, by others, with values that are missing, it is the same bit for bit", async () => {
  const again = "the-same-again";
  const project = await deployed(", together: true", again);
  const { clock, state, watcher } = project;
  try {
    const fresh = points(historyEnd, 150, {
      seed: 2,
      change(point) {
        const next = coupled(5, broken)(point);
        return point.at >= historyEnd + 2 * hour && point.at < historyEnd + 3 * hour ? { ...next, queue: null } : next;
      },
    });
    await project.insert(fresh);
    clock.now = historyEnd + 12.5 * hour;
    await watcher.detect(useCase);
    for (let from = 0; from < fresh.length; from += 37) {
      // Each piece by a process that has nothing but what is stored.
      clock.now = fresh[Math.min(from + 37, fresh.length) - 1]!.at;
      await project.another().take(again, sent(fresh.slice(from, from + 37)));
    }
    clock.now = historyEnd + 12.5 * hour;
    await project.another().detect(again);
    const { rows } = await state.pool.query<{ use_case: string; id: string; state: Buffer; row_state: Buffer | null }>(
      "select use_case, id, state, row_state from inlay.series_states where id like '[\"web-%' order by id, use_case",
    );
    assert.equal(rows.length, 12);
    for (let at = 0; at < rows.length; at += 2) {
      const [one, other] = [rows[at]!, rows[at + 1]!];
      assert.equal(one.id, other.id);
      assert.ok(one.state.equals(other.state), `${one.id} goes on as if nothing had happened`);
      assert.deepEqual(one.row_state, other.row_state);
      assert.equal(one.row_state !== null, one.id.endsWith("null]"));
    }
    const told = async (name: string): Promise<unknown[]> =>
      (await watcher.alarms({ useCases: [name], limit: 100 })).alarms
        .filter(({ kind }) => kind === "together")
        .map(({ start, end, series, rarity }) => ({ start, end, series, rarity }));
    assert.deepEqual(await told(again), await told(useCase));
    const [first] = (await told(useCase)) as Alarm[];
    assert.ok(Date.parse(first!.start) >= historyEnd + 6 * hour, "that a value is missing alone sets nothing apart");
  } finally {
    await project.close();
  }
});

test("rows that come in two parts, of a new host, with a value that never changed, and with nothing in them", async () => {
  const project = await deployed(
    ", together: true",
    undefined,
    history().filter(({ host }) => host !== "short-1"),
  );
  const { watcher, clock } = project;
  const none = { judged: 0, warming: 0, missing: 0, known: 0, late: 0, ahead: 0 };
  try {
    clock.now = historyEnd + hour;
    const at = (step: number): string => new Date(historyEnd + step * stepMs).toISOString();
    await watcher.take(useCase, sent(points(historyEnd, 1, { of: [...hosts, "flat-1"] })));
    const halves = await watcher.take(useCase, [
      { host: "web-1", at: at(1), cpu: 40 },
      { host: "web-1", at: at(1), queue: 10 },
    ]);
    assert.deepEqual(halves.taken, { ...none, judged: 2 }, "one row, however it comes");
    const fresh = await watcher.take(useCase, [{ host: "new-1", at: at(1), cpu: 40, queue: 10 }]);
    assert.deepEqual(fresh.taken, { ...none, warming: 2 });
    const flat = await watcher.take(useCase, [{ host: "flat-1", at: at(1), cpu: 40, queue: 8 }]);
    assert.deepEqual(flat.taken, { ...none, judged: 2 });
    const nothing = await watcher.take(useCase, [{ host: "web-1", at: at(2), cpu: null, queue: null }]);
    assert.deepEqual(nothing.taken, { ...none, missing: 2 });
    const { rows } = await project.state.pool.query<{ id: string; last_at: Date; finite: boolean }>(
      "select id, last_at from inlay.series_states where id like '%null]' order by id",
    );
    assert.deepEqual(
      rows.map(({ id, last_at: last }) => [id, last.toISOString()]),
      [
        ['["web-1",null]', at(2)],
        ['["web-2",null]', at(0)],
      ],
    );
    // A whole silence is one alarm of the values; what is judged together has none of its own.
    clock.now = historyEnd + 3 * hour;
    const { alarms } = await watcher.detect(useCase);
    assert.ok(alarms.flatMap(({ parts }) => parts).every(({ series }) => !series.endsWith("together")));
    assert.equal(alarms[0]!.kind, "missing");
  } finally {
    await project.close();
  }
});

test("one value alone has nothing to go together with", async () => {
  const lines = { source: source(", together: true").replace("values: [cpu, queue]", "values: [cpu]") };
  await assert.rejects(openWatchProject({ source: "sqlite", lines }), (error: unknown) => {
    assert.ok(isFailure(error, "PROJECT_INVALID"));
    assert.match(error.message, /together.*there is one value alone/);
    return true;
  });
});
