/** The contract of a method that forecasts one series by itself: a pure function of the history. */

export interface LocalSeries {
  /** Without gaps, latest last; at least one. */
  readonly values: Float64Array;
  /** Lengths of the seasons that the history is long enough for (two of each at least), shortest first, in whole steps. */
  readonly periods: readonly number[];
}

export interface LocalForecast {
  /** Shape (horizon). */
  readonly mean: Float64Array;
  /** Where the series is at its end, free of seasons. */
  readonly level: number;
  /** What each season adds to the mean, one array a period of the series, shape (horizon) each; empty of methods that know no seasons. */
  readonly seasons: readonly Float64Array[];
}

export type LocalMethod = (series: LocalSeries, horizon: number) => LocalForecast;

/** What methods without seasons answer. */
export function flat(level: number, horizon: number): LocalForecast {
  return { mean: new Float64Array(horizon).fill(level), level, seasons: [] };
}
