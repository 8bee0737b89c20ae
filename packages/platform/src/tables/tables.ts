/**
 * The data plane as one value: each call opens a DuckDB of its own that can see the one file in question, and closes it. So
 * nothing is shared, nothing is kept, and the memory is free again when the call returns.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { failure } from "#base/errors";
import type { ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import type { CsvRows } from "./csv-source.ts";
import type { Duckdb } from "./duckdb.ts";
import { interruptible, openDuckdb } from "./duckdb.ts";
import type { AggregateRow } from "./read-parquet.ts";
import { aggregate, parquetFields, parquetTable, readParquet, selectBatches } from "./read-parquet.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import type { ParquetColumns, ParquetTarget } from "./write-parquet.ts";
import { writeCsv } from "./write-csv.ts";
import { writeBeside, writeParquetFromBatches } from "./write-parquet.ts";

export interface TablesSettings {
  /** Holds what does not fit into memory, in a folder of its own while a call runs. Made if need be. */
  readonly folder: string;
  /** Working memory of DuckDB in MB for one call; without it, what the call needs. */
  readonly memoryMb?: number;
  readonly threads?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Called now and then with the number of rows taken so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}

export interface Tables {
  /** Columns of a Parquet file, all or those named, as typed arrays in the file's order. Throws ARTIFACT_FORMAT for an unknown name. */
  readParquet(path: string, names?: readonly string[], options?: CallOptions): Promise<ScalarTable>;
  /** Names and types of the columns. */
  fields(path: string): Promise<Field[]>;
  /**
   * A query for statistics over the file, which it names `records`: few rows come back, numbers as numbers and instants as
   * epoch milliseconds.
   *
   * @example await tables.aggregate(path, `SELECT team, count(*) AS n FROM records GROUP BY team ORDER BY n DESC LIMIT 5`);
   */
  aggregate(path: string, sql: string, options?: CallOptions): Promise<AggregateRow[]>;
  /**
   * Rows of a query over files, which it calls by the names given; `file_row_number` is the place of a row in its file, from 0. Rows come as
   * DuckDB makes them: what it must sort lies in the folder where it does not fit into memory.
   */
  select(files: Readonly<Record<string, string>>, sql: string, options?: CallOptions): AsyncGenerator<ScalarTable>;
  /** Writes one Parquet file of columns of several files that have equally many rows, side by side and in their order. */
  writeBeside(
    parts: readonly ParquetColumns[],
    path: string,
    options?: CallOptions & Pick<ParquetTarget, "metadata">,
  ): Promise<void>;
  /** Writes one Parquet file in canonical order from CSV without a header. Resolves to the number of rows. */
  writeCsv(pieces: AsyncIterable<CsvRows>, target: ParquetTarget, options?: WriteOptions): Promise<number>;
  /** The same from tables. */
  writeBatches(batches: AsyncIterable<ScalarTable>, target: ParquetTarget, options?: WriteOptions): Promise<number>;
  /** Nothing is held open between calls. */
  close(): Promise<void>;
}

export function openTables(settings: TablesSettings): Tables {
  interface Sees {
    readonly folders?: readonly string[];
    readonly files?: readonly string[];
    readonly threads?: number;
    readonly memoryMb?: number | undefined;
  }

  async function open({
    folders,
    files,
    threads = settings.threads,
    memoryMb = settings.memoryMb,
  }: Sees): Promise<Duckdb & AsyncDisposable> {
    await mkdir(settings.folder, { recursive: true });
    const tempFolder = await mkdtemp(join(resolve(settings.folder), "tables-"));
    const removed = (): Promise<void> => rm(tempFolder, { recursive: true, force: true });
    try {
      const duckdb = await openDuckdb({
        tempFolder,
        ...(memoryMb && { memoryMb }),
        ...(threads && { threads }),
        ...(folders && { folders }),
        ...(files && { files }),
      });
      return {
        ...duckdb,
        async [Symbol.asyncDispose]() {
          duckdb.close();
          await removed();
        },
      };
    } catch (error) {
      await removed();
      throw error;
    }
  }

  async function using<T>(
    what: string,
    { options, ...sees }: Sees & { options: CallOptions | undefined },
    work: (duckdb: Duckdb) => Promise<T>,
  ): Promise<T> {
    await using duckdb = await open(sees);
    return await interruptible(duckdb, { what, signal: options?.signal }, () => work(duckdb));
  }

  return {
    readParquet: (path, names, options) =>
      using("Reading the snapshot", { files: [path], options }, (duckdb) => readParquet(duckdb, path, names)),

    fields: (path) =>
      using("Reading the snapshot", { files: [path], options: undefined }, (duckdb) => parquetFields(duckdb, path)),

    aggregate: (path, sql, options) =>
      using("The statistics", { files: [path], options }, async (duckdb) => {
        await duckdb.connection.run(`CREATE VIEW records AS SELECT * FROM ${parquetTable(path)}`);
        return aggregate(duckdb, sql);
      }),

    async *select(files, sql, options) {
      await using duckdb = await open({ files: Object.values(files) });
      for (const [name, path] of Object.entries(files)) {
        await duckdb.connection.run(
          `CREATE VIEW ${quoteName(name)} AS SELECT * FROM read_parquet(${quoteText(path)}, file_row_number = true)`,
        );
      }
      for await (const batch of selectBatches(duckdb, sql)) {
        if (options?.signal?.aborted) throw failure("CANCELLED", { what: "Reading the rows" });
        yield batch;
      }
    },

    writeBeside: (parts, path, options) =>
      // One thread: with more, row groups end where the threads met, and the bytes depend on it.
      using(
        "Writing the snapshot",
        { files: parts.map((part) => part.path), folders: [dirname(path)], threads: 1, options },
        (duckdb) => writeBeside(duckdb, parts, path, options?.metadata),
      ),

    async writeCsv(pieces, target, options) {
      await mkdir(settings.folder, { recursive: true });
      return writeCsv(pieces, target, { ...options, folder: resolve(settings.folder), memoryMb: settings.memoryMb });
    },

    writeBatches(batches, target, options) {
      // What has arrived and the sort each hold a block of 256 KiB for every column, however few its rows.
      const memoryMb = settings.memoryMb ?? 512 + target.fields.length;
      return using("Writing the snapshot", { folders: [dirname(target.path)], memoryMb, options }, (duckdb) =>
        writeParquetFromBatches(duckdb, batches, target, options?.onProgress),
      );
    },

    close: async () => {},
  };
}
