/**
 * Values to bins. Numbers fall into at most `maxBins` intervals that hold about equal weight; each value that is frequent enough has one of
 * its own. Categories have a bin a level; where there are more levels than bins, the rarest share the last. Missing values have the
 * bin behind all others.
 *
 * After Ke et al.: LightGBM, NIPS 2017 (GreedyFindBin). Departures: a weighted row counts by its weight; an edge lies midway between two
 * values, rounded to single precision where that still parts them, so that programs which read single precision answer alike.
 *
 * bins of a number column: x <= edge[0] | edge[0] < x <= edge[1] | ... | edge[last] < x | missing
 */
import { countBelow, countFourBelow } from "../math/search.ts";

/** Bins fit in one byte, that for missing values included. */
export const MAX_BINS = 255;
/** Places for the edges of a column: at most 254 of them, padded. */
export const EDGES = 256;

/**
 * The edges between bins, ascending, at most `maxBins - 1`. `values` ascend and are not NaN; `weights` belong to them, each 1 if null.
 * O(values).
 */
export function numberEdges(values: Float64Array, weights: Float64Array | null, maxBins: number): Float64Array {
  let distinct = 0;
  const kept = new Float64Array(values.length);
  const mass = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const weight = weights ? weights[at]! : 1;
    if (weight === 0) continue;
    if (distinct === 0 || values[at]! !== kept[distinct - 1]!) kept[distinct++] = values[at]!;
    mass[distinct - 1]! += weight;
  }
  const edges: number[] = [];
  if (distinct <= maxBins) {
    for (let at = 1; at < distinct; at++) edges.push(edgeBetween(kept[at - 1]!, kept[at]!));
    return Float64Array.from(edges);
  }
  let left = 0;
  for (let at = 0; at < distinct; at++) left += mass[at]!;
  // Frequent values get bins of their own; the others share the rest evenly.
  const frequent = left / maxBins;
  let binsLeft = maxBins;
  for (let at = 0; at < distinct; at++) {
    if (mass[at]! < frequent) continue;
    left -= mass[at]!;
    binsLeft--;
  }
  let wanted = left / binsLeft;
  let inBin = 0;
  for (let at = 0; at + 1 < distinct && edges.length + 1 < maxBins; at++) {
    const isFrequent = mass[at]! >= frequent;
    inBin += mass[at]!;
    if (!isFrequent) left -= mass[at]!;
    // The bin before a frequent value is closed if it is half full, else the value takes it in.
    const isEnough = inBin >= wanted || (mass[at + 1]! >= frequent && inBin >= wanted / 2);
    if (!isFrequent && !isEnough) continue;
    edges.push(edgeBetween(kept[at]!, kept[at + 1]!));
    inBin = 0;
    if (!isFrequent) wanted = left / --binsLeft;
  }
  return Float64Array.from(edges);
}

/** A number t with low <= t < high. */
function edgeBetween(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  const rounded = Math.fround(middle);
  if (rounded >= low && rounded < high) return rounded;
  return middle >= low && middle < high ? middle : low;
}

/** The bin of each level, shape (levels), by its weight in training, and the number of bins; levels of weight 0 count as missing. */
export function categoryBins(mass: Float64Array, maxBins: number): { bins: Uint8Array; count: number } {
  const known = Array.from(mass.keys()).filter((level) => mass[level]! > 0);
  const byMass = known.sort((a, b) => mass[b]! - mass[a]! || a - b);
  const count = Math.min(byMass.length, maxBins);
  const bins = new Uint8Array(mass.length).fill(count);
  byMass.forEach((level, rank) => (bins[level] = Math.min(rank, count - 1)));
  return { bins, count };
}

/**
 * Writes the bin of each of the rows from <= row < to to `into[row * stride]`. `edges` from `at` on, EDGES of them, are filled up with
 * Infinity; `missing` is the bin for NaN. O(rows x 8).
 */
export function binNumbers(
  values: Float64Array,
  edges: Float64Array,
  at: number,
  missing: number,
  from: number,
  to: number,
  into: Uint8Array,
  stride: number,
): void {
  const counts = new Int32Array(4);
  let row = from;
  for (; row + 4 <= to; row += 4) {
    countFourBelow(edges, at, EDGES, values, row, counts);
    for (let k = 0; k < 4; k++) into[(row + k) * stride] = Number.isNaN(values[row + k]!) ? missing : counts[k]!;
  }
  for (; row < to; row++) {
    const value = values[row]!;
    into[row * stride] = Number.isNaN(value) ? missing : countBelow(edges, at, EDGES, value);
  }
}

/** The same for categories; `bins` holds the bin of level 0 at `at`. */
export function binCodes(
  codes: Int32Array,
  bins: Uint8Array,
  at: number,
  missing: number,
  from: number,
  to: number,
  into: Uint8Array,
  stride: number,
): void {
  for (let row = from; row < to; row++) {
    const code = codes[row]!;
    into[row * stride] = code < 0 ? missing : bins[at + code]!;
  }
}
