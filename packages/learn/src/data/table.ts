/**
 * Columns of equal length: the form in which rows enter every learner. Missing is `null` in strings and `NaN` in numbers and
 * times; nothing else means missing. Values are read, never written.
 */
export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}

export type Column = StringColumn | NumberColumn | TimeColumn | BooleanColumn;

export interface StringColumn {
  readonly type: "string";
  readonly values: readonly (string | null)[];
}
export interface NumberColumn {
  readonly type: "number";
  readonly values: Float64Array;
}
/** Instants as milliseconds since the Unix epoch (UTC). */
export interface TimeColumn {
  readonly type: "time";
  readonly values: Float64Array;
}
/** 0, 1 or NaN. */
export interface BooleanColumn {
  readonly type: "boolean";
  readonly values: Float64Array;
}

/** One row as a plain record: what a decision gets. Instants are epoch milliseconds, missing is null or absent. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The rows with these indices, in that order. O(rows x columns). */
export function takeRows(table: Table, indices: Uint32Array): Table {
  const columns: Record<string, Column> = {};
  for (const [name, column] of Object.entries(table.columns)) {
    if (column.type === "string") {
      columns[name] = { type: "string", values: Array.from(indices, (i) => column.values[i] ?? null) };
    } else {
      const values = new Float64Array(indices.length);
      for (let at = 0; at < indices.length; at++) values[at] = column.values[indices[at]!]!;
      columns[name] = { type: column.type, values };
    }
  }
  return { rows: indices.length, columns };
}

/** Row `index` as a record. */
export function rowAt(table: Table, index: number): Row {
  const row: Record<string, string | number | boolean | null> = {};
  for (const [name, column] of Object.entries(table.columns)) row[name] = valueAt(column, index);
  return row;
}

/** One value of a column as a record has it: flags as true and false, missing as null. */
export function valueAt(column: Column, index: number): string | number | boolean | null {
  const value = column.values[index]!;
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return null;
  return column.type === "boolean" ? value === 1 : value;
}
