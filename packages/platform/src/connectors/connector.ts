/**
 * The contract of every system that Inlay connects to. A connector is a value in the one list in `main/`; opening it gives a
 * connection that describes, reads and writes. Reading is read-only in fact: whatever the SQL of a project file says, it can
 * neither write, nor change the session, nor run longer than the timeout. `connectors/conformance.ts` is the public suite
 * that every connector passes.
 */
import type { ScalarTable } from "#learn/data/table";
import type { SystemSettings } from "#records/project";
import type { Field } from "#records/snapshot";
import type { CsvRows } from "#tables/csv-source";

export interface Connector<Settings extends SystemSettings = SystemSettings> {
  readonly type: Settings["type"];
  /** Opens nothing yet: the first call of a method connects. Secrets in the settings must have been resolved. */
  open(name: string, settings: Settings, folder: string): Connection;
}

export interface Connection {
  readonly system: string;
  /** Tables and views with columns, keys and row counts (exact or estimated, as said). */
  describe(options?: { signal?: AbortSignal }): Promise<TableDescription[]>;
  /** Checks the query without running it and says which columns it returns. */
  columns(query: string, options?: { signal?: AbortSignal }): Promise<Field[]>;
  /**
   * Runs one SELECT. Rows come as batches of columns; the source is asked for the next batch only when the last one has been
   * taken (backpressure), so memory is bounded by the batch. Leaving the loop early, or the signal, ends the query.
   */
  read(query: string, options?: ReadOptions): Promise<Reading>;
  /**
   * The rows of one SELECT that fit, for questions that are asked often and have few rows as answer: they are held in memory. Values are
   * bound, never a part of the SQL. What costs time and does not change between two questions is kept ready.
   */
  find(query: string, where: Where, options?: FindOptions): Promise<ScalarTable>;
  /** Inserts or updates by key, all rows in one transaction: all of them or none. */
  upsert(target: UpsertTarget, rows: ScalarTable): Promise<{ written: number }>;
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  readonly batchRows?: number;
  /**
   * Columns to deliver as text, written out by the system digit for digit. Numbers are doubles, exact to 2^53 and some 15
   * digits; what names a record or a class (a 64-bit id, a decimal code) is read this way and loses nothing.
   */
  readonly asText?: readonly string[];
}

/** What rows must have, all of it. */
export interface Where {
  /** Columns, and the texts one of which each must equal, as the system writes its value as text. */
  readonly equal: Readonly<Record<string, readonly string[]>>;
  /**
   * A column of instants, each within [from, before), epoch milliseconds, either of which may be infinite. A system may deliver instants outside, and text
   * that it cannot read as an instant: this is to spare it rows, the reader decides.
   */
  readonly during: { readonly column: string; readonly from: number; readonly before: number };
}

export type FindOptions = Pick<ReadOptions, "signal" | "asText">;

export interface Reading {
  readonly fields: readonly Field[];
  batches(): AsyncIterable<ScalarTable>;
  /**
   * The same rows as CSV (RFC 4180, no header, LF, missing as an unquoted empty field, empty text as "", truth as t or f,
   * instants in ISO 8601 UTC), where the system can make it faster than batches. Either `csv` or
   * `batches` must be taken, once; the query starts then.
   */
  readonly csv?: () => AsyncIterable<CsvRows>;
}

export interface UpsertTarget {
  readonly table: string;
  /** The columns that name a row; the system must hold them unique. */
  readonly key: readonly string[];
}

export interface TableDescription {
  /** As a query would write it, schema included where it is not the default. */
  readonly name: string;
  readonly kind: "table" | "view" | "file";
  readonly columns: readonly ColumnDescription[];
  readonly key: readonly string[];
  readonly rows: number | null;
  readonly rowsExact: boolean;
}

export interface ColumnDescription extends Field {
  readonly nullable: boolean;
  /** `table.column` that it points to. */
  readonly references: string | null;
}
