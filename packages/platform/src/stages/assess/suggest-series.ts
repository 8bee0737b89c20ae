/**
 * Whether a table holds series that are worth looking ahead of, or watching: rows of one step of time each, or events of which there are enough
 * that their number a day is something to plan by. Careful: without a rhythm, or with too little of the past, nothing is proposed.
 */
import type { Every } from "#base/steps";
import { stepCount } from "#base/steps";
import { counted, formatCount } from "#base/text";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { codesOf, findKey, findRhythm, instantsOf } from "#stages/assess/find-series";
import type { Rhythm } from "#stages/assess/find-series";
import type { ColumnSample } from "#stages/assess/suggest";

export interface ForecastSuggestion {
  readonly task: "forecast";
  /** The column to look ahead of; null: the number of rows. */
  readonly label: string | null;
  readonly series: readonly string[];
  /** Further columns that rows could be told apart by. */
  readonly groups: readonly string[];
  readonly time: string;
  readonly every: Every;
  readonly horizon: number;
  readonly missing: "unknown" | "zero";
  /** Numbers and flags that may be known ahead, such as a price. */
  readonly ahead: readonly string[];
  readonly score: number;
  readonly because: string;
}

export interface WatchSuggestion {
  readonly task: "detect";
  readonly values: readonly string[];
  readonly series: readonly string[];
  readonly time: string;
  /** `5m`. */
  readonly every: string;
  readonly score: number;
  readonly because: string;
}

export type SeriesSuggestion = ForecastSuggestion | WatchSuggestion;

/** Names of what is planned by: how much was sold, used, asked for. */
const demandNames =
  /(^|_)(units?|quantity|qty|menge|sold|sales|umsatz|revenue|turnover|orders?|demand|bedarf|usage|consumption|verbrauch|load|power|kwh|mwh|energy|production|output|volume|amount|count|calls|visits|clicks|rentals|trips|passengers|guests|arrivals|tickets|inflow|footfall|unemployed|births|deaths|cases)(_|$)/i;
/** Names of what machines say of themselves. */
const metricNames =
  /(^|_)(cpu|mem(ory)?|disk|swap|iops|io|latency|response|throughput|temp(erature)?|pressure|vibration|rpm|current|voltage|flow|humidity|errors?|requests|connections|queue|depth|bytes|packets|utili[sz]ation|signal|sensor|speed|level|torque|accelerat\w*|load|rate)(\d*|_.*)$/i;
/** Names of what may be known before. */
const aheadNames =
  /(^|_)(price|preis|promo(tion)?|discount|rabatt|campaign|aktion|advert\w*|planned|open|closed|holiday|feiertag)(_|$)/i;
/** Names of numbers that stand for something else. */
const codeNames =
  /(^|_)(id|key|code|nr|no|number|num|index|zip|postal|postcode|plz|year|month|day|weekday|dow|hour|week|quarter|version|lat(itude)?|lon(g(itude)?)?|row)$/i;
const timeNames =
  /(^|_)(created|opened|received|ordered|sold|measured|date|datum|day|tag|week|month|time|timestamp|ts|at|on)(_|$)/i;
const longestName = 80;
const flagNames = /^(is|has|was)_|(^|_)(flag|sold_out|stockout|censored|anomaly|outlier|label)$/i;

interface Plan {
  readonly horizon: number;
  /** Steps of the past without which there is nothing to say. */
  readonly least: number;
}
const plans: Readonly<Record<Every, Plan>> = {
  "15m": { horizon: 96, least: 672 },
  "30m": { horizon: 48, least: 336 },
  hour: { horizon: 48, least: 336 },
  day: { horizon: 28, least: 84 },
  week: { horizon: 12, least: 52 },
  month: { horizon: 12, least: 36 },
  quarter: { horizon: 4, least: 16 },
  year: { horizon: 3, least: 12 },
};
/** Points that a series must have had before it can be watched. */
const leastPoints = 200;
/** A rhythm faster than this is one of machines: it is watched. */
const watchedMs = 15 * 60_000;
/** Mean number of events in a step, at least, and the share of steps with one. */
const leastEvents = 5;
const leastWithEvents = 0.5;
const dayMs = 86_400_000;

