/**
 * From a record to the columns that trees read: numbers as they are, categories as codes of their levels, times as their parts and as the
 * days between them. Nothing is scaled, filled in or cut: trees find their own thresholds, and missing values go their own way at each.
 * Everything is learnt from training rows alone and read the same at decision time.
 */
import type { Row, Table } from "../data/table.ts";
import { valueAt } from "../data/table.ts";
import { fitCategory } from "../encode/category.ts";
import { MISSING, numberOf, textOf } from "../encode/dense.ts";
import { timeOf } from "../encode/time.ts";
import type { TreeColumn } from "../trees/columns.ts";
import { activeFields } from "./settings.ts";
import type { RecipeSettings } from "./settings.ts";
import type { TargetMeans } from "./target-means.ts";

export interface FittedTreeField {
  readonly name: string;
  readonly kind: "number" | "category" | "time";
  /** Of a category, most frequent first; all others are one level more. */
  readonly levels: readonly string[];
}

export interface TreeColumnsRecipe {
  readonly fitted: readonly FittedTreeField[];
  /** Of categories with many levels; their columns stand behind all others. */
  readonly means: readonly TargetMeans[];
  /** Columns that are not means of outcomes. */
  readonly plain: number;
  /** The field of each column. */
  readonly fieldOf: Uint32Array;
  readonly kinds: readonly { readonly kind: "number" | "category"; readonly levels: number }[];
  /** O(rows x columns). */
  encode(table: Table): TreeColumn[];
  /** Writes one record, shape (nColumns): codes of categories, NaN or -1 where missing. */
  encodeRow(row: Row, into: Float64Array): void;
  /** The value of a field as a person would name it. */
  show(field: number, row: Row): string;
}

/**
 * O(rows x fields).
 *
 * @throws RangeError where a declared field is no column of the table, or none is left to read
 */
export function fitTreeColumns(settings: RecipeSettings, table: Table): TreeColumnsRecipe {
  const fields = activeFields(settings).filter(({ kind }) => kind !== "text" && kind !== "vector");
  const fitted = fields.map(({ name, kind }): FittedTreeField => {
    if (kind !== "category") return { name, kind: kind as "number" | "time", levels: [] };
    const column = table.columns[name]!;
    const values = Array.from({ length: table.rows }, (_, row) => valueAt(column, row));
    return { name, kind, levels: fitCategory(values, settings.minRows, settings.maxLevels).levels };
  });
  return openTreeColumns(fitted);
}

const DAY = 86_400_000;
const HOUR = 3_600_000;

export function openTreeColumns(fitted: readonly FittedTreeField[], means: readonly TargetMeans[] = []): TreeColumnsRecipe {
  const plain = fitted.flatMap((field, at) => readersOf(field, at, fitted));
  const columns = [...plain, ...means.flatMap((own) => meanReaders(own, fitted[own.field]!.name))];
  let record: Row = {};
  const ofRecord: Source = (name) => record[name];
  return {
    fitted,
    means,
    plain: plain.length,
    fieldOf: Uint32Array.from(columns, ({ field }) => field),
    kinds: columns.map(({ kind, levels }) => ({ kind, levels })),
    encode(table) {
      let row = 0;
      const ofRow: Source = (name) => {
        const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
        return column && valueAt(column, row);
      };
      return columns.map(({ kind, levels, read }): TreeColumn => {
        const values = kind === "number" ? new Float64Array(table.rows) : new Int32Array(table.rows);
        for (row = 0; row < table.rows; row++) values[row] = read(ofRow);
        return values instanceof Int32Array ? { kind: "category", levels, codes: values } : { kind: "number", values };
      });
    },
    encodeRow(row, into) {
      record = row;
      for (let at = 0; at < columns.length; at++) into[at] = columns[at]!.read(ofRecord);
    },
    show(field, row) {
      const { name, kind } = fitted[field]!;
      if (kind === "category") return textOf(row[name]) ?? MISSING;
      const number = kind === "time" ? timeOf(row[name]) : numberOf(row[name]);
      if (Number.isNaN(number)) return MISSING;
      return kind === "time" ? new Date(number).toISOString() : String(number);
    },
  };
}

/**
 * For each column of categories, what the code of each level was in another recipe of the same fields: levels that it did not know are among its
 * others. Null for numbers. O(levels).
 */
export function codesBefore(now: TreeColumnsRecipe, before: TreeColumnsRecipe): (Int32Array | null)[] {
  return now.kinds.map(({ kind }, column) => {
    if (kind === "number") return null;
    const field = now.fieldOf[column]!;
    const { levels } = before.fitted[field]!;
    const codes = new Map(levels.map((level, code) => [level, code]));
    const known = now.fitted[field]!.levels.map((level) => codes.get(level) ?? levels.length);
    return Int32Array.of(...known, levels.length);
  });
}

/** The value of a field of the row that is being read. */
type Source = (name: string) => unknown;

interface Reader {
  readonly field: number;
  readonly kind: "number" | "category";
  readonly levels: number;
  read(source: Source): number;
}

/** The columns of one field. */
function readersOf({ name, kind, levels }: FittedTreeField, field: number, all: readonly FittedTreeField[]): Reader[] {
  const number = (read: Reader["read"]): Reader => ({ field, kind: "number", levels: 0, read });
  if (kind === "number") return [number((source) => numberOf(source(name)))];
  if (kind === "category") {
    const codes = new Map(levels.map((level, code) => [level, code]));
    const read: Reader["read"] = (source) => {
      const level = textOf(source(name));
      return level === null ? -1 : (codes.get(level) ?? levels.length);
    };
    return [{ field, kind, levels: levels.length + 1, read }];
  }
  const date = (of: (date: Date) => number): Reader => number((source) => part(timeOf(source(name)), of));
  const before = all.slice(0, field).filter((other) => other.kind === "time");
  return [
    number((source) => (timeOf(source(name)) / HOUR) % 24),
    date((instant) => instant.getUTCDay()),
    date((instant) => instant.getUTCDate()),
    date((instant) => instant.getUTCMonth()),
    ...before.map((other) => number((source) => (timeOf(source(name)) - timeOf(source(other.name))) / DAY)),
  ];
}

/** The columns of the means of one category. */
function meanReaders({ field, levels, all, means }: TargetMeans, name: string): Reader[] {
  const codes = new Map(levels.map((level, code) => [level, code]));
  return all.map((ofAll, outcome): Reader => ({
    field,
    kind: "number",
    levels: 0,
    read(source) {
      const level = textOf(source(name));
      if (level === null) return Number.NaN;
      const code = codes.get(level);
      return code === undefined ? ofAll : means[code * all.length + outcome]!;
    },
  }));
}

function part(time: number, of: (date: Date) => number): number {
  return Number.isNaN(time) ? Number.NaN : of(new Date(time));
}
