/** The text of a first use case over series, for looking ahead and for watching: every line says what it is for, so that it can be read and corrected. */
import { stringify } from "yaml";
import type { Every } from "#base/steps";

interface FirstSeries {
  readonly name: string;
  readonly system: string;
  readonly table: string;
  readonly query: string;
  readonly series: readonly string[];
  readonly time: string;
}

export interface FirstForecast extends FirstSeries {
  /** Of the column of the query. */
  readonly value: string;
  /** Whether rows are events that are counted. */
  readonly isCount: boolean;
  readonly groups: readonly string[];
  readonly every: Every;
  readonly horizon: number;
  readonly missing: "unknown" | "zero";
  readonly ahead: readonly string[];
}

export interface FirstWatch extends FirstSeries {
  readonly values: readonly string[];
  readonly every: string;
}

export function forecastText(useCase: FirstForecast): string {
  const { name, system, table, query, series, groups, time, value, isCount, every, horizon, missing, ahead } = useCase;
  const what = isCount ? `how many rows of ${table} will there be` : `what will ${value} of ${table} be`;
  const others =
    groups.length === 0 ? "" : `   # or one for each of a column that the query returns too, such as ${groups.join(", ")}`;
  const inputs = ahead.length === 0 ? ["price", "promo"] : ahead;
  return `# One thing worth knowing ahead: ${what}, ${every} by ${every}?
use_case: ${name}
task: forecast

# What shall become better, and in which direction. Say it in the words of the business.
goal:
  kpi: ${word(`how far plans of ${isCount ? table : value} are off`)}
  direction: decrease

# One SELECT that returns the history: a row for each series and ${every}, or several that are added up.
source:
  system: ${system}
  query: |
${indented(query)}
  series: ${list(series)}${others || (series.length === 0 ? "   # one series alone" : "   # the columns that name a series")}
  time: ${word(time)}
  value: ${word(value)}

every: ${every}
horizon: ${horizon}   # so many steps are looked ahead
# time_zone: Europe/Berlin   # whose days count, where ${word(time)} is an instant (default: UTC)
missing: ${missing}   # what a ${every} without a row is: unknown, or zero, as where rows are sales

# What is known ahead, of the past and of the steps to come, and days that differ:
# inputs: { columns: ${list(inputs)}, query: "select ${[time, ...series, ...inputs].join(", ")} from ..." }
# holidays: DE   # or DE-BY, or { column: ... } that names the place of each series

# A version that does not pass cannot be deployed.
gate:
  beats: [seasonal-naive]

policy:
  autonomy: suggest
  # What to order, instead of what to expect, where a unit that is missing and one that is left over cost something:
  # order: { lead_time: 3, review: 7, understock: 5, overstock: 1 }
`;
}

export function watchText({ name, system, table, query, series, time, values, every }: FirstWatch): string {
  return `# What is unusual in ${table}, as it comes?
use_case: ${name}
task: detect

# What shall become better, and in which direction. Say it in the words of the business.
goal:
  kpi: ${word(`time until somebody looks at what goes wrong in ${table}`)}
  direction: decrease

# One SELECT that returns the points: when, of which series, and the values.
source:
  system: ${system}
  query: |
${indented(query)}
  series: ${list(series)}${series.length === 0 ? "   # one series alone" : "   # the columns that name a series"}
  time: ${word(time)}
  values: ${list(values)}   # each is a series of its own

every: ${every}   # from one point of a series to the next

# Known events, in which nothing alarms and nothing is learnt:
# calendar: { maintenance: "select from_at, to_at from windows" }

policy:
  autonomy: suggest
  alarms: ${series.length === 0 ? "2 per week" : "1 per week per series"}   # the promise: so many false alarms, and no more
`;
}

function list(names: readonly string[]): string {
  return stringify(names, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

function word(text: string): string {
  return stringify(text, { lineWidth: 0 }).trim();
}

function indented(query: string): string {
  return query
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
