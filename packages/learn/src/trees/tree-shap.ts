/**
 * What each column adds to the score of one row: exact Shapley values of the game in which columns that are not in the coalition are
 * averaged over by the weights of the training rows. Lundberg, Erion, Lee: Consistent Individualized Feature Attribution for Tree
 * Ensembles, 2018 (algorithm 2, `tree_path_dependent`); Lundberg et al., Nature Machine Intelligence 2020.
 *
 * The values are those, the way to them is another. A leaf of value v below a path with columns U, of which column j lets the share z_j of
 * rows pass, and the row if o_j = 1, else not (o_j = 0), contributes to column i
 *
 *   v (o_i - z_i) sum over S in U \ i of |S|! (|U| - |S| - 1)! / |U|! prod_{j in S} o_j prod_{j not in S, j != i} z_j
 *     = v (o_i - z_i) integral over t in [0, 1] of prod_{j in U \ i} ((1 - t) z_j + t o_j),
 *
 * since |S|! (d - |S| - 1)! / d! is the integral of t^|S| (1 - t)^(d - |S| - 1). The integrand is a polynomial of degree d - 1, so that
 * Gauss-Legendre quadrature with d / 2 points is exact: three for trees of depth 6. As in Yu et al.: Linear TreeShap, NeurIPS 2022, which
 * carries polynomials where this carries their values at the points, leaves of a subtree are added up before they are multiplied:
 *
 * - on the way down P, the product of all factors above a node;
 * - on the way up U, the sum of the leaves below times the factors between: r U(passes) + (1 - r) U(does not), r = (f - (1 - t) z') / f;
 * - the split itself adds P z' (U(passes) - U(does not)) / f^2 to its column,
 *
 * with f = (1 - t) z + t the factor that the column had above (1 if it had none), and z' the share that it has below, on the side that the
 * row does not take. If the row had left the path by that column already, r is the share of rows and the split adds nothing.
 *
 * O(nodes x depth / 2) a row, some 20 nanoseconds a split.
 */
import { gaussLegendre } from "../math/gauss-legendre.ts";
import { goesLeft } from "./ensemble.ts";
import type { TreeEnsemble } from "./ensemble.ts";

export interface Explainer {
  readonly ensemble: TreeEnsemble;
  /** The mean score over the training rows by weight, shape (outputs): what contributions are added to. */
  readonly expected: Float64Array;
  /** Points of the quadrature, a multiple of three. */
  readonly points: number;
  /** Nodes that are splits, tree by tree, those with leaves alone below last. */
  readonly nodes: Uint32Array;
  /** For each tree the first of its splits, and the first of those with leaves alone below. */
  readonly splitsAt: Uint32Array;
  readonly bottomAt: Uint32Array;
  /**
   * For each split its column, itself and its left child counted from the root, and the child above it whose parent splits by the same
   * column, 0, the root, for none; shape (splits, 4).
   */
  readonly links: Uint32Array;
  /** NaN for categories. */
  readonly thresholds: Float64Array;
  /** For each split, if the row goes left, goes right, or had left the path before: r of the left child, and z' / f^2; shape (3, 2, points). */
  readonly factors: Float64Array;
  /** U, shape (nNodes, points); those of leaves never change. */
  readonly sums: Float64Array;
  /** Memory of one call, for the nodes of one tree: P, whether the row passes, and which factors count. */
  readonly products: Float64Array;
  readonly passes: Uint8Array;
  readonly chosen: Uint32Array;
}

