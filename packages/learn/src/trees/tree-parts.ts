/** A tree as it answers, once it is grown. */
import { levelsBefore } from "./bin-job.ts";
import { EDGES } from "./binning.ts";
import type { BoostJob } from "./boost-job.ts";
import type { GrownTree } from "./grow-tree.ts";

/** A tree in plain arrays; children stand behind their parents, siblings side by side. */
export interface TreeParts {
  /** Column of each split, -1 for leaves. */
  readonly columns: Int32Array;
  /** Left child, the right one is behind it; 0 for leaves. */
  readonly left: Uint32Array;
  /** Number columns: values up to it go left. */
  readonly thresholds: Float64Array;
  readonly missingLeft: Uint8Array;
  /** Category columns: a bit for each level that goes left, 32 a word; `setAt` is the first word, in the order of nodes. */
  readonly sets: Uint32Array;
  readonly setAt: Uint32Array;
  /** What leaves add to the score; 0 for splits. */
  readonly values: Float64Array;
  /** Weight of the training rows. */
  readonly covers: Float64Array;
}

/**
 * The tree as it will answer: bins become the values that part them, bins of levels become levels, and nodes are numbered level by level in
 * place of the order in which they were split.
 */
export function partsOf(job: BoostJob, { nodes, routes }: GrownTree, values: Float64Array, covers: Float64Array): TreeParts {
  const { columns, edges, levelBins } = job;
  const order = [0];
  const left = new Uint32Array(nodes.length);
  for (let at = 0; at < order.length; at++) {
    const child = nodes[order[at]!]!.left;
    if (child === 0) continue;
    left[at] = order.length;
    order.push(child, child + 1);
  }
  const parts = {
    columns: new Int32Array(nodes.length).fill(-1),
    left,
    thresholds: new Float64Array(nodes.length),
    missingLeft: new Uint8Array(nodes.length),
    setAt: new Uint32Array(nodes.length),
    values: Float64Array.from(order, (old) => values[old]!),
    covers: Float64Array.from(order, (old) => covers[old]!),
  };
  const sets: number[] = [];
  order.forEach((old, at) => {
    if (left[at] === 0) return;
    const split = nodes[old]!.split!;
    const column = columns[split.column]!;
    parts.columns[at] = split.column;
    parts.missingLeft[at] = Number(split.missingLeft);
    if (column.kind === "number") {
      parts.thresholds[at] = edges[split.column * EDGES + split.bin]!;
      return;
    }
    parts.setAt[at] = sets.length;
    const first = levelsBefore(columns, split.column);
    const words = new Uint32Array(Math.ceil(column.levels / 32));
    for (let level = 0; level < column.levels; level++) {
      if (routes[old * 256 + levelBins[first + level]!] === 1) words[level >> 5]! |= 1 << (level & 31);
    }
    for (const word of words) sets.push(word);
  });
  return { ...parts, sets: Uint32Array.from(sets) };
}
