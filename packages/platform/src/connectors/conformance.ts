/**
 * The public suite that every connector passes: named checks over one system that the caller makes. A new connector is done
 * when it passes. The caller brings what differs between systems: how to make one, its SQL, and the attempts to break out that
 * its language allows. A check that a system cannot take is skipped with a reason.
 *
 * The system holds the table `people` with the key `id` and the rows of `people` below, and its teams.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFailure } from "#base/errors";
import { sha256File } from "#base/hash";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { SystemSettings } from "#records/project";
import { openTables } from "#tables/tables";
import type { Connection, Connector, ReadOptions, Where } from "./connector.ts";

export interface SystemUnderTest<Settings extends SystemSettings> {
  readonly connector: Connector<Settings>;
  readonly settings: (timeout: string) => Settings;
  readonly folder: string;
  /** A query that returns a million rows of at least 100 bytes. */
  readonly millionRows: string;
  /** A query that needs hours and returns its first row at the end. */
  readonly endless: string;
  /** A query over people that fails in its second line. */
  readonly wrongInLine2: string;
  /** Everything that must be refused: writes, locks, settings, several statements, other files. */
  readonly attempts: readonly string[];
  /** All that an attempt could change: the rows, the settings of a new session, the files. */
  fingerprint(): Promise<unknown>;
  /** The number of queries of ours that the system is working on. */
  busy(): Promise<number>;
  readonly skip?: Readonly<Partial<Record<CheckName, string>>>;
}

export type CheckName = (typeof checkNames)[number];
const checkNames = [
  "describes tables, columns and counts",
  "knows keys and references",
  "says which columns a query returns without running it",
  "reads every type as it is",
  "keeps 64-bit ids as text",
  "finds rows by values, which are never read as SQL",
  "sends the same rows as CSV",
  "ends the query when the reader leaves",
  "ends the query on the signal",
  "ends the query at the time limit",
  "reads a million rows batch by batch in bounded memory",
  "refuses everything but reading",
  "names the line of a mistake",
  "inserts and updates by key, twice the same",
  "writes all rows or none",
  "finds what has changed",
] as const;

export interface Check {
  readonly name: CheckName;
  /** Why the check is not for this system. */
  readonly skip: string | undefined;
  run(): Promise<void>;
}

/** What the table people holds: 64-bit ids, missing and empty text, quotes and line ends, odd years, awkward numbers. */
export const people = {
  id: ["2", "3", "9007199254740993"],
  name: ["Zoë 🦊", 'say "hi", then\nleave', null],
  note: ["", null, "x".repeat(300_000)],
  score: [1.5, Number.NaN, -1e300],
  active: [1, 0, Number.NaN],
  born: [Date.UTC(2002, 1, 1, 10, 0, 0, 250), Date.UTC(2028, 11, 31), Number.NaN],
} as const;
const peopleQuery = "SELECT id, name, note, score, active, born FROM people ORDER BY id";

