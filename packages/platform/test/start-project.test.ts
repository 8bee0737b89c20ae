/** A first project for systems as they are: what is proposed of series, what is not, and that what is written passes the check. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { Client } from "pg";
import { isFailure } from "#base/errors";
import { openChecker } from "#flows/check-project/open-checker";
import { openStarter } from "#flows/start-project/open-starter";
import type { Proposal, StartOptions } from "#flows/start-project/starter";
import { seeded } from "#learn/math/random";
import { connectors } from "#main/connectors";
import { loadProject } from "#project/load-project";
import { parse } from "yaml";

const dayMs = 86_400_000;
const random = seeded(5);
const day = (at: number): string => new Date(Date.UTC(2025, 0, 1) + at * dayMs).toISOString().slice(0, 10);
const second = (ms: number): string => new Date(Date.UTC(2025, 0, 1) + ms).toISOString().slice(0, 19).replace("T", " ");

interface TableData {
  readonly columns: string;
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Times of events that come as they please. */
function events(count: number, meanMs: number): string[] {
  let at = 0;
  return Array.from({ length: count }, () => second((at += -Math.log(1 - random.next()) * meanMs)));
}

const sales: TableData = {
  columns: "day date, store integer, region text, item text, units integer, price double precision, promo integer",
  rows: Array.from({ length: 200 }, (_, at) => at).flatMap((at) =>
    [1, 2, 3].flatMap((store) =>
      ["milk", "bread"].flatMap((item) =>
        random.next() < 0.1
          ? []
          : [
              [
                day(at),
                store,
                store < 3 ? "north" : "south",
                item,
                10 + Math.floor(random.next() * 9),
                1.2,
                Number(random.next() < 0.1),
              ],
            ],
      ),
    ),
  ),
};
const metrics: TableData = {
  columns: "measured_at timestamp, host text, cpu double precision, memory double precision",
  rows: Array.from({ length: 400 }, (_, at) => at).flatMap((at) =>
    ["web", "db"].map((host) => [second(at * 300_000), host, 30 + random.next() * 9, 60 + random.next()]),
  ),
};
const tickets: TableData = {
  columns: "id integer primary key, opened_at timestamp, subject text, team text",
  rows: events(2500, dayMs / 12).map((at, id) => [
    id,
    at,
    `the printer ${id} is broken again`,
    ["desk", "net", "mail"][Math.floor(random.next() * 3)]!,
  ]),
};
/** Measured now and then: no rhythm, and too few a month to plan by. */
const readings: TableData = {
  columns: "id integer primary key, read_at timestamp, meter text, level double precision",
  rows: events(300, 9 * dayMs).map((at, id) => [id, at, id % 2 === 0 ? "a" : "b", random.next() * 9]),
};

let folder: string;
before(async () => void (folder = await mkdtemp(join(tmpdir(), "inlay-start-"))));
after(() => rm(folder, { recursive: true, force: true }));

function sqliteOf(name: string, tables: Readonly<Record<string, TableData>>): string {
  const path = join(folder, `${name}.db`);
  const database = new DatabaseSync(path);
  for (const [table, data] of Object.entries(tables)) {
    database.exec(`create table ${table} (${data.columns}); begin`);
    const statement = database.prepare(`insert into ${table} values (${data.rows[0]!.map(() => "?").join(", ")})`);
    for (const row of data.rows) statement.run(...row);
    database.exec("commit");
  }
  database.close();
  return path;
}

/** Proposes, writes, and checks what was written as `inlay check` does; on demand with what is wanted. */
async function start(
  system: string,
  wanted: Partial<StartOptions> = {},
): Promise<{ proposal: Proposal; useCase: Record<string, unknown> }> {
  const own = await mkdtemp(join(folder, "project-"));
  const starter = openStarter({ connectors, calledFrom: folder, folder: own });
  const proposal = await starter.propose({ system, folder: own, table: undefined, label: undefined, task: undefined, ...wanted });
  await starter.write(proposal, { force: false });
  const [, url] = /_URL=(.*)/.exec(proposal.files.find(({ path }) => path === ".env")?.text ?? "") ?? [];
  const checker = openChecker({
    load: () => loadProject({ folder: own }),
    connect: ({ systems, folder: at }, name) => {
      const settings = systems[name]!;
      const open = connectors.find(({ type }) => type === settings.type)!;
      return open.open(name, settings.type === "postgres" ? { ...settings, url: url! } : settings, at);
    },
    openEncoder: () => () => assert.fail("no encoder"),
    openPublicHolidays: () => () => assert.fail("no holidays"),
    broker: () => assert.fail("no broker"),
    receiver: () => assert.fail("no receiver"),
  });
  const { ok, checks } = await checker.check();
  assert.ok(ok, JSON.stringify(checks.filter((check) => !check.ok)));
  const text = await readFile(join(own, "use-cases", `${proposal.useCase}.yaml`), "utf8");
  return { proposal, useCase: parse(text) as Record<string, unknown> };
}

