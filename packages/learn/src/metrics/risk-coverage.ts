/**
 * What is gained by not answering where the confidence is low: precision over coverage, from the most confident rows downwards, and the area
 * under the curve of errors (AURC; Geifman & El-Yaniv, NeurIPS 2017). Rows of equal confidence are answered together.
 */
export interface RiskCoverage {
  /** Share of rows answered, the least confidence among them, and the share of them that is right; ascending coverage. */
  readonly points: { readonly coverage: number; readonly confidence: number; readonly precision: number }[];
  /** Mean error over all coverages; lower is better. */
  readonly area: number;
}

/** `right[i]` is 1 where the choice was the truth. A point for each of `steps` equal shares of the rows. O(n log n). */
export function riskCoverage(confidences: Float64Array, right: Uint8Array, steps: number = 20): RiskCoverage {
  const count = confidences.length;
  const order = Uint32Array.from(confidences.keys()).sort((a, b) => confidences[b]! - confidences[a]! || a - b);
  const points: RiskCoverage["points"][number][] = [];
  let hits = 0;
  let errors = 0;
  let due = 1;
  order.forEach((row, at) => {
    hits += right[row]!;
    errors += 1 - hits / (at + 1);
    const last = at + 1 === count || confidences[order[at + 1]!] !== confidences[row];
    if (!last || at + 1 < (count * due) / steps) return;
    points.push({ coverage: (at + 1) / count, confidence: confidences[row]!, precision: hits / (at + 1) });
    while (due <= steps && at + 1 >= (count * due) / steps) due++;
  });
  return { points, area: count === 0 ? 0 : errors / count };
}
