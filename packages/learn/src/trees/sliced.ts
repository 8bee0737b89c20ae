/**
 * Scores of 128 rows at once by bit-slicing: for each question that splits ask (a column and a threshold or set), a bit a row says who goes
 * right. A tree then is logic on words without a branch (`sliced-kernel.ts`): level by level the answer of the node where each row stands is
 * picked from those of all nodes of the level, and the answers from the root on, read as a binary number, are the leaf.
 *
 * A tree of depth d costs 2^d picks for all rows together, where going down costs each row d steps that wait for memory. Answering
 * questions before trees is QuickScorer's (Lucchese et al., SIGIR 2015).
 */
import { countAllBelow, gridOf } from "../math/grid.ts";
import type { Grid } from "../math/grid.ts";
import { countBelow, countFourBelow, padded } from "../math/search.ts";
import type { TreeColumn } from "./columns.ts";
import type { TreeEnsemble } from "./ensemble.ts";
import { goesLeft } from "./ensemble.ts";

/** Trees that are no deeper are sliced; the leaf's number must fit in a byte. */
export const SLICED_DEPTH = 7;
/** Rows of a word of answers, and words of a question: row r is bit r % 32 of word r / 32. */
const SLICE = 32;
export const SLICES = 4;

export interface Sliced {
  readonly ensemble: TreeEnsemble;
  /** For each tree 1 where it is sliced, 0 where it is too deep. */
  readonly isSliced: Uint8Array;
  /** Of all that are sliced the greatest depth, which they are filled up to. */
  readonly depth: number;
  /** Number of the question of each node of the complete trees, level by level: shape (sliced trees, 2^depth - 1). Nodes that are not there ask question 0. */
  readonly questions: Uint32Array;
  /** Shape (sliced trees, 2^depth). */
  readonly leaves: Float64Array;
  /** Of each number column its thresholds, `size` of them, ascending, padded, and where its questions begin: two a threshold, for missing values right and left. */
  readonly numbers: readonly {
    readonly column: number;
    readonly thresholds: Float64Array;
    readonly size: number;
    readonly first: number;
    readonly grid: Grid | null;
  }[];
  /** Of each category column one node for each of its sets, and where its questions begin. */
  readonly categories: readonly { readonly column: number; readonly nodes: readonly number[]; readonly first: number }[];
  /** How many there are. Question 0 is answered by left. */
  readonly count: number;
}

/** O(nodes log nodes + 2^depth of all trees). */
export function slicedOf(ensemble: TreeEnsemble): Sliced {
  const { roots, columnOf, left, thresholds, missingLeft, values, columns, sets, setAt } = ensemble;
  const trees = roots.length - 1;
  const questionOf = new Uint32Array(columnOf.length);
  const byColumn = columns.map((): number[] => []);
  const isSliced = new Uint8Array(trees);
  let depth = 1;
  for (let tree = 0; tree < trees; tree++) {
    const own = depthOf(ensemble, tree);
    if (own > SLICED_DEPTH) continue;
    isSliced[tree] = 1;
    depth = Math.max(depth, own);
    for (let at = roots[tree]!; at < roots[tree + 1]!; at++) if (columnOf[at]! >= 0) byColumn[columnOf[at]!]!.push(at);
  }
  let count = 1;
  const numbers: { column: number; thresholds: Float64Array; size: number; first: number; grid: Grid | null }[] = [];
  const categories: { column: number; nodes: number[]; first: number }[] = [];
  byColumn.forEach((nodes, column) => {
    const { kind, levels } = columns[column]!;
    if (kind === "number") {
      const own = Float64Array.from(new Set(nodes.map((at) => thresholds[at]!))).sort();
      const rank = new Map(Array.from(own, (threshold, at) => [threshold, at]));
      for (const at of nodes) questionOf[at] = count + 2 * rank.get(thresholds[at]!)! + missingLeft[at]!;
      numbers.push({ column, thresholds: padded(own), size: own.length, first: count, grid: gridOf(own) });
      count += own.length * 2;
      return;
    }
    const known = new Map<string, number>();
    const firsts: number[] = [];
    for (const at of nodes) {
      const words = sets.subarray(setAt[at], setAt[at]! + Math.ceil(levels / 32));
      const key = `${words.join()}/${missingLeft[at]}`;
      if (!known.has(key)) {
        known.set(key, count + firsts.length);
        firsts.push(at);
      }
      questionOf[at] = known.get(key)!;
    }
    categories.push({ column, nodes: firsts, first: count });
    count += firsts.length;
  });

  const [questions, leaves]: [number[], number[]] = [[], []];
  for (let tree = 0; tree < trees; tree++) {
    if (isSliced[tree] === 0) continue;
    // Nodes of a level; a leaf hands itself down to the left, where its rows go by question 0.
    let level: (number | null)[] = [roots[tree]!];
    for (let step = 0; step < depth; step++) {
      for (const at of level) questions.push(at === null ? 0 : questionOf[at]!);
      level = level.flatMap((at) => (at === null ? [null, null] : columnOf[at]! < 0 ? [at, null] : [left[at]!, left[at]! + 1]));
    }
    for (const at of level) leaves.push(at === null ? 0 : values[at]!);
  }
  return {
    ensemble,
    isSliced,
    depth,
    questions: Uint32Array.from(questions),
    leaves: Float64Array.from(leaves),
    numbers,
    categories,
    count,
  };
}