/** O(nodes x depth). Memory: 40 x points bytes a split. */
export function explainerOf(ensemble: TreeEnsemble): Explainer {
  const { roots, columnOf, left, covers, values, start, columns } = ensemble;
  const count = columnOf.length;
  const parents = new Uint32Array(count);
  const share = new Float64Array(count).fill(1); // z of the parent's column
  const reach = new Float64Array(count).fill(1);
  const distinct = new Uint8Array(count);
  const above = new Uint32Array(count);
  const expected = start.slice();
  const splits: number[] = [];
  const [splitsAt, bottomAt] = [new Uint32Array(roots.length), new Uint32Array(roots.length)];
  let [most, largest] = [1, 1];
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const root = roots[tree]!;
    const bottom: number[] = [];
    splitsAt[tree] = splits.length;
    largest = Math.max(largest, roots[tree + 1]! - root);
    for (let at = root; at < roots[tree + 1]!; at++) {
      const column = columnOf[at]!;
      if (column < 0) {
        expected[tree % start.length]! += reach[at]! * values[at]!;
        most = Math.max(most, distinct[at]!);
        continue;
      }
      let up = at;
      while (up !== root && columnOf[parents[up]!] !== column) up = parents[up]!;
      above[at] = up - root;
      const child = left[at]!;
      (columnOf[child]! < 0 && columnOf[child + 1]! < 0 ? bottom : splits).push(at);
      const cover = covers[child]! + covers[child + 1]!;
      for (const one of [child, child + 1]) {
        const passed = cover > 0 ? covers[one]! / cover : 0.5;
        parents[one] = at;
        distinct[one] = distinct[at]! + (up === root ? 1 : 0);
        share[one] = passed * (up === root ? 1 : share[up]!);
        reach[one] = passed * reach[at]!;
      }
    }
    bottomAt[tree] = splits.length;
    splits.push(...bottom);
    splitsAt[tree + 1] = splits.length;
  }
  const points = Math.ceil(Math.ceil(most / 2) / 3) * 3;
  const rule = gaussLegendre(points);
  const factors = new Float64Array(splits.length * 6 * points);
  splits.forEach((at, split) => {
    const [toLeft, toRight] = [share[left[at]!]!, share[left[at]! + 1]!];
    const all = toLeft + toRight;
    for (let q = 0; q < points; q++) {
      const t = rule.points[q]!;
      const weight = rule.weights[q]!;
      const factor = above[at] === 0 ? 1 : (1 - t) * all + t;
      const to = split * 6 * points + q;
      factors[to] = ((1 - t) * toLeft + t) / factor;
      factors[to + points] = (weight * toRight) / (factor * factor);
      factors[to + 2 * points] = ((1 - t) * toLeft) / factor;
      factors[to + 3 * points] = (-weight * toLeft) / (factor * factor);
      factors[to + 4 * points] = all > 0 ? toLeft / all : 0.5;
    }
  });
  const sums = new Float64Array(count * points);
  for (let at = 0; at < count; at++) sums.fill(values[at]!, at * points, (at + 1) * points);
  const rootOf = (at: number): number => roots[upperBound(roots, at) - 1]!;
  return {
    ensemble,
    expected,
    points,
    nodes: Uint32Array.from(splits),
    splitsAt,
    bottomAt,
    links: Uint32Array.from(splits.flatMap((at) => [columnOf[at]!, at - rootOf(at), left[at]! - rootOf(at), above[at]!])),
    thresholds: Float64Array.from(splits, (at) => (columns[columnOf[at]!]!.kind === "number" ? ensemble.thresholds[at]! : NaN)),
    factors,
    sums,
    products: new Float64Array(largest * points),
    passes: new Uint8Array(largest).fill(1),
    chosen: new Uint32Array(largest),
  };
}

/** The number of values at or below `wanted`; `values` ascend. */
function upperBound(values: Uint32Array, wanted: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle]! <= wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Writes the contribution of each column to the raw score of `output`, shape (nColumns): together with `expected[output]` they are the score.
 * `row` as in `scoreRow`. Allocates nothing.
 */
export function contributions(explainer: Explainer, row: Float64Array, output: number, into: Float64Array): void {
  const { roots, start } = explainer.ensemble;
  into.fill(0);
  for (let tree = output; tree + 1 < roots.length; tree += start.length) explainTree(explainer, tree, row, into);
}

/**
 * Splits above others are passed down and up again; those with leaves alone below, which are more than half, once. All accesses go to flat
 * arrays in the order of splits and there are no branches that depend on the row, which halved the time.
 */
