/** What trees are fitted on and asked about: columns of equal length, checked before they are used. */
import { refusedTarget } from "./loss.ts";
import type { TreesSettings } from "./settings.ts";

export type TreeColumn = NumberColumn | CategoryColumn;

export interface NumberColumn {
  readonly kind: "number";
  /** NaN is missing. */
  readonly values: Float64Array;
}
export interface CategoryColumn {
  readonly kind: "category";
  /** Level of each row below `levels`; -1 is missing. */
  readonly codes: Int32Array;
  readonly levels: number;
}

export interface TreesData {
  readonly rows: number;
  readonly columns: readonly TreeColumn[];
  /** Class indices for `logistic` and `softmax`, numbers otherwise. */
  readonly target: Float64Array;
  /** Not negative. A row of weight 2 counts as two rows, but for `minRows`. */
  readonly weights?: Float64Array;
  /** Rows that are not learnt from but say when to stop: the latest, say. Distinct. */
  readonly validation?: Uint32Array;
}

/** The row numbers that are learnt from, ascending. O(rows). */
export function trainingRows({ rows, validation }: TreesData): Uint32Array {
  const held = new Uint8Array(rows);
  for (const row of validation ?? []) held[row] = 1;
  const chosen = new Uint32Array(rows - (validation?.length ?? 0));
  let count = 0;
  for (let row = 0; row < rows; row++) if (held[row] === 0) chosen[count++] = row;
  return chosen;
}

/**
 * O(rows x columns).
 *
 * @throws RangeError naming the column or the row that cannot be used
 */
export function checkData({ loss, monotone }: TreesSettings, { rows, columns, target, weights, validation }: TreesData): void {
  if (columns.length === 0) throw new RangeError("columns: there must be at least one");
  if (rows === 0) throw new RangeError("rows: there must be at least one");
  checkLengths(columns, rows);
  columns.forEach((column, at) => {
    if (column.kind === "number") return;
    const { codes, levels } = column;
    if (!(Number.isInteger(levels) && levels >= 0)) throw new RangeError(`column ${at}: levels must be a count, got ${levels}`);
    const odd = codes.findIndex((code) => code < -1 || code >= levels);
    if (odd >= 0) throw new RangeError(`column ${at}, row ${odd}: code ${codes[odd]} is neither -1 nor below ${levels}`);
  });
  if (target.length !== rows) throw new RangeError(`target: must have ${rows} values, has ${target.length}`);
  for (let row = 0; row < rows; row++) {
    const why = refusedTarget(loss, target[row]!);
    if (why !== null) throw new RangeError(`target, row ${row}: ${why}, got ${target[row]}`);
  }
  const held = new Set(validation);
  if (held.size !== (validation?.length ?? 0)) throw new RangeError("validation: rows must be distinct");
  for (const row of held) if (row >= rows) throw new RangeError(`validation: there is no row ${row}`);
  if (held.size === rows) throw new RangeError("validation: leaves no row to learn from");
  if (weights) {
    if (weights.length !== rows) throw new RangeError(`weights: must have ${rows} values, has ${weights.length}`);
    const odd = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (odd >= 0) throw new RangeError(`weights, row ${odd}: must be a finite number, not negative, got ${weights[odd]}`);
    for (const isHeld of held.size > 0 ? [false, true] : [false]) {
      if (weights.every((weight, row) => held.has(row) !== isHeld || weight === 0)) {
        throw new RangeError(`weights: ${isHeld ? "validation rows" : "rows to learn from"} must not all weigh 0`);
      }
    }
  }
  if (monotone.length !== 0 && monotone.length !== columns.length) {
    throw new RangeError(`monotone: must have a value for each of ${columns.length} columns, has ${monotone.length}`);
  }
  monotone.forEach((sign, at) => {
    if (sign === 0) return;
    if (columns[at]!.kind === "category") throw new RangeError(`monotone: column ${at} holds categories, which have no order`);
    if (loss.name === "absolute" || loss.name === "quantile") {
      throw new RangeError(`monotone: not with ${loss.name} loss, whose leaves are renewed after the tree has grown`);
    }
  });
}

/** @throws RangeError naming the column whose length is not `rows` */
export function checkLengths(columns: readonly TreeColumn[], rows: number): void {
  columns.forEach((column, at) => {
    const { length } = column.kind === "number" ? column.values : column.codes;
    if (length !== rows) throw new RangeError(`column ${at}: must have ${rows} values, has ${length}`);
  });
}

/** The columns of these rows. O(rows x columns). */
export function takeColumns(columns: readonly TreeColumn[], rows: Uint32Array): TreeColumn[] {
  return columns.map((column) =>
    column.kind === "number"
      ? { kind: "number", values: Float64Array.from(rows, (row) => column.values[row]!) }
      : { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) },
  );
}

/**
 * Numbers that were learnt from the target, such as the mean of a level, as the fit without each fold may see them and at last that of all rows:
 * [fold][column], shape (nRows), on memory that threads share.
 */
export type LearntColumns = readonly (readonly Float64Array[])[];

/** The columns that the fit without a fold reads, those that were learnt last. */
export function columnsOfFit(columns: readonly TreeColumn[], learnt: LearntColumns | null, fold: number): readonly TreeColumn[] {
  return learnt ? [...columns, ...learnt[fold]!.map((values) => ({ kind: "number" as const, values }))] : columns;
}
