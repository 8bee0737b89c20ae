/** Points and known events as the source system has them. */
import type { Connection } from "#connectors/connector";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import type { DetectSeriesUseCase } from "#records/use-case";
import { knownEvents } from "#stages/watch/calendar";
import type { KnownEvent } from "#stages/watch/calendar";
import { quoteName } from "#tables/sql-text";

export interface SinceOptions {
  /** Epoch milliseconds of the newest point that was seen; null: from the beginning. */
  readonly since: number | null;
  /** What the time was to the system at training. */
  readonly type: Field["type"];
  /** So much before it is read again, milliseconds: a series may lag behind the others. */
  readonly slack: number;
  readonly signal?: AbortSignal;
}

/** Instants that are text are compared as such: those of another zone seem so much earlier at most. */
const zonesMs = 15 * 3_600_000;
/** Rows in one batch, which is one transaction. */
const batchRows = 50_000;

/**
 * What the source query has since the last time and a little before, in the order of time. The system leaves out the rest, whether the time is an
 * instant to it or text; only where it is an instant does it put the rows in order, and so delivers them in batches.
 */
export async function* readSince(
  connection: Connection,
  { source }: DetectSeriesUseCase,
  { since, type, slack, signal }: SinceOptions,
): AsyncGenerator<ScalarTable> {
  const options = { asText: source.series, batchRows, ...(signal && { signal }) };
  const time = quoteName(source.time);
  const where =
    since === null ? "" : ` WHERE ${laterSql(time, type, since - (type === "time" ? slack : Math.max(slack, zonesMs)))}`;
  const inner = source.query.replace(/[;\s]+$/, "");
  const query = `SELECT * FROM (\n${inner}\n) AS inlay_points${where}${type === "time" ? ` ORDER BY ${time}` : ""}`;
  const reading = await connection.read(query, options);
  if (type === "time") return yield* reading.batches();
  const tables: ScalarTable[] = [];
  for await (const table of reading.batches()) tables.push(table);
  yield joined(tables);
}

/** The condition that a time is not before an instant. It may let others through: whoever reads them decides. */
function laterSql(time: string, type: Field["type"], from: number): string {
  // Written with a space: where instants are text, one with a T compares as later, so none is missed.
  const text = (instant: number): string => new Date(instant).toISOString().slice(0, 19).replace("T", " ");
  if (type === "time") return `${time} >= '${text(from)}'`;
  // Text with a space before it compares as earlier than all.
  return `(${time} >= '${text(from)}' OR ${time} < '1000-01-01')`;
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
