/** What a SQLite file holds: tables and views with columns, keys, references and exact row counts. */
import type { DatabaseSync } from "node:sqlite";
import type { TableDescription } from "#connectors/connector";
import type { ColumnType } from "#records/snapshot";
import { quoteName } from "#tables/sql-text";

export function describeTables(database: DatabaseSync): TableDescription[] {
  const all = database
    .prepare(
      "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all() as { name: string; type: "table" | "view" }[];
  return all.map(({ name, type }) => {
    const columns = database.prepare("SELECT * FROM pragma_table_xinfo(?) WHERE hidden <> 1").all(name) as unknown as ColumnRow[];
    const references = database.prepare("SELECT * FROM pragma_foreign_key_list(?)").all(name) as unknown as ReferenceRow[];
    const counted = database.prepare(`SELECT count(*) AS n FROM ${quoteName(name)}`).get() as { n: number };
    return {
      name: /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name),
      kind: type,
      key: columns
        .filter(({ pk }) => pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map((column) => column.name),
      rows: counted.n,
      rowsExact: true,
      columns: columns.map((column) => {
        const reference = references.find(({ from }) => from === column.name);
        return {
          name: column.name,
          type: declaredType(column.type),
          source_type: column.type,
          nullable: column.notnull === 0 && column.pk === 0,
          references: reference ? `${reference.table}.${reference.to ?? "rowid"}` : null,
        };
      }),
    };
  });
}

/** What a column of this declared type usually holds (SQLite, "Datatypes", section 3.1). A query is judged by its values. */
function declaredType(declared: string): ColumnType {
  if (/^bool/i.test(declared)) return "boolean";
  if (/^(date|datetime|timestamp)\b/i.test(declared)) return "time";
  return /int|real|floa|doub|num|dec/i.test(declared) ? "number" : "string";
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}
interface ReferenceRow {
  readonly table: string;
  readonly from: string;
  readonly to: string | null;
}
