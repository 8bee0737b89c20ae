/**
 * Categories that give a label that is a number away: the label in bands, or something that is written down with it. Half of the rows (by a hash of
 * the key) teach the mean of each level, the other half judges, so that levels that hardly repeat explain nothing.
 */
import { formatPercent } from "#base/text";
import type { Finding } from "#records/readiness-report";
import { featureKinds } from "#records/use-case";
import type { LabelledUseCase } from "#records/use-case";
import { leakingColumn } from "#stages/readiness/leak";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Share of the variance on the judging half. An honest category that alone explains as much would need no model. */
const nearlyPerfect = 0.99;
/** Judging rows. */
const leastRows = 50;

/** O(rows) a category, in DuckDB. */
export async function findLeakingLevels(subject: Subject<LabelledUseCase>): Promise<Finding[]> {
  const { tables, path, snapshot, useCase, signal } = subject;
  const { key, label } = useCase.source;
  const kinds = featureKinds(useCase);
  const findings: Finding[] = [];
  for (const { name } of snapshot.fields.filter((field) => kinds.get(field.name) === "category")) {
    const number = `TRY_CAST(CAST(${quoteName(label)} AS VARCHAR) AS DOUBLE)`;
    const [seen] = await tables.aggregate(
      path,
      `WITH rows AS (SELECT ${number} AS y, coalesce('=' || CAST(${quoteName(name)} AS VARCHAR), '') AS level, hash(${quoteName(key)}) % 2 AS half
         FROM records WHERE abs(${number}) < 1e100),
       means AS (SELECT level, avg(y) AS mean FROM rows WHERE half = 0 GROUP BY level)
       SELECT count(*) AS n, sum((y - coalesce(mean, (SELECT avg(y) FROM rows WHERE half = 0))) ** 2) AS left_open,
         count(*) * var_pop(y) AS whole FROM rows LEFT JOIN means USING (level) WHERE half = 1`,
      { signal },
    );
    const [rows, open, whole] = [seen?.["n"], seen?.["left_open"], seen?.["whole"]].map(Number);
    const explained = 1 - open! / whole!;
    if (rows! < leastRows || !(explained >= nearlyPerfect)) continue;
    const detail = `${name} alone gives ${label} away: its levels explain ${formatPercent(explained)} of what makes ${label} differ, on rows that they were not learnt on`;
    findings.push(leakingColumn(subject, name, detail, `${name} is known before the decision and may be used`));
  }
  return findings;
}
