/**
 * Texts that are the same or nearly so: forwarded mails, tickets from one template, records that were entered twice.
 *
 * A text is the set of its words and of its pairs of neighbouring words; two texts are near copies when the Jaccard similarity of
 * their sets (what both have over what either has) reaches a bound. Few hashes of each set find the candidates, in bands, as in
 * Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, ch. 3, after Broder: On the resemblance and containment of documents,
 * 1997; every candidate is then compared in full, so no two texts are joined on a guess. The hashes come from one permutation cut
 * into bins (Li, Owen, Zhang: One Permutation Hashing, NIPS 2012), and an empty bin borrows from another that both texts would choose
 * alike (Shrivastava: Optimal Densification, ICML 2017): one hash a word instead of sixty-four.
 */
import { FNV_PRIME, hashString, mix } from "../math/hash.ts";
import { Pace } from "../math/pause.ts";
import { TextFeatures } from "../text/features.ts";
import { normaliseText } from "../text/normalise.ts";
import { scanText } from "../text/scan.ts";

export interface NearDuplicateSettings {
  /** Least Jaccard similarity of two texts that count as one, above 0 and at most 1. */
  readonly similarity: number;
  /** Characters of a text that are looked at, from its beginning. */
  readonly maxCharacters?: number;
}

export const nearDuplicateDefaults = { similarity: 0.8, maxCharacters: 20_000 } as const;

export interface NearDuplicates {
  /** The smallest row of the group of each row; a row without a near copy is its own. */
  readonly groupOf: Uint32Array;
  /** Groups of two rows and more. */
  readonly groups: number;
  /** Rows whose text is that of an earlier row, but for case and the like (`normaliseText`). */
  readonly copies: number;
}

export interface NearDuplicateOptions {
  readonly signal?: AbortSignal | undefined;
  /** The share done, in [0, 1]. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Hashes kept of a text: 256 bytes. */
const BINS = 64;
const BIN_SHIFT = 32 - Math.log2(BINS);
/** Chance at which a pair just similar enough must come to be compared. */
const LEAST_RECALL = 0.99;
/** Three standard deviations of the estimate by the hashes: this far below the bound nothing is compared in full. */
const ESTIMATE_SLACK = 0.15;
/** Rows of a bucket that others are compared with: a phrase that everybody uses makes no bucket quadratic. */
const MOST_IN_BUCKET = 16;
/** Full comparisons that a row may fail: what only resembles many others cannot hold up the rest. */
const MOST_FAILURES = 64;
const CHARACTERS_BETWEEN_PAUSES = 200_000;
/** A step over one row in one band, in characters of reading. */
const STEP = 16;
/** Progress: reading is this share of it. */
const READING = 0.7;

/**
 * Groups the texts; being a near copy is passed on, so a group may hold two rows that are no near copies of each other. A text that
 * is missing or has no word is alone. A pair that reaches the bound is found with a chance of 99 % and more, exact copies always;
 * a text that has dozens of almost similar ones (fillings of one long template) can miss some, more or fewer by the order of the
 * rows. Deterministic. O(characters + rows x bands); memory some 280 bytes a distinct text and 20 a row.
 *
 * @throws RangeError where the similarity is not in (0, 1]; the signal's reason when aborted
 * @example
 * const { groupOf } = await nearDuplicates(["VPN is down since nine", "vpn is DOWN since nine", "new laptop"], { similarity: 0.8 });
 * // Uint32Array [0, 0, 2]
 */
export async function nearDuplicates(
  texts: readonly (string | null)[],
  settings: NearDuplicateSettings,
  { signal, onProgress }: NearDuplicateOptions = {},
): Promise<NearDuplicates> {
  const { similarity, maxCharacters } = { ...nearDuplicateDefaults, ...settings };
  if (!(similarity > 0 && similarity <= 1)) throw new RangeError(`similarity must be in (0, 1], got ${similarity}`);
  const pace = new Pace(CHARACTERS_BETWEEN_PAUSES, signal);
  const reader = new Reader(texts, maxCharacters);
  const groups = new Groups(texts.length);

  const originals = new Originals(texts.length, reader);
  /** Row and signature of each distinct text that has a word. */
  const rows = new Uint32Array(texts.length);
  let signatures = new Uint32Array(BINS * Math.min(1024, texts.length));
  let count = 0;
  let copies = 0;
  for (let row = 0; row < texts.length; row++) {
    const text = reader.normalised(row);
    if (reader.scan(text) > 0) {
      const original = originals.find(row, text);
      if (original !== row) {
        copies++;
        groups.join(original, row);
      } else {
        if ((count + 1) * BINS > signatures.length) signatures = enlarged(signatures, BINS * texts.length);
        reader.sign(signatures.subarray(count * BINS, (count + 1) * BINS));
        rows[count++] = row;
      }
    }
    const due = pace.spend(text.length + STEP);
    if (due) {
      await due;
      onProgress?.((READING * row) / texts.length);
    }
  }

  const rowsPerBand = chooseRowsPerBand(similarity);
  const bands = BINS / rowsPerBand;
  const buckets = new Buckets(count);
  const failures = new Uint8Array(count);
  for (let band = 0; band < bands; band++) {
    buckets.clear();
    for (let at = 0; at < count; at++) {
      const row = rows[at]!;
      let work = STEP;
      const bucket = buckets.of(bandHash(signatures, at * BINS + band * rowsPerBand, rowsPerBand), at);
      for (let other = buckets.first(bucket); other !== NONE && failures[at]! < MOST_FAILURES; other = buckets.next(other)) {
        if (groups.find(rows[other]!) === groups.find(row)) continue;
        if (estimate(signatures, other * BINS, at * BINS) < similarity - ESTIMATE_SLACK) continue;
        const compared = reader.compare(rows[other]!, row);
        if (compared >= similarity) groups.join(rows[other]!, row);
        else failures[at]!++;
        work += reader.work;
      }
      buckets.add(bucket, at);
      const due = pace.spend(work);
      if (due) {
        await due;
        onProgress?.(READING + ((1 - READING) * (band + at / count)) / bands);
      }
    }
  }
  onProgress?.(1);
  const groupOf = groups.roots();
  return { groupOf, groups: countGroups(groupOf), copies };
}

/** The most rows of a band, and so the fewest candidates, that still find nearly every pair of the wanted similarity. */
function chooseRowsPerBand(similarity: number): number {
  for (const size of [16, 8, 4, 2]) if ((1 - similarity ** size) ** (BINS / size) <= 1 - LEAST_RECALL) return size;
  return 1;
}

function bandHash(signatures: Uint32Array, from: number, size: number): number {
  let hash = from & (BINS - 1);
  for (let at = from; at < from + size; at++) hash = Math.imul(hash, FNV_PRIME) ^ signatures[at]!;
  return mix(hash);
}

/** Share of equal hashes: an unbiased estimate of the similarity. */
function estimate(signatures: Uint32Array, a: number, b: number): number {
  let equal = 0;
  for (let bin = 0; bin < BINS; bin++) if (signatures[a + bin] === signatures[b + bin]) equal++;
  return equal / BINS;
}

/** Reads texts into sets of hashed words and pairs. Few sets are kept: most texts are never compared, and reading again is fast. */
class Reader {
  readonly #texts: readonly (string | null)[];
  readonly #maxCharacters: number;
  readonly #features = new TextFeatures();
  /** Sets read before, by the last digits of their row: those of a bucket that is full are compared with one row after another. */
  readonly #kept: ShingleSet[] = Array.from({ length: KEPT_SETS }, () => newSet());
  readonly #right: ShingleSet = newSet();
  /** What the last comparison cost: characters read and hashes compared. */
  work = 0;

