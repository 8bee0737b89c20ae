/** The table of readiness reports. Rows are added and read, never changed. */
import type { Pool } from "pg";
import type { ReadinessReport } from "#records/readiness-report";
import { jsonText } from "#store/json-text";

export async function saveReadinessReport(pool: Pool, report: ReadinessReport): Promise<void> {
  await pool.query(
    "insert into inlay.readiness_reports (id, use_case, snapshot, verdict, made_at, body) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing",
    [report.id, report.use_case, report.snapshot, report.verdict, report.made_at, jsonText(report)],
  );
}

/** The report of that id, or null. */
export async function findReadinessReport(pool: Pool, id: string): Promise<ReadinessReport | null> {
  const { rows } = await pool.query<{ body: ReadinessReport }>("select body from inlay.readiness_reports where id = $1", [id]);
  return rows[0]?.body ?? null;
}
