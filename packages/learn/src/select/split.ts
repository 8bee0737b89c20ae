/** Which rows are learnt from and which are held out to judge. */
import { seeded, shuffle } from "../math/random.ts";
import type { Random } from "../math/random.ts";

export interface Split {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** The time from which rows are held out; null for a random split. */
  readonly at: number | null;
  /** Rows of `test` that have one of their group in `train`, ascending: what the model may know by heart. */
  readonly copied: Uint32Array;
}

/**
 * The latest `share` of the rows is held out. Times ascend; missing ones (NaN) come first and are learnt from. Rows of one instant stay
 * together on the held-out side, so no row is judged by one of its own moment. O(n).
 *
 * Time and groups (`groups[row]`: any number that rows of one group share) cannot both be kept: a mail that is forwarded a month
 * later lies on the other side. Such rows stay where they are and are named in `copied`. New records will repeat old ones as these
 * do, so a score without them would promise too little for the next month; a score that hides them would promise what
 * holds for repetition only. Who judges can give both.
 *
 * @throws RangeError where times do not ascend
 */
export function splitByTime(times: Float64Array, share: number, groups?: Uint32Array): Split {
  const count = times.length;
  for (let at = 1; at < count; at++) {
    if (times[at]! < times[at - 1]! || (Number.isNaN(times[at]) && !Number.isNaN(times[at - 1]))) {
      throw new RangeError(`times must ascend, missing ones first; row ${at} comes after a later one`);
    }
  }
  let from = Math.min(count, Math.max(0, Math.round(count * (1 - share))));
  while (from > 0 && times[from - 1] === times[from]) from--;
  while (from < count && Number.isNaN(times[from])) from++;
  const test = range(from, count);
  const learnt = new Set(groups?.subarray(0, from));
  const copied = groups ? test.filter((row) => learnt.has(groups[row]!)) : new Uint32Array(0);
  return { train: range(0, from), test, at: from < count ? times[from]! : null, copied };
}

/**
 * About `share` of the rows of each label is held out, by chance; a label with one row is learnt from. Rows of one group
 * (`groups[row]`: any number that they share) lie on one side; of a label with one group, that is the side that is learnt from.
 * Groups of every size are spread over both sides, so the held-out part is no richer in copies than the rest. Indices ascend.
 * O(n log n).
 */
export function splitByChance(labels: readonly string[], share: number, seed: number, groups?: Uint32Array): Split {
  const random = seeded(seed);
  const names = [...new Set(labels)].sort();
  const indexOf = new Map(names.map((name, at) => [name, at]));
  const truth = Uint32Array.from(labels, (label) => indexOf.get(label)!);
  const total = new Float64Array(names.length);
  for (const label of truth) total[label]!++;
  // What should be held out of each label by now, and what is. The fraction of a row that each begins with is by chance, so that many
  // small labels add up to the share.
  const due = Float64Array.from(names, () => random.next() - 0.5);
  const held = new Float64Array(names.length);
  const learnt = new Uint8Array(names.length);
  const isHeld = new Uint8Array(truth.length);
  for (const rows of groupsOf(truth.length, groups, random)) {
    const counts = countLabels(rows, truth);
    let gain = 0;
    for (const [label, count] of counts) {
      due[label]! += share * count;
      const lacking = due[label]! - held[label]!;
      gain += (count * (2 * lacking - count)) / total[label]!;
    }
    const hold = gain > 0 && counts.every(([label]) => learnt[label] === 1);
    for (const [label, count] of counts) {
      if (hold) held[label]! += count;
      else learnt[label] = 1;
    }
    if (hold) for (const row of rows) isHeld[row] = 1;
  }
  const every = range(0, truth.length);
  const [train, test] = [every.filter((row) => isHeld[row] === 0), every.filter((row) => isHeld[row] === 1)];
  return { train, test, at: null, copied: new Uint32Array(0) };
}

/**
 * Fold of each row, 0 .. foldCount - 1: each label spread evenly, by chance. Rows of one group (`groups[row]`: any number that they
 * share) lie in one fold: the largest groups are dealt first, each to the fold that has least of its labels, and what is left evens
 * them out. O(n log n + groups x folds).
 */
