/** Weights that say nothing: missing, no number, or not above 0. */
import { rowsHave } from "#checks/check";
import type { Finding } from "#records/readiness-report";
import { weightColumn } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

export async function checkWeights({ tables, path, snapshot, useCase, signal }: Subject): Promise<Finding[]> {
  const weight = weightColumn(useCase);
  if (weight === undefined || !snapshot.fields.some(({ name }) => name === weight)) return [];
  const number = `TRY_CAST(CAST(${quoteName(weight)} AS VARCHAR) AS DOUBLE)`;
  const [counted] = await tables.aggregate(
    path,
    `SELECT count(*) FILTER (WHERE ${number} > 0 AND isfinite(${number})) AS known FROM records`,
    { signal },
  );
  const unknown = snapshot.rows - Number(counted?.["known"] ?? 0);
  if (unknown === 0) return [];
  if (unknown === snapshot.rows && unknown > 0) {
    const fix = "Name a column of positive numbers as source.weight, or leave it out.";
    return [concern("block", "weight", weight, `no row has a positive number in ${weight}`, fix, { affected_rows: unknown })];
  }
  const detail = `${rowsHave(unknown)} no positive number in ${weight}; such rows count as much as the others on average`;
  const fix = `Fill ${weight} in source.query, or leave rows that should not count out there.`;
  return [concern("warn", "weight", weight, detail, fix, { affected_rows: unknown })];
}
