/** Which rows are learnt from and which are held out to judge. */
import { seeded, shuffle } from "../math/random.ts";

export interface Split {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** The time from which rows are held out; null for a random split. */
  readonly at: number | null;
}

/**
 * The latest `share` of the rows is held out. Times ascend; missing ones (NaN) come first and are learnt from. Rows of one instant stay
 * together on the held-out side, so no row is judged by one of its own moment. O(n).
 *
 * @throws RangeError where times do not ascend
 */
export function splitByTime(times: Float64Array, share: number): Split {
  const count = times.length;
  for (let at = 1; at < count; at++) {
    if (times[at]! < times[at - 1]! || (Number.isNaN(times[at]) && !Number.isNaN(times[at - 1]))) {
      throw new RangeError(`times must ascend, missing ones first; row ${at} comes after a later one`);
    }
  }
  let from = Math.min(count, Math.max(0, Math.round(count * (1 - share))));
  while (from > 0 && times[from - 1] === times[from]) from--;
  while (from < count && Number.isNaN(times[from])) from++;
  return { train: range(0, from), test: range(from, count), at: from < count ? times[from]! : null };
}

/** About `share` of the rows of each label is held out, by chance; a label with one row is learnt from. Indices ascend. O(n). */
export function splitByChance(labels: readonly string[], share: number, seed: number): Split {
  const random = seeded(seed);
  const rowsOf = Map.groupBy(labels.keys(), (row) => labels[row]!);
  const train: number[] = [];
  const test: number[] = [];
  for (const label of [...rowsOf.keys()].sort()) {
    const rows = shuffle(Uint32Array.from(rowsOf.get(label)!), random);
    // The fraction of a row is held out by chance, so that many small classes add up to the share.
    const held = Math.min(rows.length - 1, Math.floor(rows.length * share + random.next()));
    rows.forEach((row, at) => (at < held ? test : train).push(row));
  }
  return { train: Uint32Array.from(train).sort(), test: Uint32Array.from(test).sort(), at: null };
}

/** Fold of each row, 0 .. foldCount - 1: each label spread evenly, by chance. O(n). */
export function stratifiedFolds(labels: Uint32Array, foldCount: number, seed: number): Uint8Array {
  const random = seeded(seed);
  const folds = new Uint8Array(labels.length);
  const nextFold = new Map<number, number>();
  for (const row of shuffle(Uint32Array.from(labels.keys()), random)) {
    const fold = nextFold.get(labels[row]!) ?? random.below(foldCount);
    folds[row] = fold;
    nextFold.set(labels[row]!, (fold + 1) % foldCount);
  }
  return folds;
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, at) => from + at);
}
