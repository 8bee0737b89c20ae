/** Rows into a file of the folder, merged by key: a new file is written beside it and takes its place in one step. */
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { UpsertTarget } from "#connectors/connector";
import type { ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { appendTables, instantOf } from "#tables/columns";
import type { Duckdb } from "#tables/duckdb";
import { quoteName, quoteText } from "#tables/sql-text";
import type { DataFile } from "./data-file.ts";
import { reader } from "./data-file.ts";

const copyOptions = { csv: "FORMAT csv, HEADER true", jsonl: "FORMAT json", parquet: "FORMAT parquet" };

/**
 * Rows whose key is in the file take the place of that row, the others come after the last one. The values of a CSV file that
 * are not written stay the text they were. `duckdb` must be allowed to write in the file's folder.
 */
export async function upsertFile(
  duckdb: Duckdb,
  file: DataFile,
  exists: boolean,
  target: UpsertTarget,
  rows: ScalarTable,
): Promise<void> {
  const fields = Object.entries(rows.columns).map(([name, { type }]): Field => ({ name, type, source_type: type }));
  await appendTables(duckdb, { name: "new rows", fields }, [rows]);
  const fresh = `(SELECT row_number() OVER () AS "new order", ${fields.map(written).join(", ")} FROM "new rows")`;
  const next = join(dirname(file.path), `.${basename(file.path)}.next`);
  try {
    await duckdb.connection.run(
      `COPY (${exists ? await merged(duckdb, file, target, fields, fresh) : `SELECT * EXCLUDE ("new order") FROM ${fresh}`})
       TO ${quoteText(next)} (${copyOptions[file.format]})`,
    );
    await rename(next, file.path);
  } finally {
    await rm(next, { force: true });
  }
}

async function merged(
  duckdb: Duckdb,
  file: DataFile,
  target: UpsertTarget,
  fields: readonly Field[],
  fresh: string,
): Promise<string> {
  const old = `(SELECT row_number() OVER () AS "old order", * FROM ${await reader(duckdb, file, "all")})`;
  const statement = await duckdb.connection.prepare(`SELECT * EXCLUDE ("old order") FROM ${old}`);
  const types = new Map(
    Array.from({ length: statement.columnCount }, (_, index) => [
      statement.columnName(index),
      statement.columnType(index).toString(),
    ]),
  );
  statement.destroySync();
  const replaced = [...types].map(([name, type]) => {
    const column = quoteName(name);
    if (!fields.some((field) => field.name === name)) return `o.${column}`;
    return `CASE WHEN n."new order" IS NULL THEN o.${column} ELSE CAST(n.${column} AS ${type}) END AS ${column}`;
  });
  const added = fields.filter(({ name }) => !types.has(name)).map(({ name }) => `n.${quoteName(name)}`);
  const on = target.key.map((name) => `o.${quoteName(name)} = CAST(n.${quoteName(name)} AS ${types.get(name) ?? "VARCHAR"})`);
  return `SELECT ${[...replaced, ...added].join(", ")} FROM ${old} o FULL JOIN ${fresh} n ON ${on.join(" AND ")}
    ORDER BY o."old order" NULLS LAST, n."new order"`;
}

/** Whole numbers without `.0`, so that a key of 7 meets the text `7`. */
function written({ name, type }: Field): string {
  const column = quoteName(name);
  if (type === "time") return `${instantOf(name)} AS ${column}`;
  if (type !== "number") return column;
  return `CASE WHEN ${column} = trunc(${column}) AND abs(${column}) < 1e15 THEN CAST(CAST(${column} AS BIGINT) AS VARCHAR) ELSE CAST(${column} AS VARCHAR) END AS ${column}`;
}
