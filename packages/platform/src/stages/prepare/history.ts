/** The last values of one series, or of the sum of some, as the panel has them. */
import { isCalendar, stepAt } from "#base/steps";
import { earliestDay, holdsDates, seriesRows } from "#checks/series-sql";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Snapshot } from "#records/snapshot";
import type { PanelDeps } from "#stages/prepare/panel";
import { quoteText } from "#tables/sql-text";
import { whole } from "#tables/whole";

/**
 * Up to the step before `end`, at most `steps` of them, latest last; NaN where a value is unknown. Columns of the key that `key` leaves out, or has as
 * null, are summed over.
 */
export async function seriesHistory(
  { tables, artifacts, signal }: PanelDeps,
  snapshot: Snapshot,
  useCase: ForecastUseCase,
  { key, end, steps }: { key: Readonly<Record<string, string | null>>; end: number; steps: number },
): Promise<Float64Array> {
  const { source, every } = useCase;
  const path = await artifacts.verifiedPath(snapshot.hash);
  const dates = isCalendar(every) && (await holdsDates(tables, path, source.time, snapshot.fields, signal));
  const rows = seriesRows(useCase, snapshot.fields, { dates, inputs: [] });
  const others = [...useCase.hierarchy].filter((name) => !source.series.includes(name));
  const columnOf = (name: string): string => {
    const at = source.series.indexOf(name);
    return at >= 0 ? rows.series[at]! : `coalesce(${rows.groups[others.indexOf(name)]!}, 'none')`;
  };
  const wanted = Object.entries(key).flatMap(([name, value]) =>
    value === null ? [] : [`${columnOf(name)} = ${quoteText(value)}`],
  );
  const named = rows.series.map((name) => `${name} IS NOT NULL`);
  const by = [...rows.series, "step"].join(", ");
  const value = { sum: "sum(value)", mean: "avg(value)", last: "arg_max(value, moment)", error: "any_value(value)" }[
    useCase.duplicates
  ];
  const running = stepAt(every, useCase.time_zone, Date.parse(snapshot.taken_at));
  const first = end - steps;
  const where = [
    ...wanted,
    ...named,
    `step >= ${first}`,
    `step < ${Math.min(end, running)}`,
    `moment >= TIMESTAMP '${earliestDay}'`,
  ];
  const found = await whole(
    tables.select(
      { records: path },
      `WITH read AS (${rows.sql}), cells AS (SELECT ${by}, ${value} AS value FROM read WHERE ${where.join(" AND ")} GROUP BY ${by})
       SELECT step::DOUBLE AS step, sum(value) AS value FROM cells GROUP BY step ORDER BY step`,
      { signal },
    ),
  );
  if (found.rows === 0) return new Float64Array();
  const [at, values] = [found.columns["step"]!, found.columns["value"]!];
  if (at.type === "string" || values.type === "string") throw new Error("steps and values are numbers");
  const begin = at.values[0]!;
  const history = new Float64Array(end - begin).fill(useCase.missing === "zero" ? 0 : Number.NaN);
  for (let row = 0; row < found.rows; row++) history[at.values[row]! - begin] = values.values[row]!;
  return history;
}
