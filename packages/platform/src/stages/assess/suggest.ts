/**
 * Which decision of a table looks worth learning: the column that a person would want to be told, and what it could be told from. Pure:
 * it sees a description and a sample, and gives its reasons.
 */
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { parseInstant } from "#tables/instant";

export interface ColumnSample {
  readonly name: string;
  readonly column: ScalarColumn;
  /** Part of the key of the table. */
  readonly key: boolean;
  /** Points to another table. */
  readonly reference: boolean;
}

export interface Suggestion {
  /** Whether the label is one of some outcomes or a number. */
  readonly task: "classify" | "regress";
  readonly label: string;
  /** Of a number: how far off is near enough to begin with, half of the distance of the quartiles. */
  readonly within: number | null;
  readonly key: string;
  readonly time: string | null;
  readonly text: readonly string[];
  readonly category: readonly string[];
  readonly number: readonly string[];
  /** Higher is more promising. */
  readonly score: number;
  readonly because: string;
}

/** Names that decisions tend to have. */
const labelNames =
  /(^|_)(team|queue|mailbox|category|kategorie|class|topic|type|status|state|priority|severity|department|group|label|outcome|result|intent|reason|folder|route|assigned|churn(ed)?|risk|fraud)(_|$)/i;
/** Names that numbers have which are known only afterwards: how long, how much, how many, how good. */
const outcomeNames =
  /(^|_)(days?|hours?|minutes?|seconds|weeks|duration|delay(ed)?|late(ness)?|effort|time_(to|spent|taken)|amount|total|sum|price|cost|costs|revenue|sales|spend(ing)?|value|demand|usage|consumption|volume|count|rentals|visits|clicks|calls|score|rating|grade|points|yield)(_|$)/i;
/** Names of numbers that stand for something else: who, where, when, which. */
const codeNames =
  /(^|_)(id|key|code|nr|no|number|num|index|zip|postal|postcode|plz|phone|fax|year|month|day|weekday|hour|version|lat(itude)?|lon(g(itude)?)?|row)$/i;
/** Fewer values are levels rather than amounts. */
const leastNumbers = 15;
const timeNames = /(^|_)(created|opened|received|date|time|timestamp|at|on)(_|$)/i;

/** Suggestions for a table, best first; none where nothing suits. O(sampled values). */
export function suggestUseCases(samples: readonly ColumnSample[], rows: number): Suggestion[] {
  const facts = samples.map((sample) => ({ ...sample, ...factsOf(sample.column) }));
  const key =
    facts.find((fact) => fact.key && !fact.reference) ??
    facts.find((fact) => fact.distinct === rows && fact.filled === rows) ??
    facts[0];
  if (!key) return [];
  const time = facts
    .filter(isTime)
    .sort((a, b) => Number(timeNames.test(b.name)) - Number(timeNames.test(a.name)) || b.filled - a.filled)[0];
  const text = facts.filter(
    ({ column, meanLength, distinct, filled, words, instants }) =>
      column.type === "string" && instants < filled && distinct > filled * 0.3 && meanLength >= 8 && words >= 1.5,
  );
  const rest = facts.filter((fact) => fact !== key && fact !== time && !text.includes(fact) && !fact.key);
  const isLevels = (fact: (typeof facts)[number]): boolean =>
    (isFlag(fact) || ((fact.column.type === "string" || fact.column.type === "boolean") && !isTime(fact))) &&
    fact.distinct >= 2 &&
    fact.distinct <= Math.min(100, fact.filled / 10) &&
    fact.meanLength <= 60;
  const isAmount = (fact: (typeof facts)[number]): boolean =>
    isNumber(fact) &&
    !fact.reference &&
    fact.distinct >= leastNumbers &&
    !codeNames.test(inWords(fact.name)) &&
    !isCounter(fact.column);
  const labels = rest.filter((fact) => fact.filled >= 0.5 * rows && (isLevels(fact) || isAmount(fact)));
  return labels
    .map((label): Suggestion => {
      const others = rest.filter((fact) => fact !== label && fact.filled > 0 && fact.distinct > 1);
      const isOutcome = isLevels(label);
      const named = (isOutcome ? labelNames : outcomeNames).test(inWords(label.name));
      return {
        task: isOutcome ? "classify" : "regress",
        label: label.name,
        within: isOutcome ? null : nearEnough(label.column),
        key: key.name,
        time: time?.name ?? null,
        text: text.map(({ name }) => name),
        category: others
          .filter((fact) => !isNumber(fact) && !isTime(fact) && fact.distinct <= fact.filled * 0.5)
          .map(({ name }) => name),
        number: others.filter((fact) => isNumber(fact) && !fact.reference).map(({ name }) => name),
        // A number is as often something that is known as something that is wanted: by its name alone it is told.
        score: isOutcome
          ? (named ? 3 : 0) +
            (text.length > 0 ? 2 : 0) +
            (time ? 1 : 0) +
            label.filled / rows +
            label.evenness +
            nameOrder(label.name)
          : (named ? 2.5 : -1) + (time ? 1 : 0) + label.filled / rows,
        because: isOutcome
          ? `${label.name} has ${label.distinct} values${named ? " and the name of a decision" : ""}`
          : `${label.name} is a number${named ? " and has the name of an outcome" : ""}`,
      };
    })
    .filter(({ text: texts, category, number }) => texts.length + category.length + number.length > 0)
    .sort((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1));
}

