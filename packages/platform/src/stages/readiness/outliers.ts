/** Whether records can be told apart by how unusual they are: enough of them, and known anomalies that are the exception. */
import { formatCount, formatPercent } from "#base/text";
import { rowsHave } from "#checks/check";
import { parseAlarmRate, parseAlarmShare } from "#records/alarm-budget";
import type { Finding } from "#records/readiness-report";
import type { DetectRecordsUseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { checkTexts } from "#stages/readiness/texts";
import { quoteName } from "#tables/sql-text";

/** Fewer rows show no tail. */
const leastRows = 100;
/** Known anomalies beyond this share are no exceptions. */
const mostAnomalies = 0.2;

export async function checkOutliers(subject: Subject<DetectRecordsUseCase>): Promise<Finding[]> {
  const { tables, path, snapshot, useCase, signal } = subject;
  const { label, time } = useCase.source;
  const findings = await checkTexts(subject);
  if (snapshot.rows < leastRows) {
    const detail = `there are only ${formatCount(snapshot.rows)} rows`;
    const fix = `What is unusual shows beside what is usual: with fewer than ${leastRows} rows there is too little of it. Collect more.`;
    findings.push(concern("warn", "rows", null, detail, fix, { affected_rows: snapshot.rows }));
  }
  const share = parseAlarmShare(useCase.policy.alarms);
  if (share !== undefined && share * snapshot.rows < 1) {
    const detail = `policy.alarms asks for ${useCase.policy.alarms}, less than one record of the ${formatCount(snapshot.rows)} there are`;
    const fix =
      "So rare a record was not seen yet, so its threshold is a guess: allow more alarms, or let source.query return more rows.";
    findings.push(concern("warn", "budget", null, detail, fix));
  }
  const moments = time !== undefined && parseAlarmRate(useCase.policy.alarms) ? await momentsOf(subject, time) : 2;
  if (moments < 2) {
    const detail = `policy.alarms counts in time, and ${time} ${moments === 0 ? "holds no instants" : "is the same in every row"}`;
    const fix = "How many records come in that time cannot be told: correct source.time, or write a share such as 0.5%.";
    findings.push(concern("block", "budget", time ?? null, detail, fix));
  }
  if (label !== undefined) {
    const text = `lower(trim(coalesce(CAST(${quoteName(label)} AS VARCHAR), '')))`;
    const usual = `${text} IN ('', 'usual', 'f', 'false', 'n', 'no', 'normal', 'ok', 'none', 'null', '-0') OR regexp_full_match(${text}, '0+(\\.0+)?')`;
    const [seen] = await tables.aggregate(path, `SELECT count(*) FILTER (NOT (${usual})) AS anomalies FROM records`, { signal });
    const anomalies = Number(seen?.["anomalies"] ?? 0);
    if (anomalies === 0) {
      const fix = "Nothing can be judged by it: check the column, or leave source.label out.";
      findings.push(concern("warn", "label", label, `${label} names no anomaly`, fix, { affected_rows: snapshot.rows }));
    } else if (anomalies > mostAnomalies * snapshot.rows) {
      const detail = `${rowsHave(anomalies)} an anomaly in ${label} (${formatPercent(anomalies / snapshot.rows)})`;
      const fix = "That is no exception, and will seem usual: with so many known ones, task: classify learns what they are.";
      findings.push(concern("warn", "label", label, detail, fix, { affected_rows: anomalies }));
    }
  }
  return findings;
}

/** How many different instants a column holds, whether they are kept as such or as text; a system without a type for them has texts. */
async function momentsOf({ tables, path, signal }: Subject<DetectRecordsUseCase>, time: string): Promise<number> {
  const instant = `TRY_CAST(CAST(${quoteName(time)} AS VARCHAR) AS TIMESTAMP)`;
  const [row] = await tables.aggregate(path, `SELECT count(DISTINCT ${instant}) AS moments FROM records`, { signal });
  return Number(row?.["moments"] ?? 0);
}
