/** Rows into a table of SQLite, inserted or updated by key, in one transaction. */
import type { DatabaseSync } from "node:sqlite";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { UpsertTarget } from "#connectors/connector";
import { quoteName } from "#tables/sql-text";
import { formatInstant } from "#tables/instant";

export function upsertRows(database: DatabaseSync, target: UpsertTarget, rows: ScalarTable): void {
  const names = Object.keys(rows.columns);
  const updated = names.filter((name) => !target.key.includes(name));
  const statement = database.prepare(
    `INSERT INTO ${quoteName(target.table)} (${names.map(quoteName).join(", ")}) VALUES (${names.map(() => "?").join(", ")})
     ON CONFLICT (${target.key.map(quoteName).join(", ")}) DO ${
       updated.length === 0
         ? "NOTHING"
         : `UPDATE SET ${updated.map((n) => `${quoteName(n)} = excluded.${quoteName(n)}`).join(", ")}`
     }`,
  );
  const columns = Object.values(rows.columns);
  database.exec("BEGIN IMMEDIATE");
  try {
    for (let row = 0; row < rows.rows; row++) statement.run(...columns.map((column) => valueAt(column, row)));
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function valueAt(column: ScalarColumn, row: number): string | number | null {
  const value = column.values[row]!;
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return null;
  return column.type === "time" ? (formatInstant(value) ?? (value > 0 ? "infinity" : "-infinity")) : value;
}