export function stratifiedFolds(labels: Uint32Array, foldCount: number, seed: number, groups?: Uint32Array): Uint8Array {
  const random = seeded(seed);
  const folds = new Uint8Array(labels.length);
  const total = new Map<number, number>();
  for (const label of labels) total.set(label, (total.get(label) ?? 0) + 1);
  /** Rows of each label in each fold, and where the label begins, so that not every label begins in the first fold. */
  const dealt = new Map<number, { readonly sizes: Uint32Array; readonly start: number }>();
  for (const rows of groupsOf(labels.length, groups, random)) {
    const counts = countLabels(rows, labels);
    for (const [label] of counts) {
      if (!dealt.has(label)) dealt.set(label, { sizes: new Uint32Array(foldCount), start: random.below(foldCount) });
    }
    const { start } = dealt.get(counts[0]![0])!;
    let best = start;
    let least = Infinity;
    for (let step = 0; step < foldCount; step++) {
      const fold = (start + step) % foldCount;
      let load = 0;
      for (const [label, count] of counts) load += (count * dealt.get(label)!.sizes[fold]!) / total.get(label)!;
      if (load < least) [best, least] = [fold, load];
    }
    for (const [label, count] of counts) dealt.get(label)!.sizes[best]! += count;
    for (const row of rows) folds[row] = best;
  }
  return folds;
}

/**
 * Fold of each row, of rows in the order of time: stretches of equal length, the latest is fold 0. Unlike folds by chance, they do not let a model
 * look at both sides of a row's own moment, which it cannot do with records to come: of hourly bike rentals, intervals that were to hold 90 % of the
 * following months held 70 % with folds by chance and 92 % with these. O(n).
 */
export function blockedFolds(count: number, foldCount: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, row) => foldCount - 1 - Math.floor((row * foldCount) / count));
}

export interface LabelFolds {
  /** Fold of each row, 0 .. foldCount - 1. */
  readonly folds: Uint8Array;
  /** The rows that can be judged, ascending: models that did not see their fold know their label. */
  readonly judged: Uint32Array;
}

/**
 * The folds of rows with labels: stretches of time where rows are `ordered`, else by chance, and then all rows are judged. Rows of a label that one
 * stretch alone has are not judged, or it would be calibrated as one that never comes; dealt by chance they would be all that models know of their
 * stretch. Where a stretch is left without a row, or all with one label, time cannot judge and chance does. O(n log n + groups x folds).
 */
export function foldsOf(
  labels: Uint32Array,
  foldCount: number,
  seed: number,
  { ordered = false, groups }: { readonly ordered?: boolean | undefined; readonly groups?: Uint32Array | undefined },
): LabelFolds {
  const rows = range(0, labels.length);
  if (ordered) {
    const folds = blockedFolds(labels.length, foldCount);
    const stretches = new Map<number, number>(); // of each label, as bits
    labels.forEach((label, row) => stretches.set(label, (stretches.get(label) ?? 0) | (1 << folds[row]!)));
    const isShared = (label: number): boolean => (stretches.get(label)! & (stretches.get(label)! - 1)) !== 0;
    const judged = rows.filter((row) => isShared(labels[row]!));
    const [known, filled] = [new Set(judged.map((row) => labels[row]!)), new Set(judged.map((row) => folds[row]!))];
    if (known.size > 1 && filled.size === foldCount) return { folds, judged };
  }
  return { folds: stratifiedFolds(labels, foldCount, seed, groups), judged: rows };
}

/** The rows of each group, larger groups first, groups of one size in an order by chance. Without groups each row is one. */
function groupsOf(rowCount: number, groups: Uint32Array | undefined, random: Random): (readonly number[])[] {
  const order = shuffle(range(0, rowCount), random);
  if (!groups) return Array.from(order, (row) => [row]);
  return [...Map.groupBy(order, (row) => groups[row]!).values()].sort((a, b) => b.length - a.length);
}

/** How often each label stands in the rows, in the order in which they come. */
function countLabels(rows: readonly number[], labels: Uint32Array): (readonly [label: number, count: number])[] {
  if (rows.length === 1) return [[labels[rows[0]!]!, 1]];
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(labels[row]!, (counts.get(labels[row]!) ?? 0) + 1);
  return [...counts];
}

function range(from: number, to: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: to - from }, (_, at) => from + at);
}
