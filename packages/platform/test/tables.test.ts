/** The data plane: Parquet that depends on the rows alone, and columns that come back as they went in. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isFailure } from "#base/errors";
import { sha256File } from "#base/hash";
import type { ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { withCsvSource } from "#tables/csv-source";
import { openDuckdb } from "#tables/duckdb";
import { formatInstant, parseInstant } from "#tables/instant";
import { openTables } from "#tables/tables";

const folder = await mkdtemp(join(tmpdir(), "inlay-tables-"));
after(() => rm(folder, { recursive: true }));
const tables = openTables({ folder });

const fields: Field[] = [
  { name: "id", type: "string", source_type: "" },
  { name: "at", type: "time", source_type: "" },
  { name: "text", type: "string", source_type: "" },
  { name: 'odd "name"', type: "number", source_type: "" },
  { name: "yes", type: "boolean", source_type: "" },
];
const table: ScalarTable = {
  rows: 5,
  columns: {
    id: { type: "string", values: ["a", "b", "c", "d", "e"] },
    at: {
      type: "time",
      values: new Float64Array([parseInstant("0102-03-04"), 315_532_800_000.5, 1_861_833_600_000, Infinity, Number.NaN]),
    },
    text: { type: "string", values: ["", null, 'q"\n,', "Zoë 🦊", " spaces "] },
    'odd "name"': { type: "number", values: new Float64Array([-0, Number.NaN, 1e300, -Infinity, 0.1]) },
    yes: { type: "boolean", values: new Float64Array([1, 0, Number.NaN, 1, 0]) },
  },
};

async function* only<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

test("columns come back as they went in: missing, empty, odd years, infinity, fractions of a millisecond", async () => {
  const path = join(folder, "all.parquet");
  assert.equal(await tables.writeBatches(only(table), { path, fields, orderBy: ["at", "id"] }), 5);
  assert.deepEqual(await tables.readParquet(path), table);
  assert.deepEqual((await tables.readParquet(path, ["yes", "id"])).columns, {
    yes: table.columns["yes"],
    id: table.columns["id"],
  });
  assert.deepEqual(
    (await tables.fields(path)).map(({ name, type }) => [name, type]),
    fields.map(({ name, type }) => [name, type]),
  );
  await assert.rejects(tables.readParquet(path, ["nope"]), (error) => isFailure(error, "ARTIFACT_FORMAT"));
});

test("the bytes depend on the rows alone: not on their order, nor on the way they came", async () => {
  const rows = 70_000; // more than two row groups
  const line = (i: number): string =>
    `k${String(i).padStart(6, "0")},2020-01-01 00:00:00.${String(i % 1000).padStart(3, "0")},"a ""b""\n${i % 7}",${i / 8},t\n`;
  const places = Array.from({ length: rows }, (_, i) => i);
  const scrambled = places.map((i) => (i * 7919) % rows);
  // In order of time, then key, as the file will be.
  const ordered = places.toSorted((a, b) => (a % 1000) - (b % 1000) || a - b);
  const hashes: string[] = [];
  for (const [name, order] of Object.entries({ ordered, scrambled, reversed: ordered.toReversed() })) {
    const path = join(folder, `${name}.parquet`);
    const lines = order.map(line);
    const pieces = async function* (): AsyncGenerator<{ rows: number; bytes: Uint8Array }> {
      for (let from = 0; from < rows; from += 9000) {
        const part = lines.slice(from, from + 9000);
        yield { rows: part.length, bytes: Buffer.from(part.join("")) };
      }
    };
    assert.equal(await tables.writeCsv(pieces(), { path, fields, orderBy: ["at", "id"] }), rows);
    hashes.push(await sha256File(path));
  }
  const path = join(folder, "batches.parquet");
  await tables.writeBatches(only(await tables.readParquet(join(folder, "scrambled.parquet"))), {
    path,
    fields,
    orderBy: ["at", "id"],
  });
  hashes.push(await sha256File(path));
  assert.equal(new Set(hashes).size, 1);
  // The control: one value different, another file.
  const other = only({ rows: 1, bytes: Buffer.from(line(1).replace("k000001", "k000002")) });
  await tables.writeCsv(other, { path, fields, orderBy: ["at", "id"] });
  assert.equal(hashes.includes(await sha256File(path)), false);
});

test("rows that are equal in time and key are ordered by all their columns", async () => {
  const path = join(folder, "ties.parquet");
  const lines = ["k,2020-01-01,x,1,t\n", "k,2020-01-01,y,1,t\n", "k,2020-01-01,x,1,t\n", "k,,y,2,f\n"];
  const hashes = new Set<string>();
  for (const order of [lines, lines.toReversed(), [lines[1]!, lines[0]!, lines[3]!, lines[2]!]]) {
    await tables.writeCsv(only({ rows: 4, bytes: Buffer.from(order.join("")) }), { path, fields, orderBy: ["at", "id"] });
    hashes.add(await sha256File(path));
  }
  assert.equal(hashes.size, 1);
});

test("no rows make an empty file with its columns", async () => {
  const path = join(folder, "none.parquet");
  assert.equal(await tables.writeCsv(only(), { path, fields, orderBy: ["id"] }), 0);
  assert.equal((await tables.readParquet(path)).rows, 0);
  assert.equal((await tables.fields(path)).length, 5);
});

test("a table of 2,000 columns is written and read whole", async () => {
  const rows = 100;
  const wide = Array.from({ length: 2000 }, (_, at): Field => ({ name: `c${at}`, type: "string", source_type: "" }));
  const values = wide.map(({ name }, at) => [
    name,
    { type: "string" as const, values: Array.from({ length: rows }, (_row, row) => "abcd"[(row * 7919 + at) % 4]!) },
  ]);
  const path = join(folder, "wide.parquet");
  const given: ScalarTable = { rows, columns: Object.fromEntries(values) };
  assert.equal(await tables.writeBatches(only(given), { path, fields: wide, orderBy: ["c0"] }), rows);
  const { columns } = await tables.readParquet(path, ["c1999"]);
  assert.equal([...columns["c1999"]!.values].filter((value) => value === "a").length, rows / 4);
});

test("through a pipe or through a file, the source reads the same", async () => {
  for (const pipe of [true, false]) {
    const own = await mkdtemp(join(folder, "source-"));
    const duckdb = await openDuckdb({ tempFolder: own });
    const pieces = only({ rows: 1, bytes: Buffer.from("1,2\n") }, { rows: 1, bytes: Buffer.from("3,4\n") });
    const sum = await withCsvSource({ folder: own, pieces, abandon: () => {}, pipe }, async ({ path }) => {
      const result = await duckdb.connection.run(
        `SELECT sum(a + b)::INTEGER FROM read_csv('${path}', columns = {a: 'INTEGER', b: 'INTEGER'})`,
      );
      return (await result.getRows())[0]![0];
    });
    assert.equal(sum, 10);
    duckdb.close();
  }
});

test("the error of the source is the one told, and nothing stays in the folder", async () => {
  const before = await readdir(folder);
  const target = { path: join(folder, "broken.parquet"), fields, orderBy: ["id"] };
  const broken = async function* (): AsyncGenerator<{ rows: number; bytes: Uint8Array }> {
    yield { rows: 1, bytes: Buffer.from("k,2020-01-01,x,1,t\n") };
    throw new Error("the source broke");
  };
  await assert.rejects(tables.writeCsv(broken(), target), /the source broke/);
  await assert.rejects(
    tables.writeCsv(only({ rows: 1, bytes: Buffer.from("k,2020-01-01\n") }), target),
    /Expected Number of Columns/,
  );
  await assert.rejects(tables.writeCsv(only({ rows: 1, bytes: Buffer.from("k,yesterday,x,1,t\n") }), target), /yesterday/);
  const stop = new AbortController();
  const endless = async function* (): AsyncGenerator<{ rows: number; bytes: Uint8Array }> {
    for (let i = 0; ; i++) {
      if (i === 100) stop.abort();
      yield { rows: 1000, bytes: Buffer.from("k,2020-01-01,x,1,t\n".repeat(1000)) };
    }
  };
  await assert.rejects(tables.writeCsv(endless(), target, { signal: stop.signal }), (error) => isFailure(error, "CANCELLED"));
  const left = (await readdir(folder)).filter((name) => !before.includes(name));
  assert.deepEqual(
    left.filter((name) => name !== "broken.parquet"),
    [],
  );
});

test("DuckDB sees the files it was given and nothing else", async () => {
  const secret = join(folder, "secret.csv");
  const given = join(folder, "given.csv");
  await writeFile(secret, "a\n1\n");
  await writeFile(given, "a\n1\n");
  const own = await mkdtemp(join(folder, "locked-"));
  const duckdb = await openDuckdb({ tempFolder: own, files: [given] });
  for (const sql of [
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM read_csv('${own}/../secret.csv')`,
    `COPY (SELECT 1) TO '${folder}/x.csv'`,
    "SELECT * FROM 'https://example.com/x.csv'",
    "INSTALL httpfs",
    `ATTACH '${folder}/x.duckdb'`,
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "SET memory_limit = '9GB'",
  ]) {
    await assert.rejects(duckdb.connection.run(sql), `allowed: ${sql}`);
  }
  assert.equal((await (await duckdb.connection.run(`SELECT * FROM '${given}'`)).getRows()).length, 1);
  duckdb.close();
});

test("statistics come back as numbers, texts and epoch milliseconds", async () => {
  const path = join(folder, "all.parquet");
  await tables.writeBatches(only(table), { path, fields, orderBy: ["at", "id"] });
  assert.deepEqual(
    await tables.aggregate(
      path,
      `SELECT count(*) AS n, count(text) AS texts, min("at") AS first, bool_or(yes) AS any_yes, max(id) AS last FROM records`,
    ),
    [{ n: 5, texts: 4, first: parseInstant("0102-03-04"), any_yes: true, last: "e" }],
  );
});

test("instants in every form that databases write", () => {
  const forms: [string, number][] = [
    ["2002-02-01", Date.UTC(2002, 1, 1)],
    ["2002-02-01 10:11:12.5", Date.UTC(2002, 1, 1, 10, 11, 12, 500)],
    ["2002-02-01T10:11:12.123456Z", Date.UTC(2002, 1, 1, 10, 11, 12, 123) + 0.456],
    ["2002-02-01 10:11:12+02", Date.UTC(2002, 1, 1, 8, 11, 12)],
    ["2002-02-01 10:11-05:30", Date.UTC(2002, 1, 1, 15, 41)],
    ["1969-12-31 23:59:59", -1000],
    ["2000-02-29", Date.UTC(2000, 1, 29)],
    ["infinity", Infinity],
    ["-infinity", -Infinity],
  ];
  for (const [text, ms] of forms) assert.equal(parseInstant(text), ms, text);
  assert.equal(formatInstant(parseInstant("0102-03-04 05:06:07")), "0102-03-04T05:06:07.000Z");
  assert.equal(parseInstant("0001-01-01") - parseInstant("0001-12-31 BC"), 86_400_000);
  assert.equal(formatInstant(Infinity), null);
  for (const text of ["", "yesterday", "2002-13-01", "2002-02-30x", "02-02-2002", "2002-02-01 25:00", "20020201"]) {
    assert.equal(Number.isNaN(parseInstant(text)), true, text);
  }
});
