/**
 * The first arrow: the source query of a use case becomes one Parquet file, named by the hash of its bytes. Rows are ordered by
 * time, then key, so the same data gives the same hash whatever order the system sent it in. Keys and labels are kept as
 * text, digit for digit: they are names, not quantities.
 */
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import { nearest } from "#base/text";
import type { OpenPublicHolidays } from "#calendars/public-holidays";
import type { Connection, Reading } from "#connectors/connector";
import type { Artifacts } from "#files/artifacts";
import type { Beside, Field, Snapshot } from "#records/snapshot";
import { besideQueries, decidesRecords, historyOf, sourceQuery } from "#records/use-case";
import type { FrozenQuery, NamedColumn, UseCase } from "#records/use-case";
import { freezeHolidays, needsLibrary } from "#stages/snapshot/holidays-beside";
import type { HolidaysDeps } from "#stages/snapshot/holidays-beside";
import { quoteName } from "#tables/sql-text";
import { duckdbReason } from "#tables/duckdb-error";
import { formatInstant } from "#tables/instant";
import type { Tables } from "#tables/tables";
import type { ParquetTarget } from "#tables/write-parquet";

export interface SnapshotDeps {
  readonly connection: Connection;
  readonly artifacts: Artifacts;
  readonly tables: Tables;
  readonly clock: Clock;
  /** Where the file is written before it is put into the store. Nothing stays there. */
  readonly tempFolder: string;
  /** Puts the columns of history behind those of the rows, where the use case has any; it may write in the folder. */
  readonly addHistory?: (rows: Rows, folder: string) => Promise<Rows>;
  /** Knows public holidays, for a use case that asks for those of a place. */
  readonly openPublicHolidays?: OpenPublicHolidays;
  readonly signal?: AbortSignal;
  /** Called with the number of rows read so far. */
  readonly onProgress?: (rows: number) => void;
}

/** Rows in a file, and its columns. */
interface Rows {
  readonly path: string;
  readonly fields: readonly Field[];
}

/**
 * Runs the query and freezes what it returns, with what belongs beside it. Throws what the connection throws; DATA_UNSUITABLE for an empty result or a
 * column that the use case names and the query does not return; PACKAGE_MISSING, PLACE_UNKNOWN of holidays; CANCELLED. Memory is bounded, whatever the number of rows.
 */
