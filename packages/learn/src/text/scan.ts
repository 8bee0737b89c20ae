/**
 * The words of a text, pairs of neighbouring words, and the pieces of words, each as a 32-bit hash. A word is a run of letters,
 * digits and marks of any script. What carries meaning by itself is a word of its own: a currency sign, a symbol, an emoji. Scripts
 * without spaces (Chinese, Japanese, Thai and the like) are cut into words by the dictionaries of ICU, and always have pieces too, their
 * characters and pairs of characters: what a dictionary does not know, or cuts otherwise in its next edition, is still read. Of all
 * other scripts nothing is allocated per word.
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
  let cutTo = 0; // end of the run of a script without spaces that was cut into words last
  let ends: Generator<number, number> | undefined; // of those words
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
    } else if (kind === UNSPACED) {
      if (start >= cutTo) {
        for (cutTo = at; cutTo < end && kindOf(text.charCodeAt(cutTo)) === UNSPACED;) cutTo++;
        ends = endsOfWords(text, start, cutTo);
      }
      for (const last = ends!.next().value; at < last; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
    }
    const mixed = mix(hash);
    let word = into.repeat(mixed);
    if (word < 0) {
      word = into.addWord(mixed, start, at, field);
      into.add(mixed, WORD, word, word);
      if (kind === UNSPACED) scanCharacters(text, start, at, seed ^ PIECE_SEED, word, into);
      else if (pieces && kind === LETTER) scanPieces(text, start, at, seed ^ PIECE_SEED, pieces, word, into);
    }
    if (before >= 0) into.add(mix(Math.imul(previous, 31) + mixed), PAIR, word, before);
    before = word;
    previous = mixed;
  }
}

/** Word segmentation does not depend on the locale for these scripts; a fixed one spares a look at the environment. */
const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** Where the words of a run of a script without spaces end, one after the other. O(length). */
function* endsOfWords(text: string, from: number, to: number): Generator<number, number> {
  for (const { index, segment } of segmenter.segment(text.slice(from, to))) yield from + index + segment.length;
  return to;
}

/** The characters of a word of a script without spaces, and its pairs of neighbouring characters. */
function scanCharacters(text: string, start: number, end: number, seed: number, word: number, into: TextFeatures): void {
  for (let at = start; at < end; at++) {
    const hash = Math.imul(seed ^ text.charCodeAt(at), FNV_PRIME);
    into.add(mix(hash), PIECE, word, word);
    if (at + 1 < end) into.add(mix(Math.imul(hash ^ text.charCodeAt(at + 1), FNV_PRIME)), PIECE, word, word);
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

/** Letters and marks of such scripts, those that two of them share (as the long-vowel mark of Japanese) included. */
const unspaced =
  /[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]&&[\p{L}\p{M}\p{N}]]/v;

function classify(code: number): number {
  if (code >= 0xd800 && code <= 0xdbff) return HALF;
  const character = String.fromCharCode(code);
  if (unspaced.test(character)) return UNSPACED;
  if (/[\p{Sc}\p{So}]/u.test(character)) return ALONE;
  return /[\p{L}\p{N}\p{M}_]/u.test(character) && !/\p{Variation_Selector}/u.test(character) ? LETTER : SPACE;
}