export function checkConnector<Settings extends SystemSettings>(system: SystemUnderTest<Settings>): readonly Check[] {
  const using = async <T>(work: (connection: Connection) => Promise<T>, timeout = "60s"): Promise<T> => {
    const connection = system.connector.open("subject", system.settings(timeout), system.folder);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  };
  const checks: Record<CheckName, () => Promise<void>> = {
    "describes tables, columns and counts": () =>
      using(async (connection) => {
        const described = (await connection.describe()).find(({ name }) => name === "people");
        assert.ok(described, "people is among the tables");
        assert.deepEqual(
          described.columns.map(({ name }) => name),
          Object.keys(people),
        );
        assert.equal(described.rows, 3);
      }),

    "knows keys and references": () =>
      using(async (connection) => {
        const tables = await connection.describe();
        assert.deepEqual(tables.find(({ name }) => name === "people")?.key, ["id"]);
        const members = tables.find(({ name }) => name === "members");
        assert.equal(members?.columns.find(({ name }) => name === "person")?.references, "people.id");
      }),

    "says which columns a query returns without running it": () =>
      using(async (connection) => {
        const fields = await connection.columns(peopleQuery);
        assert.deepEqual(
          fields.map(({ name, type }) => [name, type]),
          [
            ["id", "number"],
            ["name", "string"],
            ["note", "string"],
            ["score", "number"],
            ["active", "boolean"],
            ["born", "time"],
          ],
        );
      }),

    "reads every type as it is": () =>
      using(async (connection) => {
        const table = await readAll(connection, peopleQuery, { asText: ["id"] });
        const seen = Object.fromEntries(Object.entries(table.columns).map(([name, { values }]) => [name, [...values]]));
        assert.deepEqual(seen, people);
      }),

    "keeps 64-bit ids as text": () =>
      using(async (connection) => {
        const table = await readAll(connection, "SELECT id FROM people WHERE name IS NULL", { asText: ["id"] });
        assert.deepEqual([...table.columns["id"]!.values], ["9007199254740993"]);
      }),

    "finds rows by values, which are never read as SQL": () =>
      using(async (connection) => {
        const always = { column: "born", from: -Infinity, before: Infinity };
        const ids = async (where: Where): Promise<unknown> => {
          const { columns } = await connection.find(`${peopleQuery}; `, where, { asText: ["id"] });
          return Array.from(columns["id"]!.values, String).sort();
        };
        const before = await system.fingerprint();
        const [first, , last] = people.id;
        assert.deepEqual(await ids({ equal: { name: [people.name[1], "nobody"] }, during: always }), ["3"]);
        assert.deepEqual(await ids({ equal: { id: [last, first, "", "7x", "1e3"] }, during: always }), [first, last]);
        assert.deepEqual(await ids({ equal: { name: [people.name[1]], id: [first] }, during: always }), []);
        assert.deepEqual(await ids({ equal: {}, during: always }), [...people.id]);
        assert.deepEqual(await ids({ equal: { id: [] }, during: always }), []);
        for (const attempt of ["' OR '1'='1", "x') OR ('1'='1", '"; DROP TABLE people; --', "\\' OR 1=1 --", "$1", "a\0b"])
          assert.deepEqual(await ids({ equal: { name: [attempt], id: [attempt] }, during: always }), [], attempt);
        assert.deepEqual(await system.fingerprint(), before);
        const born = people.born[0];
        const inTime = async (from: number, to: number): Promise<boolean> => {
          const during = { column: "born", from, before: to };
          return ((await ids({ equal: { id: [first] }, during })) as string[]).length === 1;
        };
        assert.equal(await inTime(born, born + 1), true);
        assert.equal(await inTime(born - 86_400_000, born + 86_400_000), true);
        assert.equal(await inTime(born + 86_400_000, Infinity), false);
        assert.equal(await inTime(-Infinity, born - 86_400_000), false);
        const all = await connection.find(peopleQuery, { equal: {}, during: always }, { asText: ["id"] });
        assert.deepEqual(all, await readAll(connection, peopleQuery, { asText: ["id"] }), "the same values as read");
        await assert.rejects(ids({ equal: { nam: ["x"] }, during: always }), (error) => isFailure(error, "QUERY_FAILED"));
        await assert.rejects(connection.find(system.attempts[0]!, { equal: {}, during: always }));
        const gone = connection.find(peopleQuery, { equal: {}, during: always }, { signal: AbortSignal.abort() });
        await assert.rejects(gone, (error) => isFailure(error, "CANCELLED"));
      }),

    "finds what has changed": () =>
      using(async (connection) => {
        const where = { equal: { id: ["77"] }, during: { column: "points", from: -Infinity, before: Infinity } };
        const points = async (): Promise<number[]> => {
          const found = await connection.find("SELECT id, points FROM targets", where, { asText: ["id"] });
          return [...(found.columns["points"]!.values as Float64Array)];
        };
        const write = (value: number): Promise<unknown> =>
          connection.upsert(
            { table: "targets", key: ["id"] },
            tableOf({
              id: { type: "string", values: ["77"] },
              points: { type: "number", values: new Float64Array([value]) },
            }),
          );
        await write(1);
        assert.deepEqual(await points(), [1]);
        await write(22);
        assert.deepEqual(await points(), [22]);
      }),

    "sends the same rows as CSV": async () => {
      const folder = await mkdtemp(join(tmpdir(), "inlay-conformance-"));
      try {
        const tables = openTables({ folder });
        const hashes = await using((connection) =>
          Promise.all(
            (["csv", "batches"] as const).map(async (way) => {
              const reading = await connection.read(peopleQuery, { asText: ["id"], batchRows: 2 });
              const target = { path: join(folder, `${way}.parquet`), fields: reading.fields, orderBy: ["id"] };
              if (way === "csv") assert.equal(await tables.writeCsv(reading.csv!(), target), 3);
              else assert.equal(await tables.writeBatches(reading.batches(), target), 3);
              return sha256File(target.path);
            }),
          ),
        );
        assert.equal(hashes[0], hashes[1]);
      } finally {
        await rm(folder, { recursive: true });
      }
    },

    "ends the query when the reader leaves": () =>
      using(async (connection) => {
        const reading = await connection.read(system.millionRows, { batchRows: 100 });
        for await (const table of reading.batches()) {
          assert.equal(await system.busy(), 1);
          assert.equal(table.rows > 0, true);
          break;
        }
        await noneBusy(system);
      }),

    "ends the query on the signal": () =>
      using(async (connection) => {
        const stop = new AbortController();
        const reading = readAll(connection, system.endless, { signal: stop.signal });
        await untilBusy(system);
        stop.abort();
        await assert.rejects(reading, (error) => isFailure(error, "CANCELLED"));
        await noneBusy(system);
        await assert.rejects(readAll(connection, peopleQuery, { signal: stop.signal }), (error) => isFailure(error, "CANCELLED"));
      }),

    "ends the query at the time limit": () =>
      using(async (connection) => {
        await assert.rejects(readAll(connection, system.endless), (error) => isFailure(error, "QUERY_TIMEOUT"));
        await noneBusy(system);
      }, "500ms"),

    "reads a million rows batch by batch in bounded memory": () =>
      using(async (connection) => {
        const before = process.memoryUsage().rss;
        let most = 0;
        let batches = 0;
        const reading = await connection.read(system.millionRows, { batchRows: 5000 });
        for await (const table of reading.batches()) {
          assert.equal(table.rows <= 10_000, true);
          most = Math.max(most, process.memoryUsage().rss - before);
          if (++batches === 20) break;
        }
        assert.equal(batches, 20);
        assert.equal(most < 100e6, true, `memory grew by ${most} bytes`);
      }),

    "refuses everything but reading": () =>
      using(async (connection) => {
        const before = await system.fingerprint();
        for (const attempt of system.attempts) {
          await assert.rejects(
            readAll(connection, attempt),
            (error) => isFailure(error, "QUERY_REFUSED", "QUERY_FAILED", "SYSTEM_REFUSED"),
            `allowed: ${attempt}`,
          );
        }
        assert.deepEqual(await system.fingerprint(), before);
        // The control: what may be read can be read.
        assert.equal((await readAll(connection, peopleQuery)).rows, 3);
      }, "5s"),

    "names the line of a mistake": () =>
      using(async (connection) => {
        await assert.rejects(
          readAll(connection, system.wrongInLine2),
          (error) => isFailure(error, "QUERY_FAILED") && /line 2/.test(error.message),
        );
      }),

    "inserts and updates by key, twice the same": () =>
      using(async (connection) => {
        const rows = tableOf({
          id: { type: "string", values: ["1", "2"] },
          points: { type: "number", values: new Float64Array([7, 8.5]) },
        });
        for (let time = 0; time < 2; time++) await connection.upsert({ table: "targets", key: ["id"] }, rows);
        await connection.upsert(
          { table: "targets", key: ["id"] },
          tableOf({ id: { type: "string", values: ["2", "3"] }, points: { type: "number", values: new Float64Array([9, 10]) } }),
        );
        const table = await readAll(connection, "SELECT id, points FROM targets ORDER BY id", { asText: ["id"] });
        assert.deepEqual([...table.columns["id"]!.values], ["1", "2", "3"]);
        assert.deepEqual([...table.columns["points"]!.values], [7, 9, 10]);
      }),

    "writes all rows or none": () =>
      using(async (connection) => {
        const before = await system.fingerprint();
        const ids = Array.from({ length: 3000 }, (_, index) => String(index + 100));
        const points = Float64Array.from(ids, (_, index) => (index === 2500 ? -1 : 1)); // targets.points may not be negative
        await assert.rejects(
          connection.upsert(
            { table: "targets", key: ["id"] },
            tableOf({ id: { type: "string", values: ids }, points: { type: "number", values: points } }),
          ),
          (error) => isFailure(error, "WRITE_FAILED"),
        );
        assert.deepEqual(await system.fingerprint(), before);
      }),
  };
  return checkNames.map((name) => ({ name, skip: system.skip?.[name], run: checks[name] }));
}

