/** Texts in groups of like length, since a model calculates as much for the shorter ones of a batch as for its longest. */

/** Texts of a batch, and characters that it may have when all are as long as its longest. */
const mostTexts = 32;
const mostCharacters = 16_000;

/** Indices of the texts, batch by batch, shortest first; of equal length, the first comes first. O(n log n). */
export function batchesOf(texts: readonly string[]): number[][] {
  const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const at of order) {
    if (batch.length === mostTexts || (batch.length + 1) * texts[at]!.length > mostCharacters) {
      if (batch.length > 0) batches.push(batch);
      batch = [];
    }
    batch.push(at);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
