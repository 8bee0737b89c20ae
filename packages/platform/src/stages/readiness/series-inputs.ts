/** What is said to be known ahead: inputs that teach nothing, or are the value under another name, and a plan that ends too early. */
import { stepText } from "#base/steps";
import { formatNumber, formatPercent } from "#base/text";
import { holidaysFrom } from "#records/forecast-use-case";
import type { Finding } from "#records/readiness-report";
import { concern } from "#stages/readiness/finding";
import { leastRows } from "#stages/readiness/series-subject";
import type { SeriesSubject } from "#stages/readiness/series-subject";

/** An input that equals the value in this share of the rows, or rises and falls with it as closely, is the value. */
const nearlyAlways = 0.99;
const nearlyPerfect = 0.9995;

/** Inputs that are the value: known when it is, not ahead. */
export async function checkInputs({ useCase, snapshot, rows, inputs, read, ask }: SeriesSubject): Promise<Finding[]> {
  const { source } = useCase;
  if (inputs.length === 0) return [];
  const parts = rows.inputs.flatMap((name, at) => [
    `count(*) FILTER (${name} IS NOT NULL AND value IS NOT NULL) AS both${at}`,
    `count(*) FILTER (${name} = value) AS same${at}`,
    `CASE WHEN stddev_pop(${name}) FILTER (value IS NOT NULL) > 0 AND stddev_pop(value) FILTER (${name} IS NOT NULL) > 0 THEN corr(value, ${name}) END AS r${at}`,
    `count(${name}) AS known${at}`,
    `count(DISTINCT ${name}) AS distinct${at}`,
  ]);
  const [row] = await ask(`${read} SELECT ${parts.join(", ")}, count(DISTINCT value) AS values FROM past`);
  const one = (name: string): number => Number(row![name] ?? 0);
  return inputs.flatMap((name, at): Finding[] => {
    if (one(`known${at}`) === 0)
      return [
        concern(
          "warn",
          "input",
          name,
          `${name} has no number in any row`,
          "Take it out of inputs.columns, or return numbers or flags.",
          { affected_rows: snapshot.rows },
        ),
      ];
    if (one(`distinct${at}`) === 1)
      return [
        concern(
          "warn",
          "input",
          name,
          `${name} is the same in every row, so nothing can be learnt of it`,
          "Take it out of inputs.columns, or return more of the past.",
        ),
      ];
    const both = one(`both${at}`);
    const isSame = one("values") > 2 && one(`same${at}`) >= nearlyAlways * both;
    if (both < leastRows || !(isSame || Math.abs(one(`r${at}`)) >= nearlyPerfect)) return [];
    const detail = isSame
      ? `${name} equals ${source.value} in ${formatPercent(one(`same${at}`) / both)} of the rows`
      : `${name} rises and falls with ${source.value} row by row (correlation ${one(`r${at}`).toFixed(4)})`;
    const fix =
      "It seems to be the value under another name, which nobody knows ahead: it is left out. Take it out of inputs.columns.";
    return [concern("warn", "leak", name, detail, fix, { remedy: { kind: "drop_columns", columns: [name] } })];
  });
}

/** Rows that do not say where their series is, and series that are said to be in several places. */
export async function checkPlaces({ useCase, keys, read, ask, add, note }: SeriesSubject): Promise<void> {
  const from = holidaysFrom(useCase);
  if (!from || !("column" in from)) return;
  const { column, country } = from;
  const by = keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`;
  const [row] = await ask(
    `${read}, placed AS (SELECT count(DISTINCT place) AS places FROM past${by})
     SELECT (SELECT count(*) FILTER (WHERE place IS NULL) FROM past) AS without, count(*) FILTER (WHERE places = 0) AS lost,
       count(*) FILTER (WHERE places > 1) AS moved, count(*) AS series FROM placed`,
  );
  const one = (name: string): number => Number(row?.[name] ?? 0);
  const instead = country === undefined ? "no holidays are known of them" : `they have the holidays of ${country}`;
  if (one("lost") > 0)
    add(
      "warn",
      "place",
      column,
      `${formatNumber(one("lost"))} of ${formatNumber(one("series"))} series have no ${column}: ${instead}`,
      `Fill ${column} at the source, or in source.query.`,
      one("without"),
    );
  if (one("moved") > 0)
    note("place", column, `${formatNumber(one("moved"))} series have had several places in ${column}; the last one counts`);
}

/** Whether the plan reaches as far as the forecast. */
export async function checkPlan(subject: SeriesSubject): Promise<void> {
  const { useCase, snapshot, inputs, hasKey, read, ask, add, askPlan } = subject;
  const { every, horizon } = useCase;
  const planned = snapshot.beside?.find(({ name }) => name === "plan");
  if (!planned) return;
  const [ends] = await ask(`${read} SELECT max(step)::DOUBLE AS last FROM past WHERE value IS NOT NULL`);
  const last = Number(ends!["last"]);
  const [row] = await askPlan(
    planned,
    `SELECT max(step)::DOUBLE AS last, count(*) FILTER (${hasKey} AND step > ${last} AND step <= ${last + horizon}) AS coming FROM read`,
  );
  const reach = row?.["last"] === null || row?.["last"] === undefined ? last : Number(row["last"]);
  if (reach < last + horizon) {
    const told = reach <= last ? "says nothing of the steps to come" : `ends with ${stepText(every, reach)}`;
    add(
      "warn",
      "plan",
      inputs[0] ?? null,
      `inputs.query ${told}, the forecast with ${stepText(every, last + horizon)}`,
      "Return the inputs of every step up to there; what is not planned counts as unknown.",
      null,
    );
  }
  if (planned.rows > 0 && Number(row?.["coming"] ?? 0) === 0 && reach > last)
    add(
      "warn",
      "plan",
      inputs[0] ?? null,
      `inputs.query has ${formatNumber(planned.rows)} rows and none of them lies within the horizon`,
      "Check its series and times.",
      null,
    );
}
