/**
 * Raw scores of rows. Shallow trees answer 128 rows at once (`sliced.ts`). Deeper ones are gone down: rows come in blocks, row-major, that stay
 * in the nearest cache while tree after tree passes over them, four rows at a time, since a step down waits for memory several times.
 *
 * For that a tree is laid out anew: 16 bytes a node, and every row takes as many steps as the tree is deep, leaves leading to themselves.
 * A missing value is written twice into the block, as -Infinity, which is at most any threshold, and as NaN, which is at most none: a
 * split reads the one that goes its way, and no step has to ask.
 */
import { checkLengths } from "./columns.ts";
import type { TreeColumn } from "./columns.ts";
import { goesLeft } from "./ensemble.ts";
import type { TreeEnsemble } from "./ensemble.ts";
import { KERNEL_ROWS, placeOf } from "./sliced-kernel.ts";
import { slicedMemory } from "./sliced-memory.ts";
import { askAll, depthOf, slicedOf } from "./sliced.ts";
import type { Sliced } from "./sliced.ts";

/** An ensemble laid out for scoring. */
export interface Scorer {
  readonly ensemble: TreeEnsemble;
  readonly sliced: Sliced;
  /** Slots of a row in a block: for each column one for missing as NaN and one for missing as -Infinity, and one that is always 0. */
  readonly slots: number;
  /** Two values a node: the threshold, and 32-bit slot and left child; the same memory twice. */
  readonly nodes: Float64Array;
  readonly links: Int32Array;
  /** For each tree its greatest depth, and whether it splits by sets of levels. */
  readonly depths: Uint8Array;
  readonly hasSets: Uint8Array;
}

/** O(nodes). */
export function scorerOf(ensemble: TreeEnsemble): Scorer {
  const { columnOf, left, thresholds, missingLeft, roots, columns } = ensemble;
  const buffer = new SharedArrayBuffer(columnOf.length * 16);
  const [nodes, links] = [new Float64Array(buffer), new Int32Array(buffer)];
  const slots = columns.length * 2 + 1;
  const trees = roots.length - 1;
  const [depths, hasSets] = [new Uint8Array(trees), new Uint8Array(trees)];
  for (let tree = 0; tree < trees; tree++) {
    depths[tree] = depthOf(ensemble, tree);
    for (let at = roots[tree]!; at < roots[tree + 1]!; at++) {
      const column = columnOf[at]!;
      if (column < 0) {
        nodes[2 * at] = Infinity;
        links[4 * at + 2] = slots - 1;
        links[4 * at + 3] = at;
        continue;
      }
      if (columns[column]!.kind === "category") hasSets[tree] = 1;
      nodes[2 * at] = thresholds[at]!;
      links[4 * at + 2] = column * 2 + missingLeft[at]!;
      links[4 * at + 3] = left[at]!;
    }
  }
  return { ensemble, sliced: slicedOf(ensemble), slots, nodes, links, depths, hasSets };
}

/**
 * Writes the raw scores of the rows from <= row < to to `scores`, shape (nRows, outputs), row-major. O(rows x trees x depth).
 *
 * @throws RangeError naming the column that is not as the ensemble knows it
 */
export function scoreRows(scorer: Scorer, columns: readonly TreeColumn[], from: number, to: number, scores: Float64Array): void {
  const { ensemble, sliced, slots, nodes, links, depths, hasSets } = scorer;
  const { roots, start, values } = ensemble;
  const outputs = start.length;
  const trees = roots.length - 1;
  const isDeep = sliced.isSliced.includes(0);
  const block = new Float64Array(isDeep ? KERNEL_ROWS * slots : 0);
  const reached = new Int32Array(KERNEL_ROWS);
  const { answers, scores: sums, addTrees } = slicedMemory(sliced, outputs);
  for (let first = from; first < to; first += KERNEL_ROWS) {
    const count = Math.min(KERNEL_ROWS, to - first);
    if (isDeep) fillBlock(columns, slots, first, count, block);
    askAll(sliced, columns, first, count, answers);
    for (let output = 0; output < outputs; output++) {
      sums.fill(start[output]!, output * KERNEL_ROWS, (output + 1) * KERNEL_ROWS);
    }
    // Trees are added in their order, those that are sliced from one deeper tree to the next at once.
    for (let tree = 0, slicedTree = 0; tree < trees;) {
      let end = tree;
      while (end < trees && sliced.isSliced[end] === 1) end++;
      if (end > tree) {
        addTrees(slicedTree, slicedTree + end - tree, tree % outputs);
        slicedTree += end - tree;
        tree = end;
        continue;
      }
      if (hasSets[tree] === 1) descendSets(ensemble, slots, roots[tree]!, block, count, reached);
      else descend(nodes, links, slots, roots[tree]!, depths[tree]!, block, count, reached);
      const at = (tree % outputs) * KERNEL_ROWS;
      for (let row = 0; row < count; row++) sums[at + placeOf(row)]! += values[reached[row]!]!;
      tree++;
    }
    for (let row = 0, at = first * outputs; row < count; row++) {
      for (let output = 0; output < outputs; output++, at++) scores[at] = sums[output * KERNEL_ROWS + placeOf(row)]!;
    }
  }
}

