/**
 * DuckDB as the data plane: an in-memory database that lives as long as one piece of work. It sees the folders and files it was
 * given and nothing else: no other path, no network, no extension, and no setting can be changed after opening.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { DuckDBInstance } from "@duckdb/node-api";
import { failure } from "#base/errors";
import { quoteText } from "./sql-text.ts";

export interface Duckdb {
  readonly connection: DuckDBConnection;
  /** The folder for what does not fit into memory. */
  readonly tempFolder: string;
  close(): void;
}

export interface DuckdbOptions {
  /** Holds spilled data while the database is open; it may be read and written. Absolute. */
  readonly tempFolder: string;
  /** More folders that may be read and written. Absolute. */
  readonly folders?: readonly string[];
  /** More single files that may be read and written. Absolute. */
  readonly files?: readonly string[];
  /** Working memory in MB; what needs more goes to the temporary folder. */
  readonly memoryMb?: number;
  readonly threads?: number;
}

/** Opens an in-memory database. Close it when done: nothing of it remains. */
export async function openDuckdb(options: DuckdbOptions): Promise<Duckdb> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${options.memoryMb ?? 512}MB`,
    threads: String(options.threads ?? 2),
    temp_directory: options.tempFolder,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await connection.run(
      `SET allowed_directories = [${[options.tempFolder, ...(options.folders ?? [])].map(quoteText).join(", ")}];
       SET allowed_paths = [${(options.files ?? []).map(quoteText).join(", ")}];
       SET enable_external_access = false;
       SET lock_configuration = true`,
    );
  } catch (error) {
    close();
    throw error;
  }
  return { connection, tempFolder: options.tempFolder, close };
}

/** Does `work`; the signal interrupts what DuckDB is doing. Throws CANCELLED where the signal was the reason. */
export async function interruptible<T>(
  duckdb: Duckdb,
  options: { what: string; signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const { signal, what } = options;
  if (signal?.aborted) throw failure("CANCELLED", { what });
  let calm = (): void => {};
  const interrupt = (): void => {
    calm = keepInterrupting(duckdb);
  };
  signal?.addEventListener("abort", interrupt);
  try {
    return await work();
  } catch (error) {
    throw signal?.aborted ? failure("CANCELLED", { what }, { cause: error }) : error;
  } finally {
    signal?.removeEventListener("abort", interrupt);
    calm();
  }
}

/**
 * Interrupts until the returned function is called: an interrupt that comes between two statements, or before the first one
 * runs, is forgotten by DuckDB.
 */
export function keepInterrupting(duckdb: Duckdb): () => void {
  const again = setInterval(() => duckdb.connection.interrupt(), 20);
  duckdb.connection.interrupt();
  return () => clearInterval(again);
}
