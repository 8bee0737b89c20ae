/** 32-bit hash of a string over its UTF-16 code units (FNV-1a), finished with the mix of murmur3 (Appleby). Never 0. */
export function hashString(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return mix(hash);
}

export const FNV_PRIME = 0x01000193;

/** Every bit of the state reaches every bit of the result; 0, which marks an empty slot in hash tables, becomes 1. */
export function mix(state: number): number {
  let h = state;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = (h ^ (h >>> 16)) >>> 0;
  return h === 0 ? 1 : h;
}
