/**
 * From a snapshot to the panel that a forecaster takes: a value for each series and step, with flags, inputs of the past and of the steps to come, and
 * holidays. Rows are added up in DuckDB; what comes back are columns of numbers, a row for each series and step that has one.
 */
import { clockAhead, isCalendar, stepAt, stepText } from "#base/steps";
import { failure } from "#base/errors";
import { formatCount } from "#base/text";
import { earliestDay, greatestPanel, holdsDates, isOver, lifeOf, seriesRows, stepSql, typeIn } from "#checks/series-sql";
import type { Artifacts } from "#files/artifacts";
import type { CalendarColumn, Panel, SeriesInput, SeriesKey } from "#learn/data/series";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { holidayNames, holidaysFrom, placeColumn, seriesKeys } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Remedy } from "#records/readiness-report";
import type { Beside, Snapshot } from "#records/snapshot";
import { holidayColumns } from "#stages/prepare/holiday-columns";
import type { HolidayCalendar } from "#stages/prepare/holiday-columns";
import { quoteText } from "#tables/sql-text";
import type { Tables } from "#tables/tables";
import { whole } from "#tables/whole";

export interface PreparedPanel {
  /** All series end at the last step for which any has a value. */
  readonly panel: Panel;
  /** The step behind the last one: the first that is forecast. */
  readonly end: number;
  /** First step of any series. */
  readonly start: number;
  /** Values that are there. */
  readonly known: number;
  /** Series without a value for so long that they are over; they are not in the panel. */
  readonly ended: number;
}

export interface PanelDeps {
  readonly tables: Tables;
  readonly artifacts: Artifacts;
  readonly signal?: AbortSignal | undefined;
}

export interface PanelOptions {
  /** Inputs that readiness takes out. */
  readonly remedies?: readonly Remedy[];
  /** Series that come first, in this order, whether there are rows of them or not: those of the model that is fitted again. */
  readonly first?: readonly SeriesKey[];
}

