/**
 * Takes the season out of a series before a method that knows none, and puts it back after: the classical decomposition, where the autocorrelation at
 * one season is more than chance. Assimakopoulos & Nikolopoulos: The Theta Model, IJF 2000, with the test of its published software (90 %).
 */
import { adjusted, seasonalPattern } from "./decompose.ts";
import type { SeasonalPattern } from "./decompose.ts";
import type { LocalForecast, LocalMethod, LocalSeries } from "./method.ts";

/** The same method for series with a season. Seasons are factors where all values are above 0. */
export function seasonallyAdjusted(method: LocalMethod): LocalMethod {
  return (series, horizon) => {
    const pattern = patternOf(series);
    if (!pattern) return { ...method({ ...series, periods: [] }, horizon), seasons: [] };
    return withSeason(method({ values: adjusted(series.values, pattern), periods: [] }, horizon), pattern, series);
  };
}

/** The pattern of the first season that is worth taking out, or null. O(values). */
export function patternOf({ values, periods }: LocalSeries): SeasonalPattern | null {
  const period = periods[0];
  if (period === undefined || !isSeasonal(values, period)) return null;
  return seasonalPattern(
    values,
    period,
    values.every((value) => value > 0),
  );
}

/** O(values x period). */
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
  const variance = covariance(0);
  if (!(variance > 0)) return false;
  let squares = 0;
  for (let lag = 1; lag < period; lag++) squares += (covariance(lag) / variance) ** 2;
  return Math.abs(covariance(period) / variance) > 1.6448536269514722 * Math.sqrt((1 + 2 * squares) / count);
}

/** Puts the season back on a forecast of the adjusted values. */
function withSeason(
  { mean, level }: LocalForecast,
  { period, isFactor, indices }: SeasonalPattern,
  { values, periods }: LocalSeries,
): LocalForecast {
  const whole = mean.map((value, step) => {
    const index = indices[values.length + (step % period)]!;
    return isFactor ? value * index : value + index;
  });
  const season = whole.map((value, step) => value - mean[step]!);
  return { mean: whole, level, seasons: periods.map((one) => (one === period ? season : new Float64Array(mean.length))) };
}