export async function takeSnapshot(deps: SnapshotDeps, useCase: UseCase): Promise<Snapshot> {
  const { connection, tables, clock, signal } = deps;
  await mkdir(deps.tempFolder, { recursive: true });
  const folder = await mkdtemp(join(deps.tempFolder, "snapshot-"));
  try {
    const takenAt = instant(clock);
    const beside: Beside[] = [];
    const files: Rows[] = [];
    for (const [name, query] of Object.entries(besideQueries(useCase))) {
      const { path, fields, rows } = await read(deps, useCase, query, { path: join(folder, `${name}.parquet`) });
      files.push({ path, fields });
      beside.push({ name: name as Beside["name"], query: query.query, hash: await put(deps, path), fields: [...fields], rows });
    }
    const source = sourceQuery(useCase);
    const addHistory = deps.addHistory && ((rows: Rows) => deps.addHistory!(rows, folder));
    const isOfPlace = useCase.task === "forecast" && needsLibrary(useCase);
    const own = await read(deps, useCase, source, {
      path: join(folder, "snapshot.parquet"),
      ...(beside.length > 0 && !isOfPlace && { metadata: hashesOf(beside) }),
      addHistory,
    });
    let { path } = own;
    if (isOfPlace) {
      const holidays = join(folder, "holidays.parquet");
      const found = await freezeHolidays(holidaysDeps(deps), useCase, [own, ...files], holidays);
      beside.push({ name: "holidays", ...found, fields: [...found.fields], hash: await put(deps, holidays) });
      // Which places there are the rows say: only then can their file name the hash of the holidays.
      path = join(folder, "complete.parquet");
      const parts = [{ path: own.path, columns: own.fields.map(({ name }) => name) }];
      await tables.writeBeside(parts, path, { metadata: hashesOf(beside), signal });
    }
    const { fields, rows } = own;
    const span = await spanOf(tables, path, fields, useCase);
    const { size: bytes } = await stat(path);
    const hash = await put(deps, path);
    return {
      hash,
      use_case: useCase.use_case,
      system: connection.system,
      query: source.query,
      ...(deps.addHistory && { history: historyOf(useCase) }),
      key: decidesRecords(useCase) ? useCase.source.key : null,
      fields: [...fields],
      rows,
      bytes,
      time_column: span && useCase.source.time!,
      time_from: span && span[0],
      time_to: span && span[1],
      taken_at: takenAt,
      ...(beside.length > 0 && { beside }),
    };
  } catch (error) {
    throw signal?.aborted && !isFailure(error) ? failure("CANCELLED", { what: "The snapshot" }, { cause: error }) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface ReadInto {
  readonly path: string;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly addHistory?: ((rows: Rows) => Promise<Rows>) | undefined;
}

interface ReadRows extends Rows {
  readonly rows: number;
}

/** What a query returns, in a file. */
async function read(
  deps: SnapshotDeps,
  useCase: UseCase,
  { place, query, columns, asText, orderBy }: FrozenQuery,
  into: ReadInto,
): Promise<ReadRows> {
  const { connection, signal } = deps;
  const reading = await connection.read(query, { asText, ...(signal && { signal }) });
  refuseMissing(useCase, place, columns, reading.fields);
  const own = { path: into.path, fields: reading.fields };
  const rows = await write(deps, reading, { ...own, orderBy, metadata: into.metadata }).catch((error: unknown) => {
    throw isFailure(error)
      ? error
      : failure("QUERY_FAILED", { system: connection.system, reason: duckdbReason(error) }, { cause: error });
  });
  if (rows === 0 && place === "source.query") {
    throw failure("DATA_UNSUITABLE", {
      use_case: useCase.use_case,
      reason: `${place} returns no rows`,
      fix: `Loosen its conditions until it returns the records to learn from.`,
    });
  }
  return { ...(into.addHistory ? await into.addHistory(own) : own), rows };
}

async function put({ artifacts, signal }: SnapshotDeps, path: string): Promise<string> {
  signal?.throwIfAborted();
  return artifacts.put(path);
}

function hashesOf(beside: readonly Beside[]): Record<string, string> {
  return Object.fromEntries(beside.map(({ name, hash }) => [name, hash]));
}

function holidaysDeps({ tables, clock, signal, openPublicHolidays }: SnapshotDeps): HolidaysDeps {
  if (!openPublicHolidays) throw new Error("a snapshot with holidays of a place needs openPublicHolidays");
  return { tables, clock, openPublicHolidays, signal };
}

async function write({ tables, signal, onProgress }: SnapshotDeps, reading: Reading, target: ParquetTarget): Promise<number> {
  return reading.csv
    ? tables.writeCsv(reading.csv(), target, { signal, onProgress })
    : tables.writeBatches(reading.batches(), target, { signal, onProgress });
}

/** Every column that the use case names must be in the result; all that are missing are told at once. */
function refuseMissing(useCase: UseCase, query: string, columns: readonly NamedColumn[], fields: readonly Field[]): void {
  const names = fields.map(({ name }) => name);
  const computed = Object.keys(historyOf(useCase));
  const twice = computed.filter((name) => names.includes(name));
  if (twice.length > 0) {
    throw failure("DATA_UNSUITABLE", {
      use_case: useCase.use_case,
      reason: `source.query returns columns that history computes: ${twice.join(", ")}`,
      fix: "Give the history another name, or leave the column out of the query.",
    });
  }
  const missing = columns.filter(({ column }) => !names.includes(column));
  if (missing.length === 0) return;
  const told = missing.map(({ place, column }) => {
    const near = nearest(column, names);
    return `${place} names ${column}${near === undefined ? "" : ` (did you mean ${near}?)`}`;
  });
  throw failure("DATA_UNSUITABLE", {
    use_case: useCase.use_case,
    reason: `${query} does not return every column: ${told.join("; ")}`,
    fix: `It returns ${names.join(", ")}. Add the column to the query, or correct its name.`,
  });
}

/** First and last instant; null where the use case has no time, or it is text. */
async function spanOf(
  tables: Tables,
  path: string,
  fields: readonly Field[],
  { source }: UseCase,
): Promise<readonly [string | null, string | null] | null> {
  const time = fields.find(({ name, type }) => name === source.time && type === "time");
  return time ? timeRange(tables, path, time.name) : null;
}

async function timeRange(tables: Tables, path: string, column: string): Promise<[string | null, string | null]> {
  const at = quoteName(column);
  const [row] = await tables.aggregate(path, `SELECT min(${at}) AS first, max(${at}) AS last FROM records WHERE isfinite(${at})`);
  return [formatInstant(Number(row?.["first"] ?? Number.NaN)), formatInstant(Number(row?.["last"] ?? Number.NaN))];
}