function explainTree(explainer: Explainer, tree: number, row: Float64Array, into: Float64Array): void {
  const { factors, links, splitsAt, bottomAt, chosen, products, sums, points } = explainer;
  const first = splitsAt[tree]!;
  const bottom = bottomAt[tree]!;
  const end = splitsAt[tree + 1]!;
  for (let q = 0; q < points; q++) products[q] = 1;
  for (let split = first; split < bottom; split++) {
    const one = choose(explainer, split, row);
    chosen[split - first] = one;
    const from = links[split * 4 + 1]! * points;
    const to = links[split * 4 + 2]! * points;
    for (let q = 0; q < points; q += 3) {
      const p0 = products[from + q]!;
      const p1 = products[from + q + 1]!;
      const p2 = products[from + q + 2]!;
      const l0 = p0 * factors[one + q]!;
      const l1 = p1 * factors[one + q + 1]!;
      const l2 = p2 * factors[one + q + 2]!;
      products[to + q] = l0;
      products[to + q + 1] = l1;
      products[to + q + 2] = l2;
      products[to + points + q] = p0 - l0;
      products[to + points + q + 1] = p1 - l1;
      products[to + points + q + 2] = p2 - l2;
    }
  }
  const root = explainer.ensemble.roots[tree]! * points;
  for (let split = bottom; split < end; split++) {
    const one = choose(explainer, split, row);
    const two = one + points;
    const at = links[split * 4 + 1]! * points;
    const child = root + links[split * 4 + 2]! * points;
    const right = sums[child + points]!;
    const difference = sums[child]! - right;
    let added = 0;
    for (let q = 0; q < points; q += 3) {
      added +=
        products[at + q]! * factors[two + q]! +
        products[at + q + 1]! * factors[two + q + 1]! +
        products[at + q + 2]! * factors[two + q + 2]!;
      sums[root + at + q] = right + factors[one + q]! * difference;
      sums[root + at + q + 1] = right + factors[one + q + 1]! * difference;
      sums[root + at + q + 2] = right + factors[one + q + 2]! * difference;
    }
    into[links[split * 4]!]! += added * difference;
  }
  for (let split = bottom - 1; split >= first; split--) {
    const at = links[split * 4 + 1]! * points;
    const from = root + links[split * 4 + 2]! * points;
    const to = root + at;
    const one = chosen[split - first]!;
    const two = one + points;
    let added = 0;
    for (let q = 0; q < points; q += 3) {
      const r0 = sums[from + points + q]!;
      const r1 = sums[from + points + q + 1]!;
      const r2 = sums[from + points + q + 2]!;
      const d0 = sums[from + q]! - r0;
      const d1 = sums[from + q + 1]! - r1;
      const d2 = sums[from + q + 2]! - r2;
      added +=
        products[at + q]! * factors[two + q]! * d0 +
        products[at + q + 1]! * factors[two + q + 1]! * d1 +
        products[at + q + 2]! * factors[two + q + 2]! * d2;
      sums[to + q] = r0 + factors[one + q]! * d0;
      sums[to + q + 1] = r1 + factors[one + q + 1]! * d1;
      sums[to + q + 2] = r2 + factors[one + q + 2]! * d2;
    }
    into[links[split * 4]!]! += added;
  }
}

/** Where the factors of a split are for this row; notes which of its children the row passes. */
function choose(explainer: Explainer, split: number, row: Float64Array): number {
  const { links, thresholds, passes, points } = explainer;
  const column = links[split * 4]!;
  const value = row[column]!;
  const threshold = thresholds[split]!; // NaN where there is none
  let isLeft = Number(value <= threshold);
  if (Number.isNaN(value - threshold)) isLeft = unordered(explainer, split, column, value);
  const passed = passes[links[split * 4 + 3]!]!;
  const child = links[split * 4 + 2]!;
  passes[child] = passed * isLeft;
  passes[child + 1] = passed * (1 - isLeft);
  return (split * 3 + 2 - passed * (1 + isLeft)) * 2 * points;
}

/** A category, or a missing value. */
function unordered({ ensemble, nodes }: Explainer, split: number, column: number, value: number): number {
  return Number(goesLeft(ensemble, nodes[split]!, column, value));
}
