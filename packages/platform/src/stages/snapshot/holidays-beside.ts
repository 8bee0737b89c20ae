/**
 * Public holidays frozen beside the rows of a use case: those of its place, or of every place that a column of the rows names, for the years that its
 * series and the steps to come lie in. What the library said then is what the model knows: a later version of it changes nothing that is traced.
 */
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import { stepAt, stepStart } from "#base/steps";
import { formatCount } from "#base/text";
import type { OpenPublicHolidays, Place } from "#calendars/public-holidays";
import { earliestDay, instantSql, keySql, typeIn } from "#checks/series-sql";
import type { ScalarTable } from "#learn/data/table";
import { holidaysFrom } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Field } from "#records/snapshot";
import type { Tables } from "#tables/tables";

export interface HolidaysDeps {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly openPublicHolidays: OpenPublicHolidays;
  readonly signal?: AbortSignal | undefined;
}

interface Rows {
  readonly path: string;
  readonly fields: readonly Field[];
}

export interface FrozenHolidays {
  /** The library and its version. */
  readonly library: string;
  /** The places and years. */
  readonly query: string;
  readonly fields: readonly Field[];
  readonly rows: number;
}

/** As the place is written, its code, its weekend as digits (1 is Monday), a day, and what it is. */
const fields: readonly Field[] = [
  { name: "place", type: "string", source_type: "" },
  { name: "code", type: "string", source_type: "" },
  { name: "weekend", type: "string", source_type: "" },
  { name: "day", type: "time", source_type: "" },
  { name: "name", type: "string", source_type: "" },
];
const dayMs = 86_400_000;
const mostPlaces = 1000;

/** Whether its holidays are those of places rather than of a query. */
export function needsLibrary(useCase: ForecastUseCase): boolean {
  const from = holidaysFrom(useCase);
  return from !== null && !("query" in from);
}

/**
 * Writes the holidays of a use case that asks for those of places to `path`. `files`: the rows, and those of the plan where there is one.
 *
 * @throws PACKAGE_MISSING, PLACE_UNKNOWN, DATA_UNSUITABLE (no place, or too many)
 */
export async function freezeHolidays(
  { tables, clock, openPublicHolidays, signal }: HolidaysDeps,
  useCase: ForecastUseCase,
  files: readonly Rows[],
  path: string,
): Promise<FrozenHolidays> {
  const from = holidaysFrom(useCase);
  if (!from || "query" in from) throw new Error("its holidays are not those of places");
  const library = await openPublicHolidays();
  const years = await yearsOf(tables, clock, useCase, files, signal);
  const places = "place" in from ? [from.place] : await placesIn(from.column);
  const country = "column" in from ? from.country : undefined;
  const found = places.map((place): [string, Place] => [place, library.find(place, country)]);
  // Where a row names no place, the holidays of the country are those that it has for sure.
  if (country !== undefined) found.push(["", library.find(country)]);
  const target = { path, fields, orderBy: ["place", "day"] };
  const rows = await tables.writeBatches(tablesOf(found), target, { signal });
  return { library: library.library, query: `${codesOf(found).join(", ")} ${years.from} to ${years.to}`, fields, rows };

  async function placesIn(column: string): Promise<string[]> {
    const names = new Set<string>();
    for (const file of files) {
      if (!file.fields.some(({ name }) => name === column)) continue;
      const place = keySql(column);
      const sql = `SELECT DISTINCT ${place} AS place FROM records WHERE ${place} IS NOT NULL ORDER BY place LIMIT ${mostPlaces + 1}`;
      for (const row of await tables.aggregate(file.path, sql, { signal })) names.add(String(row["place"]));
    }
    const refuse = (reason: string): Error =>
      failure("DATA_UNSUITABLE", {
        use_case: useCase.use_case,
        reason,
        fix: "Name a column that holds the code of a country or region, such as DE-BY, as holidays.column.",
      });
    if (names.size === 0 && country === undefined) throw refuse(`no row names a place in ${column}`);
    if (names.size > mostPlaces) throw refuse(`${column} names more than ${formatCount(mostPlaces)} places`);
    return [...names];
  }

  async function* tablesOf(all: readonly [string, Place][]): AsyncGenerator<ScalarTable> {
    for (const [place, where] of all) {
      if (signal?.aborted) throw failure("CANCELLED", { what: "The snapshot" });
      const holidays = library.holidays(where, years.from, years.to);
      const same = (text: string): string[] => holidays.map(() => text);
      yield {
        rows: holidays.length,
        columns: {
          place: { type: "string", values: same(place) },
          code: { type: "string", values: same(where.code) },
          weekend: { type: "string", values: same(where.weekend.join("")) },
          day: { type: "time", values: Float64Array.from(holidays, ({ day }) => day * dayMs) },
          name: { type: "string", values: holidays.map(({ name }) => name) },
        },
      };
    }
  }
}

function codesOf(places: readonly [string, Place][]): string[] {
  return [...new Set(places.map(([, { code }]) => code))].sort();
}

/** With the year before the first row, whose last days are beside its first, and the one after the last step to come. */
async function yearsOf(
  tables: Tables,
  clock: Clock,
  { source, every, time_zone: zone, horizon }: ForecastUseCase,
  [rows]: readonly Rows[],
  signal: AbortSignal | undefined,
): Promise<{ from: number; to: number }> {
  const at = instantSql(source.time, typeIn(rows!.fields, source.time));
  const now = clock.now();
  const sql = `SELECT year(min(${at})) AS first FROM records WHERE isfinite(${at}) AND ${at} >= TIMESTAMP '${earliestDay}'`;
  const [row] = await tables.aggregate(rows!.path, sql, { signal });
  const to = stepStart(every, stepAt(every, zone, now) + horizon + 1).getUTCFullYear() + 1;
  return { from: Math.min(Number(row?.["first"] ?? to), to) - 1, to };
}
