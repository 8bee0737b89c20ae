/**
 * A folder of CSV, JSONL and Parquet files as a system, and the documents in it as one table more: DuckDB answers the queries, and sees
 * nothing but these files.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { DuckDBValue } from "@duckdb/node-api";
import { listValue, StatementType } from "@duckdb/node-api";
import { failure, isFailure } from "#base/errors";
import { formatDuration, parseDuration } from "#base/text";
import type { Connection, Connector, Reading, TableDescription, Where } from "#connectors/connector";
import type { ScalarTable } from "#learn/data/table";
import type { SystemSettings } from "#records/project";
import type { Field } from "#records/snapshot";
import { batchesOf, crossing, tableOf, typeOf } from "#tables/columns";
import type { Duckdb } from "#tables/duckdb";
import { keepInterrupting, openDuckdb } from "#tables/duckdb";
import { quoteName } from "#tables/sql-text";
import type { DataFile } from "./data-file.ts";
import { dataFiles, formatOf, viewOf } from "./data-file.ts";
import { documentColumns, documentsView, documentTable, findDocuments } from "./document-table.ts";
import { fileError } from "./file-error.ts";
import { upsertFile } from "./upsert.ts";

export const files: Connector<Extract<SystemSettings, { type: "files" }>> = {
  type: "files",
  open: (name, settings, folder) => connection(name, resolve(folder, settings.path), parseDuration(settings.timeout)!),
};

/** One DuckDB for one piece of work. */
interface Work {
  readonly duckdb: Duckdb;
  readonly files: readonly DataFile[];
  /** Aborted when the work is to stop: by the caller, or by the time limit. */
  readonly stopped: AbortSignal;
  end(): Promise<void>;
  /** Nothing stops it any more but its end. */
  rest(): void;
  /** The error as ours; the time limit and the signal come first. */
  error(cause: unknown): Error;
}

