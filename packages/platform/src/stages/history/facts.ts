/**
 * Facts in the one form that history is computed from, whatever system they come from and whether for many rows or for one decision: whose they are as
 * text, when they became known in whole microseconds, and a value for each column of history.
 */
import { failure } from "#base/errors";
import { nearest } from "#base/text";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { Timeline } from "#learn/history/timeline";
import type { HistoryColumn, HistoryGroup } from "#records/history";
import type { Field } from "#records/snapshot";
import { parseInstant } from "#tables/instant";

/** Times of facts and questions: whole microseconds, as exact as any system has them. */
export const microseconds = (ms: number): number => Math.round(ms * 1000);

export function timelineOf({ columns }: HistoryGroup): Timeline {
  return new Timeline(
    columns.map(({ aggregate, window }) => ({ aggregate, window: microseconds(window) })),
    microseconds(86_400_000),
  );
}

/** Columns that are read as text, digit for digit. */
export function asTextOf({ match, columns }: HistoryGroup): string[] {
  return [
    ...new Set([
      ...match.map(([, fact]) => fact),
      ...columns.flatMap(({ of, readAs }) => (of !== null && readAs === "text" ? of : [])),
    ]),
  ];
}

/** The column of value number `at`. */
export const valueColumn = (at: number): string => `v${at}`;

/** Whose facts, when, and the values. */
export function factFields({ columns }: HistoryGroup): Field[] {
  return [
    { name: "whose", type: "string", source_type: "" },
    { name: "instant", type: "number", source_type: "" },
    ...columns.map(({ readAs }, at): Field => ({
      name: valueColumn(at),
      type: readAs === "text" ? "string" : "number",
      source_type: "",
    })),
  ];
}

/** Facts as a system delivers them in that form. @throws DATA_UNSUITABLE for a column that is not there, or a time that is none */
export function factsOf(useCase: string, group: HistoryGroup, table: ScalarTable): ScalarTable {
  refuseUnfit(
    useCase,
    group,
    Object.entries(table.columns).map(([name, { type }]) => ({ name, type, source_type: type })),
  );
  const { match, time, columns } = group;
  return {
    rows: table.rows,
    columns: {
      whose: {
        type: "string",
        values: matchTexts(
          match.map(([, fact]) => table.columns[fact]!),
          table.rows,
        ),
      },
      instant: { type: "number", values: timesOf(table.columns[time]!) },
      ...Object.fromEntries(columns.map((column, at) => [valueColumn(at), valuesOf(column, table)])),
    },
  };
}

/** What the facts lack that the use case names, all at once. */
export function refuseUnfit(useCase: string, { match, time, columns }: HistoryGroup, fields: readonly Field[]): void {
  const names = fields.map(({ name }) => name);
  const [{ name: first }] = columns as [HistoryColumn];
  const named: [place: string, column: string][] = [
    ...match.map(([, fact]): [string, string] => [`history.${first}.match`, fact]),
    [`history.${first}.time`, time],
    ...columns.flatMap(({ name, of }): [string, string][] => (of === null ? [] : [[`history.${name}.value`, of]])),
  ];
  const told = named
    .filter(([, column]) => !names.includes(column))
    .map(([place, column]) => {
      const near = nearest(column, names);
      return `${place} names ${column}${near === undefined ? "" : ` (did you mean ${near}?)`}`;
    });
  if (told.length > 0) {
    throw failure("DATA_UNSUITABLE", {
      use_case: useCase,
      reason: `history.${first}.from does not return every column: ${told.join("; ")}`,
      fix: `It returns ${names.join(", ")}. Add the column to the query, or correct its name.`,
    });
  }
  const type = fields.find(({ name }) => name === time)!.type;
  if (type === "time" || type === "string") return;
  throw failure("DATA_UNSUITABLE", {
    use_case: useCase,
    reason: `history.${first}.time names ${time}, which is a ${type}`,
    fix: "Name a column of dates or instants, or make one of it in the query.",
  });
}

/**
 * Whose a row is, as text: of one column itself, of several all of them in JSON; "" where all facts are everybody's. null where one
 * is missing: then nobody's.
 */
export function matchTexts(columns: readonly ScalarColumn[], rows: number): (string | null)[] {
  if (columns.length === 0) return Array.from({ length: rows }, () => "");
  const texts = columns.map(textsOf);
  return Array.from({ length: rows }, (_, row) => matchText(texts.map((each) => each[row]!)));
}

export function matchText(texts: readonly (string | null)[]): string | null {
  if (texts.includes(null)) return null;
  return texts.length === 1 ? texts[0]! : texts.length === 0 ? "" : JSON.stringify(texts);
}

/** Instants in microseconds; NaN where a text is none. */
export function timesOf(column: ScalarColumn): Float64Array {
  return column.type === "string"
    ? Float64Array.from(column.values, (text) => (text === null ? Number.NaN : microseconds(parseInstant(text))))
    : Float64Array.from(column.values, microseconds);
}

function valuesOf({ of, readAs }: HistoryColumn, table: ScalarTable): ScalarColumn {
  if (of === null) return { type: "number", values: new Float64Array(table.rows).fill(Number.NaN) };
  const column = table.columns[of]!;
  if (readAs === "text") return { type: "string", values: textsOf(column) };
  if (column.type !== "string") return { type: "number", values: column.values };
  const parse = readAs === "time" ? parseInstant : Number;
  return {
    type: "number",
    values: Float64Array.from(column.values, (text) => (text === null || text.trim() === "" ? Number.NaN : parse(text))),
  };
}

function textsOf(column: ScalarColumn): readonly (string | null)[] {
  return column.type === "string"
    ? column.values
    : Array.from(column.values, (value) => (Number.isNaN(value) ? null : String(value)));
}
