/** How far numbers were from the truth. All of equal length; NaN of no rows. */

/** Root of the mean squared error, in the unit of the outcome. */
export function rootMeanSquaredError(truth: Float64Array, predicted: Float64Array): number {
  return Math.sqrt(mean(truth, (value, row) => (value - predicted[row]!) ** 2));
}

/** Mean absolute error, in the unit of the outcome. */
export function meanAbsoluteError(truth: Float64Array, predicted: Float64Array): number {
  return mean(truth, (value, row) => Math.abs(value - predicted[row]!));
}

/** The share of the variance that is explained: 1 at best, 0 for always saying the mean of the truth, below 0 for worse. 0 of a constant truth. */
export function rSquared(truth: Float64Array, predicted: Float64Array): number {
  const middle = mean(truth, (value) => value);
  const variance = mean(truth, (value) => (value - middle) ** 2);
  return variance === 0 ? 0 : 1 - mean(truth, (value, row) => (value - predicted[row]!) ** 2) / variance;
}

/** Mean loss of quantiles of that level in (0, 1): least where the share `level` of the truth lies below (Koenker & Bassett 1978). */
export function pinballLoss(truth: Float64Array, quantiles: Float64Array, level: number): number {
  return mean(truth, (value, row) => {
    const above = value - quantiles[row]!;
    return above > 0 ? level * above : (level - 1) * above;
  });
}

/** The share of the truth that lies in its interval, bounds included, and the mean width in the unit of the outcome. */
export function intervalScores(
  truth: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
): { readonly coverage: number; readonly width: number } {
  return {
    coverage: mean(truth, (value, row) => (value >= lower[row]! && value <= upper[row]! ? 1 : 0)),
    width: mean(truth, (_, row) => upper[row]! - lower[row]!),
  };
}

function mean(values: Float64Array, of: (value: number, row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += of(values[row]!, row);
  return sum / values.length;
}
