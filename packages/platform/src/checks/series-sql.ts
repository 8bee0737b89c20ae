/**
 * The rows of a series query as SQL sees them: key, step, value, flag and inputs, each in its standard form or NULL where it is none. What the
 * panel is built from and what readiness counts are the same rows.
 */
import { isCalendar, stretches, usualSeasons } from "#base/steps";
import type { Every } from "#base/steps";
import { placeColumn, seriesKeys } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { ColumnType, Field } from "#records/snapshot";
import { quoteName, quoteText } from "#tables/sql-text";
import type { Tables } from "#tables/tables";

/** Days that systems write where they know nothing, and those of no system: rows before are left out. */
export const earliestDay = "1900-01-01";

/** Steps of all series together that fit into memory. */
export const greatestPanel = 100_000_000;

/** Whether a column holds dates, whose days no zone moves: every instant of it is midnight in UTC. */
export async function holdsDates(
  tables: Tables,
  path: string,
  column: string,
  fields: readonly Field[],
  signal?: AbortSignal,
): Promise<boolean> {
  const at = instantSql(column, typeIn(fields, column));
  const sql = `SELECT coalesce(bool_and(epoch_us(${at}) % 86400000000 = 0), true) AS dates FROM records WHERE isfinite(${at})`;
  const [row] = await tables.aggregate(path, sql, { signal });
  return row?.["dates"] === true;
}

export interface SeriesRows {
  /** SQL of a SELECT over `records` with the columns `k0`, `k1` ... (the series), `g0` ... (key columns of the hierarchy beside it), `place` (whose holidays it has), `moment`, `step`, `value`, `censored`, `i0` ... */
  readonly sql: string;
  readonly series: readonly string[];
  readonly groups: readonly string[];
  readonly inputs: readonly string[];
}

/** `dates`: whether the time column holds dates. `inputs`: those that are read. `from`: the name that SQL knows the rows by. */
export function seriesRows(
  useCase: ForecastUseCase,
  fields: readonly Field[],
  { dates, inputs, from = "records" }: { dates: boolean; inputs: readonly string[]; from?: string },
): SeriesRows {
  const { source, every, time_zone: zone } = useCase;
  const has = (name: string): boolean => fields.some((field) => field.name === name);
  const series = source.series.map((_, at) => `k${at}`);
  const others = seriesKeys(useCase).filter((name) => !source.series.includes(name) && has(name));
  const groups = others.map((_, at) => `g${at}`);
  const time = typeIn(fields, source.time);
  const optional = (name: string | undefined, sql: (name: string) => string, none: string): string =>
    name !== undefined && has(name) ? sql(name) : none;
  const columns = [
    ...source.series.map((name, at) => `${keySql(name)} AS k${at}`),
    ...others.map((name, at) => `${keySql(name)} AS g${at}`),
    `${optional(placeColumn(useCase), keySql, "NULL::VARCHAR")} AS place`,
    `${instantSql(source.time, time)} AS moment`,
    `${stepSql(every, zone, source.time, time, dates)} AS step`,
    `${optional(source.value, (name) => numberSql(name, typeIn(fields, name)), "NULL::DOUBLE")} AS value`,
    `${optional(source.censored, (name) => flagSql(name, typeIn(fields, name)), "false")} AS censored`,
    ...inputs.map((name, at) => `${numberSql(name, typeIn(fields, name))} AS i${at}`),
  ];
  return { sql: `SELECT ${columns.join(", ")} FROM ${from}`, series, groups, inputs: inputs.map((_, at) => `i${at}`) };
}

/** Times its usual distance between values that a series may be without one before it is over. */
const patience = 6;

/**
 * SQL that says whether a series is over: nothing for a horizon and a season, and for several times as long as it usually is without. Where steps
 * without a row are zero, nothing is a zero. Reads the columns `begun`, `done` (first and last step with something), `steps_with` (their number) and `last` (the last step of all).
 */
