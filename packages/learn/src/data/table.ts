/**
 * Columns of equal length: the form in which rows enter every learner. Missing is `null` in strings and `NaN` in numbers and
 * times; nothing else means missing. Values are read, never written.
 */
export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}

/** A table whose columns have one value a row, as those of systems and files. */
export interface ScalarTable extends Table {
  readonly columns: Readonly<Record<string, ScalarColumn>>;
}

export type Column = ScalarColumn | VectorColumn;
/** Columns of one value a row. */
export type ScalarColumn = StringColumn | NumberColumn | TimeColumn | BooleanColumn;

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
/** `size` numbers a row, such as an encoder makes of a text. A row that is missing begins with NaN. */
export interface VectorColumn {
  readonly type: "vector";
  readonly size: number;
  /** Shape (rows, size), row-major. */
  readonly values: Float32Array;
}

/** One value of a record. */
export type Value = string | number | boolean | Float32Array | null;

/** One row as a plain record: what a decision gets. Instants are epoch milliseconds, missing is null or absent. */
export type Row = Readonly<Record<string, Value | undefined>>;

/** The rows with these indices, in that order. O(rows x columns), times the size of vectors. */
export function takeRows(table: ScalarTable, indices: Uint32Array): ScalarTable;
export function takeRows(table: Table, indices: Uint32Array): Table;
export function takeRows(table: Table, indices: Uint32Array): Table {
  const columns: Record<string, Column> = {};
  for (const [name, column] of Object.entries(table.columns)) columns[name] = takeValues(column, indices);
  return { rows: indices.length, columns };
}

function takeValues(column: Column, indices: Uint32Array): Column {
  if (column.type === "string") return { type: "string", values: Array.from(indices, (i) => column.values[i] ?? null) };
  if (column.type === "vector") {
    const { size } = column;
    const values = new Float32Array(indices.length * size);
    indices.forEach((i, at) => values.set(column.values.subarray(i * size, (i + 1) * size), at * size));
    return { type: "vector", size, values };
  }
  const values = new Float64Array(indices.length);
  for (let at = 0; at < indices.length; at++) values[at] = column.values[indices[at]!]!;
  return { type: column.type, values };
}

/** Row `index` as a record. */
export function rowAt(table: Table, index: number): Row {
  const row: Record<string, Value> = {};
  for (const [name, column] of Object.entries(table.columns)) row[name] = valueAt(column, index);
  return row;
}

/** One value of a column as a record has it: flags as true and false, missing as null. A vector is a view of its column. */
export function valueAt(column: VectorColumn, index: number): Float32Array | null;
export function valueAt(column: ScalarColumn, index: number): string | number | boolean | null;
export function valueAt(column: Column, index: number): Value;
export function valueAt(column: Column, index: number): Value {
  if (column.type === "vector") {
    const vector = column.values.subarray(index * column.size, (index + 1) * column.size);
    return Number.isNaN(vector[0]) ? null : vector;
  }
  const value = column.values[index]!;
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return null;
  return column.type === "boolean" ? value === 1 : value;
}
