/**
 * How far forecasts of series were from the truth. Scaled errors compare series of any unit: Hyndman & Koehler: Another Look at Measures of Forecast
 * Accuracy, IJF 2006. Missing values (NaN) of the truth are passed over; NaN where nothing is left.
 */

/** Mean absolute difference of values one season apart: the error of seasonal naive within the history. NaN where there are no two such. O(n). */
export function seasonalScale(history: Float64Array, period: number): number {
  return meanOf(Math.max(0, history.length - period), (at) => Math.abs(history[at + period]! - history[at]!));
}

/** Mean of 200 |y - f| / (|y| + |f|), in per cent; 0 where both are 0. */
export function symmetricPercentageError(truth: Float64Array, forecast: Float64Array): number {
  return meanOf(truth.length, (at) => {
    const size = Math.abs(truth[at]!) + Math.abs(forecast[at]!);
    return size === 0 ? 0 : (200 * Math.abs(truth[at]! - forecast[at]!)) / size;
  });
}

/** Mean absolute error (MASE) in units of `scale`: below 1 is better than seasonal naive was within the history. */
export function scaledError(truth: Float64Array, forecast: Float64Array, scale: number): number {
  return meanOf(truth.length, (at) => Math.abs(truth[at]! - forecast[at]!)) / scale;
}

/** Root of the mean squared error (RMSSE) in units of the root of the mean squared change over one season of the history. */
export function rootScaledError(truth: Float64Array, forecast: Float64Array, history: Float64Array, period: number): number {
  const scale = meanOf(Math.max(0, history.length - period), (at) => (history[at + period]! - history[at]!) ** 2);
  return Math.sqrt(meanOf(truth.length, (at) => (truth[at]! - forecast[at]!) ** 2) / scale);
}

/** Mean of forecast less truth, in the unit of the series: above 0 where it says too much. */
export function bias(truth: Float64Array, forecast: Float64Array): number {
  return meanOf(truth.length, (at) => forecast[at]! - truth[at]!);
}

function meanOf(count: number, of: (at: number) => number): number {
  let sum = 0;
  let known = 0;
  for (let at = 0; at < count; at++) {
    const value = of(at);
    if (Number.isNaN(value)) continue;
    sum += value;
    known++;
  }
  return sum / known;
}