/** Columns of instants, those that name when a row came to be first. */
export function timesIn(samples: readonly ColumnSample[]): string[] {
  const found = samples.filter(({ column }) => instantsOf(column) !== null).map(({ name }) => name);
  return [
    ...found.filter((name) => timeNames.test(inWords(name))),
    ...found.filter((name) => !timeNames.test(inWords(name))),
  ].slice(0, 1);
}

/** Columns of short values: texts that are read are no part of a series. */
export function shortColumns({ columns }: ScalarTable): string[] {
  return Object.entries(columns).flatMap(([name, column]) => {
    if (column.type !== "string") return [name];
    return column.values.every((text) => text === null || text.length <= longestName) ? [name] : [];
  });
}

/** Suggestions for a table whose time is the first of the columns, best first; none where nothing suits. O(rows x columns). */
export function suggestSeries(samples: readonly ColumnSample[], rows: number): SeriesSuggestion[] {
  const [{ name, column }] = samples as [ColumnSample];
  const times = instantsOf(column);
  if (!times || rows < 30 || !times.every((at) => Number.isFinite(at))) return [];
  const time = { name, times };
  const others = samples.filter(({ name }) => name !== time.name);
  const candidates = others
    .filter(({ name, column, reference, key }) => namesSeries(name, column, reference || key))
    .map(({ name, column }) => ({ name, codes: codesOf(column) }));
  const key = findKey(time.times, candidates);
  const rhythm = key && findRhythm(time.times, key.codes);
  const values = others.filter((sample) => key?.names.includes(sample.name) !== true && isValue(sample, rows));
  if (!key || !rhythm) return events(time, values, others, rows);
  const found = { time: time.name, series: key.names, count: key.count, rhythm };
  return [...forecasts(found, values, others), ...watches(found, values)].sort((a, b) => b.score - a.score);
}

interface Found {
  readonly time: string;
  readonly series: readonly string[];
  readonly count: number;
  readonly rhythm: Rhythm;
}

function forecasts(
  { time, series, count, rhythm }: Found,
  values: readonly ColumnSample[],
  others: readonly ColumnSample[],
): ForecastSuggestion[] {
  const { every, length, filled } = rhythm;
  if (every === null || length < plans[every].least) return [];
  const ahead = others.filter(({ name, column }) => isNumeric(column) && aheadNames.test(inWords(name))).map(({ name }) => name);
  return values
    .filter(({ name }) => !ahead.includes(name))
    .map(({ name, column }): ForecastSuggestion => {
      const isNamed = demandNames.test(inWords(name));
      const isMetric = !isNamed && metricNames.test(inWords(name));
      const { values: numbers } = column as { values: Float64Array };
      return {
        task: "forecast",
        label: name,
        series,
        groups: [],
        time,
        every,
        horizon: horizonOf(every, length),
        // Rows of what was sold are left out where nothing was, unless nothing is written as zero; a measurement that is missing is not zero.
        missing: isNamed && filled < 0.98 && numbers.every((value) => !(value <= 0)) ? "zero" : "unknown",
        ahead,
        score: 6.5 + (isNamed ? 1.5 : isMetric ? -1 : 0),
        because: `it has one number every ${every}${ofEach(series, count)}, ${stepCount(every, Math.round(length))} long`,
      };
    });
}

function watches({ time, series, count, rhythm }: Found, values: readonly ColumnSample[]): WatchSuggestion[] {
  const { ms, length, every } = rhythm;
  if (ms > 3_600_000 || length < leastPoints || values.length === 0) return [];
  const metrics = values.filter(({ name }) => metricNames.test(inWords(name)));
  if (every !== null && ms >= watchedMs && metrics.length === 0) return [];
  const isFast = ms < watchedMs;
  return [
    {
      task: "detect",
      values: (isFast ? values : metrics).slice(0, 50).map(({ name }) => name),
      series: series.slice(0, 4),
      time,
      every: durationOf(ms),
      score: 6.5 + (metrics.length > 0 ? 1 : 0) + (isFast ? 0.5 : -0.25),
      because: `a point comes every ${durationOf(ms)}${ofEach(series, count)}`,
    },
  ];
}

