/**
 * Columns that a record does not bring: what was known of it from earlier facts, as "orders of the last 90 days". Declared in the use case,
 * computed for training rows as of their time, and for a decision as of the record's time or now.
 */
import { z } from "zod";
import { parseDuration } from "#base/text";
import type { Aggregate } from "#learn/history/timeline";
import { column, duration, name } from "#records/use-case-parts";

/** How a value of a fact is read: as a number, an instant (epoch milliseconds) or text. */
export type ReadAs = "number" | "time" | "text";

const of = (what: string): z.ZodString => column.describe(`The column of \`from\` ${what}`);

export const historySchema = z
  .strictObject({
    system: name.optional().describe("Where the facts are; the system of source where it is left out"),
    from: z.string().min(1).describe("One SELECT that returns the facts, one a row, of all records"),
    match: z
      .union([column, z.record(column, column)])
      .optional()
      .describe(
        "Which facts are the record's: the column that both have, or `record column: column of from` for each; without it all facts are, and a window is needed",
      ),
    time: column.describe("When the fact became known; only facts before the record's own time count"),
    window: duration.optional().describe("How far back facts count; everything before, where it is left out"),
    value: z
      .union([
        z.enum(["count", "since"]),
        z.strictObject({ sum: of("to add up") }),
        z.strictObject({ mean: of("to average") }),
        z.strictObject({ min: of("to take the least of") }),
        z.strictObject({ max: of("to take the greatest of") }),
        z.strictObject({ last: of("to take the latest value of") }),
        z.strictObject({ distinct: of("to count the different values of") }),
      ])
      .describe("count: facts; since: days since the last one; or what to make of one of their columns"),
  })
  .refine((declared) => declared.match !== undefined || declared.window !== undefined, "given a window, or a match")
  .meta({
    examples: [
      {
        from: "select customer_id, ordered_at from orders",
        match: "customer_id",
        time: "ordered_at",
        window: "90d",
        value: "count",
      },
    ],
  });

/** What every task of a use case may say of history. */
export const historyParts = {
  history: z
    .record(column, historySchema)
    .default({})
    .describe(
      "Columns computed from facts known before the record's time, such as orders of the last 90 days; use them under features like any other",
    ),
};

export type History = z.infer<typeof historySchema>;

/** One column of history, as it is computed. */
export interface HistoryColumn {
  readonly name: string;
  readonly aggregate: Aggregate;
  /** In milliseconds; Infinity: everything before. */
  readonly window: number;
  /** The column of the facts, and how it is read; null where facts are counted. */
  readonly of: string | null;
  readonly readAs: ReadAs;
}

/** Columns of history over the same facts. */
export interface HistoryGroup {
  readonly system: string;
  readonly from: string;
  /** Column of the record, column of the facts. */
  readonly match: readonly (readonly [record: string, fact: string])[];
  readonly time: string;
  readonly columns: readonly HistoryColumn[];
}

/** What a use case must say for this. */
interface Declares {
  readonly history: Readonly<Record<string, History>>;
  readonly source: { readonly system: string };
  readonly features: { readonly category: readonly string[]; readonly text: readonly string[]; readonly time: readonly string[] };
}

/** The history of a use case by the facts it is computed from, each of which is read once. */
export function historyGroups({ history, source, features }: Declares): HistoryGroup[] {
  const groups = new Map<string, HistoryGroup & { columns: HistoryColumn[] }>();
  for (const [name, declared] of Object.entries(history)) {
    const { system = source.system, from, time } = declared;
    const match = matchOf(declared);
    const facts = JSON.stringify([system, from, match, time]);
    if (!groups.has(facts)) groups.set(facts, { system, from, match, time, columns: [] });
    const [aggregate, of] = valueOf(declared);
    const kind = features.time.includes(name)
      ? "time"
      : [...features.category, ...features.text].includes(name)
        ? "text"
        : "number";
    groups.get(facts)!.columns.push({
      name,
      aggregate,
      window: declared.window === undefined ? Infinity : parseDuration(declared.window)!,
      of,
      readAs: aggregate === "last" ? kind : aggregate === "distinct" ? "text" : "number",
    });
  }
  return [...groups.values()];
}

/** Columns of the record, and the columns of the facts that must be equal to them. */
export function matchOf({ match }: History): [record: string, fact: string][] {
  if (match === undefined) return [];
  return typeof match === "string" ? [[match, match]] : Object.entries(match);
}

/** The aggregate, and the column of the facts that it is of. */
export function valueOf({ value }: History): [aggregate: Aggregate, of: string | null] {
  if (typeof value === "string") return [value, null];
  return Object.entries(value)[0] as [Aggregate, string];
}

/** The columns of a record that its history is found by, with those of other columns of the use case. */
export function matchColumns({ history }: Pick<Declares, "history">): string[] {
  return [...new Set(Object.values(history).flatMap((declared) => matchOf(declared).map(([record]) => record)))];
}