export function depthOf({ roots, left, columnOf }: TreeEnsemble, tree: number): number {
  const root = roots[tree]!;
  const depth = new Uint8Array(roots[tree + 1]! - root);
  let most = 0;
  for (let at = root; at < roots[tree + 1]!; at++) {
    most = Math.max(most, depth[at - root]!);
    if (columnOf[at]! >= 0) depth[left[at]! - root] = depth[left[at]! + 1 - root] = depth[at - root]! + 1;
  }
  return most;
}

/**
 * Writes which of `count` rows from `row` on go right, at most 128, for each question: shape (questions, SLICES). O(rows x columns x log thresholds
 * + questions).
 */
export function askAll(sliced: Sliced, columns: readonly TreeColumn[], row: number, count: number, answers: Int32Array): void {
  const { ensemble, numbers, categories } = sliced;
  for (const { column, thresholds, size, first, grid } of numbers) {
    const own = columns[column]!;
    if (own.kind !== "number") continue;
    if (grid) countAllBelow(grid, own.values, row, count, counts);
    else searchAll(thresholds, own.values, row, count, counts);
    mark(own.values, size, row, count, answers.subarray(first * SLICES, (first + 2 * size) * SLICES));
  }
  for (const { column, nodes, first } of categories) {
    const own = columns[column]!;
    if (own.kind !== "category") continue;
    for (let k = 0; k < nodes.length; k++) {
      for (let slice = 0; slice * SLICE < count; slice++) {
        let word = 0;
        for (let at = slice * SLICE; at < Math.min(count, (slice + 1) * SLICE); at++) {
          if (!goesLeft(ensemble, nodes[k]!, column, own.codes[row + at]!)) word |= 1 << (at % SLICE);
        }
        answers[(first + k) * SLICES + slice] = word;
      }
    }
  }
}

const counts = new Uint32Array(SLICE * SLICES);
const four = new Int32Array(4);

function searchAll(thresholds: Float64Array, values: Float64Array, row: number, count: number, into: Uint32Array): void {
  let at = 0;
  for (; at + 4 <= count; at += 4) {
    countFourBelow(thresholds, 0, thresholds.length, values, row + at, four);
    into.set(four, at);
  }
  for (; at < count; at++) into[at] = countBelow(thresholds, 0, thresholds.length, values[row + at]!);
}

const missing = new Int32Array(SLICES);

/** Answers the questions of a number column, as `counts` has for each row how many thresholds are below its value. */
function mark(values: Float64Array, size: number, row: number, count: number, answers: Int32Array): void {
  answers.fill(0);
  missing.fill(0);
  for (let at = 0; at < count; at++) {
    // Each row marks the greatest threshold below its value, if there is one.
    const below = counts[at]!;
    if (below > 0) answers[(below - 1) * 2 * SLICES + (at >> 5)]! |= 1 << (at & 31);
    else if (Number.isNaN(values[row + at]!)) missing[at >> 5]! |= 1 << (at & 31);
  }
  const [m0, m1, m2, m3] = [missing[0]!, missing[1]!, missing[2]!, missing[3]!];
  let [w0, w1, w2, w3] = [0, 0, 0, 0];
  // What is greater than a threshold is greater than all before it.
  for (let to = (size - 1) * 2 * SLICES; to >= 0; to -= 2 * SLICES) {
    w0 |= answers[to]!;
    w1 |= answers[to + 1]!;
    w2 |= answers[to + 2]!;
    w3 |= answers[to + 3]!;
    answers[to] = w0 | m0;
    answers[to + 1] = w1 | m1;
    answers[to + 2] = w2 | m2;
    answers[to + 3] = w3 | m3;
    answers[to + 4] = w0;
    answers[to + 5] = w1;
    answers[to + 6] = w2;
    answers[to + 7] = w3;
  }
}
