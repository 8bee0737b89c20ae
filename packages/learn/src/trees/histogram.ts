/**
 * Sums of first and second derivatives of the rows of a node, bin by bin: all that finding a split needs.
 *
 * Bins lie row by row, four columns in one 32-bit word (a group), so that one read serves four columns. Rows are gathered in blocks of which
 * bins and derivatives stay in the nearest cache while the groups pass over them.
 *
 * Sums are exact: derivatives are whole multiples of a power of two so large that no sum needs more than 53 bits (`exactStep`). So the
 * order of summing changes nothing, and parent less child is the other child to the last bit (the subtraction of LightGBM).
 */

import { PAGE, steadyMemoryOf } from "../math/wasm.ts";
import { histogramKernelOf } from "./histogram-kernel.ts";

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
  /** Where both begin in the memory they are summed in, in bytes. */
  readonly sumsAt: number;
  readonly rowsAt: number;
}

/** What a thread sums histograms in. */
export interface HistogramMemory {
  /** One of zeros. */
  make(): Histogram;
  /** Adds the rows `order[from .. to)`. `derivatives` has shape (nRows, 2). O(rows x groups). */
  add(derivatives: Float64Array, order: Uint32Array, from: number, to: number, into: Histogram): void;
}

/** For histograms of so many bins. */
export function histogramMemory(binned: Binned, bins: number, isCounted: boolean): HistogramMemory {
  const { words, groups, offsets, from: firstGroup, to: endGroup } = binned;
  const own = endGroup - firstGroup;
  const pairsAt = BLOCK * own * 4;
  const memory = steadyMemoryOf(1);
  let used = 0;
  /** The next bytes; arrays in the memory begin at whole vectors. */
  const take = (bytes: number): number => {
    const at = used;
    used += Math.ceil(bytes / 16) * 16;
    const pages = Math.ceil((used - memory.buffer.byteLength) / PAGE);
    if (pages > 0) memory.grow(Math.max(pages, memory.buffer.byteLength / PAGE));
    return at;
  };
  take(pairsAt + BLOCK * 16);
  const blockWords = new Uint32Array(memory.buffer, 0, BLOCK * own);
  const pairs = new Float64Array(memory.buffer, pairsAt, BLOCK * 2);
  const kernel = histogramKernelOf(memory, isCounted);

  return {
    make() {
      const sumsAt = take(bins * 16);
      const rowsAt = isCounted ? take(bins * 4) : 0;
      const sums = new Float64Array(memory.buffer, sumsAt, bins * 2);
      return { sums, rows: isCounted ? new Uint32Array(memory.buffer, rowsAt, bins) : null, sumsAt, rowsAt };
    },
    add(derivatives, order, from, to, { sumsAt, rowsAt }) {
      for (let start = from; start < to; start += BLOCK) {
        const count = Math.min(BLOCK, to - start);
        gather(words, groups, firstGroup, endGroup, derivatives, order, start, count, blockWords, pairs);
        for (let group = 0; group < own; group++) {
          const at = (firstGroup + group) * GROUP;
          const [o0, o1, o2, o3] = [offsets[at]!, offsets[at + 1]!, offsets[at + 2]!, offsets[at + 3]!];
          const wordsAt = group * BLOCK * 4;
          kernel(
            wordsAt,
            wordsAt + count * 4,
            pairsAt,
            sumsAt + o0 * 16,
            sumsAt + o1 * 16,
            sumsAt + o2 * 16,
            sumsAt + o3 * 16,
            rowsAt + o0 * 4,
            rowsAt + o1 * 4,
            rowsAt + o2 * 4,
            rowsAt + o3 * 4,
          );
        }
      }
    },
  };
}

/** Copies what a block of rows needs: words of bins group by group, shape (groups, BLOCK), and derivatives, shape (BLOCK, 2). */
function gather(
  words: Uint32Array,
  groups: number,
  firstGroup: number,
  endGroup: number,
  derivatives: Float64Array,
  order: Uint32Array,
  from: number,
  count: number,
  blockWords: Uint32Array,
  pairs: Float64Array,
): void {
  for (let at = 0; at < count; at++) {
    const row = order[from + at]!;
    pairs[2 * at] = derivatives[2 * row]!;
    pairs[2 * at + 1] = derivatives[2 * row + 1]!;
    const first = row * groups;
    for (let group = firstGroup, to = at; group < endGroup; group++, to += BLOCK) blockWords[to] = words[first + group]!;
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
