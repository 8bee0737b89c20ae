/** Parquet files that hold our four types, as columns in memory or as the answer to an aggregate query. */
import type { ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { failure } from "#base/errors";
import { appendChunk, batchesOf, crossing, emptyColumns, tableFrom, typeOf } from "./columns.ts";
import type { Duckdb } from "./duckdb.ts";
import { quoteName, quoteText } from "./sql-text.ts";

/** The columns of a Parquet file, in its order. */
export async function parquetFields(duckdb: Duckdb, path: string): Promise<Field[]> {
  return fieldsOf(duckdb, `SELECT * FROM read_parquet(${quoteText(path)})`);
}

/** The columns of a query. */
async function fieldsOf(duckdb: Duckdb, sql: string): Promise<Field[]> {
  const statement = await duckdb.connection.prepare(sql);
  const fields = Array.from({ length: statement.columnCount }, (_, index) => ({
    name: statement.columnName(index),
    type: typeOf(statement.columnTypeId(index)),
    source_type: statement.columnType(index).toString(),
  }));
  statement.destroySync();
  return fields;
}

/**
 * The file as columns of typed arrays, all of them or those named, in the order of the file's rows. Memory is that of the
 * columns: 8 bytes a number, the text itself for strings.
 */
export async function readParquet(duckdb: Duckdb, path: string, names?: readonly string[]): Promise<ScalarTable> {
  const inFile = await parquetFields(duckdb, path);
  const fields = names === undefined ? inFile : names.map((name) => fieldNamed(inFile, name, path));
  const { connection } = duckdb;
  const counted = await connection.run(`SELECT count(*)::INTEGER FROM read_parquet(${quoteText(path)})`);
  const rows = (await counted.getRows())[0]![0] as number;
  const columns = emptyColumns(fields, rows);
  if (fields.length > 0) {
    const select = fields.map(({ name, type }) => `${crossing(name, type)} AS ${quoteName(name)}`).join(", ");
    const result = await connection.stream(`SELECT ${select} FROM read_parquet(${quoteText(path)})`);
    let at = 0;
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      appendChunk(columns, chunk, at);
      at += chunk.rowCount;
    }
  }
  return tableFrom(fields, columns, rows);
}

/** One row of an aggregate: numbers, texts, instants as epoch milliseconds, missing as null. */
export type AggregateRow = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Rows of a query for statistics: few, and small. Values of our four types; write the file as `read_parquet(...)` through
 * `parquetTable`.
 */
export async function aggregate(duckdb: Duckdb, sql: string): Promise<AggregateRow[]> {
  const fields = await fieldsOf(duckdb, sql);
  const result = await duckdb.connection.runAndReadAll(crossed(sql, fields));
  return result
    .getRows()
    .map((row) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index] as AggregateRow[string]])));
}

/** Rows of a query in batches of some 10,000, which are made as they are taken. */
export async function* selectBatches(duckdb: Duckdb, sql: string): AsyncGenerator<ScalarTable> {
  const fields = await fieldsOf(duckdb, sql);
  yield* batchesOf(duckdb.connection, crossed(sql, fields), fields, 10_000);
}

function crossed(sql: string, fields: readonly Field[]): string {
  return `SELECT ${fields.map(({ name, type }) => `${crossing(name, type)} AS ${quoteName(name)}`).join(", ")} FROM (${sql}\n)`;
}

/** The file as SQL names it. */
export function parquetTable(path: string): string {
  return `read_parquet(${quoteText(path)})`;
}

function fieldNamed(fields: readonly Field[], name: string, path: string): Field {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw failure("ARTIFACT_FORMAT", { hash: path, reason: `it has no column ${name}` });
  return field;
}