/** `TotalCharges` is written as `Total_Charges` elsewhere. */
const inWords = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_");

/** Whole numbers that hardly leave one out, each once: they count rows and say nothing of them. */
function isCounter({ values }: ScalarColumn): boolean {
  const known = numbersOf(values);
  if (!known.every(Number.isInteger) || new Set(known).size < known.length) return false;
  return known.at(-1)! - known[0]! < 2 * known.length;
}

/** Two digits; of numbers that are mostly the same, of the distance that all lie in. */
function nearEnough({ values }: ScalarColumn): number {
  const known = numbersOf(values);
  const share = (level: number): number => known[Math.round(level * (known.length - 1))]!;
  return Number(((share(0.75) - share(0.25) || share(1) - share(0)) / 2).toPrecision(2));
}

/** Ascending. */
function numbersOf(values: ScalarColumn["values"]): Float64Array {
  const numbers = [...values].map((value) =>
    typeof value === "string" && value.trim() !== "" ? Number(value) : typeof value === "number" ? value : NaN,
  );
  return Float64Array.from(numbers.filter((value) => Number.isFinite(value))).sort();
}

/** Numbers, and texts that are numbers but for some that say nothing: old systems keep amounts in text columns. */
function isNumber({ column, numbers, filled, distinct }: Facts & Pick<ColumnSample, "column">): boolean {
  return column.type === "number" || (column.type === "string" && distinct > 10 && numbers >= 0.95 * filled);
}

/** Instants, and texts that all are: SQLite has no type for them. */
function isTime({ column, instants, filled }: Facts & Pick<ColumnSample, "column">): boolean {
  return column.type === "time" || (filled > 0 && instants === filled);
}

/** A column of 0 and 1 that has the name of a decision. */
function isFlag({ name, column, distinct }: Facts & Pick<ColumnSample, "name" | "column">): boolean {
  return column.type === "number" && distinct === 2 && labelNames.test(inWords(name)) && column.values.every(isZeroOrOne);
}

const isZeroOrOne = (value: number): boolean => value === 0 || value === 1 || Number.isNaN(value);

/** Of several named like decisions, where to route comes before how urgent and how far it is. */
function nameOrder(name: string): number {
  return /priority|severity|status|state|type/i.test(name) ? -1.5 : 0;
}

interface Facts {
  /** Values that say something. */
  readonly filled: number;
  readonly distinct: number;
  /** Texts that are a number. */
  readonly numbers: number;
  /** Texts that are an instant, in ISO 8601. */
  readonly instants: number;
  readonly meanLength: number;
  readonly words: number;
  readonly evenness: number;
}

function factsOf(column: ScalarColumn): Facts {
  const counts = new Map<string | number, number>();
  let filled = 0;
  let length = 0;
  let words = 0;
  let numbers = 0;
  let instants = 0;
  for (const value of column.values) {
    if (value === null || (typeof value === "number" && Number.isNaN(value))) continue;
    if (typeof value === "string" && value.trim() === "") continue;
    filled++;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (typeof value === "string") {
      length += value.length;
      if (Number.isFinite(Number(value))) numbers++;
      if (Number.isFinite(parseInstant(value))) instants++;
      words += value.split(/\s+/, 20).length;
    }
  }
  // Entropy of the values over that of an even spread: 1 is even, 0 is one value.
  const entropy = [...counts.values()].reduce((sum, n) => sum - (n / filled) * Math.log(n / filled), 0);
  return {
    filled,
    distinct: counts.size,
    numbers,
    instants,
    meanLength: filled ? length / filled : 0,
    words: filled ? words / filled : 0,
    evenness: counts.size > 1 ? entropy / Math.log(counts.size) : 0,
  };
}

/** The samples of a table that a system returned. */
export function samplesOf(table: ScalarTable, key: readonly string[], references: ReadonlySet<string>): ColumnSample[] {
  return Object.entries(table.columns).map(([name, column]) => ({
    name,
    column,
    key: key.includes(name),
    reference: references.has(name),
  }));
}
