/** From a system to a frozen, content-hashed copy. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import type { ErrorCode } from "#base/errors";
import { isFailure } from "#base/errors";
import type { Connection } from "#connectors/connector";
import { files } from "#connectors/files/files";
import { postgres } from "#connectors/postgres/postgres";
import { sqlite } from "#connectors/sqlite/sqlite";
import { openArtifacts } from "#files/artifacts";
import type { UseCase } from "#records/use-case";
import { useCaseSchema } from "#records/use-case";
import type { SnapshotDeps } from "#stages/snapshot/snapshot";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { findSnapshot, latestSnapshot, saveSnapshot } from "#stages/snapshot/snapshot-store";
import { migrate } from "#store/migrate";
import { openTables } from "#tables/tables";
import { createDatabase, withPool } from "./support/database.ts";

const folder = await mkdtemp(join(tmpdir(), "inlay-snapshot-"));
const tempFolder = join(folder, "tmp");
const artifacts = await openArtifacts(join(folder, "artifacts"));
const tables = openTables({ folder: join(folder, "tables") });
const clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0 };
const deps = { artifacts, tables, clock, tempFolder };

// The same mails in a folder, a SQLite file and a PostgreSQL database.
await mkdir(join(folder, "exports"));
const mails = Array.from({ length: 50 }, (_, i) => ({
  id: 9_007_199_254_740_993n + BigInt(i),
  at: i === 7 ? null : new Date(Date.UTC(i === 3 ? 1980 : 2002, i % 12, 1 + (i % 28), 10)).toISOString(),
  subject: i % 9 === 0 ? null : `Mail "${i}", with\na line end`,
  urgent: i % 2,
  team: i % 3,
}));
const csvOf = (value: unknown): string => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
await writeFile(
  join(folder, "exports", "mails.csv"),
  [`id,at,subject,urgent,team`, ...mails.map((mail) => Object.values(mail).map(csvOf).join(","))].join("\n"),
);
const db = new DatabaseSync(join(folder, "mails.db"));
db.exec("CREATE TABLE mails (id INTEGER PRIMARY KEY, at DATETIME, subject TEXT, urgent REAL, team INTEGER)");
for (const mail of mails.toReversed()) db.prepare("INSERT INTO mails VALUES (?, ?, ?, ?, ?)").run(...Object.values(mail));
db.close();

const database = await createDatabase();
const needsServer = { skip: database ? false : "no PostgreSQL on 127.0.0.1:5432" };
if (database) {
  await withPool(database, async (pool) => {
    await migrate(pool);
    await pool.query("CREATE TABLE mails (id bigint, at timestamptz, subject text, urgent float8, team int)");
    for (const mail of mails) await pool.query("INSERT INTO mails VALUES ($1, $2, $3, $4, $5)", Object.values(mail));
  });
}
after(async () => {
  await database?.drop();
  await rm(folder, { recursive: true });
});

async function snapshotOf(parts: SnapshotDeps, use: UseCase): ReturnType<typeof takeSnapshot> {
  try {
    return await takeSnapshot(parts, use);
  } finally {
    await parts.connection.close();
  }
}

const timeout = "20s";
const open = {
  files: (): Connection => files.open("exports", { type: "files", path: "exports", timeout }, folder),
  sqlite: (): Connection => sqlite.open("mailroom", { type: "sqlite", path: "mails.db", timeout }, folder),
  postgres: (): Connection => postgres.open("helpdesk", { type: "postgres", url: database!.url, timeout }, folder),
};

function useCase(source: Partial<UseCase["source"]> = {}): UseCase {
  return useCaseSchema.parse({
    use_case: "routing",
    task: "classify",
    goal: { kpi: "hours to resolution", direction: "decrease" },
    source: {
      system: "helpdesk",
      query: 'SELECT id, "at", subject, urgent, team FROM mails',
      key: "id",
      time: "at",
      label: "team",
      ...source,
    },
    features: { text: ["subject"], number: ["urgent"] },
  });
}

test("the same data has the same hash, whatever system and order it comes from", needsServer, async () => {
  const hashes = new Set<string>();
  for (const connect of Object.values(open)) {
    for (const order of ["", "ORDER BY subject", "ORDER BY id DESC"]) {
      const progress: number[] = [];
      const snapshot = await snapshotOf(
        { ...deps, connection: connect(), onProgress: (rows) => progress.push(rows) },
        useCase({ query: `SELECT id, "at", subject, urgent, team FROM mails ${order};` }),
      );
      hashes.add(snapshot.hash);
      assert.equal(snapshot.rows, 50);
      assert.equal(progress.at(-1), 50);
      assert.deepEqual(
        snapshot.fields.map(({ name, type }) => [name, type]),
        [
          ["id", "string"],
          ["at", "time"],
          ["subject", "string"],
          ["urgent", "number"],
          ["team", "string"],
        ],
      );
      assert.deepEqual([snapshot.time_from, snapshot.time_to], ["1980-04-04T10:00:00.000Z", "2002-12-24T10:00:00.000Z"]);
      assert.equal(snapshot.taken_at, "2026-01-01T00:00:00.000Z");
    }
  }
  assert.equal(hashes.size, 1);
  const table = await tables.readParquet(await artifacts.verifiedPath([...hashes][0]!));
  assert.equal(table.rows, 50);
  assert.equal(table.columns["id"]!.values[0], "9007199254740996"); // the mail of 1980, digit for digit
  assert.equal(Number.isNaN(table.columns["at"]!.values[49]), true); // the one without a time comes last
  assert.deepEqual(await readdir(tempFolder), []);
});

test("a changed value changes the hash", async () => {
  const first = await snapshotOf({ ...deps, connection: open.sqlite() }, useCase());
  const second = await snapshotOf(
    { ...deps, connection: open.sqlite() },
    useCase({ query: `SELECT id, "at", subject, urgent + (id = 9007199254740993) AS urgent, team FROM mails` }),
  );
  assert.notEqual(first.hash, second.hash);
});

const broken: [string, Partial<UseCase["source"]>, ErrorCode, RegExp][] = [
  [
    "a dropped column",
    { query: `SELECT id, "at", urgent, team FROM mails` },
    "DATA_UNSUITABLE",
    /features\.text\[0\] names subject/,
  ],
  ["a misspelt key", { key: "idd" }, "DATA_UNSUITABLE", /source\.key names idd \(did you mean id\?\)/],
  ["no time column", { time: "when" }, "DATA_UNSUITABLE", /source\.time names when/],
  ["no label column", { label: "tema" }, "DATA_UNSUITABLE", /source\.label names tema \(did you mean team\?\)/],
  [
    "two columns of one name",
    { query: `SELECT id, "at", subject, urgent, team, team FROM mails` },
    "QUERY_REFUSED",
    /two columns named team/,
  ],
  [
    "no rows",
    { query: `SELECT id, "at", subject, urgent, team FROM mails WHERE 1 = 0` },
    "DATA_UNSUITABLE",
    /source\.query returns no rows/,
  ],
  ["a write", { query: "DELETE FROM mails" }, "QUERY_REFUSED", /not allowed/],
  ["a missing table", { query: "SELECT * FROM mail" }, "QUERY_FAILED", /mail\b/],
];
for (const [kind, connect] of Object.entries(open)) {
  for (const [what, source, code, message] of broken) {
    test(`${kind}: ${what} is one clear error`, kind === "postgres" ? needsServer : {}, async () => {
      await assert.rejects(
        snapshotOf({ ...deps, connection: connect() }, useCase(source)),
        (error) => isFailure(error, code) && message.test(error.message),
      );
      assert.deepEqual(await readdir(tempFolder), []);
    });
  }
}

test("a broken file is named with its line", async () => {
  const query = (name: string): Partial<UseCase["source"]> => ({ query: `SELECT * FROM ${name}` });
  const cases: [string, string | Buffer, RegExp][] = [
    ["halved", 'id,at,subject,urgent,team\n1,2002-01-01,"a",1,x\n2,2002-01-02,"b', /halved\.csv: line 3: a quote is opened/],
    [
      "ragged",
      "id,at,subject,urgent,team\n1,2002-01-01,a,1,x\n2,2002-01-02\n3,2002-01-01,a,1,x\n",
      /ragged\.csv: line 3: it has 2 fields/,
    ],
    [
      "latin",
      Buffer.from("id,at,subject,urgent,team\n1,2002-01-01,caf\xe9,1,x\n", "latin1"),
      /latin\.csv: line 2: it is not UTF-8/,
    ],
    ["wide", Buffer.from("\ufeffid,at\n1,2\n", "utf16le"), /wide\.csv: line 1: it is UTF-16/],
    ["nothing", "", /nothing\.csv: line 1: the file is empty/],
  ];
  for (const [name, content, message] of cases) {
    await writeFile(join(folder, "exports", `${name}.csv`), content);
    await assert.rejects(
      snapshotOf({ ...deps, connection: open.files() }, useCase(query(name))),
      (error) => isFailure(error, "FILE_UNREADABLE") && message.test(error.message),
      name,
    );
  }
});

test("cancelled, it leaves nothing", needsServer, async () => {
  for (const connect of Object.values(open)) {
    const stop = new AbortController();
    const many = useCase({
      query: `SELECT a.id, a."at", a.subject, a.urgent, a.team FROM mails a, mails b, mails c`,
    });
    const taking = snapshotOf({ ...deps, connection: connect(), signal: stop.signal, onProgress: () => stop.abort() }, many);
    await assert.rejects(taking, (error) => isFailure(error, "CANCELLED"));
    assert.deepEqual(await readdir(tempFolder), []);
    assert.deepEqual(await readdir(join(folder, "tables")), []);
  }
});

test("the store finds a snapshot by the beginning of its hash, and the latest of a use case", needsServer, async () => {
  await withPool(database!, async (pool) => {
    const snapshot = await snapshotOf({ ...deps, connection: open.postgres() }, useCase());
    assert.equal(await latestSnapshot(pool, "routing"), undefined);
    assert.deepEqual(await saveSnapshot(pool, snapshot), snapshot);
    assert.deepEqual(await saveSnapshot(pool, { ...snapshot, taken_at: "2027-01-01T00:00:00.000Z" }), snapshot);
    const later = { ...snapshot, hash: snapshot.hash.slice(0, 10) + "0".repeat(54) };
    await saveSnapshot(pool, later);
    assert.deepEqual(await latestSnapshot(pool, "routing"), later);
    assert.deepEqual(await findSnapshot(pool, snapshot.hash.slice(0, 20)), snapshot);
    await assert.rejects(findSnapshot(pool, snapshot.hash.slice(0, 8)), (error) => isFailure(error, "SNAPSHOT_UNKNOWN"));
    await assert.rejects(findSnapshot(pool, "ffffffff_"), (error) => isFailure(error, "SNAPSHOT_UNKNOWN"));
  });
});