function connection(system: string, folder: string, timeoutMs: number): Connection {
  const running = new Set<Work>();

  async function begin(signal?: AbortSignal, folders: string[] = []): Promise<Work> {
    const found = await dataFiles(system, folder);
    let stopped: Error | undefined;
    const stopping = new AbortController();
    let calm = (): void => {};
    const tempFolder = await mkdtemp(join(tmpdir(), `inlay-files-${process.pid}-`));
    const duckdb = await openDuckdb({ tempFolder, folders, files: found.map(({ path }) => path), memoryMb: 512 });
    const stop = (reason: Error): void => {
      if (stopped) return;
      stopped = reason;
      stopping.abort(reason);
      calm = keepInterrupting(duckdb);
    };
    const timer = setTimeout(() => stop(failure("QUERY_TIMEOUT", { system, limit: formatDuration(timeoutMs) })), timeoutMs);
    const onAbort = (): void => stop(failure("CANCELLED", { what: `The query for ${system}` }));
    const rest = (): void => {
      clearTimeout(timer);
      calm();
      signal?.removeEventListener("abort", onAbort);
    };
    let ended = false;
    const work: Work = {
      duckdb,
      files: found,
      stopped: stopping.signal,
      error: (cause) => stopped ?? fileError(system, cause, found),
      rest,
      async end() {
        if (ended) return;
        ended = true;
        running.delete(work);
        rest();
        duckdb.close();
        await rm(tempFolder, { recursive: true, force: true });
      },
    };
    running.add(work);
    signal?.addEventListener("abort", onAbort);
    if (!signal?.aborted) return work;
    await work.end(); // it was cancelled while DuckDB started
    throw failure("CANCELLED", { what: `The query for ${system}` });
  }

  async function during<T>(work: Work, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw work.error(error);
    } finally {
      await work.end();
    }
  }

  /** What `find` asks: the rows of a query in a DuckDB of their own, until a file changes. */
  interface Kept {
    readonly files: string;
    readonly rows: Promise<{ readonly work: Work; readonly fields: readonly Field[] }>;
    /** Questions that are being answered from it. */
    readonly asked: Set<Promise<unknown>>;
  }
  const kept = new Map<string, Kept>();

  async function keptRows(query: string, where: Where, asText: readonly string[]): Promise<Kept> {
    const name = JSON.stringify([query, asText]);
    const now = await stateOf(await dataFiles(system, folder));
    const before = kept.get(name);
    if (before?.files === now) return before;
    // Not ended with the question that asked first: the next one needs it too.
    const next: Kept = { files: now, rows: keepRows(query, where, asText), asked: new Set() };
    kept.set(name, next);
    next.rows.catch(() => kept.get(name) === next && kept.delete(name));
    before?.rows.then(
      ({ work }) => Promise.allSettled(before.asked).then(work.end),
      () => {},
    );
    return next;
  }

  async function keepRows(query: string, where: Where, asText: readonly string[]): Promise<Awaited<Kept["rows"]>> {
    const work = await begin();
    try {
      const { connection } = work.duckdb;
      const fields = await plan(system, work, query, { folder, asText, readDocuments: false });
      const names = connection.getTableNames(withoutSemicolon(query), false).map((name) => name.toLowerCase());
      if (names.includes(documentTable) && !hasTable(work, documentTable))
        throw failure("QUERY_REFUSED", { system, reason: "documents are not kept for questions by value" });
      const select = fields.map(({ name, type }) => `${crossing(name, type)} AS ${quoteName(name)}`);
      const order = [...Object.keys(where.equal), where.during.column].filter((name) =>
        fields.some((field) => field.name === name),
      );
      await connection.run(
        `CREATE TABLE ${quoteName(keptTable)} AS SELECT ${select.join(", ")} FROM (\n${withoutSemicolon(query)}\n) ORDER BY ${[...order.map(quoteName), "1"].join(", ")}`,
      );
      work.rest();
      return { work, fields };
    } catch (error) {
      await work.end();
      throw work.error(error);
    }
  }

  return {
    system,

    async describe(options = {}) {
      const work = await begin(options.signal);
      return during(work, () => describeFolder(work, folder));
    },

    async columns(query, options = {}) {
      const work = await begin(options.signal);
      return during(work, () => plan(system, work, query, { folder, asText: [], readDocuments: false }));
    },

    async read(query, options = {}): Promise<Reading> {
      const work = await begin(options.signal);
      const asText = options.asText ?? [];
      try {
        const fields = await plan(system, work, query, { folder, asText, readDocuments: true });
        const select = fields.map(({ name, type }) => `${crossing(name, type)} AS ${quoteName(name)}`);
        const sql = `SELECT ${select.join(", ")} FROM (\n${withoutSemicolon(query)}\n)`;
        const batches = async function* (): AsyncGenerator<ScalarTable> {
          try {
            yield* batchesOf(work.duckdb.connection, sql, fields, options.batchRows ?? 10_000);
          } catch (error) {
            throw work.error(error);
          } finally {
            await work.end();
          }
        };
        return { fields, batches };
      } catch (error) {
        await work.end();
        throw work.error(error);
      }
    },

    async find(query, where, { signal, asText = [] } = {}) {
      const cancelled = (): Error => failure("CANCELLED", { what: `The query for ${system}` });
      if (signal?.aborted) throw cancelled();
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      const onAbort = (): void => reject(cancelled());
      signal?.addEventListener("abort", onAbort);
      try {
        const { rows, asked } = await Promise.race([keptRows(query, where, asText), aborted]);
        const { work, fields } = await Promise.race([rows, aborted]);
        const names = new Set(fields.map(({ name }) => name));
        const missing = [...Object.keys(where.equal), where.during.column].find((name) => !names.has(name));
        if (missing !== undefined) throw failure("QUERY_FAILED", { system, reason: `it returns no column ${missing}` });
        const found = findKept(work.duckdb, fields, where).catch((error: unknown) => {
          throw work.error(error);
        });
        asked.add(found);
        const forget = (): unknown => asked.delete(found);
        found.then(forget, forget);
        return await Promise.race([found, aborted]);
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    },

    async upsert(target, rows) {
      const work = await begin(undefined, [folder]);
      const existing = work.files.find(({ table }) => table === target.table || basename(target.table) === `${table}.csv`);
      const format = formatOf(target.table) ?? "csv";
      const file = existing ?? {
        table: target.table,
        format,
        path: join(folder, basename(formatOf(target.table) ? target.table : `${target.table}.csv`)),
      };
      await during(work, () => upsertFile(work.duckdb, file, existing !== undefined, target, rows)).catch((error: unknown) => {
        throw failure(
          "WRITE_FAILED",
          { target: `${system}.${target.table}`, reason: (error as Error).message },
          { cause: error },
        );
      });
      return { written: rows.rows };
    },

    async close() {
      const end = async (): Promise<unknown> => Promise.all([...running].map((work) => work.end()));
      await end();
      await Promise.allSettled([...kept.values()].map(({ rows }) => rows)); // some may have begun meanwhile
      await end();
    },
  };
}

interface PlanOptions {
  readonly folder: string;
  readonly asText: readonly string[];
  /** Else the documents stay unread: only what the query returns is wanted. */
  readonly readDocuments: boolean;
}

