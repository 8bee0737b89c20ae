/**
 * The words of a text, pairs of neighbouring words, and the pieces of words, each as a 32-bit hash. A word is a run of letters,
 * digits and marks of any script. What carries meaning by itself is a word of its own: a character of a script without spaces
 * (Chinese, Japanese, Thai and the like; its neighbours come in by the pairs), a currency sign, a symbol, an emoji. Nothing is
 * allocated per word.
 */
import { FNV_PRIME, mix } from "../math/hash.ts";

export const WORD = 0;
export const PAIR = 1;
export const PIECE = 2;

/** Takes the features of a text as they are found. */
export interface FeatureSink {
  /**
   * `word` is the index among the words of the record; a pair comes with its second word. The answer says whether longer pieces
   * that begin with this one are of interest.
   */
  add(hash: number, word: number, kind: number): boolean;
}

/** Shortest (at least 2) and longest piece of a word, in UTF-16 code units, the boundary on either side counted as one. */
export interface Pieces {
  readonly min: number;
  readonly max: number;
}

/** Where the words of a record lie. Grows, never shrinks, and is reused from record to record. */
export class Words {
  count = 0;
  starts: Uint32Array = new Uint32Array(256);
  ends: Uint32Array = new Uint32Array(256);
  hashes: Uint32Array = new Uint32Array(256);
  /** The field that each word was read from. */
  fields: Uint32Array = new Uint32Array(256);

  add(start: number, end: number, hash: number, field: number): number {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
      this.hashes = doubled(this.hashes);
      this.fields = doubled(this.fields);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.hashes[this.count] = hash;
    this.fields[this.count] = field;
    return this.count++;
  }
}

/**
 * Scans a normalised text. `seed` keeps the features of fields apart. Pieces of a word include its boundaries, as the
 * `char_wb` of scikit-learn. O(length x number of piece lengths).
 */
export function scanText(
  text: string,
  seed: number,
  field: number,
  pieces: Pieces | null,
  words: Words,
  sink: FeatureSink,
): void {
  const end = text.length;
  let previous = 0;
  let at = 0;
  while (at < end) {
    const start = at;
    const code = text.charCodeAt(at++);
    const kind = kindOf(code);
    if (kind === SPACE) continue;
    let hash = Math.imul(seed ^ code, FNV_PRIME);
    if (kind === LETTER) {
      for (; at < end; at++) {
        const next = text.charCodeAt(at);
        if (kindOf(next) !== LETTER) break;
        hash = Math.imul(hash ^ next, FNV_PRIME);
      }
    } else if (kind === HALF && at < end) {
      hash = Math.imul(hash ^ text.charCodeAt(at++), FNV_PRIME);
    }
    const mixed = mix(hash);
    const word = words.add(start, at, mixed, field);
    sink.add(mixed, word, WORD);
    if (previous !== 0) sink.add(mix(Math.imul(previous, 31) + mixed), word, PAIR);
    previous = mixed;
    if (pieces && kind === LETTER) scanPieces(text, start, at, seed ^ PIECE_SEED, pieces, word, sink);
  }
}

const PIECE_SEED = 0x5bd1e995;
const BOUNDARY = 32;

function scanPieces(
  text: string,
  start: number,
  end: number,
  seed: number,
  pieces: Pieces,
  word: number,
  sink: FeatureSink,
): void {
  const { min, max } = pieces;
  for (let from = start - 1; from <= end - min + 1; from++) {
    let hash = Math.imul(seed ^ (from < start ? BOUNDARY : text.charCodeAt(from)), FNV_PRIME);
    const last = Math.min(from + max, end + 1);
    for (let at = from + 1; at < last; at++) {
      hash = Math.imul(hash ^ (at === end ? BOUNDARY : text.charCodeAt(at)), FNV_PRIME);
      if (at - from + 1 >= min && !sink.add(mix(hash), word, PIECE)) break;
    }
  }
}

const SPACE = 0;
const LETTER = 1;
const ALONE = 2;
const HALF = 3; // the first half of a character beyond the basic plane, such as an emoji: it and its second half are one word
const UNKNOWN = 255;

/** Kind of every UTF-16 code unit, filled at first need. */
const kinds = new Uint8Array(0x10000).fill(UNKNOWN);

function kindOf(code: number): number {
  const known = kinds[code]!;
  return known === UNKNOWN ? (kinds[code] = classify(code)) : known;
}

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function classify(code: number): number {
  if (code >= 0xd800 && code <= 0xdbff) return HALF;
  const character = String.fromCharCode(code);
  if (unspaced.test(character) || /[\p{Sc}\p{So}]/u.test(character)) return ALONE;
  return /[\p{L}\p{N}\p{M}_]/u.test(character) && !/\p{Variation_Selector}/u.test(character) ? LETTER : SPACE;
}

function doubled(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
