/** Columns of numbers that are the label under another name, in another unit, or with something small added: they rise and fall with it row by row. */
import type { LabelledUseCase } from "#records/use-case";
import { featureKinds } from "#records/use-case";
import type { Finding } from "#records/readiness-report";
import { leakingColumn } from "#stages/readiness/leak";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Correlation from which on a column is suspect. An honest feature that alone explains 99 % of the variance would need no model. */
const nearlyPerfect = 0.995;
/** Rows that have both. */
const leastRows = 50;

/** O(rows x columns), in DuckDB. */
export async function findLeakingNumbers(subject: Subject<LabelledUseCase>): Promise<Finding[]> {
  const { tables, path, snapshot, useCase, signal } = subject;
  const { label } = useCase.source;
  const kinds = featureKinds(useCase);
  const columns = snapshot.fields.map(({ name }) => name).filter((name) => kinds.get(name) === "number");
  if (columns.length === 0) return [];
  const number = (name: string): string => {
    const cast = `TRY_CAST(CAST(${quoteName(name)} AS VARCHAR) AS DOUBLE)`;
    return `CASE WHEN abs(${cast}) < 1e100 THEN ${cast} END`;
  };
  const wanted = columns.flatMap((_, at) => [
    `CASE WHEN stddev_pop(c${at}) FILTER (WHERE label IS NOT NULL) > 0 AND stddev_pop(label) FILTER (WHERE c${at} IS NOT NULL) > 0 THEN corr(label, c${at}) END AS r${at}`,
    `count(*) FILTER (WHERE label IS NOT NULL AND c${at} IS NOT NULL) AS n${at}`,
  ]);
  const [found] = await tables.aggregate(
    path,
    `WITH numbers AS (SELECT ${number(label)} AS label, ${columns.map((name, at) => `${number(name)} AS c${at}`).join(", ")} FROM records)
     SELECT ${wanted.join(", ")} FROM numbers`,
    { signal },
  );
  return columns.flatMap((name, at): Finding[] => {
    const correlation = Math.abs(Number(found?.[`r${at}`] ?? 0));
    if (!(correlation >= nearlyPerfect) || Number(found?.[`n${at}`] ?? 0) < leastRows) return [];
    const detail = `${name} rises and falls with ${label} row by row (correlation ${correlation.toFixed(4)}): it seems to be the same under another name`;
    return [leakingColumn(subject, name, detail, `${name} is known before the decision and may be used`)];
  });
}
