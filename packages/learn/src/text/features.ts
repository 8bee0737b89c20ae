/**
 * The text features of one record as they were found: distinct words, and the hashes of words, pairs and pieces with the word each came
 * from. A word that occurs again is counted, not scanned again. All arrays grow, never shrink, and are reused from record to
 * record.
 */

export const WORD = 0;
export const PAIR = 1;
export const PIECE = 2;

export class TextFeatures {
  /** Distinct words. */
  words = 0;
  /** Where each word lies in the text of its field, the first time. */
  starts: Uint32Array = new Uint32Array(256);
  ends: Uint32Array = new Uint32Array(256);
  /** The field that each word was read from. */
  fields: Uint32Array = new Uint32Array(256);
  /** How often each word occurs. */
  times: Uint32Array = new Uint32Array(256);

  /** Features. A word and its pieces are there once, and stand for as many as the word occurs; a pair is there as often as it occurs. */
  count = 0;
  hashes: Uint32Array = new Uint32Array(2048);
  /** WORD, PAIR or PIECE. */
  kinds: Uint8Array = new Uint8Array(2048);
  /** The word of each feature; of a pair, its second. */
  wordOf: Uint32Array = new Uint32Array(2048);
  /** The first word of a pair; of all others, their own. */
  wordBefore: Uint32Array = new Uint32Array(2048);

  #wordHashes: Uint32Array = new Uint32Array(256);
  /** Word + 1 by its hash, open addressing; 0: free. */
  #table: Uint32Array = new Uint32Array(1024);

  clear(): void {
    this.#table.fill(0);
    this.words = 0;
    this.count = 0;
  }

  /** The index of a word that is there, counted once more, or -1 where it is new. */
  repeat(hash: number): number {
    const found = this.#table[this.#find(hash)]!;
    if (found === 0) return -1;
    this.times[found - 1]!++;
    return found - 1;
  }

  /** A word that is not there yet. */
  addWord(hash: number, start: number, end: number, field: number): number {
    if (this.words === this.starts.length) this.#growWords();
    const word = this.words++;
    this.starts[word] = start;
    this.ends[word] = end;
    this.fields[word] = field;
    this.times[word] = 1;
    this.#wordHashes[word] = hash;
    this.#table[this.#find(hash)] = word + 1;
    return word;
  }

  add(hash: number, kind: number, word: number, before: number): void {
    if (this.count === this.hashes.length) this.#growFeatures();
    const at = this.count++;
    this.hashes[at] = hash;
    this.kinds[at] = kind;
    this.wordOf[at] = word;
    this.wordBefore[at] = before;
  }

  /** The slot of a hash, or the free one where it would go. */
  #find(hash: number): number {
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    for (let found = this.#table[slot]!; found !== 0; found = this.#table[slot]!) {
      if (this.#wordHashes[found - 1] === hash) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #growWords(): void {
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.fields = doubled(this.fields);
    this.times = doubled(this.times);
    this.#wordHashes = doubled(this.#wordHashes);
    this.#table = new Uint32Array(this.starts.length * 4);
    for (let word = 0; word < this.words; word++) this.#table[this.#find(this.#wordHashes[word]!)] = word + 1;
  }

  #growFeatures(): void {
    this.hashes = doubled(this.hashes);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
    this.wordOf = doubled(this.wordOf);
    this.wordBefore = doubled(this.wordBefore);
  }
}

function doubled(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
