/**
 * Classical decomposition with seasons that may change: the trend is a centred moving average over one season; how a place in the season differs from
 * it, by an amount or a factor, is a mean over the seasons that weighs those nearby most. Macaulay: The Smoothing of Time Series, NBER 1931; with
 * moving weights as in Cleveland, Cleveland, McRae, Terpenning: STL, Journal of Official Statistics 1990.
 */

export interface SeasonalPattern {
  readonly period: number;
  readonly isFactor: boolean;
  /** At each value, and of the season that follows the last: shape (values + period). */
  readonly indices: Float64Array;
}

/** What a season less far away counts; 1 is the same pattern throughout. */
const FADE = 0.8;

/** Needs two seasons; factors need values above 0. O(values). */
export function seasonalPattern(values: Float64Array, period: number, isFactor: boolean, fade: number = FADE): SeasonalPattern {
  const count = values.length;
  const trend = movingAverage(values, period);
  const margin = period >> 1;
  const indices = new Float64Array(count + period);
  const neutral = isFactor ? 1 : 0;
  for (let place = 0; place < period; place++) {
    // Sums of weights and weighted differences, forwards and backwards, at each season; each holds its own season once.
    const seasons = Math.ceil((count + period - place) / period);
    const weights = new Float64Array(seasons);
    const sums = new Float64Array(seasons);
    let [weight, sum] = [0, 0];
    for (let season = 0; season < seasons; season++) {
      const at = place + season * period;
      weight *= fade;
      sum *= fade;
      if (at >= margin && at < count - margin) {
        weight += 1;
        sum += isFactor ? values[at]! / trend[at - margin]! : values[at]! - trend[at - margin]!;
      }
      weights[season] = weight;
      sums[season] = sum;
    }
    [weight, sum] = [0, 0];
    for (let season = seasons - 1; season >= 0; season--) {
      weights[season]! += weight;
      sums[season]! += sum;
      const at = place + season * period;
      if (at >= margin && at < count - margin) {
        weight += 1;
        sum += isFactor ? values[at]! / trend[at - margin]! : values[at]! - trend[at - margin]!;
      }
      weight *= fade;
      sum *= fade;
      indices[at] = weights[season]! > 0 ? sums[season]! / weights[season]! : neutral;
    }
  }
  // The places of a season make up nothing.
  const sums = new Float64Array(indices.length + 1);
  for (let at = 0; at < indices.length; at++) sums[at + 1] = sums[at]! + indices[at]!;
  const means = indices.map((_, at) => {
    const from = Math.min(Math.max(0, at - margin), indices.length - period);
    return (sums[from + period]! - sums[from]!) / period;
  });
  for (let at = 0; at < indices.length; at++)
    indices[at] = isFactor ? Math.max(indices[at]! / means[at]!, 1e-3) : indices[at]! - means[at]!;
  return { period, isFactor, indices: period > LONG ? smoothed(indices, period) : indices };
}

/** Of a longer season a place is seen too seldom to stand for itself: it is the mean of a 24th of the season about it. */
export const LONG = 48;

function smoothed(indices: Float64Array, period: number): Float64Array {
  // A season before and behind, so that both ends have neighbours.
  const ring = new Float64Array(indices.length + 2 * period);
  ring.set(indices.subarray(0, period));
  ring.set(indices, period);
  ring.set(indices.subarray(indices.length - period), indices.length + period);
  return centredTrend(ring, Math.round(period / 24)).slice(period, period + indices.length);
}

/** Centred average over one period (its ends by half where it is even), shape (values - 2 x floor(period / 2)). O(values). */
function movingAverage(values: Float64Array, period: number): Float64Array {
  const margin = period >> 1;
  const isEven = period % 2 === 0;
  const averages = new Float64Array(Math.max(0, values.length - 2 * margin));
  let sum = 0;
  for (let at = 0; at < 2 * margin; at++) sum += values[at]!;
  for (let at = 0; at < averages.length; at++) {
    sum += values[at + 2 * margin]!;
    averages[at] = (isEven ? sum - (values[at]! + values[at + 2 * margin]!) / 2 : sum) / period;
    sum -= values[at]!;
  }
  return averages;
}

/** The values without the season. O(values). */
export function adjusted(values: Float64Array, { isFactor, indices }: SeasonalPattern): Float64Array {
  return values.map((value, at) => (isFactor ? value / indices[at]! : value - indices[at]!));
}

/** Centred averages over a window that is cut off at both ends, shape as `values`: the trend. O(values). */
export function centredTrend(values: Float64Array, window: number): Float64Array {
  const margin = window >> 1;
  const sums = new Float64Array(values.length + 1);
  for (let at = 0; at < values.length; at++) sums[at + 1] = sums[at]! + values[at]!;
  return values.map((_, at) => {
    const [from, to] = [Math.max(0, at - margin), Math.min(values.length, at + margin + 1)];
    return (sums[to]! - sums[from]!) / (to - from);
  });
}