/** Raw scores of all rows, shape (nRows, outputs), row-major. */
export function rawScores(scorer: Scorer, columns: readonly TreeColumn[], rows: number): Float64Array {
  checkColumns(scorer.ensemble, columns, rows);
  const scores = new Float64Array(rows * scorer.ensemble.start.length);
  scoreRows(scorer, columns, 0, rows, scores);
  return scores;
}

/** @throws RangeError naming the column that is not as the ensemble knows it */
export function checkColumns({ columns: known }: TreeEnsemble, columns: readonly TreeColumn[], rows: number): void {
  if (columns.length !== known.length) throw new RangeError(`columns: must be ${known.length}, are ${columns.length}`);
  columns.forEach(({ kind }, at) => {
    if (kind !== known[at]!.kind) throw new RangeError(`column ${at}: must be a ${known[at]!.kind}, is a ${kind}`);
  });
  checkLengths(columns, rows);
}

function fillBlock(columns: readonly TreeColumn[], slots: number, first: number, count: number, block: Float64Array): void {
  columns.forEach((column, at) => {
    let to = at * 2;
    if (column.kind === "number") {
      const { values } = column;
      for (let row = first; row < first + count; row++, to += slots) {
        const value = values[row]!;
        block[to] = value;
        block[to + 1] = Number.isNaN(value) ? -Infinity : value;
      }
    } else {
      for (let row = first; row < first + count; row++, to += slots) block[to] = column.codes[row]!;
    }
  });
}

function descend(
  nodes: Float64Array,
  links: Int32Array,
  slots: number,
  root: number,
  depth: number,
  block: Float64Array,
  count: number,
  reached: Int32Array,
): void {
  let row = 0;
  for (; row + 4 <= count; row += 4) {
    const r0 = row * slots;
    const r1 = r0 + slots;
    const r2 = r1 + slots;
    const r3 = r2 + slots;
    let n0 = root;
    let n1 = root;
    let n2 = root;
    let n3 = root;
    for (let step = 0; step < depth; step++) {
      n0 = links[4 * n0 + 3]! + 1 - Number(block[r0 + links[4 * n0 + 2]!]! <= nodes[2 * n0]!);
      n1 = links[4 * n1 + 3]! + 1 - Number(block[r1 + links[4 * n1 + 2]!]! <= nodes[2 * n1]!);
      n2 = links[4 * n2 + 3]! + 1 - Number(block[r2 + links[4 * n2 + 2]!]! <= nodes[2 * n2]!);
      n3 = links[4 * n3 + 3]! + 1 - Number(block[r3 + links[4 * n3 + 2]!]! <= nodes[2 * n3]!);
    }
    reached[row] = n0;
    reached[row + 1] = n1;
    reached[row + 2] = n2;
    reached[row + 3] = n3;
  }
  for (; row < count; row++) {
    let node = root;
    for (let step = 0; step < depth; step++) {
      node = links[4 * node + 3]! + 1 - Number(block[row * slots + links[4 * node + 2]!]! <= nodes[2 * node]!);
    }
    reached[row] = node;
  }
}

function descendSets(
  ensemble: TreeEnsemble,
  slots: number,
  root: number,
  block: Float64Array,
  count: number,
  reached: Int32Array,
): void {
  const { columnOf, left } = ensemble;
  for (let row = 0; row < count; row++) {
    let node = root;
    for (let column = columnOf[node]!; column >= 0; column = columnOf[node]!) {
      node = left[node]! + (goesLeft(ensemble, node, column, block[row * slots + column * 2]!) ? 0 : 1);
    }
    reached[row] = node;
  }
}

/**
 * Writes the raw scores of one row, shape (outputs). `row` has a number a column: the value or the code, NaN or -1 for missing. Allocates
 * nothing. O(trees x depth).
 */
export function scoreRow(ensemble: TreeEnsemble, row: Float64Array, scores: Float64Array): void {
  const { roots, columnOf, left, values, start } = ensemble;
  const outputs = start.length;
  scores.set(start);
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    let node = roots[tree]!;
    for (let column = columnOf[node]!; column >= 0; column = columnOf[node]!) {
      node = left[node]! + (goesLeft(ensemble, node, column, row[column]!) ? 0 : 1);
    }
    scores[tree % outputs]! += values[node]!;
  }
}
