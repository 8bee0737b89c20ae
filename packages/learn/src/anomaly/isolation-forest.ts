/**
 * Isolation forest: random cuts set an unusual row apart from the others sooner than an ordinary one. Each tree cuts a small sample of the rows, at each node
 * a random column at a random value between its least and greatest; how deep a row falls, on average, says how usual it is. Liu, Ting, Zhou:
 * Isolation Forest, ICDM 2008. Rows of training are judged by the trees that did not sample them. What a column has to do with it is the sum of what
 * its cuts set apart: log2(rows before / rows after) - 1, more than 0 where the row went with the fewer.
 */
import { seeded, shuffle } from "../math/random.ts";

export interface IsolationForest {
  /** The column that a node cuts, -1 of a leaf. Shape (nodes), tree after tree. */
  readonly column: Int32Array;
  readonly threshold: Float64Array;
  /** The node of rows below the threshold; that of the others follows it. */
  readonly below: Int32Array;
  /** Rows of the sample that reached the node. */
  readonly rows: Int32Array;
  /** The first node of each tree. */
  readonly roots: Int32Array;
}

export interface IsolationForestSettings {
  readonly trees: number;
  /** Rows that a tree samples, at most half of all. */
  readonly sample: number;
}

export const isolationForestDefaults: IsolationForestSettings = { trees: 200, sample: 256 };

/** `columns` of finite numbers, each of `rows` values. O(trees x sample x log sample). */
export function growIsolationForest(
  { trees, sample }: IsolationForestSettings,
  columns: readonly Float64Array[],
  rows: number,
  seed: number,
): { forest: IsolationForest; sampled: Uint32Array[] } {
  const random = seeded(seed);
  const size = Math.max(1, Math.min(sample, rows >> 1));
  const limit = Math.ceil(Math.log2(Math.max(2, size))); // deeper, rows are usual
  const column: number[] = [];
  const threshold: number[] = [];
  const below: number[] = [];
  const counts: number[] = [];
  const roots = new Int32Array(trees);
  const sampled: Uint32Array[] = [];
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  const order = Uint32Array.from(columns.keys());
  const addNode = (count: number): number => {
    column.push(-1);
    threshold.push(0);
    below.push(-1);
    return counts.push(count) - 1;
  };
  const grow = (node: number, members: Uint32Array, depth: number): void => {
    if (members.length < 2 || depth >= limit) return;
    // A column in which they differ, each equally likely.
    for (const at of shuffle(order.slice(), random)) {
      const values = columns[at]!;
      let [least, most] = [Infinity, -Infinity];
      for (const row of members) {
        least = Math.min(least, values[row]!);
        most = Math.max(most, values[row]!);
      }
      if (!(most > least)) continue;
      const cut = least + (most - least) * (1 - random.next()); // above the least: neither side is empty
      const [low, high] = [members.filter((row) => values[row]! < cut), members.filter((row) => values[row]! >= cut)];
      if (low.length === 0 || high.length === 0) continue;
      column[node] = at;
      threshold[node] = cut;
      const first = (below[node] = addNode(low.length));
      addNode(high.length);
      grow(first, low, depth + 1);
      grow(first + 1, high, depth + 1);
      return;
    }
  };
  for (let tree = 0; tree < trees; tree++) {
    const members = shuffle(all, random).slice(0, size);
    sampled.push(members);
    roots[tree] = addNode(size);
    grow(roots[tree]!, members, 0);
  }
  return {
    forest: {
      column: Int32Array.from(column),
      threshold: Float64Array.from(threshold),
      below: Int32Array.from(below),
      rows: Int32Array.from(counts),
      roots,
    },
    sampled,
  };
}

/** How deep a row falls in one tree; `credits`, one a column, get what each has to do with it. O(depth). */
export function isolationDepth(forest: IsolationForest, tree: number, row: Float64Array, credits?: Float64Array): number {
  const { column, threshold, below, rows } = forest;
  let node = forest.roots[tree]!;
  let depth = 0;
  while (column[node]! >= 0) {
    const at = column[node]!;
    const next = below[node]! + (row[at]! < threshold[node]! ? 0 : 1);
    if (credits) credits[at]! += Math.log2(rows[node]! / rows[next]!) - 1;
    node = next;
    depth++;
  }
  return depth + meanDepth(rows[node]!);
}

/** c(n) in the paper: the mean depth at which a row of n is alone. */
export function meanDepth(rows: number): number {
  return rows < 2 ? 0 : rows === 2 ? 1 : 2 * (Math.log(rows - 1) + 0.5772156649015329) - (2 * (rows - 1)) / rows;
}