/** Without a rhythm rows are events: how many there are, or what they come to, by day, week or month. */
function events(
  { name: time, times }: { readonly name: string; readonly times: Float64Array },
  values: readonly ColumnSample[],
  others: readonly ColumnSample[],
  rows: number,
): ForecastSuggestion[] {
  const [first, last] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
  const every = (["day", "week", "month"] as const).find((one) => {
    const size = { day: dayMs, week: 7 * dayMs, month: 30.4375 * dayMs }[one];
    const steps = Math.floor((last - first) / size) + 1;
    const withEvents = new Set(Array.from(times, (at) => Math.floor((at - first) / size))).size;
    return steps >= plans[one].least && rows >= leastEvents * steps && withEvents >= leastWithEvents * steps;
  });
  if (every === undefined) return [];
  const size = { day: dayMs, week: 7 * dayMs, month: 30.4375 * dayMs }[every];
  const steps = Math.floor((last - first) / size) + 1;
  const groups = others
    .filter(({ column }) => column.type === "string")
    .flatMap(({ name, column }) => {
      const levels = new Set<unknown>(column.values).size;
      return levels >= 2 && levels <= 50 && rows >= leastEvents * steps * levels ? [name] : [];
    })
    .slice(0, 3);
  const shared = {
    task: "forecast",
    series: [],
    groups,
    time,
    every,
    horizon: horizonOf(every, steps),
    missing: "zero",
    ahead: [],
  } as const;
  const mean = formatCount(rows / steps);
  return [
    { ...shared, label: null, score: 1.5, because: `some ${mean} rows come in a ${every}` },
    ...values
      .filter(
        ({ name, column }) =>
          demandNames.test(inWords(name)) &&
          !aheadNames.test(inWords(name)) &&
          (column.values as Float64Array).every((value) => !(value < 0)),
      )
      .map(({ name }): ForecastSuggestion => ({
        ...shared,
        label: name,
        score: 1.4,
        because: `some ${mean} rows with a number come in a ${every}`,
      })),
  ];
}

function horizonOf(every: Every, length: number): number {
  return Math.max(1, Math.min(plans[every].horizon, Math.floor(length / 4)));
}

/** ` of each store, item (20 series)`. */
function ofEach(series: readonly string[], count: number): string {
  return series.length === 0 ? "" : ` of each ${series.join(", ")} (${counted(count, "series", "series")} seen)`;
}

/** Texts, flags of places, and numbers that are codes: what can tell series apart. */
function namesSeries(name: string, column: ScalarColumn, isKey: boolean): boolean {
  if (column.type === "string") return instantsOf(column) === null;
  if (column.type !== "number") return false;
  return (
    (isKey || codeNames.test(inWords(name)) || !demandNames.test(inWords(name))) &&
    column.values.every((one) => Number.isNaN(one) || Number.isInteger(one))
  );
}

/** A number that moves, that is no code and no flag. */
function isValue({ name, column, reference }: ColumnSample, rows: number): boolean {
  if (!isNumeric(column) || reference || codeNames.test(inWords(name)) || flagNames.test(inWords(name))) return false;
  const numbers = [...(column.values as Float64Array)].filter((value) => !Number.isNaN(value));
  return numbers.length >= 0.5 * rows && new Set(numbers).size > 2;
}

function isNumeric(column: ScalarColumn): boolean {
  return column.type === "number" || column.type === "boolean";
}

/** As a use case writes it: whole seconds, minutes or hours. */
function durationOf(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** `TotalUnits` is written as `Total_Units` elsewhere. */
const inWords = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_");
