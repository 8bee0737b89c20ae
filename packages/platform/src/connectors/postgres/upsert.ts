/** Rows into a table of PostgreSQL, inserted or updated by key, in one transaction. */
import type { Client } from "pg";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { UpsertTarget } from "#connectors/connector";
import { quoteName } from "#tables/sql-text";
import { formatInstant } from "#tables/instant";

const batchRows = 1000;

/**
 * The statements of the caller's transaction. One INSERT a thousand rows: one array a column, which `unnest` turns into rows
 * and the server casts to the types of the table. Commits nothing.
 */
export async function upsertRows(client: Client, target: UpsertTarget, rows: ScalarTable): Promise<void> {
  const names = Object.keys(rows.columns);
  const table = qualified(target.table);
  const { rows: known } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, pg_catalog.format_type(atttypid, atttypmod) AS type
     FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  const types = new Map(known.map(({ name, type }) => [name, type]));
  const updated = names.filter((name) => !target.key.includes(name));
  const sql = `INSERT INTO ${table} (${names.map(quoteName).join(", ")})
    SELECT ${names.map((name, index) => `c${index}::${types.get(name) ?? "text"}`).join(", ")}
    FROM unnest(${names.map((_, index) => `$${index + 1}::text[]`).join(", ")}) AS r(${names.map((_, index) => `c${index}`).join(", ")})
    ON CONFLICT (${target.key.map(quoteName).join(", ")}) DO ${
      updated.length === 0
        ? "NOTHING"
        : `UPDATE SET ${updated.map((n) => `${quoteName(n)} = excluded.${quoteName(n)}`).join(", ")}`
    }`;
  for (let from = 0; from < rows.rows; from += batchRows) {
    const to = Math.min(from + batchRows, rows.rows);
    await client.query(
      sql,
      names.map((name) => texts(rows.columns[name]!, from, to)),
    );
  }
}

/** `schema.table` with both parts quoted; a part that is quoted already stays. */
function qualified(table: string): string {
  return (table.match(/"(?:[^"]|"")*"|[^.]+/g) ?? []).map((part) => (part.startsWith('"') ? part : quoteName(part))).join(".");
}

function texts(column: ScalarColumn, from: number, to: number): (string | null)[] {
  if (column.type === "string") return column.values.slice(from, to);
  return Array.from(column.values.subarray(from, to), (value) => {
    if (Number.isNaN(value)) return null;
    if (column.type === "boolean") return value === 1 ? "t" : "f";
    return column.type === "time" ? (formatInstant(value) ?? (value > 0 ? "infinity" : "-infinity")) : String(value);
  });
}
