/**
 * The health of series: times that cannot be, gaps, repeated steps, series that are too short, never change, are over or new, values that are only a
 * least one, and inputs that are the value under another name. Counted in DuckDB; what blocks is what leaves nothing to learn.
 */
import { isCalendar, stepAt, stepText, usualSeasons } from "#base/steps";
import { formatCount, formatNumber, formatPercent } from "#base/text";
import { rowsHave } from "#checks/check";
import { instantText } from "#checks/profile";
import {
  earliestDay,
  greatestPanel,
  greatestNumber,
  holdsDates,
  isOver,
  lifeOf,
  numberSql,
  seriesRows,
  typeIn,
} from "#checks/series-sql";
import type { Artifacts } from "#files/artifacts";
import { seriesName } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Finding } from "#records/readiness-report";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import type { AggregateRow } from "#tables/read-parquet";
import { quoteName } from "#tables/sql-text";

/** Share of repeated steps up to which they are rather mistakes than parts. */
const fewRepeats = 0.05;
/** From this share of missing steps, of censored values on, what is learnt is shaky. */
const manyGaps = 0.1;
const manyCensored = 0.3;
/** Up to this share, negative values among others that are none are exceptions. */
const fewNegative = 0.05;
/** An input that equals the value in this share of the rows, or rises and falls with it as closely, is the value. */
const nearlyAlways = 0.99;
const nearlyPerfect = 0.9995;
const leastRows = 20;

