/** What checks say of a column in SQL. */
import type { Field } from "#records/snapshot";
import { quoteName } from "#tables/sql-text";

/** Whether there is a value: text that is blank is none. */
export function isPresent({ name, type }: Field): string {
  const column = quoteName(name);
  return type === "string" ? `coalesce(regexp_matches(${column}, '\\S'), false)` : `${column} IS NOT NULL`;
}

/** The value as text, as a decision's record would write it: whole numbers without a point, instants in RFC 3339. */
export function asText({ name, type }: Field): string {
  const column = quoteName(name);
  if (type === "time") return `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%gZ')`;
  if (type !== "number") return `CAST(${column} AS VARCHAR)`;
  return `CASE WHEN abs(${column}) < 1e15 AND ${column} = trunc(${column}) THEN CAST(CAST(${column} AS BIGINT) AS VARCHAR) ELSE CAST(${column} AS VARCHAR) END`;
}