  constructor(texts: readonly (string | null)[], maxCharacters: number) {
    this.#texts = texts;
    this.#maxCharacters = maxCharacters;
  }

  normalised(row: number): string {
    return normaliseText(this.#texts[row] ?? "", this.#maxCharacters);
  }

  /** The number of words and pairs, those that repeat included. */
  scan(text: string): number {
    this.#features.clear();
    scanText(text, SEED, 0, null, this.#features);
    return this.#features.count;
  }

  /** The hashes of what was scanned last, one a bin. */
  sign(signature: Uint32Array): void {
    const { hashes, count } = this.#features;
    signature.fill(EMPTY);
    for (let at = 0; at < count; at++) {
      const hash = mix(hashes[at]! ^ PERMUTATION);
      const bin = hash >>> BIN_SHIFT;
      if (hash < signature[bin]!) signature[bin] = hash;
    }
    borrow(signature);
  }

  /** The Jaccard similarity of two rows, exact but for words whose 32-bit hashes are equal. */
  compare(left: number, right: number): number {
    this.work = 0;
    const a = this.#kept[left % KEPT_SETS]!;
    const b = this.#right;
    if (a.row !== left) this.#read(left, a);
    if (b.row !== right) this.#read(right, b);
    let both = 0;
    for (let i = 0, j = 0; i < a.size && j < b.size;) {
      const [x, y] = [a.hashes[i]!, b.hashes[j]!];
      if (x === y) both++;
      if (x <= y) i++;
      if (y <= x) j++;
    }
    this.work += a.size + b.size;
    return both / (a.size + b.size - both);
  }

  #read(row: number, into: ShingleSet): void {
    const text = this.normalised(row);
    const count = this.scan(text);
    if (count > into.hashes.length) into.hashes = new Uint32Array(2 * count);
    into.hashes.set(this.#features.hashes.subarray(0, count));
    const sorted = into.hashes.subarray(0, count).sort();
    let size = 0;
    for (let at = 0; at < count; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) into.hashes[size++] = sorted[at]!;
    into.size = size;
    into.row = row;
    this.work += text.length;
  }
}

/** Distinct hashes, ascending. */
interface ShingleSet {
  row: number;
  hashes: Uint32Array;
  size: number;
}

function newSet(): ShingleSet {
  return { row: -1, hashes: new Uint32Array(0), size: 0 };
}

/** 160 kB each at most, where a text is all single letters; 1 kB for a usual ticket. */
const KEPT_SETS = 256;
const SEED = 0x811c9dc5;
/** Keeps the order of the bins apart from that of the hash tables that use the same hashes. */
const PERMUTATION = 0x3c6ef372;
const EMPTY = 0xffff_ffff;

/**
 * Each empty bin takes the hash of the first full one in an order of its own, the same for all texts: two texts then agree in the bin
 * with the chance of their similarity, as in a full one. At least one bin must be full.
 */
function borrow(signature: Uint32Array): void {
  const isFull = Uint8Array.from(signature, (hash) => (hash === EMPTY ? 0 : 1));
  for (let bin = 0; bin < BINS; bin++) {
    if (isFull[bin] === 1) continue;
    let attempt = 1;
    let from = bin;
    while (isFull[from] === 0) from = mix(Math.imul(bin + 1, 0x9e3779b1) + attempt++) >>> BIN_SHIFT;
    signature[bin] = signature[from]!;
  }
}

const NONE = 0xffff_ffff;

/** The first row of each distinct text. */
class Originals {
  readonly #reader: Reader;
  /** Row + 1 by the hash of its text, open addressing; 0: free. */
  readonly #table: Uint32Array;
  readonly #hashes: Uint32Array;

  constructor(rows: number, reader: Reader) {
    this.#reader = reader;
    this.#table = new Uint32Array(tableSize(rows));
    this.#hashes = new Uint32Array(rows);
  }

  /** The earlier row with this very text, or `row` itself, which is kept as the first. */
  find(row: number, text: string): number {
    const hash = hashString(text, SEED);
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    for (let found = this.#table[slot]!; found !== 0; found = this.#table[slot]!) {
      if (this.#hashes[found - 1] === hash && this.#reader.normalised(found - 1) === text) return found - 1;
      slot = (slot + 1) & mask;
    }
    this.#table[slot] = row + 1;
    this.#hashes[row] = hash;
    return row;
  }
}

/** Chains of rows with the same hash in a band, in the order in which they came. A row is in one bucket at a time. */
class Buckets {
  /** Slot -> first row, or NONE. */
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;
  readonly #sizes: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #next: Uint32Array;

  constructor(rows: number) {
    const size = tableSize(rows);
    this.#firsts = new Uint32Array(size);
    this.#lasts = new Uint32Array(size);
    this.#sizes = new Uint8Array(size);
    this.#hashes = new Uint32Array(rows);
    this.#next = new Uint32Array(rows);
  }

  clear(): void {
    this.#firsts.fill(NONE);
    this.#sizes.fill(0);
  }

  /** The bucket for a hash, that of `row`. */
  of(hash: number, row: number): number {
    this.#hashes[row] = hash;
    const mask = this.#firsts.length - 1;
    let slot = hash & mask;
    for (let first = this.#firsts[slot]!; first !== NONE && this.#hashes[first] !== hash; first = this.#firsts[slot]!) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  first(bucket: number): number {
    return this.#firsts[bucket]!;
  }

  next(row: number): number {
    return this.#next[row]!;
  }

  /** A full bucket takes no more. */
  add(bucket: number, row: number): void {
    if (this.#sizes[bucket] === MOST_IN_BUCKET) return;
    this.#next[row] = NONE;
    if (this.#sizes[bucket]!++ === 0) this.#firsts[bucket] = row;
    else this.#next[this.#lasts[bucket]!] = row;
    this.#lasts[bucket] = row;
  }
}

/** Union-find with path halving; the smallest row of a group is its root. */
class Groups {
  readonly #parents: Uint32Array;

  constructor(rows: number) {
    this.#parents = new Uint32Array(rows);
    for (let row = 0; row < rows; row++) this.#parents[row] = row;
  }

  find(row: number): number {
    const parents = this.#parents;
    let at = row;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]!]!;
    return at;
  }

  join(a: number, b: number): void {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    this.#parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }

  roots(): Uint32Array {
    return this.#parents.map((_, row) => this.find(row));
  }
}

/** A power of two that leaves half of the table free. */
function tableSize(entries: number): number {
  return 1 << Math.ceil(Math.log2(Math.max(16, 2 * entries)));
}

/** Twice as large, but no larger than `most`. */
function enlarged(array: Uint32Array, most: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.min(most, 2 * array.length));
  larger.set(array);
  return larger;
}

function countGroups(groupOf: Uint32Array): number {
  const shared = new Uint8Array(groupOf.length);
  groupOf.forEach((group, row) => {
    if (group !== row) shared[group] = 1;
  });
  return shared.reduce((sum, one) => sum + one, 0);
}
