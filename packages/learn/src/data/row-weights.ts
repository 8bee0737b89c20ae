/** What each row of training counts for: a row of weight 2 as two copies of it, which are one group. */

/**
 * The weights in shares of their mean, on memory that threads share, so that strengths that are told in rows stay what they are; null where all rows
 * count alike. O(rows).
 *
 * @throws RangeError where there is not one positive finite number a row
 */
export function rowWeights(weights: Float64Array | undefined, rows: number): Float64Array | null {
  if (!weights) return null;
  if (weights.length !== rows) throw new RangeError(`fit requires a weight for each of the ${rows} rows, got ${weights.length}`);
  const odd = weights.findIndex((weight) => !(weight > 0 && weight < Infinity));
  if (odd >= 0) throw new RangeError(`weight of row ${odd}: must be a positive finite number, got ${weights[odd]}`);
  if (weights.every((weight) => weight === weights[0])) return null;
  const mean = totalWeight(weights, rows) / rows;
  if (!(mean < Infinity)) throw new RangeError("weights: their sum is too great for a number; divide them by a common factor");
  const shared = new Float64Array(new SharedArrayBuffer(rows * 8));
  weights.forEach((weight, row) => (shared[row] = weight / mean));
  return shared;
}

/** The weights of some rows, in their order. */
export function weightsOf(weights: Float64Array | null, rows: Uint32Array): Float64Array | null {
  return weights && Float64Array.from(rows, (row) => weights[row]!);
}

/** What the rows count for together. */
export function totalWeight(weights: Float64Array | null, rows: number): number {
  return weights ? weights.reduce((sum, weight) => sum + weight, 0) : rows;
}
