/**
 * A fitted ensemble of trees: an immutable value in flat arrays. A row goes left at a number where it is at most the threshold, at a category
 * where its level is in the set, and where the value is missing as the split learnt; levels that training did not have count as missing.
 * The raw score of an output is its start plus the value of the leaf reached in each of its trees.
 */
import type { TreeColumn } from "./columns.ts";
import type { LossSettings } from "./settings.ts";
import type { TreeParts } from "./tree-parts.ts";

export interface EnsembleColumn {
  readonly kind: "number" | "category";
  /** Levels that a category had in training; 0 for numbers. */
  readonly levels: number;
}

export interface TreeEnsemble {
  readonly loss: LossSettings;
  readonly columns: readonly EnsembleColumn[];
  /** Where scores start, shape (outputs). Tree t belongs to output t modulo outputs. */
  readonly start: Float64Array;
  /** First node of each tree, and the number of all nodes. */
  readonly roots: Uint32Array;
  /** For each node its column; -1 for leaves. */
  readonly columnOf: Int32Array;
  /** Left child; the right one is behind it. 0 for leaves. Children stand behind their parents. */
  readonly left: Uint32Array;
  readonly thresholds: Float64Array;
  readonly missingLeft: Uint8Array;
  /** Bits of the levels that go left, 32 a word, from `setAt` on as many words as the levels of the column need. */
  readonly sets: Uint32Array;
  readonly setAt: Uint32Array;
  /** What leaves add; 0 for splits. */
  readonly values: Float64Array;
  /** Weight of the training rows that came by. */
  readonly covers: Float64Array;
}

/** The trees one behind the other. O(nodes). */
export function joinTrees(
  loss: LossSettings,
  columns: readonly TreeColumn[],
  start: Float64Array,
  trees: readonly TreeParts[],
): TreeEnsemble {
  const count = trees.reduce((sum, { left }) => sum + left.length, 0);
  const words = trees.reduce((sum, { sets }) => sum + sets.length, 0);
  const joined = {
    roots: new Uint32Array(trees.length + 1),
    columnOf: new Int32Array(count),
    left: new Uint32Array(count),
    thresholds: new Float64Array(count),
    missingLeft: new Uint8Array(count),
    sets: new Uint32Array(words),
    setAt: new Uint32Array(count),
    values: new Float64Array(count),
    covers: new Float64Array(count),
  };
  let node = 0;
  let word = 0;
  trees.forEach((tree, at) => {
    joined.columnOf.set(tree.columns, node);
    joined.left.set(
      tree.left.map((left) => (left === 0 ? 0 : left + node)),
      node,
    );
    joined.thresholds.set(tree.thresholds, node);
    joined.missingLeft.set(tree.missingLeft, node);
    joined.sets.set(tree.sets, word);
    joined.setAt.set(
      tree.setAt.map((setAt) => setAt + word),
      node,
    );
    joined.values.set(tree.values, node);
    joined.covers.set(tree.covers, node);
    node += tree.left.length;
    word += tree.sets.length;
    joined.roots[at + 1] = node;
  });
  return {
    loss,
    columns: columns.map((column) => ({ kind: column.kind, levels: column.kind === "category" ? column.levels : 0 })),
    start: start.slice(),
    ...joined,
  };
}

/** Whether a value (a number, or the code of a category) goes left at a split. */
export function goesLeft(
  { columns, thresholds, missingLeft, sets, setAt }: TreeEnsemble,
  node: number,
  column: number,
  value: number,
): boolean {
  const { kind, levels } = columns[column]!;
  if (kind === "number") return value <= thresholds[node]! || (Number.isNaN(value) && missingLeft[node] === 1);
  if (value >= 0 && value < levels) return ((sets[setAt[node]! + (value >> 5)]! >>> (value & 31)) & 1) === 1;
  return missingLeft[node] === 1;
}

/**
 * The same trees over levels that have other codes: `before[column][code]` is what a code was, null for numbers. Codes that were none count as
 * missing. O(nodes x levels of their columns).
 */
export function recoded(ensemble: TreeEnsemble, before: readonly (Int32Array | null)[]): TreeEnsemble {
  const { columns, columnOf } = ensemble;
  const sets: number[] = [];
  const setAt = new Uint32Array(columnOf.length);
  columnOf.forEach((column, node) => {
    const codes = column < 0 ? null : before[column]!;
    if (!codes) return;
    setAt[node] = sets.length;
    const words = new Uint32Array(Math.ceil(codes.length / 32));
    codes.forEach((code, now) => {
      if (goesLeft(ensemble, node, column, code)) words[now >> 5]! |= 1 << (now & 31);
    });
    sets.push(...words);
  });
  return {
    ...ensemble,
    columns: columns.map(({ kind, levels }, at) => ({ kind, levels: before[at]?.length ?? levels })),
    sets: Uint32Array.from(sets),
    setAt,
  };
}

/** The same without the trees behind the first rounds. Shares memory. O(1). */
export function firstRounds(ensemble: TreeEnsemble, rounds: number): TreeEnsemble {
  const roots = ensemble.roots.subarray(0, rounds * ensemble.start.length + 1);
  const nodes = roots.at(-1)!;
  return {
    ...ensemble,
    roots,
    columnOf: ensemble.columnOf.subarray(0, nodes),
    left: ensemble.left.subarray(0, nodes),
    thresholds: ensemble.thresholds.subarray(0, nodes),
    missingLeft: ensemble.missingLeft.subarray(0, nodes),
    setAt: ensemble.setAt.subarray(0, nodes),
    values: ensemble.values.subarray(0, nodes),
    covers: ensemble.covers.subarray(0, nodes),
  };
}
