/**
 * The words of a text, pairs of neighbouring words, and the pieces of words, each as a 32-bit hash. A word is a run of letters,
 * digits and marks of any script. What carries meaning by itself is a word of its own: a character of a script without spaces
 * (Chinese, Japanese, Thai and the like; its neighbours come in by the pairs), a currency sign, a symbol, an emoji. Nothing is
 * allocated per word.
 */
import { FNV_PRIME, mix } from "../math/hash.ts";
import { PAIR, PIECE, WORD } from "./features.ts";
import type { TextFeatures } from "./features.ts";

/** Shortest (at least 2) and longest piece of a word, in UTF-16 code units, the boundary on either side counted as one. */
export interface Pieces {
  readonly min: number;
  readonly max: number;
}

/**
 * Adds the features of a normalised text. `seed` keeps the features of fields apart. Pieces of a word include its boundaries, as
 * the `char_wb` of scikit-learn. O(length x number of piece lengths), less where words occur again.
 */
export function scanText(text: string, seed: number, field: number, pieces: Pieces | null, into: TextFeatures): void {
  const end = text.length;
  let before = -1;
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
    } else if (kind === UNSPACED) {
      into.unspaced = true;
    } else if (kind === HALF && at < end) {
      hash = Math.imul(hash ^ text.charCodeAt(at++), FNV_PRIME);
    }
    const mixed = mix(hash);
    let word = into.repeat(mixed);
    if (word < 0) {
      word = into.addWord(mixed, start, at, field);
      into.add(mixed, WORD, word, word);
      if (pieces && kind === LETTER) scanPieces(text, start, at, seed ^ PIECE_SEED, pieces, word, into);
    }
    if (before >= 0) into.add(mix(Math.imul(previous, 31) + mixed), PAIR, word, before);
    before = word;
    previous = mixed;
  }
}

const PIECE_SEED = 0x5bd1e995;
const BOUNDARY = 32;

function scanPieces(
  text: string,
  start: number,
  end: number,
  seed: number,
  { min, max }: Pieces,
  word: number,
  into: TextFeatures,
): void {
  for (let from = start - 1; from <= end - min + 1; from++) {
    let hash = Math.imul(seed ^ (from < start ? BOUNDARY : text.charCodeAt(from)), FNV_PRIME);
    const last = Math.min(from + max, end + 1);
    for (let at = from + 1; at < last; at++) {
      hash = Math.imul(hash ^ (at === end ? BOUNDARY : text.charCodeAt(at)), FNV_PRIME);
      if (at - from + 1 >= min) into.add(mix(hash), PIECE, word, word);
    }
  }
}

/** Whether the character is of a script without spaces, so that it and its neighbours are read as one word by people. */
export function isUnspaced(code: number): boolean {
  return kindOf(code) === UNSPACED;
}

const SPACE = 0;
const LETTER = 1;
const ALONE = 2;
const UNSPACED = 4; // a character of a script without spaces
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
  if (unspaced.test(character)) return UNSPACED;
  if (/[\p{Sc}\p{So}]/u.test(character)) return ALONE;
  return /[\p{L}\p{N}\p{M}_]/u.test(character) && !/\p{Variation_Selector}/u.test(character) ? LETTER : SPACE;
}
