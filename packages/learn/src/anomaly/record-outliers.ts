/**
 * How unusual single records are, beside all others and without a label: each column by itself, added up. Of a number the tail that it lies in counts (ECOD,
 * Li et al., IEEE TKDE 2022), of a category and of what is missing how rare it is, of a time how rare its hour of the week is. The sum is minus the
 * logarithm of the probability if columns were independent; what it is worth is read off the sums of the training rows themselves, so a rarity of
 * one in a thousand is reached by one record in a thousand like them. What is unusual only in how columns go together is not seen.
 *
 * Departures from the paper: tails go on beyond what was seen as exponential ones, so that of two values further out than all others the further is
 * rarer; categories, times and missing values; rarity instead of a rank.
 */
import type { Row, Table } from "../data/table.ts";
import { valueAt } from "../data/table.ts";
import type { Contribution, SavedModel } from "../model.ts";
import { list, number, oneOf, record, tensor, text } from "../saved/values.ts";

export interface OutlierSettings {
  /** What is read, by name. Kinds other than these are left aside. */
  readonly fields: readonly { readonly name: string; readonly kind: string }[];
}

/** A fitted model of what is usual among records. */
export interface OutlierDetector {
  readonly kind: string;
  /** Names of the columns it reads. */
  readonly features: readonly string[];
  /** Share of records like those of training that are as unusual as each row, in (0, 1]. */
  predict(table: Table): Float64Array;
  /** The same of one record, with what makes it unusual: strongest first, at most `limit`, in units of log-probability above an ordinary value. */
  decideRow(row: Row, limit: number): { readonly rarity: number; readonly contributions: Contribution[] };
  save(): SavedModel;
}

/** The kind in the header of a saved one. */
export const outlierKind = "column-outliers";
const FORMAT = 1;
const kinds = ["number", "category", "time"] as const;
type Kind = (typeof kinds)[number];

/** Values of a number that are kept, evenly spaced by rank. */
const GRID = 1024;
/** Levels of a category that are kept, most frequent first. */
const LEVELS = 10_000;
/** The greatest share of sums beyond which the tail is taken as exponential. */
const TAIL = 0.05;
const HOURS = 168;
const MISSING = "missing";

interface FittedColumn {
  readonly name: string;
  readonly kind: Kind;
  /** Of a number its grid, ascending; of a time the log-rarity of each hour of the week; of a category that of each level. */
  readonly values: Float64Array;
  readonly levels: ReadonlyMap<string, number>;
  /** Log-rarity of what is missing, and of a level that was never seen. */
  readonly missing: number;
  readonly unseen: number;
  /** Mean over the training rows: an ordinary value. */
  readonly ordinary: number;
}

/** O(rows x columns x log rows). @throws RangeError where there are fewer than two rows, or no column that can be read */
export function fitOutliers({ fields }: OutlierSettings, table: Table): OutlierDetector {
  if (table.rows < 2) throw new RangeError(`there must be at least two rows, there are ${table.rows}`);
  const columns = fields.flatMap(({ name, kind }) => {
    const known = kinds.find((one) => one === kind);
    return known && Object.hasOwn(table.columns, name) ? [fitColumn(name, known, table)] : [];
  });
  if (columns.length === 0) throw new RangeError("there is no number, category or time to read");
  const sums = Float64Array.from({ length: table.rows }, (_, row) => {
    let sum = 0;
    for (const column of columns) sum += rarityOf(column, valueAt(table.columns[column.name]!, row));
    return sum;
  }).sort();
  const step = Math.max(1, (sums.length - 1) / (4 * GRID));
  const count = Math.floor((sums.length - 1) / step) + 1;
  const grid = Float64Array.from({ length: count }, (_, at) => sums[Math.round(at * step)]!);
  const from = Math.floor((1 - TAIL) * (sums.length - 1));
  const beyond = sums.subarray(from).reduce((sum, value) => sum + value - sums[from]!, 0) / (sums.length - from);
  return detector(columns, grid, table.rows, Math.max(beyond, 1e-9));
}

/** @throws Error where the parts do not fit together */
export function loadOutliers({ header, tensors }: SavedModel): OutlierDetector {
  if (header.kind !== outlierKind || header.format !== FORMAT)
    throw new Error(`no loader for kind ${header.kind}, format ${header.format}`);
  const columns = list(header["columns"], "columns", (value, where): FittedColumn => {
    const plain = record(value, where);
    const name = text(plain["name"], `${where}.name`);
    const levels = list(plain["levels"], `${where}.levels`, text);
    const values = tensor(tensors, `values${/\d+/.exec(where)![0]}`, Float64Array);
    const numbers = (key: string): number => number(plain[key], `${where}.${key}`);
    return {
      name,
      kind: oneOf(plain["kind"], kinds, `${where}.kind`),
      values,
      levels: new Map(levels.map((level, at) => [level, values[at]!])),
      missing: numbers("missing"),
      unseen: numbers("unseen"),
      ordinary: numbers("ordinary"),
    };
  });
  return detector(
    columns,
    tensor(tensors, "sums", Float64Array),
    number(header["rows"], "rows"),
    number(header["beyond"], "beyond"),
  );
}

