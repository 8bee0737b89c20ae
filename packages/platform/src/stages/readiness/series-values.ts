/** Values of series that are none, beyond all measure, negative among others that are not, or only the least that would have been. */
import { formatCount, formatPercent } from "#base/text";
import { rowsHave } from "#checks/check";
import { greatestNumber, numberSql, typeIn } from "#checks/series-sql";
import type { SeriesSubject } from "#stages/readiness/series-subject";
import { quoteName } from "#tables/sql-text";

/** From this share of censored values on, what is learnt is shaky. */
const manyCensored = 0.3;
/** Up to this share, negative values among others that are none are exceptions. */
const fewNegative = 0.05;

/** False where no series has a value, so that nothing else can be said. */
export async function checkSeriesValues({ useCase, snapshot, running, read, ask, add }: SeriesSubject): Promise<boolean> {
  const { source } = useCase;
  const [found] = await ask(
    `${read} SELECT count(value) AS known, count(*) FILTER (value < 0) AS negative, count(*) FILTER (censored AND value IS NOT NULL) AS censored FROM past`,
  );
  const of = (name: string): number => Number(found![name] ?? 0);
  if (of("known") === 0) {
    add(
      "block",
      "value",
      source.value,
      `no series has a number in ${source.value} at a time that is over`,
      "Check source.query, source.value and source.time.",
      snapshot.rows,
    );
    return false;
  }
  const [wild] = await ask(
    `SELECT count(*) AS n, any_value(written) AS example FROM (SELECT CAST(${quoteName(source.value)} AS VARCHAR) AS written FROM records) WHERE abs(TRY_CAST(written AS DOUBLE)) > ${greatestNumber}`,
  );
  const far = Number(wild!["n"]);
  if (far > 0)
    add(
      "warn",
      "range",
      source.value,
      `${rowsHave(far)} ${source.value} further from 0 than ${formatCount(greatestNumber)}; they are unknown`,
      "Correct them at the source, or leave them out in source.query.",
      far,
      [String(wild!["example"]).slice(0, 60)],
    );
  const [empty] = await ask(`${read} SELECT count(*) AS n FROM read WHERE value IS NULL AND step <= ${running}`);
  const valueless = Number(empty!["n"]) - far;
  if (valueless > 0) {
    const [odd] = await ask(
      `SELECT any_value(CAST(${quoteName(source.value)} AS VARCHAR)) AS odd FROM records WHERE (${numberSql(source.value, typeIn(snapshot.fields, source.value))}) IS NULL AND ${quoteName(source.value)} IS NOT NULL`,
    );
    const example = odd?.["odd"];
    const isBlocking = valueless > snapshot.rows / 2 && typeof example === "string";
    add(
      isBlocking ? "block" : "warn",
      "value",
      source.value,
      `${rowsHave(valueless)} no number in ${source.value} (${formatPercent(valueless / snapshot.rows)}); such steps are unknown`,
      "Take units and separators of thousands out in source.query; if no row means that nothing was sold, write missing: zero.",
      valueless,
      typeof example === "string" ? [example.slice(0, 60)] : [],
    );
  }
  if (of("negative") > 0 && of("negative") < fewNegative * of("known"))
    add(
      "warn",
      "value",
      source.value,
      `${rowsHave(of("negative"))} a negative ${source.value}, all others are none`,
      "Where they are returns, keep them out of the demand in source.query.",
      of("negative"),
    );
  if (source.censored !== undefined && of("censored") === of("known"))
    add(
      "block",
      "censored",
      source.censored,
      `${source.censored} is set in every row: nothing says what would have been`,
      "Check the flag: it marks the exceptions.",
      of("censored"),
    );
  else if (of("censored") > manyCensored * of("known"))
    add(
      "warn",
      "censored",
      source.censored ?? null,
      `${formatPercent(of("censored") / of("known"))} of the values are only the least that would have been`,
      "Forecasts rest on the others: see why so much is sold out.",
      of("censored"),
    );

  return true;
}
