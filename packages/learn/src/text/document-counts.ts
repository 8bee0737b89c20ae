/**
 * In how many documents each feature occurs, in bounded memory: when more than `limit` distinct features are tracked, those seen
 * least are forgotten and may start again from 0 (lossy counting; Manku, Motwani: Approximate Frequency Counts over Data Streams,
 * VLDB 2002, section 4.2, with rounds that end when the table is full). So the count of a feature can be too low by the number
 * of rounds at most, and only where a collection has more distinct features than the limit. Depends on the order of documents only then.
 */
export class DocumentCounts {
  readonly #limit: number;
  #keys: Uint32Array = new Uint32Array(1 << 16);
  #counts: Uint32Array = new Uint32Array(1 << 16);
  /** The document that each feature was counted for last. */
  #last: Int32Array = new Int32Array(1 << 16).fill(-1);
  #size = 0;
  #round = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts the feature for the document, once however often it is called; documents come one after the other. Expected O(1). */
  add(hash: number, document: number): void {
    const mask = this.#keys.length - 1;
    let slot = hash & mask;
    for (let key = this.#keys[slot]!; key !== hash; key = this.#keys[slot]!) {
      if (key === 0) {
        this.#keys[slot] = hash;
        this.#size++;
        break;
      }
      slot = (slot + 1) & mask;
    }
    if (this.#last[slot] === document) return;
    this.#last[slot] = document;
    this.#counts[slot]!++;
    if (this.#size * 2 > this.#keys.length) this.#rebuild();
  }

  /**
   * Features that occur in at least `minDocuments` documents, the `maxFeatures` most frequent of them, most frequent first. That
   * order is also good for speed: what is looked at most lies together. O(n log n).
   */
  frequent(minDocuments: number, maxFeatures: number): { hashes: Uint32Array; counts: Uint32Array } {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#keys.length; slot++) if (this.#counts[slot]! >= minDocuments) slots.push(slot);
    const kept = Uint32Array.from(slots);
    kept.sort((a, b) => this.#counts[b]! - this.#counts[a]! || this.#keys[a]! - this.#keys[b]!);
    const best = kept.subarray(0, maxFeatures);
    return { hashes: best.map((slot) => this.#keys[slot]!), counts: best.map((slot) => this.#counts[slot]!) };
  }

  /** Twice the room, or the same room without what was seen least. */
  #rebuild(): void {
    const { keys, counts, last } = { keys: this.#keys, counts: this.#counts, last: this.#last };
    const full = this.#size > this.#limit;
    const capacity = full ? keys.length : keys.length * 2;
    if (full) this.#round++;
    this.#keys = new Uint32Array(capacity);
    this.#counts = new Uint32Array(capacity);
    this.#last = new Int32Array(capacity).fill(-1);
    this.#size = 0;
    const mask = capacity - 1;
    for (let from = 0; from < keys.length; from++) {
      if (keys[from] === 0 || counts[from]! <= this.#round * Number(full)) continue;
      let slot = keys[from]! & mask;
      while (this.#keys[slot] !== 0) slot = (slot + 1) & mask;
      this.#keys[slot] = keys[from]!;
      this.#counts[slot] = counts[from]!;
      this.#last[slot] = last[from]!;
      this.#size++;
    }
  }
}