function detector(columns: readonly FittedColumn[], sums: Float64Array, rows: number, beyond: number): OutlierDetector {
  const greatest = sums.at(-1)!;
  /** Share of training rows with such a sum or a greater one; beyond all of them as an exponential tail goes on. */
  function share(sum: number): number {
    if (sum > greatest) return Math.max(Number.MIN_VALUE, Math.exp((greatest - sum) / beyond) / (rows + 1));
    let [low, high] = [0, sums.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! >= sum) high = middle;
      else low = middle + 1;
    }
    return ((sums.length - low) / sums.length) * (rows / (rows + 1)) + 1 / (rows + 1);
  }
  return {
    kind: outlierKind,
    features: columns.map(({ name }) => name),
    predict: (table) =>
      Float64Array.from({ length: table.rows }, (_, row) => {
        let sum = 0;
        for (const column of columns) {
          const values = Object.hasOwn(table.columns, column.name) ? table.columns[column.name] : undefined;
          sum += rarityOf(column, values ? valueAt(values, row) : null);
        }
        return share(sum);
      }),
    decideRow(row, limit) {
      let sum = 0;
      const contributions = columns.map((column): Contribution => {
        const value = row[column.name] ?? null;
        const rarity = rarityOf(column, value);
        sum += rarity;
        return { field: column.name, value: shown(column.kind, value), weight: rarity - column.ordinary };
      });
      contributions.sort((a, b) => b.weight - a.weight || (a.field < b.field ? -1 : 1));
      return { rarity: share(sum), contributions: contributions.slice(0, limit) };
    },
    save: () => ({
      header: {
        kind: outlierKind,
        format: FORMAT,
        rows,
        beyond,
        columns: columns.map(({ name, kind, levels, missing, unseen, ordinary }) => {
          return { name, kind, levels: [...levels.keys()], missing, unseen, ordinary };
        }),
      },
      tensors: { sums, ...Object.fromEntries(columns.map(({ values }, at) => [`values${at}`, values])) },
    }),
  };
}

function fitColumn(name: string, kind: Kind, table: Table): FittedColumn {
  const { rows } = table;
  const column = table.columns[name]!;
  const present = Array.from({ length: rows }, (_, row) => valueAt(column, row)).filter((value) => value !== null);
  const missing = logRarity(rows - present.length, rows);
  const base = { name, kind, levels: new Map<string, number>(), missing, unseen: logRarity(0, rows), ordinary: 0 };
  const fitted = { ...base, ...fitValues() };
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += rarityOf(fitted, valueAt(column, row));
  return { ...fitted, ordinary: sum / rows };

  function fitValues(): Pick<FittedColumn, "values"> & Partial<Pick<FittedColumn, "levels">> {
    if (kind === "number") {
      const sorted = Float64Array.from(present.map(Number).filter(Number.isFinite)).sort();
      const count = Math.min(GRID, sorted.length);
      return {
        values: Float64Array.from(
          { length: count },
          (_, at) => sorted[Math.round((at * (sorted.length - 1)) / Math.max(1, count - 1))]!,
        ),
      };
    }
    if (kind === "time") {
      const counts = new Float64Array(HOURS).fill(1);
      for (const value of present) if (Number.isFinite(Number(value))) counts[hourOfWeek(Number(value))]! += 1;
      return { values: counts.map((count) => logRarity((count * HOURS) / 24, rows + HOURS)) };
    }
    const counts = new Map<string, number>();
    for (const value of present) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    const kept = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, LEVELS);
    const values = Float64Array.from(kept, ([, count]) => logRarity(count, rows));
    return { values, levels: new Map(kept.map(([level], at) => [level, values[at]!])) };
  }
}

/** Minus the log of a share, never infinite: as if one more of each were there. */
function logRarity(count: number, rows: number): number {
  return Math.max(0, -Math.log((count + 0.5) / (rows + 1)));
}

function rarityOf({ kind, values, levels, missing, unseen }: FittedColumn, value: Row[string] | null): number {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) return missing;
  if (kind === "category") return levels.get(String(value)) ?? unseen;
  if (kind === "time") return values[hourOfWeek(Number(value))] ?? unseen;
  return tail(values, Number(value));
}

/** Minus the log of twice the smaller of the two tails of a number; beyond the grid they go on as exponential ones. */
function tail(grid: Float64Array, value: number): number {
  const count = grid.length;
  if (count === 0) return 0;
  const [least, most] = [grid[0]!, grid[count - 1]!];
  if (value < least || value > most) {
    const middle = grid[count >> 1]!;
    const reach =
      Math.abs((value < least ? least : most) - middle) / Math.log(count + 1) || 1e-12 * Math.max(1, Math.abs(middle));
    return Math.min(700, Math.log(count + 1) + (value < least ? least - value : value - most) / reach);
  }
  const below = rank(grid, value, true);
  const above = count - rank(grid, value, false);
  return Math.max(0, -Math.log((2 * Math.min(below, above) + 1) / (count + 1)));
}

/** How many of the grid are less than the value, or no greater. */
function rank(grid: Float64Array, value: number, inclusive: boolean): number {
  let [low, high] = [0, grid.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inclusive ? grid[middle]! <= value : grid[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Monday 0:00 UTC is 0. */
function hourOfWeek(ms: number): number {
  const hours = Math.floor(ms / 3_600_000) + 72; // 1970-01-01 was a Thursday
  return ((hours % HOURS) + HOURS) % HOURS;
}

function shown(kind: Kind, value: Row[string] | null): string {
  if (value === null || value === undefined) return MISSING;
  if (kind !== "time") return String(value);
  const at = new Date(Number(value));
  return Number.isNaN(at.getTime()) ? MISSING : at.toISOString().slice(0, 16);
}
