/** A column in bins: what distances between earlier and later rows are taken from. */
import type { ScalarColumn } from "../data/table.ts";

/** The bin of each row, from 0 to `bins` - 1. The first bin is for what is missing. */
export interface BinnedRows {
  readonly bins: number;
  /** Numbers lie in their order, so that sums of counts from the first bin on mean something; levels in none. */
  readonly ordered: boolean;
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
  /** The levels of bins 1 and on; the last bin is for all others. Of numbers there are none. */
  readonly levels: readonly string[];
}

const NUMBER_BINS = 100;
const LEVELS = 50;
/** Rows that have a level, and their share, that make it frequent: of names and texts there is no such level. */
const LEAST_ROWS = 5;
const LEAST_SHARE = 0.01;

/**
 * Numbers fall between even shares of the earlier ones. Levels are the most frequent of both together: those that are frequent by chance in the earlier
 * rows alone would seem to become rarer. O(n log n).
 */
export function binned(earlier: ScalarColumn, later: ScalarColumn): BinnedRows {
  if (earlier.type === "string") {
    const levels = frequentLevels([...earlier.values, ...(later.values as readonly (string | null)[])]);
    const binOf = new Map(levels.map((level, at) => [level, at + 1]));
    const bin = (values: ScalarColumn["values"]): Uint8Array =>
      Uint8Array.from(values as readonly (string | null)[], (value) =>
        value === null ? 0 : (binOf.get(value) ?? levels.length + 1),
      );
    return { bins: levels.length + 2, ordered: false, earlier: bin(earlier.values), later: bin(later.values), levels };
  }
  const edges = evenShares(earlier.values);
  const bin = (values: ScalarColumn["values"]): Uint8Array =>
    Uint8Array.from(values as Float64Array, (value) => (Number.isNaN(value) ? 0 : 1 + countBelow(edges, value)));
  return { bins: edges.length + 2, ordered: true, earlier: bin(earlier.values), later: bin(later.values), levels: [] };
}

function frequentLevels(values: readonly (string | null)[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= Math.max(LEAST_ROWS, LEAST_SHARE * values.length))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, LEVELS)
    .map(([level]) => level);
}

function evenShares(values: Float64Array): Float64Array {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  const share = (step: number): number => known[Math.round((step / NUMBER_BINS) * (known.length - 1))]!;
  return known.length === 0
    ? new Float64Array()
    : Float64Array.from(new Set(Array.from({ length: NUMBER_BINS + 1 }, (_, step) => share(step))));
}

/** Edges that are less than the value, by bisection. */
function countBelow(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
