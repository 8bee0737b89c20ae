/** Known events, such as maintenance: when, and of which series. Points in them are observed, neither alarmed nor learnt from. */
import { failure } from "#base/errors";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { valueAt } from "#learn/data/table";
import type { DetectSeriesUseCase } from "#records/use-case";
import { instantsOf } from "#stages/watch/points";

/** What a query of a calendar must return; columns of the series besides, where it is not for all. */
export const windowColumns = ["from_at", "to_at"] as const;

export interface KnownEvent {
  /** Epoch milliseconds; the end is not in it. */
  readonly from: number;
  readonly to: number;
  /** One value for each column of the series; null: whatever it is. */
  readonly of: readonly (string | null)[];
}

/** Rows without a beginning are left out; without an end they go on. @throws DATA_UNSUITABLE where a column is missing */
export function knownEvents({ use_case, source }: DetectSeriesUseCase, name: string, table: ScalarTable): KnownEvent[] {
  const missing = windowColumns.filter((column) => !Object.hasOwn(table.columns, column));
  if (missing.length > 0) {
    const reason = `calendar.${name} returns no column ${missing.join(" and ")}`;
    throw failure("DATA_UNSUITABLE", { use_case, reason, fix: `Name them so with AS: ${windowColumns.join(", ")}.` });
  }
  const [from, to] = windowColumns.map((column) => instantsOf(table.columns[column]!));
  const columns = source.series.map((column): ScalarColumn | undefined => table.columns[column]);
  const events: KnownEvent[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (Number.isNaN(from![row]!)) continue;
    const of = columns.map((column) => {
      const value = column ? valueAt(column, row) : null;
      return value === null || value === "" ? null : String(value);
    });
    events.push({ from: from![row]!, to: Number.isNaN(to![row]!) ? Infinity : to![row]!, of });
  }
  return events;
}

/** Whether a point of a series lies in a known event. Events are few; O(events). */
export function isKnown(events: readonly KnownEvent[], key: readonly string[], at: number): boolean {
  return events.some(
    ({ from, to, of }) => at >= from && at < to && of.every((value, place) => value === null || value === key[place]),
  );
}
