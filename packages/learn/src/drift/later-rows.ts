/**
 * Whether later rows differ from earlier ones by more than stretches of the earlier ones do among themselves. What chance makes of such samples depends on their sizes
 * and on how rows hang together in time, so it is measured: earlier and later rows are drawn again and again in blocks of the earlier ones (moving
 * blocks of Künsch, Annals of Statistics 1989, here side by side), and the distance of each pair is what a column without drift would show. A threshold
 * that is the same for all sizes is noise for small samples and blind with large ones.
 */
import type { ScalarColumn } from "../data/table.ts";
import { seeded } from "../math/random.ts";
import { kolmogorovSmirnov, totalVariation } from "./distance.ts";
import { binned } from "./histogram.ts";
import type { BinnedRows } from "./histogram.ts";

export interface Shift {
  /** Of numbers by Kolmogorov and Smirnov, of levels the total variation, in [0, 1]. */
  readonly distance: number;
  /** What 99 % of columns without drift stay below, at these sizes. */
  readonly byChance: number;
  readonly drifted: boolean;
  /** Of levels: the one whose share changed most, missing being null, with its shares; null of numbers. */
  readonly level: { readonly name: string | null; readonly before: number; readonly after: number } | null;
}

const DRAWS = 200;
const CONFIDENCE = 0.99;
/** A difference that is no more than this beyond what chance makes on average matters to nobody, however sure it is. */
const LEAST = 0.03;
/** The later rows are so many blocks: short ones are many to draw from, long ones keep what hangs together. What makes more of chance is believed. */
const LATER_BLOCKS = [10, 4];
const LEAST_LATER = 10;
const LEAST_EARLIER = 40;

/** Rows of both are in the order of time; null where there are too few. O(n log n + draws x blocks x bins). Deterministic. */
export function shiftOfLater(earlier: ScalarColumn, later: ScalarColumn, seed: number): Shift | null {
  const [count, laterCount] = [earlier.values.length, later.values.length];
  if (count < LEAST_EARLIER || laterCount < LEAST_LATER) return null;
  const rows = binned(earlier, later);
  const distanceOf = rows.ordered ? kolmogorovSmirnov : totalVariation;
  const [all, held] = [countsOf(rows.earlier, rows.bins), countsOf(rows.later, rows.bins)];
  const distance = distanceOf(all, held);
  const chances = LATER_BLOCKS.map((blocks) => {
    const length = Math.floor(Math.min(laterCount / blocks, count / (4 * blocks)));
    return distancesByChance(rows, Math.max(1, length), laterCount, distanceOf, seed);
  });
  const byChance = Math.max(...chances.map((chance) => chance[Math.ceil(CONFIDENCE * DRAWS) - 1]!));
  const usual = Math.max(...chances.map((chance) => chance.reduce((sum, value) => sum + value / DRAWS, 0)));
  return {
    distance,
    byChance,
    drifted: distance > byChance && distance - usual > LEAST,
    level: rows.ordered ? null : changedMost(rows.levels, all, held, count, laterCount),
  };
}

/** Between two samples of the earlier rows, as long as both parts are, in blocks of `length`; ascending. */
function distancesByChance(
  { earlier, bins }: BinnedRows,
  length: number,
  laterCount: number,
  distanceOf: typeof kolmogorovSmirnov,
  seed: number,
): Float64Array {
  const blocks = Array.from({ length: Math.floor(earlier.length / length) }, (_, at) =>
    countsOf(earlier.subarray(at * length, (at + 1) * length), bins),
  );
  const random = seeded(seed);
  const drawn = (wanted: number): Float64Array => {
    const sum = new Float64Array(bins);
    for (let block = 0; block < wanted; block++) {
      const one = blocks[random.below(blocks.length)]!;
      for (let bin = 0; bin < bins; bin++) sum[bin]! += one[bin]!;
    }
    return sum;
  };
  const laterBlocks = Math.max(1, Math.floor(laterCount / length));
  return Float64Array.from({ length: DRAWS }, () => distanceOf(drawn(blocks.length), drawn(laterBlocks))).sort();
}

function countsOf(bins: Uint8Array, size: number): Float64Array {
  const counts = new Float64Array(size);
  for (const bin of bins) counts[bin]!++;
  return counts;
}

/** Levels that are not among the frequent ones count as one, which has no name. */
function changedMost(
  levels: readonly string[],
  earlier: Float64Array,
  later: Float64Array,
  count: number,
  laterCount: number,
): Shift["level"] {
  const shares = [...earlier.keys()].map((bin) => ({
    name: bin === 0 ? null : (levels[bin - 1] ?? "others"),
    before: earlier[bin]! / count,
    after: later[bin]! / laterCount,
  }));
  return shares.reduce((a, b) => (Math.abs(b.after - b.before) > Math.abs(a.after - a.before) ? b : a));
}
