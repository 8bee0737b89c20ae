/**
 * Rows into one Parquet file, in canonical order: by the columns asked for (missing last), ties by the hash of the whole row.
 * So equal sets of rows give equal bytes, whatever order they came in; rows that are equal in every column are
 * interchangeable. The bytes are those of one version of DuckDB, which stands in the file's footer.
 *
 * Memory is bounded: row groups are small, and what the sort cannot hold spills to the temporary folder.
 */
import type { ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { appendTables, instantOf, storedAs } from "./columns.ts";
import type { CsvSource } from "./csv-source.ts";
import type { Duckdb } from "./duckdb.ts";
import { quoteName, quoteText } from "./sql-text.ts";

export const rowGroupRows = 8192;
export interface ParquetTarget {
  readonly path: string;
  readonly fields: readonly Field[];
  readonly orderBy: readonly string[];
  /** Written into the file: what it belongs together with, so that its hash stands for all of it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

function parquet({ metadata = {} }: Pick<ParquetTarget, "metadata">): string {
  const pairs = Object.entries(metadata).map(([name, value]) => `${quoteName(name)}: ${quoteText(value)}`);
  const kept = pairs.length === 0 ? "" : `, KV_METADATA {${pairs.join(", ")}}`;
  return `(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupRows}, USE_TMP_FILE false${kept})`;
}

/**
 * Writes the rows of a CSV source (RFC 4180, no header, missing as an unquoted empty field) in the order they come; resolves to
 * their number once it has been read to its end. The reader runs on one thread: with more, row groups end where the threads
 * met, and the bytes depend on it.
 */
export async function writeArrived(duckdb: Duckdb, source: CsvSource, target: ParquetTarget): Promise<number> {
  const { path, fields } = target;
  const types = fields.map(({ name, type }) => `${quoteText(name)}: '${storedAs[type]}'`);
  const columns = fields.map(({ name, type }) =>
    type === "number" ? `nullif(${quoteName(name)}, 'nan'::DOUBLE) AS ${quoteName(name)}` : quoteName(name),
  );
  const { rowsChanged } = await duckdb.connection.run(
    `COPY (SELECT ${columns.join(", ")} FROM read_csv(${quoteText(source.path)}, auto_detect = false, header = false,
       delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '', allow_quoted_nulls = false, parallel = false,
       max_line_size = ${source.maxLineBytes}, buffer_size = ${source.maxLineBytes}, columns = {${types.join(", ")}}))
     TO ${quoteText(path)} ${parquet(target)}`,
  );
  return rowsChanged;
}

/** Whether the rows of a file stand strictly in the order asked for. Missing values and ties count as out of order. */
export async function isInOrder(duckdb: Duckdb, path: string, orderBy: readonly string[]): Promise<boolean> {
  if (orderBy.length === 0) return false;
  const key = `(${orderBy.map(quoteName).join(", ")}, 0)`; // the constant makes a row of a single column too
  const missing = orderBy.map((name) => `${quoteName(name)} IS NULL`).join(" OR ");
  const result = await duckdb.connection.run(
    `SELECT coalesce(bool_and(is_after), true) FROM (
       SELECT NOT (${missing}) AND coalesce(${key} > lag(${key}) OVER (), true) AS is_after FROM read_parquet(${quoteText(path)}))`,
  );
  const [row] = await result.getRows();
  return row?.[0] === true;
}

/** Writes the rows of another file in canonical order. */
export async function writeSorted(duckdb: Duckdb, arrived: string, target: ParquetTarget): Promise<number> {
  return copySorted(duckdb, `read_parquet(${quoteText(arrived)})`, target, ({ name }) => quoteName(name));
}

/** Writes tables; the next one is asked for when the last one is in DuckDB. Resolves to the number of rows. */
export async function writeParquetFromBatches(
  duckdb: Duckdb,
  batches: AsyncIterable<ScalarTable>,
  target: ParquetTarget,
  onProgress?: (rows: number) => void,
): Promise<number> {
  await appendTables(duckdb, { name: "arrived", fields: target.fields }, batches, onProgress);
  const rows = await copySorted(duckdb, "arrived", target, ({ name, type }) =>
    type === "time" ? `${instantOf(name)} AS ${quoteName(name)}` : quoteName(name),
  );
  await duckdb.connection.run("DROP TABLE arrived");
  return rows;
}

/** Columns of a file. */
export interface ParquetColumns {
  readonly path: string;
  readonly columns: readonly string[];
}

/** Writes columns of several files beside each other; `duckdb` must run on one thread. */
export async function writeBeside(
  duckdb: Duckdb,
  parts: readonly ParquetColumns[],
  path: string,
  metadata?: ParquetTarget["metadata"],
): Promise<void> {
  const columns = parts.flatMap((part, at) => part.columns.map((name) => `p${at}.${quoteName(name)}`));
  const files = parts.map((part, at) => `read_parquet(${quoteText(part.path)}) AS p${at}`);
  await duckdb.connection.run(
    `COPY (SELECT ${columns.join(", ")} FROM ${files.join(" POSITIONAL JOIN ")}) TO ${quoteText(path)} ${parquet({ metadata })}`,
  );
}

async function copySorted(
  duckdb: Duckdb,
  from: string,
  target: ParquetTarget,
  select: (field: Field) => string,
): Promise<number> {
  const columns = target.fields.map((field) => quoteName(field.name)).join(", ");
  const order = [...target.orderBy.map((name) => `${quoteName(name)} NULLS LAST`), `hash(${columns})`];
  const { rowsChanged } = await duckdb.connection.run(
    `COPY (SELECT ${columns} FROM (SELECT ${target.fields.map(select).join(", ")} FROM ${from}) ORDER BY ${order.join(", ")})
     TO ${quoteText(target.path)} ${parquet(target)}`,
  );
  return rowsChanged;
}