export function isOver({ horizon, every, missing }: Pick<ForecastUseCase, "horizon" | "every" | "missing">): string {
  const least = horizon + Math.round(usualSeasons[every][0] ?? 1);
  const usual = missing === "zero" ? `${patience} * (done - begun + 1) / steps_with` : "0";
  return `coalesce(done <= last - greatest(${least}, ${usual}), false)`;
}

/** The columns that `isOver` reads but `last`, of rows with `step` and `value`. */
export function lifeOf({ missing }: Pick<ForecastUseCase, "missing">): string {
  const some = missing === "zero" ? "value <> 0" : "value IS NOT NULL";
  return `min(step) FILTER (${some}) AS begun, max(step) FILTER (${some}) AS done, count(DISTINCT step) FILTER (${some}) AS steps_with`;
}

/** The step of a time, as `stepAt` has it; NULL where there is none. */
export function stepSql(every: Every, zone: string, column: string, type: ColumnType, dates: boolean): string {
  const at = instantSql(column, type);
  const stretch = stretches[every];
  const known = `isfinite(${at})`;
  if (stretch !== undefined) return `CASE WHEN ${known} THEN CAST(floor(epoch_ms(${at}) / ${stretch}.0) AS BIGINT) END`;
  const local = dates || zone === "UTC" ? at : `timezone(${quoteText(zone)}, timezone('UTC', ${at}))`;
  const day = `CAST(${local} AS DATE)`;
  const days = `datediff('day', DATE '1970-01-01', ${day})`;
  const years = `(year(${day}) - 1970)`;
  const step = {
    day: days,
    week: `CAST(floor((${days} + 3) / 7.0) AS BIGINT)`,
    month: `(${years} * 12 + month(${day}) - 1)`,
    quarter: `(${years} * 4 + quarter(${day}) - 1)`,
    year: years,
  }[every as "day"];
  return `CASE WHEN ${known} THEN ${step} END`;
}

/** A column as a TIMESTAMP in UTC. Text is read as a date, a month or an instant; a number as a year. */
export function instantSql(column: string, type: ColumnType): string {
  const name = quoteName(column);
  if (type === "time") return name;
  if (type === "number")
    return `CASE WHEN ${name} BETWEEN 1 AND 9999 THEN make_timestamp(CAST(${name} AS BIGINT), 1, 1, 0, 0, 0) END`;
  const text = `trim(CAST(${name} AS VARCHAR))`;
  return `TRY_CAST(CASE WHEN regexp_full_match(${text}, '\\d{4}-\\d{2}') THEN ${text} || '-01' ELSE ${text} END AS TIMESTAMP)`;
}

/** Whether zones matter to it at all. */
export function isMovedByZone({ every, time_zone: zone }: Pick<ForecastUseCase, "every" | "time_zone">): boolean {
  return isCalendar(every) && zone !== "UTC";
}

/** A name in its standard form; NULL where there is none. */
export function keySql(column: string): string {
  return `nullif(nfc_normalize(trim(CAST(${quoteName(column)} AS VARCHAR), E' \\t\\r\\n')), '')`;
}

/** Greater numbers measure nothing. */
export const greatestNumber = 1e15;

/** A number, flags as 0 and 1; NULL where it is none, infinite or beyond all measure. */
export function numberSql(column: string, type: ColumnType): string {
  const name = quoteName(column);
  const number =
    type === "boolean" ? `CAST(${name} AS INTEGER)::DOUBLE` : type === "string" ? `TRY_CAST(trim(${name}) AS DOUBLE)` : name;
  return type === "time" ? "NULL::DOUBLE" : `CASE WHEN abs(${number}) <= ${greatestNumber} THEN ${number} END`;
}

/** Whether a flag is set: true, a number that is not 0, or a text that says so. */
function flagSql(column: string, type: ColumnType): string {
  const name = quoteName(column);
  if (type === "boolean") return `coalesce(${name}, false)`;
  if (type === "number") return `coalesce(${name} <> 0, false)`;
  return `coalesce(lower(trim(CAST(${name} AS VARCHAR))) IN ('true', 't', 'yes', 'y', '1'), false)`;
}

export function typeIn(fields: readonly Field[], column: string): ColumnType {
  return fields.find(({ name }) => name === column)?.type ?? "string";
}
