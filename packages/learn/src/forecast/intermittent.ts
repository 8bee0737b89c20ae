/**
 * Demand with many zeros: when there is any, and how much then, are smoothed apart. Croston: Forecasting and Stock Control for Intermittent
 * Demands, ORQ 1972; Syntetos & Boylan: The Accuracy of Intermittent Demand Estimates, IJF 2005 (SBA: Croston's answer less its bias);
 * Teunter, Syntetos, Babai: Intermittent Demand: Linking Forecasting to Inventory Obsolescence, EJOR 2011 (TSB: the probability of a demand
 * is moved in every step, so that an item that is not sold any more fades to zero).
 */
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";

/** Smoothing of Croston and SBA, as is usual in the literature. */
const ALPHA = 0.1;

/** Mean demand over mean interval. O(values). */
export function croston({ values }: LocalSeries, horizon: number): LocalForecast {
  return flat(rate(values), horizon);
}

export function sba({ values }: LocalSeries, horizon: number): LocalForecast {
  return flat(rate(values) * (1 - ALPHA / 2), horizon);
}

function rate(values: Float64Array): number {
  let size = Number.NaN;
  let interval = Number.NaN;
  let since = 1;
  for (const value of values) {
    if (value === 0) {
      since++;
      continue;
    }
    size = Number.isNaN(size) ? value : size + ALPHA * (value - size);
    interval = Number.isNaN(interval) ? since : interval + ALPHA * (since - interval);
    since = 1;
  }
  return Number.isNaN(size) ? 0 : size / interval;
}

const sizeShares = [0.05, 0.1, 0.2, 0.4];
const chanceShares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4];

/** TSB with both shares of smoothing by least squares of the errors one step ahead. O(24 x values). */
export function tsb({ values }: LocalSeries, horizon: number): LocalForecast {
  let best = { squares: Infinity, level: values.at(-1)! };
  for (const alpha of sizeShares) {
    for (const beta of chanceShares) {
      const trial = smoothChance(values, alpha, beta);
      if (trial.squares < best.squares) best = trial;
    }
  }
  return flat(best.level, horizon);
}

function smoothChance(values: Float64Array, alpha: number, beta: number): { squares: number; level: number } {
  const sold = values.filter((value) => value !== 0);
  if (sold.length === 0) return { squares: 0, level: 0 };
  let size = sold.reduce((sum, value) => sum + value / sold.length, 0);
  let chance = sold.length / values.length;
  let squares = 0;
  for (const value of values) {
    squares += (value - chance * size) ** 2;
    chance += beta * (Number(value !== 0) - chance);
    if (value !== 0) size += alpha * (value - size);
  }
  return { squares, level: chance * size };
}
