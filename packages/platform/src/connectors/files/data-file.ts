/**
 * The files of a folder as tables: `orders.csv` is the table `orders`. A CSV file has a header, is UTF-8, and has the same
 * number of fields in every row; its delimiter is the one of comma, semicolon, tab and bar that its header has most of. Types
 * are those that every value of a column has.
 */
import { open, readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { failure, isFailure } from "#base/errors";
import type { Duckdb } from "#tables/duckdb";
import { quoteName, quoteText } from "#tables/sql-text";

/** Longest row of a CSV file, and DuckDB's reading buffer, which every table of a query has. */
const maxLineBytes = 8 << 20;

export type FileFormat = "csv" | "jsonl" | "parquet";

export interface DataFile {
  readonly table: string;
  readonly path: string;
  readonly format: FileFormat;
}

/** The tables of the folder, by name. Throws SYSTEM_UNREACHABLE without the folder, FILE_UNREADABLE for two files of one name. */
export async function dataFiles(system: string, folder: string): Promise<DataFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw failure("SYSTEM_UNREACHABLE", {
      system,
      reason: error.code === "ENOENT" ? `there is no folder ${folder}` : error.message,
    });
  });
  const files = names.sort().flatMap((name): DataFile[] => {
    const format = formatOf(name);
    return format ? [{ table: basename(name, extname(name)), path: join(folder, name), format }] : [];
  });
  for (const [index, file] of files.entries()) {
    const same = files.slice(0, index).find(({ table }) => table.toLowerCase() === file.table.toLowerCase());
    if (same)
      throw failure("FILE_UNREADABLE", {
        path: file.path,
        reason: `${basename(same.path)} has the same table name, ${file.table}`,
      });
  }
  return files;
}

export function formatOf(name: string): FileFormat | undefined {
  const ending = extname(name).slice(1).toLowerCase();
  return ending === "csv" || ending === "jsonl" || ending === "parquet" ? ending : undefined;
}

/** Makes the file a view under its table name. `asText`: columns that stay text, whatever their values look like. */
export async function viewOf(duckdb: Duckdb, file: DataFile, asText: readonly string[] = []): Promise<void> {
  try {
    await duckdb.connection.run(`CREATE VIEW ${quoteName(file.table)} AS SELECT * FROM ${await reader(duckdb, file, asText)}`);
  } catch (error) {
    // Guessing the types fails on a broken file without saying where; reading it as plain text says the line.
    if (file.format === "csv" && !isFailure(error)) await readAsText(duckdb, file);
    throw error;
  }
}

async function readAsText(duckdb: Duckdb, file: DataFile): Promise<void> {
  const { delimiter, fields } = await headerOf(file.path);
  const columns = Array.from({ length: fields }, (_, index) => `c${index}: 'VARCHAR'`);
  await duckdb.connection.run(
    `SELECT count(*) FROM read_csv(${quoteText(file.path)}, auto_detect = false, header = false, delim = ${quoteText(delimiter)},
     quote = '"', escape = '"', columns = {${columns.join(", ")}})`,
  );
}

/** The table function that reads the file. */
export async function reader(duckdb: Duckdb, file: DataFile, asText: readonly string[] | "all" = []): Promise<string> {
  const path = quoteText(file.path);
  if (file.format === "parquet") return `read_parquet(${path})`;
  if (file.format === "jsonl") return `read_json(${path}, format = 'newline_delimited', sample_size = -1)`;
  const { delimiter } = await headerOf(file.path);
  const csv = `read_csv(${path}, header = true, delim = ${quoteText(delimiter)}, quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = ${maxLineBytes}, buffer_size = ${maxLineBytes}`;
  if (asText === "all") return `${csv}, all_varchar = true)`;
  if (asText.length === 0) return `${csv}, sample_size = -1)`;
  const statement = await duckdb.connection.prepare(`SELECT * FROM ${csv}, all_varchar = true)`);
  const names = Array.from({ length: statement.columnCount }, (_, index) => statement.columnName(index));
  statement.destroySync();
  const types = names.filter((name) => asText.includes(name)).map((name) => `${quoteText(name)}: 'VARCHAR'`);
  return `${csv}, sample_size = -1${types.length > 0 ? `, types = {${types.join(", ")}}` : ""})`;
}

/** Delimiter and number of fields of the header line. Throws FILE_UNREADABLE for an empty file and for UTF-16. */
async function headerOf(path: string): Promise<{ delimiter: string; fields: number }> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1 << 16), 0, 1 << 16, 0);
    const start = buffer.subarray(0, bytesRead);
    if (bytesRead === 0) throw failure("FILE_UNREADABLE", { path, reason: "line 1: the file is empty; it needs a header" });
    if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff) || start.includes(0)) {
      throw failure("FILE_UNREADABLE", { path, reason: "line 1: it is UTF-16, not UTF-8" });
    }
    const [header = ""] = start
      .toString("utf8")
      .replaceAll(/"[^"]*"/g, "")
      .split(/\r?\n/);
    const counts = [",", ";", "\t", "|"].map((delimiter) => ({ delimiter, fields: header.split(delimiter).length }));
    return counts.reduce((best, next) => (next.fields > best.fields ? next : best));
  } finally {
    await handle.close();
  }
}
