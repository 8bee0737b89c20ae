/**
 * Which text features there are: a fixed table from 32-bit hashes to columns 0 .. size-1. Open addressing with linear probing,
 * hash and column side by side in one typed array, so that a look-up touches one cache line and allocates nothing. Two features
 * with the same hash share a column: among 2^18 features one in 2^14 does.
 */
export interface Vocabulary {
  readonly size: number;
  /** Writes the columns of the first `count` hashes, -1 for one that is not there. O(count). */
  columns(hashes: Uint32Array, count: number, into: Int32Array): void;
}

/** `hashes[column]` are distinct and not 0. O(n). */
export function openVocabulary(hashes: Uint32Array): Vocabulary {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, hashes.length * 2)));
  const mask = capacity - 1;
  const slots = new Uint32Array(capacity * 2);
  hashes.forEach((hash, column) => {
    let slot = hash & mask;
    while (slots[slot * 2] !== 0) slot = (slot + 1) & mask;
    slots[slot * 2] = hash;
    slots[slot * 2 + 1] = column;
  });
  return {
    size: hashes.length,
    columns(wanted, count, into) {
      // The table is larger than the nearest cache, and every look-up waits for memory. First all are asked for, without a branch
      // that could hold the next one up, so that the waits overlap.
      for (let at = 0; at < count; at++) into[at] = slots[(wanted[at]! & mask) * 2]!;
      for (let at = 0; at < count; at++) {
        const hash = wanted[at]!;
        let slot = hash & mask;
        let column = -1;
        for (let key = slots[slot * 2]!; key !== 0; key = slots[slot * 2]!) {
          if (key === hash) {
            column = slots[slot * 2 + 1]!;
            break;
          }
          slot = (slot + 1) & mask;
        }
        into[at] = column;
      }
    },
  };
}