/** Reads to the end and puts the batches together. */
async function readAll(connection: Connection, query: string, options: ReadOptions = {}): Promise<ScalarTable> {
  const reading = await connection.read(query, { ...options, batchRows: 2 });
  const columns: Record<string, ScalarColumn> = {};
  let rows = 0;
  for await (const table of reading.batches()) {
    rows += table.rows;
    for (const [name, column] of Object.entries(table.columns)) {
      const before = columns[name];
      columns[name] =
        column.type === "string"
          ? { type: "string", values: [...(before?.type === "string" ? before.values : []), ...column.values] }
          : {
              type: column.type,
              values: Float64Array.from([...((before?.values as Float64Array | undefined) ?? []), ...column.values]),
            };
    }
  }
  return { rows, columns };
}

const tableOf = (columns: Record<string, ScalarColumn>): ScalarTable => ({
  rows: Object.values(columns)[0]!.values.length,
  columns,
});

/** The system notices within moments, not at once. */
async function noneBusy(system: { busy(): Promise<number> }): Promise<void> {
  for (let left = 200; (await system.busy()) > 0; left--) {
    assert.notEqual(left, 0, "the system still works on a query that was ended");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function untilBusy(system: { busy(): Promise<number> }): Promise<void> {
  for (let left = 200; (await system.busy()) === 0; left--) {
    assert.notEqual(left, 0, "the query never started");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
