/** The quantile at a level between those that are there; the outermost where it lies beyond. */

/** `levels` ascend, `quantiles` has one for each. */
export function quantileAt(levels: readonly number[], quantiles: ArrayLike<number>, level: number): number {
  const wanted = Math.min(levels.at(-1)!, Math.max(levels[0]!, level));
  const above = levels.findIndex((one) => one >= wanted - 1e-9);
  const below = levels[above]! - wanted < 1e-9 ? above : above - 1;
  const share = above === below ? 0 : (wanted - levels[below]!) / (levels[above]! - levels[below]!);
  return quantiles[below]! + share * (quantiles[above]! - quantiles[below]!);
}
