/**
 * Whether series can be watched: when their points came, and whether there is anything in them. All is counted in DuckDB, by series; a finding
 * names the first few.
 */
import { formatCount, formatDuration, formatPercent, parseDuration, parsePercent } from "#base/text";
import { rowsHave } from "#checks/check";
import { instantText } from "#checks/profile";
import { rowsNeeded } from "#records/detect-rows";
import type { Finding } from "#records/readiness-report";
import type { DetectSeriesUseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** A series with fewer points has no alarm before it has so many. */
const leastPoints = 100;
/** As many can be watched at once. */
const mostSeries = 100_000;
/** From this share of distances on that are no multiple of `every`, it is another rhythm. */
const irregularShare = 0.1;
/** Systems write their zero, 1970-01-01, where they know nothing. */
const earliest = "1971-01-01";
const shown = 3;

/** @param absent columns that the snapshot does not have */
export async function checkSeries(
  { tables, path, useCase, now, signal }: Subject<DetectSeriesUseCase>,
  absent: ReadonlySet<string | null>,
): Promise<Finding[]> {
  const { series, time, values } = useCase.source;
  if ([time, ...series].some((column) => absent.has(column))) return [];
  const every = parseDuration(useCase.every)!;
  const at = quoteName(time);
  const name = series.length === 0 ? "''" : `concat_ws(' ', ${series.map(quoteName).join(", ")})`;
  const keys = series.length === 0 ? "''" : series.map((column) => `coalesce(${quoteName(column)}, '')`).join(" || chr(31) || ");
  const present = values.filter((column) => !absent.has(column));
  const number = (column: string): string => `TRY_CAST(CAST(${quoteName(column)} AS VARCHAR) AS DOUBLE)`;
  const base = `WITH read AS (SELECT ${keys} AS key, ${name} AS name, TRY_CAST(CAST(${at} AS VARCHAR) AS TIMESTAMP) AS instant,
      ${present.map((column, nr) => `CASE WHEN isfinite(${number(column)}) THEN ${number(column)} END AS v${nr}`).join(", ")} FROM records),
    points AS (SELECT *, epoch_ms(instant) AS ms FROM read WHERE isfinite(instant) AND instant >= TIMESTAMP '${earliest}'
      AND instant <= make_timestamp(${Math.round((now + Math.max(every, 86_400_000)) * 1000)}))`;
  const rows = (sql: string): ReturnType<typeof tables.aggregate> => tables.aggregate(path, `${base} ${sql}`, { signal });
  const findings: Finding[] = [];
  const add = (...[verdict, check, column, detail, fix, more]: Parameters<typeof concern>): void =>
    void findings.push(concern(verdict, check, column, detail, fix, more));

  const [when] = await rows(
    `SELECT (SELECT count(*) FILTER (WHERE instant IS NULL OR NOT isfinite(instant)) FROM read) AS timeless,
       (SELECT count(*) FILTER (WHERE isfinite(instant) AND instant < TIMESTAMP '${earliest}') FROM read) AS past,
       (SELECT count(*) FILTER (WHERE isfinite(instant)) FROM read) - (SELECT count(*) FROM points) AS beyond,
       (SELECT max(epoch_ms(instant)) FROM read WHERE isfinite(instant)) AS last,
       (SELECT min(ms) FROM points) AS first_point, (SELECT max(ms) FROM points) AS last_point, (SELECT count(*) FROM points) AS points, (SELECT count(DISTINCT key) FROM points) AS series,
       (SELECT count(*) FROM points) - (SELECT count(*) FROM (SELECT DISTINCT key, ms FROM points)) AS twice`,
  );
  const count = (what: string): number => Number(when?.[what] ?? 0);
  if (count("timeless") > 0) {
    const detail = `${rowsHave(count("timeless"))} no instant in ${time}; such points are left out`;
    const fix = `Fill ${time} at the source, or cast it in source.query so that the database says which instants they are.`;
    add(count("points") === 0 ? "block" : "warn", "time", time, detail, fix, { affected_rows: count("timeless") });
  }
  const future = count("beyond") - count("past");
  if (future > 0) {
    const detail = `${rowsHave(future)} a ${time} after now, up to ${instantText(count("last"))}; such points are left out`;
    const fix = "A clock is wrong, or a date was made up: correct it at the source, or bound the time in source.query.";
    add(count("points") === 0 ? "block" : "warn", "time", time, detail, fix, { affected_rows: future });
  }
  if (count("past") > 0) {
    const detail = `${rowsHave(count("past"))} a ${time} before ${earliest.slice(0, 4)}; such points are left out`;
    add("warn", "time", time, detail, `Correct ${time} at the source, or bound it in source.query.`, {
      affected_rows: count("past"),
    });
  }
  if (count("points") === 0) {
    if (findings.length === 0) add("block", "time", time, `no row has a ${time} that can be`, `Check ${time} at the source.`);
    return findings;
  }
  if (count("twice") > 0) {
    const detail = `${rowsHave(count("twice"))} a ${time} that an earlier row of the same series has too; of such points the first counts`;
    const fix =
      series.length === 0
        ? "If they are several series, name the columns that tell them apart: source.series."
        : "If they are further series, name the column that tells them apart in source.series; else make source.query return each point once.";
    add("warn", "duplicate", time, detail, fix, { affected_rows: count("twice") });
  }
  const found = count("series");
  if (found * present.length > mostSeries) {
    const detail = `there are ${formatCount(found * present.length)} series (${formatCount(found)} of ${present.length} values)`;
    const fix = `At most ${formatCount(mostSeries)} are watched by one use case. Leave columns out of source.series that name points rather than series, or split the use case.`;
    add("block", "series", series[0] ?? null, detail, fix);
    return findings;
  }
  const [long] = await rows(
    `, counted AS (SELECT name, count(*) AS n FROM points GROUP BY key, name) SELECT count(*) FILTER (WHERE n < ${leastPoints}) AS short, median(n) AS usual,
       (SELECT string_agg(name, ', ') FROM (SELECT name FROM counted WHERE n < ${leastPoints} ORDER BY name LIMIT ${shown})) AS named FROM counted`,
  );
  const short = Number(long?.["short"] ?? 0);
  if (short > 0) {
    const detail = `${formatCount(short)} of ${formatCount(found)} series have fewer than ${leastPoints} points (half of all series have at most ${formatCount(Number(long?.["usual"]))})`;
    const fix = `A series has no alarm before it has ${leastPoints} points: let source.query reach further back, or leave short series out.`;
    add(short === found ? "block" : "warn", "short", series[0] ?? null, detail, fix, { examples: namesOf(long?.["named"]) });
  }
  if (useCase.source.together) {
    const least = rowsNeeded(values.length);
    const split = count("last_point") - (count("last_point") - count("first_point")) * parsePercent(useCase.train.holdout)!;
    const [learnt] = await rows(
      `, counted AS (SELECT name, count(*) FILTER (WHERE ms < ${Math.floor(split)}) AS n FROM points GROUP BY key, name)
       SELECT count(*) FILTER (WHERE n < ${least}) AS few, (SELECT string_agg(name, ', ') FROM (SELECT name FROM counted WHERE n < ${least} ORDER BY name LIMIT ${shown})) AS named FROM counted`,
    );
    const few = Number(learnt?.["few"] ?? 0);
    if (few > 0) {
      const of =
        series.length === 0 ? "the series has" : `${formatCount(few)} of ${formatCount(found)} ${series.join(", ")} have`;
      const detail = `${of} fewer than ${formatCount(least)} rows before the last ${useCase.train.holdout} of the time, too few to learn how ${values.length} values go together`;
      const fix = "Each of their values is watched by itself. Let source.query reach further back, or train again later.";
      add("warn", "together", series[0] ?? null, detail, fix, { examples: namesOf(learnt?.["named"]) });
    }
  }
  const [rhythm] = await rows(
    `, steps AS (SELECT key, ms - lag(ms) OVER (PARTITION BY key ORDER BY ms) AS step FROM points)
     SELECT median(step) AS usual, count(*) AS n, count(*) FILTER (WHERE abs(step - round(step / ${every}) * ${every}) > ${every / 4}) AS off,
       count(*) FILTER (WHERE step > ${1.5 * every}) AS gaps FROM steps WHERE step > 0`,
  );
  const steps = Number(rhythm?.["n"] ?? 0);
  const usual = Number(rhythm?.["usual"] ?? every);
  const off = Number(rhythm?.["off"] ?? 0);
  if (steps > 0 && (usual > 1.5 * every || usual < every / 1.5)) {
    const detail = `points come every ${formatDuration(usual)} mostly; every says ${useCase.every}`;
    add("warn", "rhythm", time, detail, `Write every: ${written(usual)}, or aggregate to ${useCase.every} in source.query.`);
  } else if (off > irregularShare * steps) {
    const detail = `${formatPercent(off / steps)} of the points do not come ${useCase.every}, or a multiple of it, after the one before`;
    const fix = "Values are taken as those of the nearest step. If it matters, aggregate to steps in source.query.";
    add("warn", "rhythm", time, detail, fix, { affected_rows: off });
  }
  for (const [nr, column] of present.entries()) {
    const [flat] = await rows(
      `, held AS (SELECT name, count(v${nr}) AS n, min(v${nr}) AS least, max(v${nr}) AS most, count(*) AS all_points FROM points GROUP BY key, name)
       SELECT count(*) FILTER (WHERE n = 0) AS empty, count(*) FILTER (WHERE n > 1 AND least = most) AS constant, sum(all_points) - sum(n) AS missing,
         (SELECT string_agg(name, ', ') FROM (SELECT name FROM held WHERE n = 0 ORDER BY name LIMIT ${shown})) AS empty_names,
         (SELECT string_agg(name, ', ') FROM (SELECT name FROM held WHERE n > 1 AND least = most ORDER BY name LIMIT ${shown})) AS constant_names FROM held`,
    );
    const [empty, constant, missing] = ["empty", "constant", "missing"].map((what) => Number(flat?.[what] ?? 0)) as [
      number,
      number,
      number,
    ];
    const of = found === 1 ? "" : ` in ${formatCount(empty || constant)} of ${formatCount(found)} series`;
    if (empty > 0) {
      const fix = `Take ${column} out of source.values, or find out why it is not filled.`;
      add(
        empty === found && present.length === 1 ? "block" : "warn",
        "empty",
        column,
        `${column} holds no number at all${of}`,
        fix,
        {
          examples: namesOf(flat?.["empty_names"]),
        },
      );
    }
    if (constant > 0) {
      const held = found === 1 ? "" : ` in ${formatCount(constant)} of ${formatCount(found)} series`;
      const fix = "Any other value will alarm. If it never changes, it tells nothing: leave it out.";
      add("warn", "constant", column, `${column} is the same at every point${held}`, fix, {
        examples: namesOf(flat?.["constant_names"]),
      });
    }
    if (empty === 0 && missing > 0) {
      const detail = `${rowsHave(missing)} no number in ${column} (${formatPercent(missing / count("points"))}); that counts as missing at that time`;
      add("warn", "missing", column, detail, "If nothing is measured then on purpose, leave such rows out in source.query.", {
        affected_rows: missing,
      });
    }
  }
  return findings;
}

function namesOf(list: unknown): string[] {
  return typeof list === "string" && list !== "" ? list.split(", ").slice(0, shown) : [];
}

/** A duration as a use case writes it. */
function written(ms: number): string {
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.max(1, Math.round(ms))}ms`;
}
