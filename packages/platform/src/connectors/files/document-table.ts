/**
 * The documents of a folder and of the folders in it as one table: PDF, Word, HTML, e-mail and text files, a row each. The name of the first
 * folder is a column of its own: documents are often sorted into folders by hand, and that is the outcome to learn.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DocumentFile } from "#documents/read-documents";
import { readDocuments } from "#documents/read-documents";
import { documentFormat } from "#documents/document";
import type { DocumentText } from "#documents/document";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { appendTables, instantOf, tableFrom } from "#tables/columns";
import type { Duckdb } from "#tables/duckdb";
import { quoteName } from "#tables/sql-text";

/** What the table is called. */
export const documentTable = "documents";

export interface FoundDocument extends DocumentFile {
  /** Relative to the folder of the system, with `/` between its parts. */
  readonly name: string;
}

const fields: readonly Field[] = [
  { name: "path", type: "string", source_type: "VARCHAR" },
  { name: "folder", type: "string", source_type: "VARCHAR" },
  { name: "format", type: "string", source_type: "VARCHAR" },
  { name: "title", type: "string", source_type: "VARCHAR" },
  { name: "text", type: "string", source_type: "VARCHAR" },
  { name: "pages", type: "number", source_type: "DOUBLE" },
  { name: "bytes", type: "number", source_type: "DOUBLE" },
  { name: "modified", type: "time", source_type: "TIMESTAMP" },
  { name: "sender", type: "string", source_type: "VARCHAR" },
  { name: "recipients", type: "string", source_type: "VARCHAR" },
  { name: "sent", type: "time", source_type: "TIMESTAMP" },
  { name: "problem", type: "string", source_type: "VARCHAR" },
];
export const documentColumns: readonly Field[] = fields;

/** Every document, by name. Links and names that begin with a dot are left out. O(files). */
export async function findDocuments(folder: string): Promise<FoundDocument[]> {
  const found: FoundDocument[] = [];
  const open = [""];
  for (let under = open.pop(); under !== undefined; under = open.pop()) {
    const entries = await readdir(join(folder, under), { withFileTypes: true });
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const name = under === "" ? entry.name : `${under}/${entry.name}`;
      const format = documentFormat(entry.name);
      if (entry.isDirectory()) open.push(name);
      else if (entry.isFile() && format) found.push({ name, format, path: join(folder, name) });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Reads the documents into a table of DuckDB; with `read` false the table stays empty, for a query whose columns alone matter. */
export async function documentsView(
  duckdb: Duckdb,
  documents: readonly FoundDocument[],
  { read, signal }: { read: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const rows = "documents as read";
  await appendTables(duckdb, { name: rows, fields }, read ? tablesOf(documents, signal) : []);
  const select = fields.map(({ name, type }) => (type === "time" ? `${instantOf(name)} AS ${quoteName(name)}` : quoteName(name)));
  await duckdb.connection.run(`CREATE VIEW ${quoteName(documentTable)} AS SELECT ${select.join(", ")} FROM ${quoteName(rows)}`);
}

const rowsAtOnce = 256;

async function* tablesOf(documents: readonly FoundDocument[], signal: AbortSignal | undefined): AsyncGenerator<ScalarTable> {
  let waiting: (string | number | null)[][] = [];
  for await (const { file, read } of readDocuments(documents, { signal })) {
    waiting.push(await rowOf(file, read));
    if (waiting.length < rowsAtOnce) continue;
    yield tableOf(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield tableOf(waiting);
}

async function rowOf({ name, path, format }: FoundDocument, read: DocumentText): Promise<(string | number | null)[]> {
  const about = await stat(path).catch(() => undefined);
  const folder = name.includes("/") ? name.slice(0, name.indexOf("/")) : null;
  const { title, text, pages, sender, recipients, sent, problem } = read;
  return [
    name,
    folder,
    format,
    title ?? basename(name),
    text,
    pages,
    about?.size ?? null,
    about?.mtimeMs ?? null,
    sender,
    recipients,
    sent,
    problem,
  ];
}

function tableOf(rows: readonly (readonly (string | number | null)[])[]): ScalarTable {
  const columns = fields.map(({ type }, at): ScalarColumn =>
    type === "string"
      ? { type, values: rows.map((row) => row[at] as string | null) }
      : { type, values: Float64Array.from(rows, (row) => (row[at] as number | null) ?? Number.NaN) },
  );
  return tableFrom(fields, columns, rows.length);
}
