/**
 * A snapshot of a million rows and ten columns from PostgreSQL against `psql -c "\copy (query) to file csv"` of the same query:
 * theirs ends with a CSV file, ours with a checked, ordered, hashed and synced Parquet file in the artifact store. Once with the
 * rows in the order of their time, as a table of records lies, and once scrambled. In turn, several times, so that a busy
 * machine disturbs both alike; memory is what the process has grown by at its highest.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { systemClock } from "../../packages/platform/src/base/clock.ts";
import { postgres } from "../../packages/platform/src/connectors/postgres/postgres.ts";
import { openArtifacts } from "../../packages/platform/src/files/artifacts.ts";
import { useCaseSchema } from "../../packages/platform/src/records/use-case.ts";
import { takeSnapshot } from "../../packages/platform/src/stages/snapshot/snapshot.ts";
import { openTables } from "../../packages/platform/src/tables/tables.ts";

const rounds = 5;
const rows = 1_000_000;
const run = promisify(execFile);

export interface SnapshotResult {
  readonly order: "in order" | "scrambled";
  readonly rows: number;
  readonly psqlMs: number;
  readonly inlayMs: number;
  /** Median over the rounds of theirs through ours: 1 is as fast as psql, 0.5 half as fast. */
  readonly speedRatio: number;
  readonly addedBytes: number;
}

/** `server`: address of a PostgreSQL server on which a database may be made, without a database name. */
export async function measureSnapshot(server = "postgres://postgres@127.0.0.1:5432"): Promise<SnapshotResult[]> {
  const database = `inlay_bench_${process.pid}`;
  const url = `${server}/${database}`;
  const folder = await mkdtemp(join(tmpdir(), "inlay-bench-"));
  await execute(`${server}/postgres`, `CREATE DATABASE ${database}`);
  try {
    await execute(url, ...makeTables);
    const results: SnapshotResult[] = [];
    for (const order of ["in order", "scrambled"] as const) results.push(await measure(order, url, folder));
    return results;
  } finally {
    await execute(`${server}/postgres`, `DROP DATABASE ${database} WITH (FORCE)`);
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(order: SnapshotResult["order"], url: string, folder: string): Promise<SnapshotResult> {
  const query = `SELECT * FROM ${order === "scrambled" ? "scrambled" : "records"}`;
  const useCase = useCaseSchema.parse({
    use_case: "bench",
    task: "classify",
    goal: { kpi: "none", direction: "increase" },
    source: { system: "bench", query, key: "id", time: "opened_at", label: "team" },
    features: { text: ["subject", "body"], category: ["region"], number: ["priority", "score", "amount"] },
  });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const tables = openTables({ folder: join(folder, "tables") });
  const ours = async (): Promise<number> => {
    const connection = postgres.open("bench", { type: "postgres", url, timeout: "5m" }, folder);
    const snapshot = await takeSnapshot(
      { connection, artifacts, tables, clock: systemClock, tempFolder: join(folder, "tmp") },
      useCase,
    );
    await connection.close();
    return snapshot.rows;
  };
  const theirs = (): Promise<unknown> => run("psql", [url, "-c", `\\copy (${query}) to '${join(folder, "rows.csv")}' csv`]);

  await theirs();
  if ((await ours()) !== rows) throw new Error("the snapshot lost rows");
  const psqlMs: number[] = [];
  const inlayMs: number[] = [];
  let addedBytes = 0;
  for (let round = 0; round < rounds; round++) {
    psqlMs.push(await timed(theirs));
    const before = process.memoryUsage.rss();
    const watch = setInterval(() => (addedBytes = Math.max(addedBytes, process.memoryUsage.rss() - before)), 5);
    inlayMs.push(await timed(ours));
    clearInterval(watch);
  }
  return {
    order,
    rows,
    psqlMs: median(psqlMs),
    inlayMs: median(inlayMs),
    speedRatio: median(psqlMs.map((ms, round) => ms / inlayMs[round]!)),
    addedBytes,
  };
}

const makeTables = [
  `CREATE TABLE records AS SELECT i::bigint AS id, timestamptz '2020-01-01' + i * interval '1 second' AS opened_at, i % 97 AS priority,
     random() AS score, (random() * 10000)::numeric(10, 2) AS amount, i % 3 = 0 AS vip, 'subject ' || md5(i::text) AS subject,
     'body of record ' || i || ' with some words, a comma and ' || md5((i * 3)::text) AS body,
     (ARRAY['north', 'south', 'east', 'west'])[i % 4 + 1] AS region, CASE WHEN i % 5 > 0 THEN 'team-' || i % 25 END AS team
   FROM generate_series(1, ${rows}) AS i`,
  "CREATE TABLE scrambled AS SELECT * FROM records ORDER BY md5(id::text)",
  "VACUUM ANALYZE records",
  "VACUUM ANALYZE scrambled",
];

async function execute(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
