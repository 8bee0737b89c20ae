/** What every check of series works on: the rows as SQL sees them, how to ask them, and where findings go. */
import { isCalendar, stepAt } from "#base/steps";
import { earliestDay, holdsDates, seriesRows } from "#checks/series-sql";
import type { SeriesRows } from "#checks/series-sql";
import type { Artifacts } from "#files/artifacts";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Finding } from "#records/readiness-report";
import type { Beside } from "#records/snapshot";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import type { AggregateRow } from "#tables/read-parquet";

export interface SeriesSubject extends Subject<ForecastUseCase> {
  readonly rows: SeriesRows;
  /** Whether the time column holds dates. */
  readonly dates: boolean;
  /** The step that is not over. */
  readonly running: number;
  /** Columns of SQL that name a series, and that all of them are there. */
  readonly keys: readonly string[];
  readonly hasKey: string;
  readonly inputs: readonly string[];
  /** Begin of a query that knows the rows as `read` and those to learn from as `past`. */
  readonly read: string;
  readonly findings: Finding[];
  ask(sql: string): Promise<AggregateRow[]>;
  /** The same of what is planned, by its rows as `read`. */
  askPlan(plan: Beside, select: string): Promise<AggregateRow[]>;
  add(
    verdict: "warn" | "block",
    check: string,
    column: string | null,
    detail: string,
    fix: string,
    affected: number | null,
    examples?: string[],
  ): void;
  note(check: string, column: string | null, detail: string): void;
}

/** Too few rows say nothing of a rule. */
export const leastRows = 20;

export async function seriesSubject(
  subject: Subject<ForecastUseCase> & { readonly artifacts: Artifacts },
): Promise<SeriesSubject> {
  const { tables, path, snapshot, useCase, signal, artifacts } = subject;
  const { source, every } = useCase;
  const dates = isCalendar(every) && (await holdsDates(tables, path, source.time, snapshot.fields, signal));
  const inputs = useCase.inputs?.columns ?? [];
  const rows = seriesRows(useCase, snapshot.fields, { dates, inputs });
  const running = stepAt(every, useCase.time_zone, Date.parse(snapshot.taken_at));
  const hasKey = rows.series.map((key) => `${key} IS NOT NULL`).join(" AND ") || "true";
  const findings: Finding[] = [];
  return {
    ...subject,
    rows,
    dates,
    running,
    keys: rows.series,
    hasKey,
    inputs,
    read: `WITH read AS (${rows.sql}),
    past AS (SELECT * FROM read WHERE ${hasKey} AND step < ${running} AND moment >= TIMESTAMP '${earliestDay}')`,
    findings,
    ask: (sql) => tables.aggregate(path, sql, { signal }),
    async askPlan(plan, select) {
      const { sql } = seriesRows(useCase, plan.fields, { dates, inputs });
      return tables.aggregate(await artifacts.verifiedPath(plan.hash), `WITH read AS (${sql}) ${select}`, { signal });
    },
    add: (verdict, check, column, detail, fix, affected, examples = []) =>
      void findings.push(concern(verdict, check, column, detail, fix, { affected_rows: affected, examples })),
    note: (check, column, detail) =>
      void findings.push({ check, column, verdict: "pass", detail, fix: null, affected_rows: null, examples: [], remedy: null }),
  };
}
