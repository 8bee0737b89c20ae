/** The conformance suite over PostgreSQL, SQLite and a folder of files. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { Client } from "pg";
import type { ErrorCode } from "#base/errors";
import { isFailure } from "#base/errors";
import type { SystemUnderTest } from "#connectors/conformance";
import { checkConnector, people } from "#connectors/conformance";
import { files } from "#connectors/files/files";
import { postgres } from "#connectors/postgres/postgres";
import { sqlite } from "#connectors/sqlite/sqlite";
import { sha256 } from "#base/hash";
import { postgresAttempts } from "./postgres-attempts.ts";

const server = "postgres://postgres@127.0.0.1:5432";
const database = `inlay_connectors_${randomUUID().slice(0, 8)}`;
const folder = await mkdtemp(join(tmpdir(), "inlay-connectors-"));

const rows = people.id.map((id, at) => ({
  id,
  name: people.name[at]!,
  note: people.note[at]!,
  score: Number.isNaN(people.score[at]!) ? null : people.score[at]!,
  active: Number.isNaN(people.active[at]!) ? null : people.active[at] === 1,
  born: Number.isNaN(people.born[at]!) ? null : new Date(people.born[at]!).toISOString(),
}));

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function postgresIsThere(): Promise<boolean> {
  return withClient(`${server}/postgres`, async () => true).catch(() => false);
}

describe("postgres", { skip: (await postgresIsThere()) ? false : "no PostgreSQL on 127.0.0.1:5432" }, () => {
  const url = `${server}/${database}`;
  before(async () => {
    await withClient(`${server}/postgres`, (client) => client.query(`CREATE DATABASE ${database}`));
    await withClient(url, async (client) => {
      await client.query(`
        CREATE TABLE people (id bigint PRIMARY KEY, name text, note text, score double precision, active boolean, born timestamptz);
        CREATE TABLE members (person bigint REFERENCES people, team text);
        CREATE TABLE targets (id bigint PRIMARY KEY, points double precision CHECK (points >= 0));
        CREATE SEQUENCE counter;
        CREATE FUNCTION sneaky() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO targets VALUES (666, 0); RETURN 1; END $$;
        CREATE VIEW everyone AS SELECT * FROM people`);
      for (const row of rows) await client.query("INSERT INTO people VALUES ($1, $2, $3, $4, $5, $6)", Object.values(row));
      await client.query("ANALYZE");
    });
  });
  after(() => withClient(`${server}/postgres`, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`)));
  suite({
    connector: postgres,
    settings: (timeout) => ({ type: "postgres", url, timeout }),
    folder,
    millionRows: "SELECT i, repeat(md5(i::text), 4) AS text FROM generate_series(1, 1000000) AS i",
    endless: "SELECT count(*) AS n FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
    wrongInLine2: "SELECT id,\n  nam FROM people",
    attempts: postgresAttempts,
    fingerprint: () =>
      withClient(url, async (client) => [
        (await client.query("SELECT name, setting FROM pg_settings WHERE name <> 'transaction_deferrable' ORDER BY name")).rows,
        (await client.query("SELECT md5(string_agg(p::text, ',' ORDER BY id)) AS people FROM people p")).rows,
        (await client.query("SELECT * FROM targets ORDER BY id")).rows,
        (await client.query("SELECT last_value, is_called FROM counter")).rows,
        (await client.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1")).rows,
        (
          await client.query(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()",
          )
        ).rows,
        (await client.query("SELECT rolname FROM pg_roles ORDER BY 1")).rows,
      ]),
    busy: () =>
      withClient(url, async (client) => {
        const found = await client.query<{ n: number }>(
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'",
        );
        return found.rows[0]!.n;
      }),
  });
});

describe("sqlite", () => {
  const path = join(folder, "people.db");
  before(() => {
    const db = new DatabaseSync(path);
    db.exec(`
      CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT, score REAL, active BOOLEAN, born DATETIME);
      CREATE TABLE members (person REFERENCES people(id), team TEXT);
      CREATE TABLE targets (id INTEGER PRIMARY KEY, points REAL CHECK (points >= 0))`);
    const insert = db.prepare("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)");
    for (const { id, name, note, score, active, born } of rows)
      insert.run(BigInt(id), name, note, score, active === null ? null : Number(active), born);
    db.close();
  });
  let started = 0;
  suite({
    connector: sqlite,
    settings: (timeout) => ({ type: "sqlite", path, timeout }),
    folder,
    millionRows: `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000) SELECT i, printf('%0128d', i) AS text FROM c`,
    endless: "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) AS n FROM c",
    wrongInLine2: "",
    attempts: [
      "DELETE FROM people",
      "INSERT INTO people (id) VALUES (5)",
      "UPDATE people SET name = 'x'",
      "REPLACE INTO people (id) VALUES (2)",
      "INSERT INTO people (id) VALUES (5) RETURNING id",
      "WITH x AS (SELECT 1) DELETE FROM people",
      "DROP TABLE people",
      "CREATE TABLE x (a)",
      "CREATE TEMP TABLE x (a)",
      "CREATE VIEW x AS SELECT 1",
      "CREATE TRIGGER t AFTER INSERT ON people BEGIN DELETE FROM people; END",
      "ALTER TABLE people ADD COLUMN x",
      "VACUUM",
      `VACUUM INTO '${join(folder, "copy.db")}'`,
      "REINDEX",
      "ANALYZE",
      `ATTACH '${join(folder, "other.db")}' AS other`,
      "DETACH main",
      "PRAGMA query_only = OFF",
      "PRAGMA user_version = 7",
      "PRAGMA journal_mode = WAL",
      "PRAGMA writable_schema = ON",
      "SELECT * FROM pragma_user_version",
      "BEGIN",
      "COMMIT",
      "SAVEPOINT x",
      "SELECT load_extension('x')",
      "SELECT writefile('x', 'y')",
      "SELECT readfile('/etc/passwd')",
      "SELECT edit('x')",
      "SELECT 1; DELETE FROM people",
      "SELECT 1; DROP TABLE people; --",
      "SELECT 1) SELECT 1; DELETE FROM people; --",
      "EXPLAIN SELECT 1",
      "",
      ";",
      "nonsense",
    ],
    fingerprint: async () => [sha256(await readFile(path)), (await readdir(folder)).filter((name) => name.includes(".db"))],
    busy: async () => {
      const children = await readdir(`/proc/${process.pid}/task`);
      const lists = await Promise.all(
        children.map((task) => readFile(`/proc/${process.pid}/task/${task}/children`, "utf8").catch(() => "")),
      );
      const pids = lists.join(" ").split(/\s+/).filter(Boolean);
      const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
      started = lines.filter((line) => line.includes("query-process")).length;
      return started;
    },
    skip: {
      "sends the same rows as CSV": "SQLite has no CSV of its own",
      "names the line of a mistake": "SQLite says no place",
      ...(process.platform !== "linux" && {
        "ends the query when the reader leaves": "needs /proc",
        "ends the query on the signal": "needs /proc",
        "ends the query at the time limit": "needs /proc",
      }),
    },
  });
});

describe("files", () => {
  const exports = join(folder, "exports");
  before(async () => {
    await rm(exports, { recursive: true, force: true });
    await mkdir(exports);
    const field = (value: unknown): string => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
    const csv = [Object.keys(people).join(","), ...rows.map((row) => Object.values(row).map(field).join(","))].join("\n");
    await writeFile(join(exports, "people.csv"), `${csv}\n`);
  });
  suite({
    connector: files,
    settings: (timeout) => ({ type: "files", path: exports, timeout }),
    folder,
    millionRows: "SELECT i, repeat(md5(i::VARCHAR), 4) AS text FROM range(1000000) AS r(i)",
    endless: "SELECT sum(sin(a.i * b.i)) AS n FROM range(100000000) a(i), range(100000000) b(i)",
    wrongInLine2: "SELECT id,\n  nam FROM people",
    attempts: [
      `COPY people TO '${join(exports, "copy.csv")}'`,
      `COPY people TO '${join(exports, "people.csv")}'`,
      `COPY (SELECT 1) TO '${join(folder, "x.parquet")}' (FORMAT parquet)`,
      "COPY people FROM '/etc/passwd'",
      "EXPORT DATABASE 'x'",
      "IMPORT DATABASE 'x'",
      `ATTACH '${join(folder, "x.duckdb")}'`,
      "DETACH memory",
      "USE memory",
      "INSTALL httpfs",
      "LOAD httpfs",
      "SET threads = 1",
      "SET enable_external_access = true",
      "RESET memory_limit",
      "PRAGMA database_list",
      "PRAGMA enable_profiling",
      "CALL pragma_version()",
      "CREATE TABLE x (a INT)",
      "CREATE VIEW x AS SELECT 1",
      "CREATE MACRO f(a) AS a",
      "CREATE SECRET s (TYPE s3)",
      "DROP VIEW people",
      "INSERT INTO people VALUES (1)",
      "DELETE FROM people",
      "UPDATE people SET name = 'x'",
      "BEGIN",
      "COMMIT",
      "CHECKPOINT",
      "VACUUM",
      "EXPLAIN ANALYZE SELECT 1",
      "PREPARE p AS SELECT 1",
      "EXECUTE p",
      "SELECT 1; SELECT 2",
      "SELECT 1; COPY people TO 'x.csv'",
      "SELECT * FROM '/etc/passwd'",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT * FROM read_blob('/proc/self/environ')",
      `SELECT * FROM read_csv('${join(exports, "..", "..", "..", "etc", "passwd")}')`,
      "SELECT * FROM glob('/*')",
      "SELECT * FROM 'https://example.com/x.csv'",
      "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
      "SELECT * FROM sqlite_scan('x.db', 't')",
      "SELECT $1",
      "",
    ],
    fingerprint: async () => [await readdir(exports), sha256(await readFile(join(exports, "people.csv")))],
    busy: async () => (await readdir(tmpdir())).filter((name) => name.startsWith(`inlay-files-${process.pid}-`)).length,
    skip: {
      "knows keys and references": "files have neither",
      "sends the same rows as CSV": "the files are read into columns directly",
      "writes all rows or none": "a file has no constraints that could fail in the middle; see the test of a failing write below",
    },
  });
});

function suite(system: Parameters<typeof checkConnector>[0] | SystemUnderTest<never>): void {
  for (const { name, skip, run } of checkConnector(system as SystemUnderTest<never>)) test(name, { skip: skip ?? false }, run);
}

test("files: a write that fails leaves the file as it was, and nothing beside it", async () => {
  const exports = join(folder, "prices");
  await mkdir(exports);
  await writeFile(join(exports, "prices.csv"), "id,price\n1,10\n2,20\n");
  const connection = files.open("shop", { type: "files", path: exports, timeout: "5s" }, folder);
  const rows = { rows: 1, columns: { code: { type: "string" as const, values: ["2"] } } };
  await assert.rejects(connection.upsert({ table: "prices", key: ["nope"] }, rows), (error) => isFailure(error, "WRITE_FAILED"));
  assert.equal(await readFile(join(exports, "prices.csv"), "utf8"), "id,price\n1,10\n2,20\n");
  assert.deepEqual(await readdir(exports), ["prices.csv"]);
  // The control: with its key the row is written.
  const price = { type: "number" as const, values: new Float64Array([25]) };
  await connection.upsert(
    { table: "prices", key: ["id"] },
    { rows: 1, columns: { id: { type: "string", values: ["2"] }, price } },
  );
  assert.equal(await readFile(join(exports, "prices.csv"), "utf8"), "id,price\n1,10\n2,25\n");
});

test("postgres: who can mend it, and never the password", async () => {
  const cases: [string, ErrorCode][] = [
    ["postgres://postgres:hush%2Fhush@127.0.0.1:1/none", "SYSTEM_UNREACHABLE"],
    ["postgres://postgres:hush%2Fhush@host.invalid/none", "SYSTEM_UNREACHABLE"],
    ["postgres://postgres:hush%2Fhush@127.0.0.1:notaport/none", "SYSTEM_UNREACHABLE"],
    ...((await postgresIsThere())
      ? ([["postgres://postgres:hush%2Fhush@127.0.0.1:5432/none", "SYSTEM_REFUSED"]] satisfies [string, ErrorCode][])
      : []),
  ];
  for (const [url, code] of cases) {
    const error: unknown = await postgres
      .open("crm", { type: "postgres", url, timeout: "5s" }, folder)
      .describe()
      .catch((thrown: unknown) => thrown);
    assert.equal(isFailure(error, code), true, `${url}: ${String(error)}`);
    assert.doesNotMatch(inspect(error, { depth: 9 }), /hush/);
  }
});

after(() => rm(folder, { recursive: true, force: true }));
