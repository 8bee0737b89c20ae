/**
 * Seeded chance: splitmix32, the 32-bit sibling of SplitMix (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * OOPSLA 2014). Good enough to shuffle and to split; not for secrets. 32-bit integer arithmetic only, so the same seed gives the same
 * sequence on every machine.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [0, bound). */
  below(bound: number): number;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 0x1_0000_0000;
  };
  return { next, below: (bound) => Math.floor(next() * bound) };
}

/** Fisher-Yates, in place; returns its argument. O(n). */
export function shuffle(values: Uint32Array, random: Random): Uint32Array {
  for (let at = values.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    const kept = values[at]!;
    values[at] = values[other]!;
    values[other] = kept;
  }
  return values;
}
