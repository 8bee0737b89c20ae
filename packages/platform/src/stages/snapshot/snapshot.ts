/**
 * The first arrow: the source query of a use case becomes one Parquet file, named by the hash of its bytes. Rows are ordered by
 * time, then key, so the same data gives the same hash whatever order the system sent it in. The key and the label are kept as
 * text, digit for digit: they are names, not quantities.
 */
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import { nearest } from "#base/text";
import type { Connection, Reading } from "#connectors/connector";
import type { Artifacts } from "#files/artifacts";
import { matchColumns } from "#records/history";
import type { Field, Snapshot } from "#records/snapshot";
import type { UseCase } from "#records/use-case";
import { historyOf, keyColumns, namedColumns, watchesSeries } from "#records/use-case";
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
 * Runs the query and freezes what it returns. Throws what the connection throws; DATA_UNSUITABLE for an empty result or a
 * column that the use case names and the query does not return; CANCELLED. Memory is bounded, whatever the number of rows.
 */
export async function takeSnapshot(deps: SnapshotDeps, useCase: UseCase): Promise<Snapshot> {
  const { connection, artifacts, tables, clock, signal } = deps;
  const { query, time, label } = useCase.source;
  const history = historyOf(useCase);
  const key = keyColumns(useCase);
  await mkdir(deps.tempFolder, { recursive: true });
  const folder = await mkdtemp(join(deps.tempFolder, "snapshot-"));
  try {
    const takenAt = instant(clock);
    const asText = [...new Set([...key, ...(label === undefined ? [] : [label]), ...matchColumns({ history })])];
    const reading = await connection.read(query, { asText, ...(signal && { signal }) });
    refuseMissing(useCase, reading.fields);
    const own = { path: join(folder, "snapshot.parquet"), fields: reading.fields };
    const target = { ...own, orderBy: time === undefined ? key : [time, ...key] };
    const rows = await write(deps, reading, target).catch((error: unknown) => {
      throw isFailure(error)
        ? error
        : failure("QUERY_FAILED", { system: connection.system, reason: duckdbReason(error) }, { cause: error });
    });
    if (rows === 0) {
      throw failure("DATA_UNSUITABLE", {
        use_case: useCase.use_case,
        reason: "source.query returns no rows",
        fix: `Run it in ${connection.system}'s own console and loosen its conditions until it returns the records to learn from.`,
      });
    }
    const { path, fields } = deps.addHistory ? await deps.addHistory(own, folder) : own;
    const timeField = fields.find(({ name, type }) => name === time && type === "time");
    const [from, to] = timeField ? await timeRange(tables, path, timeField.name) : [null, null];
    const { size } = await stat(path);
    signal?.throwIfAborted();
    return {
      hash: await artifacts.put(path),
      use_case: useCase.use_case,
      system: connection.system,
      query,
      ...(deps.addHistory && { history }),
      key: watchesSeries(useCase) ? null : useCase.source.key,
      fields: [...fields],
      rows,
      bytes: size,
      time_column: timeField?.name ?? null,
      time_from: from,
      time_to: to,
      taken_at: takenAt,
    };
  } catch (error) {
    throw signal?.aborted && !isFailure(error) ? failure("CANCELLED", { what: "The snapshot" }, { cause: error }) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write({ tables, signal, onProgress }: SnapshotDeps, reading: Reading, target: ParquetTarget): Promise<number> {
  return reading.csv
    ? tables.writeCsv(reading.csv(), target, { signal, onProgress })
    : tables.writeBatches(reading.batches(), target, { signal, onProgress });
}

/** Every column that the use case names must be in the result; all that are missing are told at once. */
function refuseMissing(useCase: UseCase, fields: readonly Field[]): void {
  const names = fields.map(({ name }) => name);
  const twice = Object.keys(historyOf(useCase)).filter((name) => names.includes(name));
  if (twice.length > 0) {
    throw failure("DATA_UNSUITABLE", {
      use_case: useCase.use_case,
      reason: `source.query returns columns that history computes: ${twice.join(", ")}`,
      fix: "Give the history another name, or leave the column out of the query.",
    });
  }
  const missing = namedColumns(useCase).filter(({ column }) => !names.includes(column));
  if (missing.length === 0) return;
  const told = missing.map(({ place, column }) => {
    const near = nearest(column, names);
    return `${place} names ${column}${near === undefined ? "" : ` (did you mean ${near}?)`}`;
  });
  throw failure("DATA_UNSUITABLE", {
    use_case: useCase.use_case,
    reason: `source.query does not return every column: ${told.join("; ")}`,
    fix: `It returns ${names.join(", ")}. Add the column to the query, or correct its name.`,
  });
}

async function timeRange(tables: Tables, path: string, column: string): Promise<[string | null, string | null]> {
  const at = quoteName(column);
  const [row] = await tables.aggregate(path, `SELECT min(${at}) AS first, max(${at}) AS last FROM records WHERE isfinite(${at})`);
  return [formatInstant(Number(row?.["first"] ?? Number.NaN)), formatInstant(Number(row?.["last"] ?? Number.NaN))];
}
