/**
 * Which decision of a table looks worth learning: the column that a person would want to be told, and what it could be told from. Pure:
 * it sees a description and a sample, and gives its reasons.
 */
import type { ScalarColumn, ScalarTable } from "#learn/data/table";

export interface ColumnSample {
  readonly name: string;
  readonly column: ScalarColumn;
  /** Part of the key of the table. */
  readonly key: boolean;
  /** Points to another table. */
  readonly reference: boolean;
}

export interface Suggestion {
  readonly label: string;
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
    .filter(({ column }) => column.type === "time")
    .sort((a, b) => Number(timeNames.test(b.name)) - Number(timeNames.test(a.name)) || b.filled - a.filled)[0];
  const text = facts.filter(
    ({ column, meanLength, distinct, filled, words }) =>
      column.type === "string" && filled > 0 && distinct > filled * 0.3 && meanLength >= 8 && words >= 1.5,
  );
  const rest = facts.filter((fact) => fact !== key && fact !== time && !text.includes(fact) && !fact.key);
  const labels = rest.filter(
    ({ column, distinct, filled, meanLength }) =>
      (column.type === "string" || column.type === "boolean") &&
      distinct >= 2 &&
      distinct <= Math.min(100, filled / 10) &&
      filled >= 0.5 * rows &&
      meanLength <= 60,
  );
  return labels
    .map((label): Suggestion => {
      const others = rest.filter((fact) => fact !== label && fact.filled > 0 && fact.distinct > 1);
      const named = labelNames.test(label.name);
      return {
        label: label.name,
        key: key.name,
        time: time?.name ?? null,
        text: text.map(({ name }) => name),
        category: others
          .filter((fact) => !isNumber(fact) && fact.column.type !== "time" && fact.distinct <= fact.filled * 0.5)
          .map(({ name }) => name),
        number: others.filter((fact) => isNumber(fact) && !fact.reference).map(({ name }) => name),
        score:
          (named ? 3 : 0) +
          (text.length > 0 ? 2 : 0) +
          (time ? 1 : 0) +
          label.filled / rows +
          label.evenness +
          nameOrder(label.name),
        because: `${label.name} has ${label.distinct} values${named ? " and the name of a decision" : ""}`,
      };
    })
    .filter(({ text: texts, category, number }) => texts.length + category.length + number.length > 0)
    .sort((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1));
}

/** Numbers, and texts that are numbers but for some that say nothing: old systems keep amounts in text columns. */
function isNumber({ column, numbers, filled, distinct }: Facts & Pick<ColumnSample, "column">): boolean {
  return column.type === "number" || (column.type === "string" && distinct > 10 && numbers >= 0.95 * filled);
}

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
  for (const value of column.values) {
    if (value === null || (typeof value === "number" && Number.isNaN(value))) continue;
    if (typeof value === "string" && value.trim() === "") continue;
    filled++;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (typeof value === "string") {
      length += value.length;
      if (Number.isFinite(Number(value))) numbers++;
      words += value.split(/\s+/, 20).length;
    }
  }
  // Entropy of the values over that of an even spread: 1 is even, 0 is one value.
  const entropy = [...counts.values()].reduce((sum, n) => sum - (n / filled) * Math.log(n / filled), 0);
  return {
    filled,
    distinct: counts.size,
    numbers,
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
