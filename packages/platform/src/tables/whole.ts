/** Batches of a query as one table. */
import type { ScalarColumn, ScalarTable } from "#learn/data/table";

/** No columns where there was no batch. Memory is that of the table, twice. O(cells). */
export async function whole(batches: AsyncIterable<ScalarTable>): Promise<ScalarTable> {
  const parts: ScalarTable[] = [];
  for await (const batch of batches) parts.push(batch);
  const [first] = parts;
  if (!first) return { rows: 0, columns: {} };
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const columns = Object.keys(first.columns).map((name) => [
    name,
    joined(
      parts.map((part) => part.columns[name]!),
      rows,
    ),
  ]);
  return { rows, columns: Object.fromEntries(columns) as Record<string, ScalarColumn> };
}

function joined(parts: readonly ScalarColumn[], rows: number): ScalarColumn {
  const [{ type }] = parts as [ScalarColumn];
  if (type === "string") return { type, values: parts.flatMap((part) => part.values as readonly (string | null)[]) };
  const values = new Float64Array(rows);
  let at = 0;
  for (const part of parts) {
    values.set(part.values as Float64Array, at);
    at += part.values.length;
  }
  return { type, values };
}
