/** From one vector a token to one vector a text. */

export type Pooling = "mean" | "cls";

/**
 * `states` has the shape (texts, width, size), `mask` (texts, width). `mean`: over the tokens that are there; `cls`: the first token's.
 * O(texts x width x size).
 */
export function pool(pooling: Pooling, states: Float32Array, mask: BigInt64Array, width: number, size: number): Float32Array[] {
  return Array.from({ length: mask.length / width }, (_, text) => {
    const from = text * width;
    if (pooling === "cls") return states.slice(from * size, (from + 1) * size);
    const sum = new Float64Array(size);
    let tokens = 0;
    for (let at = from; at < from + width; at++) {
      if (mask[at] === 0n) continue;
      tokens++;
      for (let k = 0; k < size; k++) sum[k]! += states[at * size + k]!;
    }
    return Float32Array.from(sum, (value) => value / Math.max(1, tokens));
  });
}
