/**
 * Between DuckDB's vectors and the columns of a `Table`. Three kinds of vector cross the border: DOUBLE, VARCHAR and BOOLEAN.
 * Everything else is cast in SQL, where it is cheap: whole numbers and decimals to DOUBLE, instants to DOUBLE milliseconds
 * since the epoch (infinity is the infinite number), all other types to VARCHAR. Never a row object, never a BigInt.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { BOOLEAN, DOUBLE, DuckDBDataChunk, DuckDBTypeId, VARCHAR } from "@duckdb/node-api";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { ColumnType, Field } from "#records/snapshot";
import type { Duckdb } from "./duckdb.ts";
import { quoteName } from "./sql-text.ts";

const vectorRows = 2048; // the most rows that a chunk of DuckDB holds

/** The DuckDB type that holds a type of ours in a table or a file. */
export const storedAs: Readonly<Record<ColumnType, string>> = {
  string: "VARCHAR",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  time: "TIMESTAMP",
};

/** Which of our types holds the values of a DuckDB type. */
export function typeOf(type: DuckDBTypeId): ColumnType {
  if (type === DuckDBTypeId.BOOLEAN) return "boolean";
  if (numberTypes.has(type)) return "number";
  return timeTypes.has(type) ? "time" : "string";
}

const numberTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);
const timeTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

/** SQL that turns a column of any DuckDB type into the vector that `appendChunk` reads. */
export function crossing(name: string, type: ColumnType): string {
  const column = quoteName(name);
  if (type === "string") return `CAST(${column} AS VARCHAR)`;
  if (type === "boolean") return `CAST(${column} AS BOOLEAN)`;
  if (type === "number") return `CAST(${column} AS DOUBLE)`;
  const at = `CAST(${column} AS TIMESTAMP)`;
  return `CASE WHEN isfinite(${at}) THEN epoch_us(${at}) / 1000.0::DOUBLE WHEN ${at} > TIMESTAMP '1970-01-01' THEN 'inf'::DOUBLE WHEN ${at} IS NULL THEN NULL ELSE '-inf'::DOUBLE END`;
}

/** SQL that turns epoch milliseconds in a DOUBLE back into a TIMESTAMP. */
export function instantOf(name: string): string {
  const ms = quoteName(name);
  return `CASE WHEN isfinite(${ms}) THEN make_timestamp(CAST(round(${ms} * 1000) AS BIGINT)) WHEN ${ms} > 0 THEN TIMESTAMP 'infinity' WHEN ${ms} < 0 THEN TIMESTAMP '-infinity' END`;
}

/** Rows of `sql`, whose columns are all `crossing`, as tables of about `batchRows` rows; DuckDB computes as they are taken. */
export async function* batchesOf(
  connection: DuckDBConnection,
  sql: string,
  fields: readonly Field[],
  batchRows: number,
): AsyncGenerator<ScalarTable> {
  const result = await connection.stream(sql);
  let waiting: DuckDBDataChunk[] = [];
  let rows = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    waiting.push(chunk);
    rows += chunk.rowCount;
    if (rows < batchRows) continue;
    yield tableOf(waiting, fields, rows);
    waiting = [];
    rows = 0;
  }
  if (rows > 0) yield tableOf(waiting, fields, rows);
}

/** Columns without values: what is filled by `appendChunk`. */
export function emptyColumns(fields: readonly Field[], rows: number): ScalarColumn[] {
  return fields.map(({ type }) =>
    type === "string"
      ? { type, values: Array.from<string | null>({ length: rows }).fill(null) }
      : { type, values: new Float64Array(rows).fill(Number.NaN) },
  );
}

/** Writes the rows of a chunk, whose columns are all `crossing`, into columns from row `at` on. */
export function appendChunk(columns: readonly ScalarColumn[], chunk: DuckDBDataChunk, at: number): void {
  for (const [index, column] of columns.entries()) {
    const vector = chunk.getColumnVector(index);
    if (column.type === "string") {
      const values = column.values as (string | null)[];
      for (let row = 0; row < chunk.rowCount; row++) values[at + row] = vector.getItem(row) as string | null;
    } else {
      for (let row = 0; row < chunk.rowCount; row++) {
        const value = vector.getItem(row) as number | boolean | null;
        column.values[at + row] = value === null ? Number.NaN : Number(value);
      }
    }
  }
}

/** The table of these columns under the names of the fields. */
export function tableFrom(fields: readonly Field[], columns: readonly ScalarColumn[], rows: number): ScalarTable {
  return { rows, columns: Object.fromEntries(fields.map(({ name }, index) => [name, columns[index]!])) };
}

/** Chunks whose columns are all `crossing` as one table. */
export function tableOf(chunks: readonly DuckDBDataChunk[], fields: readonly Field[], rows: number): ScalarTable {
  const columns = emptyColumns(fields, rows);
  let at = 0;
  for (const chunk of chunks) {
    appendChunk(columns, chunk, at);
    at += chunk.rowCount;
  }
  return tableFrom(fields, columns, rows);
}

/**
 * Creates a table of that name in DuckDB and fills it: text as VARCHAR, truth as BOOLEAN, numbers and instants (as epoch
 * milliseconds) as DOUBLE. The next table is asked for when the last one is inside.
 */
export async function appendTables(
  duckdb: Duckdb,
  { name, fields }: { name: string; fields: readonly Field[] },
  tables: AsyncIterable<ScalarTable> | Iterable<ScalarTable>,
  onProgress?: (rows: number) => void,
): Promise<void> {
  const types = fields.map(({ type }) => (type === "string" ? VARCHAR : type === "boolean" ? BOOLEAN : DOUBLE));
  const columns = fields.map((field, index) => `${quoteName(field.name)} ${types[index]!.toString()}`);
  await duckdb.connection.run(`CREATE TABLE ${quoteName(name)} (${columns.join(", ")})`);
  const appender = await duckdb.connection.createAppender(name);
  const chunk = DuckDBDataChunk.create(types, vectorRows);
  let taken = 0;
  for await (const table of tables) {
    for (let from = 0; from < table.rows; from += vectorRows) {
      fillChunk(chunk, table, fields, from, Math.min(from + vectorRows, table.rows));
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
    onProgress?.((taken += table.rows));
  }
  appender.closeSync();
}

function fillChunk(chunk: DuckDBDataChunk, table: ScalarTable, fields: readonly Field[], from: number, to: number): void {
  chunk.reset();
  chunk.rowCount = to - from;
  for (const [index, { name }] of fields.entries()) {
    const column = table.columns[name]!;
    const values =
      column.type === "string"
        ? column.values.slice(from, to)
        : Array.from(column.values.subarray(from, to), (value) =>
            Number.isNaN(value) ? null : column.type === "boolean" ? value === 1 : value,
          );
    chunk.setColumnValues(index, values);
  }
}
