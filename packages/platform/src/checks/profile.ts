/** What stands in every column: counted in DuckDB over the whole file; of a hundred columns in one scan for the numbers and one query for the most frequent values. */
import { shownLength } from "#checks/check";
import { asText, isPresent } from "#checks/column-sql";
import { columnsAtOnce, partsOf } from "#checks/columns-at-once";
import type { ColumnProfile } from "#records/readiness-report";
import type { Field } from "#records/snapshot";
import { quoteName } from "#tables/sql-text";
import type { Tables } from "#tables/tables";

/** Up to so many rows, distinct values are counted one by one. */
const exactRows = 200_000;
const topValues = 5;

/** Profiles of the columns, in their order. `distinct` is approximate in large tables (HyperLogLog, about 2 %). Throws CANCELLED. */
export async function profileColumns(
  tables: Tables,
  path: string,
  fields: readonly Field[],
  rows: number,
  signal?: AbortSignal,
): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  const isPart = fields.length > columnsAtOnce;
  for (const some of partsOf(fields)) profiles.push(...(await profileSome(tables, path, some, rows, signal, { isPart })));
  return profiles;
}

async function profileSome(
  tables: Tables,
  path: string,
  fields: readonly Field[],
  rows: number,
  signal: AbortSignal | undefined,
  { isPart }: { readonly isPart: boolean },
): Promise<ColumnProfile[]> {
  const exact = rows <= exactRows;
  const parts = fields.flatMap((field, at) => {
    const column = quoteName(field.name);
    const ordered = field.type === "number" || field.type === "time";
    // Long texts are counted by their hash, which is 8 bytes to remember.
    const value = field.type === "string" ? `CASE WHEN ${column} IS NOT NULL THEN hash(${column}) END` : column;
    return [
      `count(*) FILTER (NOT ${isPresent(field)}) AS missing${at}`,
      `${exact ? `count(DISTINCT ${value})` : `least(approx_count_distinct(${column}), count(${column}))`} AS distinct${at}`,
      // What is infinite, as systems write an open end, is no value of a range.
      `${ordered ? `min(${column}) FILTER (isfinite(${column}))` : "NULL::DOUBLE"} AS min${at}`,
      `${ordered ? `max(${column}) FILTER (isfinite(${column}))` : "NULL::DOUBLE"} AS max${at}`,
      `${field.type === "number" ? `avg(${column}) FILTER (isfinite(${column}))` : "NULL::DOUBLE"} AS mean${at}`,
      `${field.type === "string" ? `max(length(${column}))` : "NULL::DOUBLE"} AS length${at}`,
    ];
  });
  const [numbers] = await tables.aggregate(path, `SELECT ${parts.join(", ")} FROM records`, { signal });
  const top = fields.map((field, at) => {
    const column = quoteName(field.name);
    const value = field.type === "string" ? `left(${column}, ${shownLength})` : column;
    return `(SELECT ${at} AS nr, ${asText({ ...field, name: "value" })} AS value, n FROM
      (SELECT ${value} AS value, count(*) AS n FROM ${isPart ? "part" : "records"} WHERE ${isPresent(field)} GROUP BY ALL ORDER BY n DESC, value LIMIT ${topValues}))`;
  });
  // Each scan of a wide table reads what is said of all of its columns: a part of them is read once.
  const names = fields.map(({ name }) => quoteName(name)).join(", ");
  const part = isPart ? `WITH part AS MATERIALIZED (SELECT ${names} FROM records)` : "";
  const frequent = await tables.aggregate(path, `${part} SELECT * FROM (${top.join(" UNION ALL ")}) ORDER BY nr, n DESC, value`, {
    signal,
  });
  return fields.map(({ name, type }, at) => {
    const value = (what: string): number | null => numbers![`${what}${at}`] as number | null;
    return {
      name,
      type,
      missing: value("missing")!,
      distinct: value("distinct")!,
      min: shown(value("min"), type),
      max: shown(value("max"), type),
      mean: value("mean"),
      max_length: value("length"),
      top: frequent.filter((row) => row["nr"] === at).map((row) => ({ value: String(row["value"]), count: Number(row["n"]) })),
    };
  });
}

/** RFC 3339, or the number where no calendar reaches. */
export function instantText(epochMs: number): string {
  return Math.abs(epochMs) <= 8.64e15 ? new Date(epochMs).toISOString() : String(epochMs);
}

function shown(value: number | null, type: Field["type"]): number | string | null {
  return value !== null && type === "time" ? instantText(value) : value;
}