export async function checkSeries(subject: Subject<ForecastUseCase> & { readonly artifacts: Artifacts }): Promise<Finding[]> {
  const { tables, path, snapshot, useCase, signal } = subject;
  const { source, every, horizon, missing } = useCase;
  const { fields } = snapshot;
  const dates = isCalendar(every) && (await holdsDates(tables, path, source.time, fields, signal));
  const inputs = useCase.inputs?.columns ?? [];
  const rows = seriesRows(useCase, fields, { dates, inputs });
  const keys = rows.series;
  const running = stepAt(every, useCase.time_zone, Date.parse(snapshot.taken_at));
  const ask = (sql: string): Promise<AggregateRow[]> => tables.aggregate(path, sql, { signal });
  const hasKey = keys.map((key) => `${key} IS NOT NULL`).join(" AND ") || "true";
  const read = `WITH read AS (${rows.sql}),
    past AS (SELECT * FROM read WHERE ${hasKey} AND step < ${running} AND moment >= TIMESTAMP '${earliestDay}')`;

  const [seen] = await ask(
    `${read} SELECT count(*) FILTER (NOT (${hasKey})) AS nameless, count(*) FILTER (step IS NULL) AS timeless,
       count(*) FILTER (step > ${running} AND value IS NOT NULL) AS future, max(epoch_ms(moment)) FILTER (step > ${running} AND value IS NOT NULL)::DOUBLE AS latest,
       count(*) FILTER (step = ${running} AND value IS NOT NULL) AS running,
       count(*) FILTER (moment < TIMESTAMP '${earliestDay}') AS ancient, min(epoch_ms(moment))::DOUBLE AS earliest,
       count(*) FILTER (value IS NULL AND step <= ${running}) AS valueless FROM read`,
  );
  const count = (name: string): number => Number(seen![name] ?? 0);
  const findings: Finding[] = [];
  const add = (
    verdict: "warn" | "block",
    check: string,
    column: string | null,
    detail: string,
    fix: string,
    affected: number | null,
    examples: string[] = [],
  ): void => void findings.push(concern(verdict, check, column, detail, fix, { affected_rows: affected, examples }));
  const note = (check: string, column: string | null, detail: string): void =>
    void findings.push({ check, column, verdict: "pass", detail, fix: null, affected_rows: null, examples: [], remedy: null });

  if (count("timeless") === snapshot.rows) {
    add(
      "block",
      "time",
      source.time,
      `${source.time} holds no instant and no date in any row`,
      "Cast it in source.query, or name another column as source.time.",
      snapshot.rows,
    );
    return findings;
  }
  if (count("timeless") > 0)
    add(
      "warn",
      "time",
      source.time,
      `${rowsHave(count("timeless"))} no ${source.time} that can be read; they are left out`,
      `Fill or correct ${source.time} at the source.`,
      count("timeless"),
    );
  if (count("nameless") > 0)
    add(
      "warn",
      "series",
      source.series[0] ?? null,
      `${rowsHave(count("nameless"))} no ${source.series.join(" or ")}; they are left out`,
      "Leave such rows out in source.query, or give them a name of their own.",
      count("nameless"),
    );
  if (count("ancient") > 0)
    add(
      "warn",
      "time",
      source.time,
      `${rowsHave(count("ancient"))} a ${source.time} before ${earliestDay.slice(0, 4)}; they are left out`,
      `Correct them at the source, or set ${source.time} to null in source.query where it cannot be.`,
      count("ancient"),
      [instantText(count("earliest"))],
    );
  if (count("future") > 0)
    add(
      "warn",
      "time",
      source.time,
      `${rowsHave(count("future"))} a ${source.value} after now; they are left out`,
      "What is planned is no history: leave it out in source.query, or bring it as an input.",
      count("future"),
      [instantText(count("latest"))],
    );
  if (count("running") > 0)
    note(
      "time",
      source.time,
      `${stepText(every, running)} is not over and is left out until it is (${rowsHave(count("running"))} it)`,
    );
  await zoneOddities();

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
    return findings;
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
  const valueless = count("valueless") - far;
  if (valueless > 0) {
    const [odd] = await ask(
      `SELECT any_value(CAST(${quoteName(source.value)} AS VARCHAR)) AS odd FROM records WHERE (${numberSql(source.value, typeIn(fields, source.value))}) IS NULL AND ${quoteName(source.value)} IS NOT NULL`,
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

  await shapes();
  findings.push(...(await leaks()));
  await plan();
  return findings;

  /** A column of times that no zone was said of, or of midnights of another zone. */
  async function zoneOddities(): Promise<void> {
    const field = fields.find(({ name }) => name === source.time)!;
    const isLocal = field.type === "string" || /^timestamp$|without time zone|datetime/i.test(field.source_type);
    if (!isCalendar(every) && useCase.time_zone !== "UTC" && isLocal)
      add(
        "warn",
        "zone",
        source.time,
        `${source.time} says no zone and is read as UTC: the hours of a clock change may be there twice, or not at all`,
        `Return instants in source.query, for example ${source.time} at time zone '${useCase.time_zone}'.`,
        null,
      );
    if (!isCalendar(every) || dates || useCase.time_zone !== "UTC") return;
    const [hours] = await ask(
      `${read} SELECT count(DISTINCT epoch_ms(moment) % 86400000) AS n, count(DISTINCT step) AS steps, min(epoch_ms(moment) % 86400000)::DOUBLE AS first FROM past`,
    );
    if (Number(hours!["n"]) > 2 || Number(hours!["steps"]) < leastRows) return;
    const at = new Date(Number(hours!["first"])).toISOString().slice(11, 16);
    add(
      "warn",
      "zone",
      source.time,
      `every ${source.time} is at ${at} UTC, or at that and one other time: it seems to be the midnight of another zone`,
      "Name that zone, for example time_zone: Europe/Berlin; else each day is taken for the one before or after.",
      null,
    );
  }

  /** Series by series: how long, how complete, how regular. */
  async function shapes(): Promise<void> {
    const by = keys.join(", ");
    const group = by === "" ? "" : `${by}, `;
    const window = by === "" ? "ORDER BY step" : `PARTITION BY ${by} ORDER BY step`;
    const season = Math.round(usualSeasons[every][0] ?? 1);
    // Steps without a row are zero there, so a series with such steps is not constant.
    const whole = missing === "zero" ? " AND steps = done - begun + 1" : "";
    const cells = `${read}, cells AS (SELECT ${group}step, count(value) AS n, min(value) AS low, max(value) AS high FROM past GROUP BY ${group}step HAVING n > 0),
      spaced AS (SELECT *, step - lag(step) OVER (${window}) AS gap FROM cells),
      ends AS (SELECT max(step) AS last, min(step) AS first FROM cells),
      each AS (SELECT ${group}count(*) AS steps, sum(n) AS n, min(step) AS begun, max(step) AS done, min(low) AS low, max(high) AS high, mode(gap) AS gap FROM spaced${by === "" ? "" : ` GROUP BY ${by}`}),
      lives AS (SELECT ${group}${lifeOf(useCase)} FROM past${by === "" ? "" : ` GROUP BY ${by}`})`;
    const [row] = await ask(
      `${cells} SELECT count(*) AS series, sum(steps) AS steps, sum(n) AS rows, min(begun)::DOUBLE AS first, max(done)::DOUBLE AS last,
         sum(done - begun + 1) AS span, sum(last - begun + 1) AS panel,
         count(*) FILTER (done - begun + 1 < ${2 * season}) AS short, count(*) FILTER (low = high AND steps > 2${whole}) AS flat,
         (SELECT count(*) FROM lives, ends WHERE ${isOver(useCase)}) AS ended,
         count(*) FILTER (begun > last - ${horizon} AND begun > first) AS fresh, mode(gap) AS gap, count(*) FILTER (gap > 1) AS sparse
       FROM each, ends`,
    );
    const one = (name: string): number => Number(row![name] ?? 0);
    const series = one("series");
    const some = (share: number): string =>
      series === 1 ? "the series" : `${formatCount(share)} of ${formatCount(series)} series`;
    const example = async (where: string, from = "each"): Promise<string[]> => {
      if (by === "") return [];
      const named = await ask(`${cells} SELECT ${by} FROM ${from}, ends WHERE ${where} ORDER BY ${by} LIMIT 3`);
      return named.map((parts) => seriesName(keys.map((key) => String(parts[key]))));
    };
    const holdout = useCase.train.holdout ?? horizon;
    if (one("last") - one("first") < holdout) {
      add(
        "block",
        "length",
        source.time,
        `the history has ${formatCount(one("last") - one("first") + 1)} steps, and the last ${holdout} are for judging`,
        "Return more of the past in source.query, or lower the horizon or train.holdout.",
        null,
      );
      return;
    }
    if (one("panel") > greatestPanel) {
      add(
        "block",
        "length",
        source.time,
        `${formatCount(series)} series from ${stepText(every, one("first"))} on have ${formatCount(one("panel"))} steps, more than the ${formatCount(greatestPanel)} that fit into memory`,
        "Set `look_back`, or a longer step.",
        null,
      );
      return;
    }
    const repeats = one("rows") - one("steps");
    if (repeats > 0) {
      const what = { sum: "added up", mean: "averaged", last: "the last counts", error: "which duplicates: error forbids" }[
        useCase.duplicates
      ];
      const detail = `${rowsHave(repeats)} a step that an earlier row of the series has too; ${what}`;
      if (useCase.duplicates === "error")
        add(
          "block",
          "duplicate",
          source.time,
          detail,
          "Make source.query return each step once, or say what several rows are: sum, mean or last.",
          repeats,
        );
      else if (repeats < fewRepeats * one("steps"))
        add(
          "warn",
          "duplicate",
          source.time,
          detail,
          "So few seem to be mistakes: a join in source.query may multiply rows. If they are corrections, write duplicates: last.",
          repeats,
        );
      else note("duplicate", source.time, detail);
    }
    const gaps = one("span") - one("steps");
    const share = gaps / Math.max(1, one("span"));
    const gap = one("gap");
    if (gap > 1 && one("sparse") > series / 2)
      add(
        "warn",
        "step",
        source.time,
        `most rows of a series are ${formatCount(gap)} steps apart`,
        `Perhaps every: ${every} is too short a step${every === "day" && gap === 7 ? "; try every: week" : every === "day" && gap >= 28 && gap <= 31 ? "; try every: month" : ""}. If no row means that nothing was sold, write missing: zero.`,
        null,
      );
    else if (gaps > 0 && missing === "unknown" && share > manyGaps)
      add(
        "warn",
        "gap",
        source.time,
        `${formatPercent(share)} of the steps between the first and the last of their series have no row; they are unknown`,
        "If no row means that nothing was sold, write missing: zero; else see why they are not there.",
        gaps,
      );
    else if (gaps > 0) note("gap", source.time, `${formatPercent(share)} of the steps have no row; they are ${missing}`);
    if (one("short") === series && season > 1)
      add(
        "warn",
        "length",
        source.time,
        `no series has two seasons of ${season} steps, so no season can be learnt`,
        "Return more of the past in source.query.",
        null,
      );
    else if (one("short") > 0 && season > 1)
      add(
        "warn",
        "length",
        source.time,
        `${some(one("short"))} have less than two seasons of ${season} steps`,
        "They are forecast without a season; return more of their past where there is more.",
        null,
        await example(`done - begun + 1 < ${2 * season}`),
      );
    if (one("flat") > 0)
      add(
        "warn",
        "constant",
        source.value,
        `${some(one("flat"))} ${one("flat") === 1 || series === 1 ? "has" : "have"} the same ${source.value} at every step`,
        "Where that is no measurement but a default, leave them out in source.query.",
        null,
        await example(`low = high AND steps > 2${whole}`),
      );
    if (one("ended") > 0) {
      add(
        "warn",
        "ended",
        source.time,
        `${some(one("ended"))} had nothing for ${formatCount(horizon + season)} steps and longer than usual; they are taken as over and are not forecast`,
        "If they only wait for their data, train when it is there.",
        null,
        await example(isOver(useCase), "lives"),
      );
    }
    if (one("fresh") > 0)
      add(
        "warn",
        "new",
        source.time,
        `${some(one("fresh"))} began within the last ${formatCount(horizon)} steps`,
        "They are forecast from what the others are like; watch the first orders.",
        null,
        await example(`begun > last - ${horizon} AND begun > first`),
      );
  }

  /** Inputs that are the value: known when it is, not ahead. */
  async function leaks(): Promise<Finding[]> {
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

  /** Whether the plan reaches as far as the forecast. */
  async function plan(): Promise<void> {
    const planned = snapshot.beside?.find(({ name }) => name === "plan");
    if (!planned) return;
    const [ends] = await ask(`${read} SELECT max(step)::DOUBLE AS last FROM past WHERE value IS NOT NULL`);
    const last = Number(ends!["last"]);
    const file = await subject.artifacts.verifiedPath(planned.hash);
    const { sql } = seriesRows(useCase, planned.fields, { dates, inputs });
    const [row] = await tables.aggregate(
      file,
      `WITH read AS (${sql}) SELECT max(step)::DOUBLE AS last, count(*) FILTER (${hasKey} AND step > ${last} AND step <= ${last + horizon}) AS coming FROM read`,
      { signal },
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
}
