/**
 * A check in three parts: aggregates over the table (the state), the numbers they give (the metric), and what the numbers mean
 * (the verdict). The thresholds live with the verdict, so that the same metric can be judged by another policy. Checks that run
 * together are measured in one scan.
 */
import { formatCount } from "#base/text";
import type { Finding } from "#records/readiness-report";
import type { Tables } from "#tables/tables";

export interface Check {
  /** Name of the check as findings show it: complete, unique, values ... */
  readonly name: string;
  readonly column: string | null;
  /** SQL aggregates over `records`, by a name of their own. */
  readonly metrics: Readonly<Record<string, string>>;
  judge(metric: Metric): Judgement;
  /** SQL that gives a column `value`: what to show where the check does not hold. */
  readonly offenders?: string;
  /** What to do where it does not hold. */
  readonly fix: string;
}

export type Metric = Readonly<Record<string, number | null>>;

export interface Judgement {
  readonly holds: boolean;
  readonly detail: string;
  readonly affectedRows?: number;
}

/** Values are shown shortened to so many characters. */
export const shownLength = 60;
const shownValues = 3;

/** Runs the checks; what does not hold blocks. Two queries, whatever the number of checks. Throws CANCELLED. */
export async function runChecks(
  tables: Tables,
  path: string,
  checks: readonly Check[],
  signal?: AbortSignal,
): Promise<Finding[]> {
  const metrics = await measure(tables, path, checks, signal);
  const judged = checks.map((check, at) => check.judge(metrics[at]!));
  const examples = await offendersOf(
    tables,
    path,
    checks.map((check, at) => (judged[at]!.holds ? undefined : check.offenders)),
    signal,
  );
  return checks.map(({ name, column, fix }, at): Finding => {
    const { holds, detail, affectedRows } = judged[at]!;
    return {
      check: name,
      column,
      verdict: holds ? "pass" : "block",
      detail,
      fix: holds ? null : fix,
      affected_rows: affectedRows ?? null,
      examples: examples[at]!,
      remedy: null,
    };
  });
}

async function measure(tables: Tables, path: string, checks: readonly Check[], signal?: AbortSignal): Promise<Metric[]> {
  const parts = checks.flatMap(({ metrics }, at) => Object.entries(metrics).map(([name, sql]) => `${sql} AS ${name}_${at}`));
  if (parts.length === 0) return checks.map(() => ({}));
  const [row] = await tables.aggregate(path, `SELECT ${parts.join(", ")} FROM records`, { signal });
  return checks.map(({ metrics }, at) =>
    Object.fromEntries(Object.keys(metrics).map((name) => [name, row![`${name}_${at}`] as number | null])),
  );
}

/** The first few distinct values of each query; none where there is no query. */
async function offendersOf(
  tables: Tables,
  path: string,
  queries: readonly (string | undefined)[],
  signal?: AbortSignal,
): Promise<string[][]> {
  const parts = queries.flatMap((sql, at) =>
    sql === undefined
      ? []
      : [`(SELECT DISTINCT ${at} AS nr, left(value, ${shownLength}) AS value FROM (${sql}) ORDER BY value LIMIT ${shownValues})`],
  );
  if (parts.length === 0) return queries.map(() => []);
  const rows = await tables.aggregate(path, `SELECT * FROM (${parts.join(" UNION ALL ")}) ORDER BY nr, value`, { signal });
  return queries.map((_sql, at) => rows.filter((row) => row["nr"] === at).map((row) => String(row["value"])));
}

/** 1 -> `1 row has`, 1234 -> `1,234 rows have`. */
export function rowsHave(count: number): string {
  return count === 1 ? "1 row has" : `${formatCount(count)} rows have`;
}
