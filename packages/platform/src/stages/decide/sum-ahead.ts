/** Steps of a forecast that begin later than it does, and what their sum is made of. */
import type { ForecastExplanation, SeriesForecast } from "#learn/model";

/**
 * The forecast without its first steps. Errors of sums are known of those from the first step on; of sums that begin later those of all steps from the
 * first on are taken, which are no less. O(levels x steps).
 */
export function laterSteps(forecast: SeriesForecast, skipped: number): SeriesForecast {
  if (skipped === 0) return forecast;
  const { mean, quantiles, cumulative } = forecast;
  const horizon = mean.length;
  const left = horizon - skipped;
  const before = total(mean, 0, skipped);
  const isPositive = cumulative.every((value) => value >= 0);
  const shifted = (from: Float64Array, less: number): Float64Array =>
    Float64Array.from({ length: (from.length / horizon) * left }, (_, at) => {
      const value = from[Math.floor(at / left) * horizon + skipped + (at % left)]! - less;
      return isPositive ? Math.max(0, value) : value;
    });
  return { ...forecast, mean: mean.slice(skipped), quantiles: shifted(quantiles, 0), cumulative: shifted(cumulative, before) };
}

export interface Part {
  /** `level`, `trend`, `season`, the name of an input, or `bounds`. */
  readonly name: string;
  /** Length of the season, where it is one. */
  readonly season?: number;
  readonly sum: number;
}

/** What the mean of a sum of steps is made of: the parts add up to it. */
export function partsAhead(
  { level, trend, seasons, inputs, limit }: ForecastExplanation,
  names: { readonly seasons: readonly number[]; readonly inputs: readonly string[] },
  skipped: number,
  steps: number,
): Part[] {
  const end = skipped + steps;
  return [
    { name: "level", sum: level * steps },
    { name: "trend", sum: total(trend, skipped, end) },
    ...seasons.map((season, at) => ({ name: "season", season: names.seasons[at]!, sum: total(season, skipped, end) })),
    ...inputs.map((input, at) => ({ name: names.inputs[at]!, sum: total(input, skipped, end) })),
    { name: "bounds", sum: total(limit, skipped, end) },
  ];
}

function total(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += values[at]!;
  return sum;
}
