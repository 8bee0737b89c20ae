/**
 * One encoded record and where its numbers came from. Slots 0 .. length-1 are the distinct active columns. A text feature can occur
 * several times; each occurrence is a token that remembers its word. All arrays grow, never shrink, and are reused from record
 * to record: `clear` costs what the last record used.
 */
import type { Words } from "../text/scan.ts";

export class EncodedRow {
  length = 0;
  columns: Uint32Array = new Uint32Array(1024);
  values: Float32Array = new Float32Array(1024);
  /** Whether training rows had one of its words; of a record without words, one of its levels, or a number where it has one. */
  familiar = false;
  /** Occurrences of text features. */
  tokens = 0;

  /** Of a text feature its group: twice the field, plus one for pieces of words; of a listed one -1 - field. */
  #groups: Int32Array = new Int32Array(1024);
  #counts: Uint32Array = new Uint32Array(1024);
  /** Slot + 1 of each column; 0: not active. */
  readonly #slots: Uint32Array;
  #tokenSlots: Uint32Array = new Uint32Array(1024);
  /** Twice the word, plus one for a pair with the word before. */
  #tokenWords: Uint32Array = new Uint32Array(1024);
  readonly #norms: Float64Array;
  readonly #fieldShares: Float64Array;
  #wordShares: Float64Array = new Float64Array(256);

  constructor(features: number, fields: number) {
    this.#slots = new Uint32Array(features);
    this.#norms = new Float64Array(fields * 2);
    this.#fieldShares = new Float64Array(fields);
  }

  clear(): void {
    for (let slot = 0; slot < this.length; slot++) this.#slots[this.columns[slot]!] = 0;
    this.length = 0;
    this.tokens = 0;
    this.familiar = false;
  }

  addDense(column: number, amount: number, field: number): void {
    const slot = this.#slot(column, -1 - field);
    this.values[slot] = amount;
  }

  addText(column: number, group: number, word: number, pair: boolean): void {
    const known = this.#slots[column]!;
    const slot = known === 0 ? this.#slot(column, group) : known - 1;
    this.#counts[slot]!++;
    if (this.tokens === this.#tokenSlots.length) {
      this.#tokenSlots = doubled(this.#tokenSlots, Uint32Array);
      this.#tokenWords = doubled(this.#tokenWords, Uint32Array);
    }
    this.#tokenSlots[this.tokens] = slot;
    this.#tokenWords[this.tokens++] = word * 2 + (pair ? 1 : 0);
  }

  /** Turns counts of text features into TF-IDF, each group of length 1. `idf` begins at column `from`. O(length). */
  weighTexts(idf: Float32Array, from: number): void {
    const norms = this.#norms.fill(0);
    for (let slot = 0; slot < this.length; slot++) {
      const group = this.#groups[slot]!;
      if (group < 0) continue;
      const count = this.#counts[slot]!;
      const value = (count === 1 ? 1 : 1 + Math.log(count)) * idf[this.columns[slot]! - from]!;
      this.values[slot] = value;
      norms[group]! += value * value;
    }
    for (let group = 0; group < norms.length; group++) norms[group] = 1 / Math.sqrt(norms[group]!);
    for (let slot = 0; slot < this.length; slot++) {
      const group = this.#groups[slot]!;
      if (group >= 0) this.values[slot]! *= norms[group]!;
    }
  }

  /** By word (the first of equal ones): what its features add to the sum of `weights` (one a slot). Occurrences share evenly. O(tokens). */
  sharesOfWords(weights: Float64Array, words: Words): Map<number, number> {
    if (this.#wordShares.length < words.count) this.#wordShares = new Float64Array(words.count * 2);
    const shares = this.#wordShares.fill(0, 0, words.count);
    for (let token = 0; token < this.tokens; token++) {
      const slot = this.#tokenSlots[token]!;
      const share = weights[slot]! / this.#counts[slot]!;
      const word = this.#tokenWords[token]! >>> 1;
      if ((this.#tokenWords[token]! & 1) === 0) shares[word]! += share;
      else {
        shares[word]! += share / 2;
        shares[word - 1]! += share / 2;
      }
    }
    const first = new Map<number, number>();
    const sums = new Map<number, number>();
    for (let word = 0; word < words.count; word++) {
      const same = first.get(words.hashes[word]!);
      if (same === undefined) {
        first.set(words.hashes[word]!, word);
        sums.set(word, shares[word]!);
      } else sums.set(same, sums.get(same)! + shares[word]!);
    }
    return sums;
  }

  /** By field: what its listed features add to the sum of `weights`. The answer is reused. O(length). */
  sharesOfFields(weights: Float64Array): Float64Array {
    const shares = this.#fieldShares.fill(0);
    for (let slot = 0; slot < this.length; slot++) {
      if (this.#groups[slot]! < 0) shares[-1 - this.#groups[slot]!]! += weights[slot]!;
    }
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
    this.#slots[column] = slot + 1;
    return slot;
  }
}

type Numbers = Uint32Array | Int32Array | Float32Array;

function doubled<A extends Numbers>(array: A, Type: new (length: number) => A): A {
  const larger = new Type(array.length * 2);
  larger.set(array);
  return larger;
}
