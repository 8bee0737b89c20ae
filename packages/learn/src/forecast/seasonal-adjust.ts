/**
 * Takes the seasons out of a series before a method that knows none, and puts them back after: one after the other, the shortest first, each where it is
 * more than chance. Assimakopoulos & Nikolopoulos: The Theta Model, IJF 2000, with the test of its published software (90 %); of several
 * seasons as in Bandara, Hyndman, Bergmeir: MSTL, arXiv 2107.13462.
 */
import { adjusted, LONG, seasonalPattern } from "./decompose.ts";
import type { SeasonalPattern } from "./decompose.ts";
import type { LocalForecast, LocalMethod, LocalSeries } from "./method.ts";

/** The same method for series with seasons. Those of values above 0 are factors. */
export function seasonallyAdjusted(method: LocalMethod): LocalMethod {
  return (series, horizon) => {
    const { values, patterns } = withoutSeasons(series, series.periods);
    return withSeasons(method({ values, periods: [] }, horizon), patterns, series);
  };
}

/** The values freed of those of the seasons that are more than chance. O(values x periods). */
export function withoutSeasons(
  { values }: LocalSeries,
  periods: readonly number[],
): { values: Float64Array; patterns: SeasonalPattern[] } {
  const isFactor = values.every((value) => value > 0);
  const patterns: SeasonalPattern[] = [];
  let free = values;
  for (const period of periods) {
    if (period <= LONG && !isSeasonal(free, period)) continue;
    const pattern = seasonalPattern(free, period, isFactor);
    const rest = adjusted(free, pattern);
    if (period > LONG && !(variance(rest) < (1 - STRONG) * variance(free))) continue;
    patterns.push(pattern);
    free = rest;
  }
  return { values: free, patterns };
}

/** Share of the variance that a long season must explain. */
const STRONG = 0.1;

/** Puts seasons back on a forecast of values without them. */
export function withSeasons(
  { mean, level, seasons }: LocalForecast,
  patterns: readonly SeasonalPattern[],
  { values, periods }: LocalSeries,
): LocalForecast {
  const parts = periods.map((_, at) => seasons[at] ?? new Float64Array(mean.length));
  let whole = mean;
  for (const { period, isFactor, indices } of patterns.toReversed()) {
    const before = whole;
    whole = before.map((value, step) => {
      const index = indices[values.length + (step % period)]!;
      return isFactor ? value * index : value + index;
    });
    parts[periods.indexOf(period)] = whole.map((value, step) => value - before[step]!);
  }
  return { mean: whole, level, seasons: parts };
}

/** Whether values a season apart go together more than chance would have it, at 90 %. O(values x period). */
export function isSeasonal(values: Float64Array, period: number): boolean {
  const count = values.length;
  if (count <= 2 * period) return false;
  const mean = values.reduce((sum, value) => sum + value / count, 0);
  const free = values.map((value) => value - mean);
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let at = lag; at < count; at++) sum += free[at]! * free[at - lag]!;
    return sum;
  };
  const square = covariance(0);
  if (!(square > 0)) return false;
  let squares = 0;
  for (let lag = 1; lag < period; lag++) squares += (covariance(lag) / square) ** 2;
  return Math.abs(covariance(period) / square) > 1.6448536269514722 * Math.sqrt((1 + 2 * squares) / count);
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  return values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
}
