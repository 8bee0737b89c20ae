/**
 * Whether losses rise with time: the last third of the rows against the first, by a t-test on the means of blocks, so that rows that hang together in time
 * do not count as many (Welch: Biometrika 1947).
 */

export interface LossTrend {
  /** Mean losses of the first, the second and the last third of the rows. */
  readonly thirds: readonly [number, number, number];
  /** The last third is worse than the first, which chance alone makes of one in two hundred such models at most, about. */
  readonly rises: boolean;
}

const BLOCKS = 10;
/** One-sided 0.5 % of Student's t with some 18 degrees of freedom. */
const CRITICAL = 2.878;

/** Losses in the order of time; null of fewer than three times ten rows. O(n). */
export function lossTrend(losses: Float64Array): LossTrend | null {
  if (losses.length < 3 * BLOCKS) return null;
  const cut = (third: number): number => Math.round((third * losses.length) / 3);
  const parts = [0, 1, 2].map((third) => losses.subarray(cut(third), cut(third + 1)));
  const [first, second, last] = parts.map(mean);
  const [early, late] = [blockMeans(parts[0]!), blockMeans(parts[2]!)];
  const error = Math.sqrt((variance(early) + variance(late)) / BLOCKS);
  return { thirds: [first!, second!, last!], rises: mean(late) - mean(early) > CRITICAL * error };
}

function blockMeans(losses: Float64Array): Float64Array {
  const cut = (block: number): number => Math.round((block * losses.length) / BLOCKS);
  return Float64Array.from({ length: BLOCKS }, (_, block) => mean(losses.subarray(cut(block), cut(block + 1))));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

function variance(values: Float64Array): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}
