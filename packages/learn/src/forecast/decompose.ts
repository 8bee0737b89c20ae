/**
 * Classical decomposition: the trend is a centred moving average over one season, and a place in the season differs from it by the same amount, or
 * factor, every time. Macaulay: The Smoothing of Time Series, NBER 1931; the means of all places make up 0, or 1 for factors.
 */

export interface SeasonalPattern {
  readonly period: number;
  readonly isFactor: boolean;
  /** Of each place in the season, place 0 being that of the first value, shape (period). */
  readonly indices: Float64Array;
}

/** Needs two seasons; factors need values above 0. O(values). */
export function seasonalPattern(values: Float64Array, period: number, isFactor: boolean): SeasonalPattern {
  const trend = movingAverage(values, period);
  const margin = period >> 1;
  const indices = new Float64Array(period);
  const counts = new Uint32Array(period);
  for (let at = margin; at < values.length - margin; at++) {
    const place = at % period;
    indices[place]! += isFactor ? values[at]! / trend[at - margin]! : values[at]! - trend[at - margin]!;
    counts[place]!++;
  }
  let sum = 0;
  for (let place = 0; place < period; place++) {
    indices[place]! /= Math.max(1, counts[place]!);
    sum += indices[place]!;
  }
  const mean = sum / period;
  for (let place = 0; place < period; place++) {
    if (isFactor) indices[place] = Math.max(indices[place]! / mean, 1e-3);
    else indices[place]! -= mean;
  }
  return { period, isFactor, indices };
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
export function adjusted(values: Float64Array, { period, isFactor, indices }: SeasonalPattern): Float64Array {
  return values.map((value, at) => (isFactor ? value / indices[at % period]! : value - indices[at % period]!));
}
