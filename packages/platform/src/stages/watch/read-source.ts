/** Points and known events as the source system has them. */
import type { Connection } from "#connectors/connector";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { DetectSeriesUseCase } from "#records/use-case";
import { knownEvents } from "#stages/watch/calendar";
import type { KnownEvent } from "#stages/watch/calendar";
import { quoteName } from "#tables/sql-text";

export interface SinceOptions {
  /** Epoch milliseconds of the newest point that was seen; null: from the beginning. */
  readonly since: number | null;
  /** The time is an instant to the system, so it can find and order the rows itself; else all of them are read. */
  readonly narrow: boolean;
  /** So much before it is read again, milliseconds: a series may lag behind the others, and instants that are text may compare otherwise. */
  readonly slack: number;
  readonly signal?: AbortSignal;
}

/** Rows in one batch, which is one transaction. */
const batchRows = 50_000;

/** What the source query has since the last time and a little before, in the order of time. */
export async function* readSince(
  connection: Connection,
  { source }: DetectSeriesUseCase,
  { since, narrow, slack, signal }: SinceOptions,
): AsyncGenerator<ScalarTable> {
  const options = { asText: source.series, batchRows, ...(signal && { signal }) };
  if (!narrow) {
    const tables: ScalarTable[] = [];
    for await (const table of (await connection.read(source.query, options)).batches()) tables.push(table);
    yield joined(tables);
    return;
  }
  const time = quoteName(source.time);
  // Written with a space: where instants are text, one with a T compares as later, so none is missed.
  const from = since === null ? null : new Date(since - slack).toISOString().slice(0, 19).replace("T", " ");
  const query = `SELECT * FROM (\n${source.query.replace(/[;\s]+$/, "")}\n) AS inlay_points${from === null ? "" : ` WHERE ${time} >= '${from}'`} ORDER BY ${time}`;
  yield* (await connection.read(query, options)).batches();
}

/** All known events of the calendar. @throws what reading throws, DATA_UNSUITABLE where a column is missing */
export async function readCalendar(
  connection: Connection,
  useCase: DetectSeriesUseCase,
  signal: AbortSignal | undefined,
): Promise<KnownEvent[]> {
  const known: KnownEvent[] = [];
  for (const [name, query] of Object.entries(useCase.calendar)) {
    const reading = await connection.read(query, { ...(signal && { signal }) });
    for await (const table of reading.batches()) known.push(...knownEvents(useCase, name, table));
  }
  return known;
}

/** Tables of the same columns, one below the other. */
function joined(tables: readonly ScalarTable[]): ScalarTable {
  const [first] = tables;
  if (!first || tables.length === 1) return first ?? { rows: 0, columns: {} };
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const columns = Object.fromEntries(
    Object.entries(first.columns).map(([name, { type }]): [string, ScalarColumn] => {
      const parts = tables.map((table) => table.columns[name]!);
      if (type === "string") return [name, { type, values: parts.flatMap(({ values }) => values as readonly (string | null)[]) }];
      const values = new Float64Array(rows);
      let at = 0;
      for (const part of parts) {
        values.set(part.values as Float64Array, at);
        at += part.values.length;
      }
      return [name, { type, values }];
    }),
  );
  return { rows, columns };
}
