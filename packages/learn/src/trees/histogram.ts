/**
 * Sums of first and second derivatives of the rows of a node, bin by bin: all that finding a split needs.
 *
 * Bins lie row by row, four columns in one 32-bit word (a group), so that one read serves four columns. Rows come in blocks of which
 * bins and derivatives stay in the nearest cache while the groups pass over them. Measured over one column after the other: 2 to 4 times as
 * fast on all rows of a million, 5 times on a thirty-second part of them.
 *
 * Sums are exact: derivatives are whole multiples of a power of two so large that no sum needs more than 53 bits (`exactStep`). So the
 * order of summing changes nothing, and parent less child is the other child to the last bit (the subtraction of LightGBM).
 */

/** Columns in a word. */
export const GROUP = 4;
const BLOCK = 512;

/** Bins of all rows and the layout of histograms; of one thread, which holds groups `from` to `to`, the histograms of its columns alone. */
export interface Binned {
  /** Words of bins, shape (nRows, groups), row-major. */
  readonly words: Uint32Array;
  readonly groups: number;
  readonly from: number;
  readonly to: number;
  /** For each column of all groups, the first of its bins in a histogram of this thread. */
  readonly offsets: Uint32Array;
}

/** The first column of each thread and behind the last, in groups of four: as even as groups allow. */
export function groupsOf(columns: number, thread: number, threads: number): readonly [from: number, to: number] {
  const groups = Math.ceil(columns / GROUP);
  return [Math.floor((groups * thread + threads - 1) / threads), Math.floor((groups * (thread + 1) + threads - 1) / threads)];
}

/** One node: first and second derivatives in turn, shape (bins, 2), and the rows of each bin where they are counted. */
export interface Histogram {
  readonly sums: Float64Array;
  readonly rows: Uint32Array | null;
}

/**
 * Adds the rows `order[from .. to)`. `derivatives` has shape (nRows, 2). O(rows x groups).
 */
export function addRows(
  binned: Binned,
  derivatives: Float64Array,
  order: Uint32Array,
  from: number,
  to: number,
  { sums, rows }: Histogram,
): void {
  const { words, groups, offsets } = binned;
  for (let start = from; start < to; start += BLOCK) {
    const end = Math.min(start + BLOCK, to);
    for (let group = binned.from; group < binned.to; group++) {
      const at = group * GROUP;
      const [o0, o1, o2, o3] = [offsets[at]!, offsets[at + 1]!, offsets[at + 2]!, offsets[at + 3]!];
      addGroup(words, groups, group, derivatives, order, start, end, sums, o0, o1, o2, o3);
      if (rows) countGroup(words, groups, group, order, start, end, rows, o0, o1, o2, o3);
    }
  }
}

function addGroup(
  words: Uint32Array,
  groups: number,
  group: number,
  derivatives: Float64Array,
  order: Uint32Array,
  from: number,
  to: number,
  sums: Float64Array,
  o0: number,
  o1: number,
  o2: number,
  o3: number,
): void {
  for (let at = from; at < to; at++) {
    const row = order[at]!;
    const word = words[row * groups + group]!;
    const first = derivatives[2 * row]!;
    const second = derivatives[2 * row + 1]!;
    const b0 = (o0 + (word & 255)) << 1;
    const b1 = (o1 + ((word >>> 8) & 255)) << 1;
    const b2 = (o2 + ((word >>> 16) & 255)) << 1;
    const b3 = (o3 + (word >>> 24)) << 1;
    sums[b0]! += first;
    sums[b0 + 1]! += second;
    sums[b1]! += first;
    sums[b1 + 1]! += second;
    sums[b2]! += first;
    sums[b2 + 1]! += second;
    sums[b3]! += first;
    sums[b3 + 1]! += second;
  }
}

function countGroup(
  words: Uint32Array,
  groups: number,
  group: number,
  order: Uint32Array,
  from: number,
  to: number,
  rows: Uint32Array,
  o0: number,
  o1: number,
  o2: number,
  o3: number,
): void {
  for (let at = from; at < to; at++) {
    const word = words[order[at]! * groups + group]!;
    rows[o0 + (word & 255)]!++;
    rows[o1 + ((word >>> 8) & 255)]!++;
    rows[o2 + ((word >>> 16) & 255)]!++;
    rows[o3 + (word >>> 24)]!++;
  }
}

/** Turns the histogram of a parent into that of the child that `other` is not. O(bins). */
export function subtract(parent: Histogram, other: Histogram): void {
  for (let at = 0; at < parent.sums.length; at++) parent.sums[at]! -= other.sums[at]!;
  if (!parent.rows || !other.rows) return;
  for (let at = 0; at < parent.rows.length; at++) parent.rows[at]! -= other.rows[at]!;
}

/**
 * Adding this to a value and taking it off again rounds to multiples of a power of two that add up without rounding, while sums of absolute
 * values stay below `total` and half a step a row: 1.5 x 2^52 steps, where neighbouring numbers are a step apart.
 */
export function roundingTerm(total: number): number {
  return 1.5 * 2 ** Math.max(Math.ceil(Math.log2(total)) + 1, -900);
}