/** Checks the query and makes views of the files it names; the columns it returns. */
async function plan(system: string, work: Work, query: string, { folder, asText, readDocuments }: PlanOptions): Promise<Field[]> {
  const { connection } = work.duckdb;
  const refuse = (reason: string): Error => failure("QUERY_REFUSED", { system, reason });
  const sql = withoutSemicolon(query);
  // The type of the statement is what counts, below; but it is known only of a statement whose tables exist.
  const verb = /^\s*(insert|update|delete|merge|truncate|copy|create|alter|drop|export|import)\b/i.exec(sql)?.[1];
  if (verb !== undefined) throw refuse(`it is ${verb.toUpperCase()}, not a SELECT`);
  const statements = await connection.extractStatements(sql).catch((error: unknown) => {
    throw isFailure(error) ? error : fileError(system, error, []);
  });
  if (statements.count !== 1) throw refuse(`it has ${statements.count} statements`);
  const names = new Set(connection.getTableNames(sql, false).map((name) => name.toLowerCase()));
  for (const file of work.files) if (names.has(file.table.toLowerCase())) await viewOf(work.duckdb, file, asText);
  if (names.has(documentTable) && !hasTable(work, documentTable)) {
    await documentsView(work.duckdb, await findDocuments(folder), { read: readDocuments, signal: work.stopped });
  }
  const statement = await statements.prepare(0);
  try {
    if (statement.statementType !== StatementType.SELECT) {
      throw refuse(`it is ${StatementType[statement.statementType] ?? "not a SELECT"}, not a SELECT`);
    }
    if (statement.parameterCount > 0) throw refuse("it has a parameter");
    const fields = Array.from({ length: statement.columnCount }, (_, index): Field => {
      const name = statement.columnName(index);
      const type = asText.includes(name) ? "string" : typeOf(statement.columnTypeId(index));
      return { name, type, source_type: statement.columnType(index).toString() };
    });
    const twice = fields.find(({ name }, index) => fields.findIndex((field) => field.name === name) !== index);
    if (twice) throw refuse(`it returns two columns named ${twice.name}; name one of them with AS`);
    return fields;
  } finally {
    statement.destroySync();
  }
}

/** Where the rows of a query are kept; no file has such a name. */
const keptTable = "kept rows";

/** Values are bound. */
async function findKept({ connection }: Duckdb, fields: readonly Field[], { equal, during }: Where): Promise<ScalarTable> {
  const values: DuckDBValue[] = [];
  const conditions = Object.entries(equal).map(([name, texts]) => {
    if (texts.length === 0) return "false";
    values.push(listValue([...texts]));
    return `CAST(${quoteName(name)} AS VARCHAR) IN (SELECT unnest($${values.length}::VARCHAR[]))`;
  });
  if (fields.some(({ name, type }) => name === during.column && type === "time")) {
    for (const [operator, bound] of [
      [">=", during.from],
      ["<", during.before],
    ] as const) {
      if (!Number.isFinite(bound)) continue;
      values.push(bound);
      conditions.push(`${quoteName(during.column)} ${operator} $${values.length}::DOUBLE`);
    }
  }
  const columns = fields.map(({ name }) => quoteName(name)).join(", ");
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
  const result = await connection.run(`SELECT ${columns} FROM ${quoteName(keptTable)}${where}`, values);
  const chunks = await result.fetchAllChunks();
  return tableOf(
    chunks,
    fields,
    chunks.reduce((rows, chunk) => rows + chunk.rowCount, 0),
  );
}

/** What tells whether files have changed. */
async function stateOf(found: readonly DataFile[]): Promise<string> {
  const stats = await Promise.all(found.map(({ path }) => stat(path)));
  return JSON.stringify(stats.map(({ mtimeMs, size }, at) => [found[at]!.path, mtimeMs, size]));
}

const hasTable = (work: Work, name: string): boolean => work.files.some(({ table }) => table.toLowerCase() === name);

/** The files, and the documents where there are any, which are counted and not read. */
async function describeFolder(work: Work, folder: string): Promise<TableDescription[]> {
  const tables = await Promise.all(work.files.map((file) => describeFile(work.duckdb, file)));
  const documents = hasTable(work, documentTable) ? [] : await findDocuments(folder);
  if (documents.length === 0) return tables;
  const columns = documentColumns.map((field) => ({ ...field, nullable: true, references: null }));
  return [...tables, { name: documentTable, kind: "file", columns, key: ["path"], rows: documents.length, rowsExact: true }];
}

async function describeFile(duckdb: Duckdb, file: DataFile): Promise<TableDescription> {
  await viewOf(duckdb, file);
  const table = quoteName(file.table);
  const statement = await duckdb.connection.prepare(`SELECT * FROM ${table}`);
  const columns = Array.from({ length: statement.columnCount }, (_, index) => ({
    name: statement.columnName(index),
    type: typeOf(statement.columnTypeId(index)),
    source_type: statement.columnType(index).toString(),
    nullable: true,
    references: null,
  }));
  statement.destroySync();
  const counted = await duckdb.connection.run(`SELECT count(*)::DOUBLE FROM ${table}`);
  const rows = (await counted.getRows())[0]![0] as number;
  return {
    name: /^[a-z_][a-z0-9_]*$/.test(file.table) ? file.table : table,
    kind: "file",
    columns,
    key: [],
    rows,
    rowsExact: true,
  };
}

const withoutSemicolon = (query: string): string => query.replace(/[;\s]+$/, "");
