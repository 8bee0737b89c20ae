/**
 * The CSV of `COPY` as tables. PostgreSQL's CSV needs no dialect: comma, LF, `"` doubled
 * inside quotes, missing is an unquoted empty field.
 */
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { emptyColumns, tableFrom } from "#tables/columns";
import type { CsvRows } from "#tables/csv-source";
import { parseInstant } from "#tables/instant";

/** Tables of `batchRows` rows, the last one shorter. The next piece is taken only when the rows at hand have been. */
export async function* csvBatches(
  pieces: AsyncIterable<CsvRows>,
  fields: readonly Field[],
  batchRows: number,
): AsyncGenerator<ScalarTable> {
  let columns = emptyColumns(fields, batchRows);
  let row = 0;
  for await (const { bytes } of pieces) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    let at = 0;
    while (at < text.length) {
      for (const column of columns) at = readField(text, at, column, row);
      if (++row < batchRows) continue;
      yield tableFrom(fields, columns, row);
      columns = emptyColumns(fields, batchRows);
      row = 0;
    }
  }
  if (row > 0)
    yield tableFrom(
      fields,
      columns.map((column) => shortened(column, row)),
      row,
    );
}

/** Reads the field at `at` into the row; returns the place after the comma or line end behind it. */
function readField(text: string, at: number, column: ScalarColumn, row: number): number {
  if (text.charCodeAt(at) === quote) {
    let end = text.indexOf('"', at + 1);
    while (text.charCodeAt(end + 1) === quote) end = text.indexOf('"', end + 2);
    const inner = text.slice(at + 1, end);
    setValue(column, row, inner.includes('"') ? inner.replaceAll('""', '"') : inner);
    return end + 2;
  }
  let end = at;
  while (end < text.length && text.charCodeAt(end) !== comma && text.charCodeAt(end) !== lineFeed) end++;
  if (end > at) setValue(column, row, text.slice(at, end));
  return end + 1;
}

/** Writes a value as PostgreSQL writes it into a column. */
export function setValue(column: ScalarColumn, row: number, text: string): void {
  if (column.type === "string") (column.values as (string | null)[])[row] = text;
  else if (column.type === "number") column.values[row] = Number(text);
  else column.values[row] = column.type === "time" ? parseInstant(text) : text === "t" ? 1 : 0;
}

function shortened(column: ScalarColumn, rows: number): ScalarColumn {
  return column.type === "string"
    ? { type: "string", values: column.values.slice(0, rows) }
    : { type: column.type, values: column.values.slice(0, rows) };
}

const quote = 34;
const comma = 44;
const lineFeed = 10;
