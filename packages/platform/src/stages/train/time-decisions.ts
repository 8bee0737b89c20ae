/** How long one decision takes on the machine that trains. */
import type { Clock } from "#base/clock";
import type { Row, Table } from "#learn/data/table";
import { rowAt } from "#learn/data/table";

/** Decisions that are timed. */
const timedRows = 300;
const timedEncodings = 50;

/** Decisions with reasons, one after the other. */
export async function timeDecisions(
  clock: Clock,
  model: { decideRow(row: Row, limit: number): unknown },
  table: Table,
  encode: ((row: Row) => Promise<Row>) | undefined,
): Promise<{ p50: number; p95: number }> {
  const durations: number[] = [];
  for (let at = 0; at < Math.min(encode ? timedEncodings : timedRows, table.rows); at++) {
    const row = rowAt(table, at);
    const started = clock.monotonic();
    model.decideRow(encode ? await encode(row) : row, 6);
    durations.push(clock.monotonic() - started);
  }
  durations.sort((a, b) => a - b);
  const quantile = (share: number): number => durations[Math.floor(share * (durations.length - 1))] ?? 0;
  return { p50: quantile(0.5), p95: quantile(0.95) };
}
