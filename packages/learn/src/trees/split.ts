/**
 * The best way to part the rows of a node in two by one column, from its histogram.
 *
 * Chen & Guestrin: XGBoost, KDD 2016, equations 6 and 7, and algorithm 3 (missing values go where they gain most). Categories are parted
 * in two sets: sorted by G / (H + smoothing), the best sets are neighbours (Fisher: On Grouping for Maximum Homogeneity, JASA 1958), with
 * the limits of LightGBM: up to four levels one is tried against all others, and the smaller side of more has few. A missing category
 * is a level like others. Monotone columns: children whose values would be in the wrong order are no candidates, and values of a
 * node stay within the bounds handed down to it.
 */
import type { Histogram } from "./histogram.ts";
import type { TreesSettings } from "./settings.ts";

/** The rows of a node as a split sees them. */
export interface NodeSums {
  readonly first: number; // G
  readonly second: number; // H
  readonly rows: number;
  /** The values that leaves below may have. */
  readonly lowest: number;
  readonly highest: number;
}

/** A column as a split sees it. Bins `0 .. bins - 1` are values, `bins` is missing; the first is at `offset` of the histogram. */
export interface SplitColumn {
  readonly index: number;
  readonly isCategory: boolean;
  readonly bins: number;
  readonly offset: number;
  /** 1, -1 or 0. */
  readonly monotone: number;
}

export interface Split {
  gain: number;
  /** Index of the column; -1 for no split. */
  column: number;
  /** Number columns: the last bin that goes left. */
  bin: number;
  missingLeft: boolean;
  /** Category columns: a bit for each bin that goes left, missing included. */
  readonly set: Uint32Array;
  leftFirst: number;
  leftSecond: number;
}

export function noSplit(): Split {
  return { gain: 0, column: -1, bin: 0, missingLeft: false, set: new Uint32Array(8), leftFirst: 0, leftSecond: 0 };
}

/** Gains within rounding of nothing are nothing, as a share of the score of the node. */
const ROUNDING = 1e-10;
const FEW_LEVELS = 4;

/** -T(G) / (H + l2), T pulling towards 0 by l1, within the bounds of the node. */
export function leafValue(first: number, second: number, l1: number, l2: number, lowest: number, highest: number): number {
  const pulled = first > l1 ? first - l1 : first < -l1 ? first + l1 : 0;
  const divisor = second + l2;
  const value = divisor > 0 ? -pulled / divisor : 0;
  return value < lowest ? lowest : value > highest ? highest : value;
}

/** Twice what a leaf of this value lowers the regularised loss by. */
function lowered(first: number, second: number, l1: number, l2: number, value: number): number {
  return -value * (2 * first + (second + l2) * value) - 2 * l1 * Math.abs(value);
}

/** Puts the best split of the column in `best` if it gains more than what is there. O(bins), categories O(bins log bins). */
export function searchColumn(
  settings: TreesSettings,
  node: NodeSums,
  column: SplitColumn,
  histogram: Histogram,
  best: Split,
): void {
  if (column.isCategory) searchSets(settings, node, column, histogram, best);
  else searchThresholds(settings, node, column, histogram, best);
}

/** What no split gives, and the least that one must give. */
function floorOf({ l1, l2, minGain }: TreesSettings, node: NodeSums): { whole: number; least: number } {
  const value = leafValue(node.first, node.second, l1, l2, node.lowest, node.highest);
  const whole = lowered(node.first, node.second, l1, l2, value);
  return { whole, least: Math.max(minGain, Math.abs(whole) * ROUNDING, Number.MIN_VALUE) };
}

/** Where one row is enough nothing is counted. Else, where a histogram holds no counts, every second derivative is 1. */
function leastRows({ minRows }: TreesSettings): number {
  return minRows > 1 ? minRows : -Infinity;
}

function searchThresholds(
  settings: TreesSettings,
  node: NodeSums,
  column: SplitColumn,
  { sums, rows }: Histogram,
  best: Split,
): void {
  const { l1, l2, minChildWeight } = settings;
  const { lowest, highest } = node;
  const { bins, offset, monotone } = column;
  const { whole, least } = floorOf(settings, node);
  const minRows = leastRows(settings);
  const missingFirst = sums[(offset + bins) * 2]!;
  const missingSecond = sums[(offset + bins) * 2 + 1]!;
  const missingRows = rows ? rows[offset + bins]! : missingSecond;
  const hasMissing = missingSecond > 0 || missingFirst !== 0;
  for (let missing = 0; missing <= (hasMissing ? 1 : 0); missing++) {
    let first = missing === 1 ? missingFirst : 0;
    let second = missing === 1 ? missingSecond : 0;
    let count = missing === 1 ? missingRows : 0;
    // The last bin goes left only where missing values go right: then the split is by what is missing.
    const end = hasMissing && missing === 0 ? bins : bins - 1;
    for (let bin = 0; bin < end; bin++) {
      const at = (offset + bin) * 2;
      first += sums[at]!;
      second += sums[at + 1]!;
      count += rows ? rows[offset + bin]! : sums[at + 1]!;
      if (second < minChildWeight || count < minRows || second <= 0) continue;
      const otherSecond = node.second - second;
      if (otherSecond < minChildWeight || node.rows - count < minRows || otherSecond <= 0) break;
      const otherFirst = node.first - first;
      const left = leafValue(first, second, l1, l2, lowest, highest);
      const right = leafValue(otherFirst, otherSecond, l1, l2, lowest, highest);
      if ((right - left) * monotone < 0) continue;
      const gain = lowered(first, second, l1, l2, left) + lowered(otherFirst, otherSecond, l1, l2, right) - whole;
      if (!(gain > least && gain > best.gain)) continue;
      best.gain = gain;
      best.column = column.index;
      best.bin = bin;
      // A node without missing values sends them where most rows go.
      best.missingLeft = hasMissing ? missing === 1 : second >= otherSecond;
      best.leftFirst = first;
      best.leftSecond = second;
    }
  }
}

