/**
 * Exponential smoothing with the form of error, trend and season chosen by AICc. Hyndman, Koehler, Snyder, Grose: A State Space Framework for Automatic
 * Forecasting Using Exponential Smoothing Methods, IJF 2002.
 *
 * Departures: first states of the season are those of the classical decomposition and are not moved, which takes a tenth of the time; multiplicative
 * errors are tried with multiplicative seasons and without any, and additive ones otherwise; trends do not multiply.
 */
import { nelderMead } from "../math/nelder-mead.ts";
import { adjusted, seasonalPattern } from "./decompose.ts";
import { expectedAhead, runEts } from "./ets-filter.ts";
import type { EtsForm, EtsState } from "./ets-filter.ts";
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";

export interface EtsFit {
  readonly form: EtsForm;
  /** At the end of the values. */
  readonly state: EtsState;
  readonly aicc: number;
}

/** O(forms x some hundred x values). */
export function ets(series: LocalSeries, horizon: number): LocalForecast {
  const { values, periods } = series;
  // Long seasons have more states than a series can tell of: the method that decomposes is for them.
  const period = periods.find((one) => one <= 24) ?? 1;
  const fit = chooseEts(values, period);
  if (!fit) return flat(values.at(-1)!, horizon);
  const { mean, free } = expectedAhead(fit.form, fit.state, horizon);
  const season = mean.map((value, step) => value - free[step]!);
  return { mean, level: fit.state.level, seasons: periods.map((one) => (one === period ? season : new Float64Array(horizon))) };
}

/** The fit of least AICc; null where there are too few values for any. */
export function chooseEts(values: Float64Array, period: number): EtsFit | null {
  let best: EtsFit | null = null;
  for (const form of formsOf(values, period)) {
    const fit = fitEts(form, values);
    if (fit && (!best || fit.aicc < best.aicc)) best = fit;
  }
  return best;
}

function formsOf(values: Float64Array, period: number): EtsForm[] {
  const isPositive = values.every((value) => value > 0);
  const trends = ["none", "additive", "damped"] as const;
  const forms: EtsForm[] = trends.flatMap((trend) => [
    { error: "additive", trend, season: "none", period: 1 },
    ...(isPositive ? [{ error: "multiplicative", trend, season: "none", period: 1 } as const] : []),
  ]);
  if (period === 1) return forms;
  return [
    ...forms,
    ...trends.flatMap((trend): EtsForm[] => [
      { error: "additive", trend, season: "additive", period },
      ...(isPositive ? [{ error: "multiplicative", trend, season: "multiplicative", period } as const] : []),
    ]),
  ];
}

const LEAST = 1e-4;

/** Null where the values are too few for the parameters. */
export function fitEts(form: EtsForm, values: Float64Array): EtsFit | null {
  const { trend, season, period } = form;
  const hasTrend = trend !== "none";
  const hasSeason = season !== "none";
  const count = values.length;
  const parameters = 2 + (hasTrend ? 2 : 0) + (trend === "damped" ? 1 : 0) + (hasSeason ? period : 0) + 1; // the last is the variance
  if (count < parameters + 3 || (hasSeason && count < 2 * period)) return null;
  const pattern = hasSeason ? seasonalPattern(values, period, season === "multiplicative") : null;
  const first = firstStates(pattern ? adjusted(values, pattern) : values, hasTrend, Math.max(10, 2 * period));
  const unit = Math.max(scaleOf(values), 1e-12 * Math.abs(first.level), 1e-200);
  const state: EtsState = { alpha: 0, beta: 0, gamma: 0, phi: 1, level: 0, slope: 0, season: new Float64Array(period), place: 0 };

  // Places of a point: alpha, level, then beta and slope, phi, gamma as far as the form has them. Levels and slopes are in units of change.
  const [atBeta, atPhi] = [2, 4];
  const atGamma = 2 + (hasTrend ? 2 : 0) + (trend === "damped" ? 1 : 0);
  const begin = (point: Float64Array): boolean => {
    state.alpha = point[0]!;
    if (!(state.alpha >= LEAST && state.alpha <= 1 - LEAST)) return false;
    state.level = first.level + point[1]! * unit;
    if (hasTrend) {
      state.beta = point[atBeta]! * state.alpha;
      if (!(point[atBeta]! >= LEAST && point[atBeta]! <= 1 - LEAST)) return false;
      state.slope = first.slope + point[atBeta + 1]! * unit;
    }
    if (trend === "damped") {
      state.phi = point[atPhi]!;
      if (!(state.phi >= 0.8 && state.phi <= 0.98)) return false;
    }
    if (hasSeason) {
      state.gamma = point[atGamma]! * (1 - state.alpha);
      if (!(point[atGamma]! >= LEAST && point[atGamma]! <= 1 - LEAST)) return false;
      state.season.set(pattern!.indices);
    }
    state.place = 0;
    return true;
  };
  const point = Float64Array.from([
    0.3,
    0,
    ...(hasTrend ? [0.1, 0] : []),
    ...(trend === "damped" ? [0.95] : []),
    ...(hasSeason ? [0.1] : []),
  ]);
  const steps = Float64Array.from([
    0.2,
    0.5,
    ...(hasTrend ? [0.1, 0.1] : []),
    ...(trend === "damped" ? [-0.05] : []),
    ...(hasSeason ? [0.1] : []),
  ]);
  const objective = (trial: Float64Array): number => (begin(trial) ? runEts(form, values, state) : Infinity);
  const least = nelderMead(objective, point, steps, { maxEvaluations: 80 * point.length, tolerance: 1e-6 });
  if (least === Infinity) return null;
  begin(point);
  runEts(form, values, state);
  const aicc = least + 2 * parameters + (2 * parameters * (parameters + 1)) / (count - parameters - 1);
  return { form, state, aicc };
}

/** A line through the first values, at step 0 (the one before the first value); without a trend their mean. */
function firstStates(values: Float64Array, hasTrend: boolean, most: number): { level: number; slope: number } {
  const count = Math.min(values.length, most);
  let mean = 0;
  for (let at = 0; at < count; at++) mean += values[at]! / count;
  if (!hasTrend) return { level: mean, slope: 0 };
  const middle = (count + 1) / 2;
  let [above, squares] = [0, 0];
  for (let at = 0; at < count; at++) {
    above += (at + 1 - middle) * (values[at]! - mean);
    squares += (at + 1 - middle) ** 2;
  }
  const slope = squares > 0 ? above / squares : 0;
  return { level: mean - slope * middle, slope };
}

/** Mean absolute change from one value to the next. */
function scaleOf(values: Float64Array): number {
  let sum = 0;
  for (let at = 1; at < values.length; at++) sum += Math.abs(values[at]! - values[at - 1]!);
  return sum / Math.max(1, values.length - 1);
}