/** @throws DATA_UNSUITABLE where no series has a value, or they do not fit into memory; ARTIFACT_*; CANCELLED */
export async function preparePanel(
  { tables, artifacts, signal }: PanelDeps,
  snapshot: Snapshot,
  useCase: ForecastUseCase,
  { remedies = [], first = [] }: PanelOptions = {},
): Promise<PreparedPanel> {
  const { source, every, horizon } = useCase;
  const path = await artifacts.verifiedPath(snapshot.hash);
  const dates = isCalendar(every) && (await holdsDates(tables, path, source.time, snapshot.fields, signal));
  const dropped = new Set(remedies.flatMap((remedy) => (remedy.kind === "drop_columns" ? remedy.columns : [])));
  const inputs = (useCase.inputs?.columns ?? []).filter((name) => !dropped.has(name));
  const rows = seriesRows(useCase, snapshot.fields, { dates, inputs });
  const keys = rows.series;
  const by = keys.length === 0 ? "" : keys.join(", ");
  // The latest place of a series: a shop may move.
  const hasPlace = placeColumn(useCase) !== undefined && beside(snapshot, "holidays")?.library !== undefined;
  const present = [...keys, "step"].map((name) => `${name} IS NOT NULL`).join(" AND ");
  const running = stepAt(every, useCase.time_zone, Date.parse(snapshot.taken_at));
  const read = `read AS (${rows.sql}), usable AS (SELECT * FROM read WHERE ${present} AND moment >= TIMESTAMP '${earliestDay}')`;
  const select = (sql: string, files: Readonly<Record<string, string>> = {}): Promise<ScalarTable> =>
    whole(tables.select({ records: path, ...files }, sql, { signal }));
  const refuse = (reason: string, fix: string): Error => failure("DATA_UNSUITABLE", { use_case: useCase.use_case, reason, fix });

  const [span] = await tables.aggregate(
    path,
    `WITH ${read} SELECT max(step)::DOUBLE AS last FROM usable WHERE value IS NOT NULL AND step < ${running}`,
    { signal },
  );
  if (span?.["last"] === null || span?.["last"] === undefined) {
    throw refuse(
      `no series has a number in ${source.value} at a time that is over`,
      "Check source.query, source.value and source.time.",
    );
  }
  const last = Number(span["last"]);
  const oldest = useCase.look_back === undefined ? "" : ` AND step > ${last - useCase.look_back}`;
  const order = by === "" ? "" : ` ORDER BY ${by}`;
  const group = by === "" ? "" : ` GROUP BY ${by}`;
  const listed = `${read}, past AS (SELECT * FROM usable WHERE step <= ${last}${oldest}),
    listed AS (SELECT ${[
      ...keys,
      ...rows.groups.map((name) => `coalesce(min(${name}), 'none') AS ${name}`),
      "min(step) FILTER (value IS NOT NULL) AS first",
      ...(hasPlace ? ["arg_max(place, moment) FILTER (place IS NOT NULL) AS place"] : []),
      lifeOf(useCase),
    ].join(", ")} FROM past${group} HAVING count(value) > 0),
    numbered AS (SELECT *, row_number() OVER (${order}) - 1 AS id FROM listed)`;
  const series = await select(
    `WITH ${listed} SELECT ${[...keys, ...rows.groups].map((k) => `${k}, `).join("")}${hasPlace ? "place, " : ""}first::DOUBLE AS first, ${isOver(useCase)} AS over FROM (SELECT *, ${last} AS last FROM numbered) ORDER BY id`,
  );
  const ahead = await planRows();
  const layout = layOut();

  const value = { sum: "sum(value)", mean: "avg(value)", last: "arg_max(value, moment)", error: "any_value(value)" }[
    useCase.duplicates
  ];
  const join = by === "" ? "past, (SELECT id FROM numbered)" : `past JOIN (SELECT id, ${by} FROM numbered) USING (${by})`;
  const cells = await select(
    `WITH ${listed} SELECT id::DOUBLE AS id, step::DOUBLE AS step, ${value} AS value, max(censored::INTEGER)::DOUBLE AS censored${rows.inputs.map((name) => `, avg(${name}) AS ${name}`).join("")}
     FROM ${join} GROUP BY id, step ORDER BY id, step`,
  );
  return fill();

  /** Inputs of the steps to come: from the plan, and from rows of the source behind the last value. */
  async function planRows(): Promise<{ known: ScalarTable; unseen: ScalarTable } | null> {
    if (rows.inputs.length === 0) return null;
    const plan = beside(snapshot, "plan");
    const planned = plan && seriesRows(useCase, plan.fields, { dates, inputs, from: "plan" });
    const columns = [...keys, "step", ...(hasPlace ? ["place"] : []), ...rows.inputs].join(", ");
    const files: Readonly<Record<string, string>> = plan ? { plan: await artifacts.verifiedPath(plan.hash) } : {};
    const coming = `${listed}, coming AS (
      SELECT ${columns} FROM usable WHERE step > ${last}${planned ? ` UNION ALL SELECT ${columns} FROM (${planned.sql}) WHERE ${present} AND step > ${last}` : ""}),
      near AS (SELECT * FROM coming WHERE step <= ${last + horizon})`;
    const means = rows.inputs.map((name) => `, avg(${name}) AS ${name}`).join("");
    const on = by === "" ? "near, (SELECT id FROM numbered)" : `near JOIN (SELECT id, ${by} FROM numbered) USING (${by})`;
    const known = await select(
      `WITH ${coming} SELECT id::DOUBLE AS id, step::DOUBLE AS step${means} FROM ${on} GROUP BY id, step ORDER BY id, step`,
      files,
    );
    // A series that is only planned is new; where it belongs in the hierarchy a plan does not say.
    const isNew = by !== "" && rows.groups.length === 0;
    const unseen = isNew
      ? await select(
          `WITH ${coming} SELECT ${by}, step::DOUBLE AS step${hasPlace ? ", max(place) AS place" : ""}${means} FROM near ANTI JOIN numbered USING (${by}) GROUP BY ${by}, step ORDER BY ${by}, step`,
          files,
        )
      : { rows: 0, columns: {} };
    return { known, unseen };
  }

  interface Layout {
    /** Place in the panel by id; -1 where the series is over. */
    readonly placeOf: Int32Array;
    readonly keys: (string | null)[][];
    readonly starts: number[];
    readonly ended: number;
    /** Places of series that are only planned, by key. */
    readonly planned: ReadonlyMap<string, number>;
    /** Where each series is, as holidays know it; null where no row says it. */
    readonly where: readonly (string | null)[];
  }

  function layOut(): Layout {
    const names = seriesKeys(useCase);
    const columnOf = names.map((name) => {
      const at = source.series.indexOf(name);
      const others = names.filter((one) => !source.series.includes(one));
      return texts(series, at >= 0 ? keys[at]! : rows.groups[others.indexOf(name)]!);
    });
    const seriesAt = source.series.map((name) => names.indexOf(name));
    const values: (string | null)[][] = names.map(() => []);
    const starts: number[] = [];
    const where: (string | null)[] = [];
    const places = new Map<string, number>();
    const add = (key: readonly (string | null)[], start: number): number => {
      names.forEach((_, at) => values[at]!.push(key[at]!));
      where.push(null);
      return starts.push(start) - 1;
    };
    const nameOf = (key: readonly (string | null)[]): string => JSON.stringify(seriesAt.map((at) => key[at]));
    const before = first.length === 0 ? 0 : (first[0]?.values.length ?? 0);
    for (let at = 0; at < before; at++) {
      const key = names.map((name) => first.find((one) => one.name === name)?.values[at] ?? null);
      places.set(nameOf(key), add(key, last + 1));
    }
    const firsts = numbers(series, "first");
    const whereOf = hasPlace ? texts(series, "place") : [];
    const over = numbers(series, "over");
    const placeOf = new Int32Array(series.rows).fill(-1);
    let ended = 0;
    for (let id = 0; id < series.rows; id++) {
      const key = columnOf.map((column) => column[id]!);
      const there = places.get(nameOf(key));
      // A model that is fitted again keeps the series that it has.
      if (over[id] === 1 && there === undefined) {
        ended++;
        continue;
      }
      if (there !== undefined) starts[there] = firsts[id]!;
      placeOf[id] = there ?? add(key, firsts[id]!);
      where[placeOf[id]!] = whereOf[id] ?? null;
      if (there === undefined) places.set(nameOf(key), placeOf[id]!);
    }
    const planned = new Map<string, number>();
    if (ahead && ahead.unseen.rows > 0) {
      const columns = source.series.map((_, at) => texts(ahead.unseen, keys[at]!));
      for (let row = 0; row < ahead.unseen.rows; row++) {
        const key = names.map((name) => columns[source.series.indexOf(name)]?.[row] ?? null);
        const name = nameOf(key);
        if (!planned.has(name)) planned.set(name, places.get(name) ?? add(key, last + 1));
        if (hasPlace) where[planned.get(name)!] ??= texts(ahead.unseen, "place")[row] ?? null;
      }
    }
    return { placeOf, keys: values, starts, ended, planned, where };
  }

  async function fill(): Promise<PreparedPanel> {
    const { placeOf, starts, ended } = layout;
    const count = starts.length;
    if (count === 0)
      throw refuse("every series is over", "Check whether source.query returns what is new, or raise the horizon.");
    const offsets = new Uint32Array(count + 1);
    let size = 0;
    for (let at = 0; at < count; at++) {
      size += last + 1 - starts[at]!;
      if (size > greatestPanel) throw refuse(tooLarge(count), "Set `look_back`, or a longer step.");
      offsets[at + 1] = size;
    }
    const values = new Float64Array(size).fill(useCase.missing === "zero" ? 0 : Number.NaN);
    const censored = source.censored === undefined ? undefined : new Uint8Array(size);
    const histories = inputs.map(() => new Float64Array(size).fill(Number.NaN));
    const isThere = new Uint8Array(inputs.length > 0 ? size : 0);
    const [ids, steps, cellValues, flags] = ["id", "step", "value", "censored"].map((name) => numbers(cells, name)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const inputCells = rows.inputs.map((name) => numbers(cells, name));
    for (let row = 0; row < cells.rows; row++) {
      const place = placeOf[ids[row]!]!;
      if (place < 0 || steps[row]! < starts[place]!) continue;
      const at = offsets[place]! + steps[row]! - starts[place]!;
      values[at] = cellValues[row]!;
      if (censored) censored[at] = Number(flags[row] === 1);
      inputCells.forEach((column, input) => (histories[input]![at] = column[row]!));
      if (inputs.length > 0) isThere[at] = 1;
    }
    // Were they unknown where there is no row, that alone would say what it was: nothing.
    for (const history of histories) {
      for (let place = 0; place < count; place++) hold(history, isThere, offsets[place]!, offsets[place + 1]!);
    }
    let known = 0;
    for (const one of values) if (!Number.isNaN(one)) known++;
    const start = starts.reduce((least, one) => Math.min(least, one), last + 1);
    const clock = clockAhead(every, useCase.time_zone, start, last + horizon + 1 - start);
    const days = await holidays();
    const read = inputs.map((name, at) => inputOf(name, at, histories[at]!, offsets));
    if (hasPlace && !layout.where.some((place) => days.has(place ?? ""))) throw refuseOther();
    if (hasPlace) read.push(...holidayInputs(days, start, offsets));
    const calendar = hasPlace ? undefined : [...days.values()].flatMap((own) => columnsOf(own, start));
    const panel: Panel = {
      keys: seriesKeys(useCase).map((name, at) => ({ name, values: layout.keys[at]! })),
      offsets,
      starts: Int32Array.from(starts),
      values,
      censored,
      ...(read.length > 0 && { inputs: read }),
      ...(calendar && calendar.length > 0 && { calendar }),
      ...(clock && { clock: { start, ahead: clock } }),
    };
    return { panel, end: last + 1, start, known, ended };
  }

  function inputOf(name: string, at: number, history: Float64Array, offsets: Uint32Array): SeriesInput {
    const count = offsets.length - 1;
    const coming = new Float64Array(count * horizon).fill(Number.NaN);
    const put = (place: number, step: number, one: number): void => {
      coming[place * horizon + step - last - 1] = one;
      isTold[place * horizon + step - last - 1] = 1;
    };
    const isTold = new Uint8Array(count * horizon);
    if (ahead) {
      const [ids, steps, column] = ["id", "step", rows.inputs[at]!].map((one) => numbers(ahead.known, one));
      for (let row = 0; row < ahead.known.rows; row++) {
        const place = layout.placeOf[ids![row]!]!;
        if (place < 0) continue;
        put(place, steps![row]!, column![row]!);
      }
      if (ahead.unseen.rows > 0) {
        const parts = keys.map((key) => texts(ahead.unseen, key));
        const [when, those] = ["step", rows.inputs[at]!].map((one) => numbers(ahead.unseen, one));
        for (let row = 0; row < ahead.unseen.rows; row++) {
          put(layout.planned.get(JSON.stringify(parts.map((part) => part[row])))!, when![row]!, those![row]!);
        }
      }
    }
    for (let place = 0; place < count; place++) {
      let from = offsets[place + 1]! - 1;
      while (from >= offsets[place]! && Number.isNaN(history[from]!)) from--;
      // Behind the end of its plan nothing is known of a series; one without a plan goes on as it was.
      let to = (place + 1) * horizon;
      while (to > place * horizon && !isTold[to - 1]) to--;
      if (to === place * horizon) to += horizon;
      hold(coming, isTold, place * horizon, to, from >= offsets[place]! ? history[from]! : Number.NaN);
    }
    return { name, history, ahead: coming };
  }

  /** By place, as the snapshot has them; under no name those that hold for all series. None where there are none. */
  async function holidays(): Promise<Map<string, HolidayCalendar>> {
    const [found, from] = [beside(snapshot, "holidays"), holidaysFrom(useCase)];
    if (!from) return new Map();
    const isQuery = "query" in from;
    if (!found || (found.library === undefined) !== isQuery) throw refuseOther();
    const file = await artifacts.verifiedPath(found.hash);
    const [time, type] = isQuery ? [source.time, typeIn(found.fields, source.time)] : ["day", "time" as const];
    const are = !isQuery || (await holdsDates(tables, file, time, found.fields, signal));
    const day = stepSql("day", useCase.time_zone, time, type, are);
    const [place, weekend] = [hasPlace ? "place" : "''", isQuery ? "'67'" : "weekend"];
    const where = "place" in from ? ` AND place = ${quoteText(from.place)}` : "";
    const days = await whole(
      tables.select(
        { records: file },
        `SELECT DISTINCT ${place} AS place, ${weekend} AS weekend, (${day})::DOUBLE AS day FROM records WHERE (${day}) IS NOT NULL${where}`,
        { signal },
      ),
    );
    const calendars = new Map<string, { days: Set<number>; weekend: number[] }>();
    if (days.rows === 0 && "place" in from) throw refuseOther();
    if (isQuery) calendars.set("", { days: new Set(), weekend: [6, 7] });
    const [placeNames, weekends] = [texts(days, "place"), texts(days, "weekend")];
    for (const [row, one] of numbers(days, "day").entries()) {
      const name = placeNames[row]!;
      const own = calendars.get(name) ?? { days: new Set(), weekend: [] };
      calendars.set(name, own);
      own.days.add(one);
      own.weekend = Array.from(weekends[row]!, Number);
    }
    return calendars;
  }

  function refuseOther(): Error {
    return refuse(
      "its holidays are others than those that the snapshot was taken with",
      "Let it take a new snapshot, without --snapshot.",
    );
  }

  function columnsOf(own: HolidayCalendar, start: number): CalendarColumn[] {
    const span = { every, zone: useCase.time_zone, start, end: last + horizon + 1 };
    return holidayColumns(own, span).map((column) => ({ ...column, start }));
  }

  /** Holidays of the place of each series; those of the country where no row says where it is, and nothing is known without. */
  function holidayInputs(days: ReadonlyMap<string, HolidayCalendar>, start: number, offsets: Uint32Array): SeriesInput[] {
    const { starts, where } = layout;
    const all = new Map([...days].map(([place, own]) => [place, columnsOf(own, start)]));
    return holidayNames(every).map((name, at) => {
      const history = new Float64Array(offsets.at(-1)!).fill(Number.NaN);
      const coming = new Float64Array(starts.length * horizon).fill(Number.NaN);
      for (const [place, begin] of starts.entries()) {
        const values = all.get(where[place] ?? "")?.[at]?.values;
        if (!values) continue;
        history.set(values.subarray(begin - start, last + 1 - start), offsets[place]);
        coming.set(values.subarray(last + 1 - start), place * horizon);
      }
      return { name, history, ahead: coming };
    });
  }

  function tooLarge(count: number): string {
    const least = layout.starts.reduce((a, b) => Math.min(a, b));
    return `${formatCount(count)} series from ${stepText(every, least)} on have more than ${formatCount(greatestPanel)} steps`;
  }
}

/** From `from` on and before `to`, what is not there is as it was last: `before`, where nothing was. */
function hold(values: Float64Array, isThere: Uint8Array, from: number, to: number, before = Number.NaN): void {
  for (let at = from, last = before; at < to; at++) {
    if (!isThere[at]) values[at] = last;
    last = values[at]!;
  }
}

function beside(snapshot: Snapshot, name: Beside["name"]): Beside | undefined {
  return snapshot.beside?.find((one) => one.name === name);
}

/** None where there is no row: what comes without rows comes without columns. */
function numbers(table: ScalarTable, name: string): Float64Array {
  if (table.rows === 0) return new Float64Array();
  const column: ScalarColumn = table.columns[name]!;
  if (column.type === "string") throw new Error(`${name} is a column of text`);
  return column.values;
}

function texts(table: ScalarTable, name: string): readonly (string | null)[] {
  if (table.rows === 0) return [];
  const column: ScalarColumn = table.columns[name]!;
  if (column.type !== "string") throw new Error(`${name} is no column of text`);
  return column.values;
}

/** The series of a forecaster, without the sums behind them: where a key is null all of its values are meant. */
export function withoutSums({ keys, count }: { readonly keys: readonly SeriesKey[]; readonly count: number }): SeriesKey[] {
  let series = 0;
  while (series < count && keys.every(({ values }) => values[series] !== null)) series++;
  return keys.map(({ name, values }) => ({ name, values: values.slice(0, series) }));
}
