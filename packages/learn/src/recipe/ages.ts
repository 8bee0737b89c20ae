/**
 * How long before the decision an instant was, in days to two decimals: negative where it is still to come. An instant as such is never read, since
 * records to come are later than all of training; its age is of the same kind then as now. Who decides hands in when that is.
 */
import type { Table } from "../data/table.ts";
import { timeOf } from "../encode/time.ts";

/** The name of the column with the age of the instant in `column`. */
export function ageColumn(column: string): string {
  return `${column} (age in days)`;
}

const DAY = 86_400_000;

/** Days from an instant to the decision, both epoch milliseconds; NaN where either is none. */
export function ageOf(instant: unknown, decided: number): number {
  return Math.round(((timeOf(decided) - timeOf(instant)) / DAY) * 100) / 100;
}

/** The table with the age of each of these columns of instants; `decided` is the time of each row. O(rows x columns). */
export function withAges<T extends Table>(table: T, columns: readonly string[], decided: Float64Array): T {
  const ages = columns.map((name) => {
    const instants = table.columns[name]!.values;
    return [
      ageColumn(name),
      { type: "number" as const, values: decided.map((time, row) => ageOf(instants[row], time)) },
    ] as const;
  });
  return { ...table, columns: { ...table.columns, ...Object.fromEntries(ages) } };
}
