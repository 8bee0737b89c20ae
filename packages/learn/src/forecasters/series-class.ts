/** Two classes of series that are forecast by methods of their own: those that move about a level, and counts with many zeros. */

export const SMOOTH = 0;
export const INTERMITTENT = 1;
export const classCount = 2;

/** So many zeros make a series intermittent. */
const ZEROS = 0.25;

/** O(values). */
export function classOf(values: Float64Array): number {
  let zeros = 0;
  let known = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value < 0 || !Number.isInteger(value)) return SMOOTH;
    known++;
    if (value === 0) zeros++;
  }
  return known > 0 && zeros >= ZEROS * known ? INTERMITTENT : SMOOTH;
}