function looksAhead({ proposal, useCase }: Awaited<ReturnType<typeof start>>): void {
  assert.equal(useCase["task"], "forecast");
  assert.deepEqual([useCase["every"], useCase["horizon"], useCase["missing"]], ["day", 28, "zero"]);
  const { series, time, value } = useCase["source"] as Record<string, unknown>;
  assert.deepEqual([series, time, value], [["store", "item"], "day", "units"], "the region follows from the store");
  assert.match(
    proposal.notes.join("\n"),
    /look ahead of units of .*sales, day by day, because it has one number every day of each store, item \(6 series seen\)/,
  );
}

test("sales by day and shop in SQLite are looked ahead of; a price and a promotion are told as what may be known", async () => {
  const started = await start(sqliteOf("shop", { sales }));
  looksAhead(started);
  const { files } = started.proposal;
  assert.match(files.find(({ path }) => path.startsWith("use-cases/"))!.text, /# inputs: \{ columns: \[ price, promo \]/);
});

test("the same in files", async () => {
  const exports = join(folder, "exports");
  await mkdir(exports);
  const head = sales.columns.split(", ").map((column) => column.split(" ")[0]);
  await writeFile(join(exports, "sales.csv"), [head, ...sales.rows].map((row) => row.join(",")).join("\n"));
  looksAhead(await start(exports));
});

test("the same in PostgreSQL", async (t) => {
  const name = `inlay_start_${process.pid}`;
  const admin = new Client({ connectionString: "postgres://postgres@127.0.0.1:5432/postgres", connectionTimeoutMillis: 1000 });
  try {
    await admin.connect();
  } catch {
    return t.skip("no PostgreSQL on 127.0.0.1:5432");
  }
  try {
    await admin.query(`create database ${name}`);
    const url = `postgres://postgres@127.0.0.1:5432/${name}`;
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(
      `create table sales (${sales.columns}); create table metrics (${metrics.columns.replace("timestamp", "timestamptz")})`,
    );
    for (const [table, { columns, rows }] of Object.entries({ sales, metrics })) {
      const names = columns.split(", ").map((column) => column.split(" ")[0]!);
      const records = rows.map((row) => Object.fromEntries(names.map((column, at) => [column, row[at]])));
      await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
        JSON.stringify(records),
      ]);
    }
    await client.end();
    looksAhead(await start(url));
    const { useCase } = await start(url, { task: "detect" });
    assert.deepEqual([useCase["every"], (useCase["source"] as { values: unknown }).values], ["5m", ["cpu", "memory"]]);
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  }
});

test("metrics of hosts every five minutes are watched", async () => {
  const { proposal, useCase } = await start(sqliteOf("metrics", { metrics }));
  assert.deepEqual([useCase["task"], useCase["every"]], ["detect", "5m"]);
  const { series, values } = useCase["source"] as Record<string, unknown>;
  assert.deepEqual([series, values], [["host"], ["cpu", "memory"]]);
  assert.ok(!proposal.notes.some((note) => note.includes("--label host")), "what names a series is not decided");
});

test("tickets are routed; how many come in a day is also possible, and is counted by the forecast", async () => {
  const path = sqliteOf("helpdesk", { tickets });
  const routed = await start(path);
  assert.equal(routed.useCase["task"], "classify");
  assert.ok(
    routed.proposal.notes.some((note) => /--table tickets --task forecast \(some 12 rows come in a day\)/.test(note)),
    routed.proposal.notes.join("\n"),
  );
  const { useCase } = await start(path, { task: "forecast" });
  assert.deepEqual(useCase["source"], {
    system: "helpdesk",
    query: "select opened_at, 1 as counted\nfrom tickets\n",
    series: [],
    time: "opened_at",
    value: "counted",
  });
  assert.equal(useCase["missing"], "zero");
});

test("rows without a rhythm, and too few to plan by, are no series; what is asked for and not there is said", async () => {
  const path = sqliteOf("meters", { readings });
  const { useCase } = await start(path);
  assert.ok(useCase["task"] === "classify" || useCase["task"] === "regress");
  for (const task of ["forecast", "detect"] as const)
    await assert.rejects(start(path, { task }), (error) => isFailure(error, "USAGE") && error.message.includes(`suits ${task}`));
  await assert.rejects(
    start(path, { label: "levle" }),
    (error) => isFailure(error, "USAGE") && /Did you mean level\?/.test(error.fix),
  );
});
