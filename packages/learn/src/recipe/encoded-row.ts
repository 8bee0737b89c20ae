/**
 * One encoded record and where its numbers came from. Slots 0 .. length-1 are the distinct active columns. A text feature can occur
 * several times and in several words; each of its words gets its part of what the feature adds. All arrays grow, never shrink,
 * and are reused from record to record.
 */
import { PAIR, PIECE, WORD } from "../text/features.ts";
import type { TextFeatures } from "../text/features.ts";

export class EncodedRow {
  length = 0;
  columns: Uint32Array = new Uint32Array(1024);
  values: Float32Array = new Float32Array(1024);
  /**
   * How much of its distinct words training rows had, by rarity, in [0, 1]; of a record without words 1 if they had one of its levels, or
   * a number where it has one; 1 of a record with a vector.
   */
  coverage = 0;
  /** The same for a row of training itself: its words that no other row had count as not known. */
  coverageByOthers = 0;

  /** Of a text feature its group: twice the field, plus one for pieces of words; of a listed one -1 - field. */
  #groups: Int32Array = new Int32Array(1024);
  #counts: Uint32Array = new Uint32Array(1024);
  /** The slot of each text feature of the record; -1 where it is not known. */
  #slotOf: Int32Array = new Int32Array(2048);
  /** Column + 1 and slot, side by side, by the column; open addressing. As much is used as the record needs. */
  #table: Uint32Array = new Uint32Array(8192);
  readonly #norms: Float64Array;
  readonly #fieldShares: Float64Array;
  #wordShares: Float64Array = new Float64Array(256);

  constructor(fields: number) {
    this.#norms = new Float64Array(fields * 2);
    this.#fieldShares = new Float64Array(fields);
  }

  clear(): void {
    this.length = 0;
    this.coverage = 0;
    this.coverageByOthers = 0;
  }

  addDense(column: number, amount: number, field: number): void {
    const slot = this.#slot(column, -1 - field);
    this.values[slot] = amount;
  }

  /**
   * Adds the text features as TF-IDF, each group of length 1. `columns[i]` is the place of feature i in `idf`, or -1; the columns of
   * texts begin at `from`; `rarest` is the greatest of `idf`. O(features).
   */
  addTexts(features: TextFeatures, columns: Int32Array, idf: Float32Array, from: number, rarest: number): void {
    const { count, kinds, wordOf, times, fields } = features;
    if (this.#slotOf.length < count) this.#slotOf = new Int32Array(count * 2);
    const capacity = 1 << (32 - Math.clz32(count * 2));
    if (this.#table.length < capacity * 2) this.#table = new Uint32Array(capacity * 2);
    const table = this.#table.fill(0, 0, capacity * 2);
    const mask = capacity - 1;
    let all = 0;
    let known = 0;
    let knownToOthers = 0;
    const first = this.length;
    for (let at = 0; at < count; at++) {
      const column = columns[at]!;
      const kind = kinds[at]!;
      if (kind === WORD) {
        const weight = column < 0 ? rarest : idf[column]!;
        all += weight;
        if (column >= 0) known += weight;
        if (column >= 0 && weight < rarest) knownToOthers += weight;
      }
      if (column < 0) {
        this.#slotOf[at] = -1;
        continue;
      }
      const word = wordOf[at]!;
      let place = Math.imul(column, 0x9e3779b1) & mask;
      while (table[place * 2] !== 0 && table[place * 2] !== column + 1) place = (place + 1) & mask;
      if (table[place * 2] === 0) {
        table[place * 2] = column + 1;
        table[place * 2 + 1] = this.#slot(from + column, fields[word]! * 2 + (kind === PIECE ? 1 : 0));
      }
      const slot = table[place * 2 + 1]!;
      this.#slotOf[at] = slot;
      this.#counts[slot]! += kind === PAIR ? 1 : times[word]!;
    }
    const norms = this.#norms.fill(0);
    for (let slot = first; slot < this.length; slot++) {
      const count = this.#counts[slot]!;
      const value = (count === 1 ? 1 : 1 + Math.log(count)) * idf[this.columns[slot]! - from]!;
      this.values[slot] = value;
      norms[this.#groups[slot]!]! += value * value;
    }
    for (let group = 0; group < norms.length; group++) norms[group] = 1 / Math.sqrt(norms[group]!);
    for (let slot = first; slot < this.length; slot++) this.values[slot]! *= norms[this.#groups[slot]!]!;
    if (all > 0) {
      this.coverage = known / all;
      this.coverageByOthers = knownToOthers / all;
    }
  }

  /**
   * By word of the text features added last: what its features add to the sum of `weights` (one a slot). Occurrences share evenly, the
   * words of a pair by halves. The answer is reused. O(features).
   */
  sharesOfWords(weights: Float64Array, { count, words, kinds, wordOf, wordBefore, times }: TextFeatures): Float64Array {
    if (this.#wordShares.length < words) this.#wordShares = new Float64Array(words * 2);
    const shares = this.#wordShares.fill(0, 0, words);
    for (let at = 0; at < count; at++) {
      const slot = this.#slotOf[at]!;
      if (slot < 0) continue;
      const word = wordOf[at]!;
      const one = weights[slot]! / this.#counts[slot]!;
      if (kinds[at] === PAIR) {
        shares[word]! += one / 2;
        shares[wordBefore[at]!]! += one / 2;
      } else shares[word]! += one * times[word]!;
    }
    return shares;
  }

  /** By field: what its listed features add to the sum of `weights`. The answer is reused. O(length). */
  sharesOfFields(weights: Float64Array): Float64Array {
    const shares = this.#fieldShares.fill(0);
    for (let slot = 0; slot < this.length && this.#groups[slot]! < 0; slot++) shares[-1 - this.#groups[slot]!]! += weights[slot]!;
    return shares;
  }

  #slot(column: number, group: number): number {
    if (this.length === this.columns.length) {
      this.columns = doubled(this.columns, Uint32Array);
      this.values = doubled(this.values, Float32Array);
      this.#groups = doubled(this.#groups, Int32Array);
      this.#counts = doubled(this.#counts, Uint32Array);
    }
    const slot = this.length++;
    this.columns[slot] = column;
    this.#groups[slot] = group;
    this.#counts[slot] = 0;
    return slot;
  }
}

type Numbers = Uint32Array | Int32Array | Float32Array;

function doubled<A extends Numbers>(array: A, Type: new (length: number) => A): A {
  const larger = new Type(array.length * 2);
  larger.set(array);
  return larger;
}