function searchSets(settings: TreesSettings, node: NodeSums, column: SplitColumn, { sums, rows }: Histogram, best: Split): void {
  const { l1, minChildWeight, categorySmoothing } = settings;
  const { bins, offset } = column;
  const { whole, least } = floorOf(settings, node);
  const minRows = leastRows(settings);
  let levels = 0;
  for (let bin = 0; bin <= bins; bin++) if (sums[(offset + bin) * 2 + 1]! > 0) present[levels++] = bin;
  if (levels < 2) return;
  const hasMissing = present[levels - 1] === bins;
  const oneAgainstAll = levels <= FEW_LEVELS;
  const l2 = settings.l2 + (oneAgainstAll ? 0 : settings.categoryL2);
  if (!oneAgainstAll) sortByRatio(levels, sums, offset, categorySmoothing);
  const most = oneAgainstAll ? levels : Math.min(settings.maxCategories, levels - 1);
  let taken = 0; // levels of the best set
  let takenFrom = -1;
  for (let end = 0; end < (oneAgainstAll ? 1 : 2); end++) {
    let first = 0;
    let second = 0;
    let count = 0;
    for (let at = 0; at < most; at++) {
      const bin = offset + present[end === 0 ? at : levels - 1 - at]!;
      if (oneAgainstAll) first = second = count = 0;
      first += sums[bin * 2]!;
      second += sums[bin * 2 + 1]!;
      count += rows ? rows[bin]! : sums[bin * 2 + 1]!;
      const otherSecond = node.second - second;
      if (second < minChildWeight || count < minRows || second <= 0) continue;
      if (otherSecond < minChildWeight || node.rows - count < minRows || otherSecond <= 0) continue;
      const otherFirst = node.first - first;
      const left = leafValue(first, second, l1, l2, node.lowest, node.highest);
      const right = leafValue(otherFirst, otherSecond, l1, l2, node.lowest, node.highest);
      const gain = lowered(first, second, l1, l2, left) + lowered(otherFirst, otherSecond, l1, l2, right) - whole;
      if (!(gain > least && gain > best.gain)) continue;
      best.gain = gain;
      best.column = column.index;
      best.bin = 0;
      best.leftFirst = first;
      best.leftSecond = second;
      taken = at + 1;
      takenFrom = end;
    }
  }
  if (taken === 0) return;
  best.set.fill(0);
  const from = oneAgainstAll ? taken - 1 : 0;
  for (let at = from; at < taken; at++) {
    const bin = present[takenFrom === 0 ? at : levels - 1 - at]!;
    best.set[bin >> 5]! |= 1 << (bin & 31);
  }
  if (!hasMissing && best.leftSecond * 2 >= node.second) best.set[bins >> 5]! |= 1 << (bins & 31);
  best.missingLeft = ((best.set[bins >> 5]! >>> (bins & 31)) & 1) === 1;
}

/** The bins of a node that hold rows, and what they are sorted by: memory that every search uses again. */
const present = new Uint8Array(256);
const ratios = new Float64Array(256);

/** Sorts the first `levels` of `present`, which ascend, by G / (H + smoothing); equals stay in order. O(levels^2), but moves little memory. */
function sortByRatio(levels: number, sums: Float64Array, offset: number, smoothing: number): void {
  for (let end = 0; end < levels; end++) {
    const bin = present[end]!;
    const at = (offset + bin) * 2;
    const ratio = sums[at]! / (sums[at + 1]! + smoothing);
    let to = end;
    for (; to > 0 && ratios[to - 1]! > ratio; to--) {
      ratios[to] = ratios[to - 1]!;
      present[to] = present[to - 1]!;
    }
    ratios[to] = ratio;
    present[to] = bin;
  }
}

/** Writes for each bin, missing included, 1 where its rows go left: 256 values from `at` on. */
export function writeRoute(split: Split, column: SplitColumn, into: Uint8Array, at: number): void {
  for (let bin = 0; bin < column.bins; bin++) {
    const isLeft = column.isCategory ? (split.set[bin >> 5]! >>> (bin & 31)) & 1 : Number(bin <= split.bin);
    into[at + bin] = isLeft;
  }
  into[at + column.bins] = Number(split.missingLeft);
}
