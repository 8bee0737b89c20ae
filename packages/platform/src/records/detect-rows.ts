/** What a thing needs to have its values judged together: so many rows, and so many for each value. */
const leastRows = 100;
const rowsPerValue = 20;

/** Rows to learn from, for so many values. */
export function rowsNeeded(values: number): number {
  return Math.max(leastRows, rowsPerValue * values);
}
