/** Series by themselves: gaps, repeats, steps that are too short for the data; what is short, constant, over or new. */
import { stepText, usualSeasons } from "#base/steps";
import { counted, formatCount, formatPercent } from "#base/text";
import { rowsHave } from "#checks/check";
import { greatestPanel, isOver, lifeOf } from "#checks/series-sql";
import { seriesName } from "#records/forecast-use-case";
import type { SeriesSubject } from "#stages/readiness/series-subject";

/** Share of repeated steps up to which they are rather mistakes than parts. */
const fewRepeats = 0.05;
/** From this share of missing steps on, what is learnt is shaky. */
const manyGaps = 0.1;

/** Series by series: how long, how complete, how regular. */
export async function checkShapes({ useCase, keys, read, ask, add, note }: SeriesSubject): Promise<void> {
  const { source, every, horizon, missing } = useCase;
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
      `the history has ${counted(one("last") - one("first") + 1, "step")}, and the last ${holdout} are for judging`,
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
