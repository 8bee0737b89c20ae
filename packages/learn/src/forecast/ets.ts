/**
 * Exponential smoothing with the form of error, trend and season chosen by AICc. Hyndman, Koehler, Snyder, Grose: A State Space Framework for Automatic
 * Forecasting Using Exponential Smoothing Methods, IJF 2002.
 *
 * Departures: first states of the season are those of the classical decomposition and are not moved, which takes a tenth of the time; multiplicative
 * errors are tried with multiplicative seasons and without any, and additive ones otherwise; trends do not multiply.
 */
import { solveSymmetric } from "../math/cholesky.ts";
import { nelderMead } from "../math/nelder-mead.ts";
import { adjusted, seasonalPattern } from "./decompose.ts";
import { expectedAhead, runEts } from "./ets-filter.ts";
import type { EtsForm, EtsState } from "./ets-filter.ts";
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";
import { withoutSeasons, withSeasons } from "./seasonal-adjust.ts";

export interface EtsFit {
  readonly form: EtsForm;
  /** At the end of the values. */
  readonly state: EtsState;
  readonly aicc: number;
}

/** O(forms x some hundred x values). */
export function ets(series: LocalSeries, horizon: number): LocalForecast {
  const { periods } = series;
  // Long and further seasons have more states than a series can tell of: they are taken out before.
  const period = periods.find((one) => one <= LONGEST) ?? 1;
  const { values, patterns } = withoutSeasons(
    series,
    periods.filter((one) => one !== period),
  );
  const fit = chooseEts(values.subarray(Math.max(0, values.length - LATEST)), period);
  if (!fit) return flat(series.values.at(-1)!, horizon);
  const { mean, free } = expectedAhead(fit.form, fit.state, horizon);
  const season = mean.map((value, step) => value - free[step]!);
  const seasons = periods.map((one) => (one === period ? season : new Float64Array(horizon)));
  return withSeasons({ mean, level: fit.state.level, seasons }, patterns, series);
}

const LONGEST = 24;
/** What lies further back says little of how fast a series moves today. */
const LATEST = 480;

/**
 * The fit of least AICc; null where there are too few values for any. Errors and seasons are chosen without a trend first, then trends for those
 * that come close to the best.
 */
export function chooseEts(values: Float64Array, period: number): EtsFit | null {
  let best: EtsFit | null = null;
  const fits: EtsFit[] = [];
  const add = (form: EtsForm): void => {
    const fit = fitEts(form, values);
    if (!fit) return;
    fits.push(fit);
    if (!best || fit.aicc < best.aicc) best = fit;
  };
  for (const form of formsOf(values, period)) add(form);
  const close = fits.filter((fit) => fit.aicc <= best!.aicc + CLOSE);
  for (const { form } of close) {
    add({ ...form, trend: "additive" });
    add({ ...form, trend: "damped" });
  }
  return best;
}

const CLOSE = 2;

function formsOf(values: Float64Array, period: number): EtsForm[] {
  const isPositive = values.every((value) => value > 0);
  const forms: EtsForm[] = [{ error: "additive", trend: "none", season: "none", period: 1 }];
  if (isPositive) forms.push({ error: "multiplicative", trend: "none", season: "none", period: 1 });
  if (period === 1) return forms;
  forms.push({ error: "additive", trend: "none", season: "additive", period });
  if (isPositive) forms.push({ error: "multiplicative", trend: "none", season: "multiplicative", period });
  return forms;
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
  // The pattern at the beginning.
  const pattern = hasSeason ? seasonalPattern(values, period, season === "multiplicative") : null;
  const firstSeason = pattern ? pattern.indices.slice(0, period) : null;
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
      state.season.set(firstSeason!);
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
  const settings = { maxEvaluations: 60 * point.length, tolerance: 1e-6 };
  let least = nelderMead(objective, point, steps, settings);
  if (least === Infinity) return null;
  if (firstSeason) {
    for (let round = 0; round < ROUNDS; round++) {
      moveSeason(firstSeason, count, (errors) => (begin(point) ? runEts(form, values, state, errors) : Infinity));
      least = nelderMead(
        objective,
        point,
        steps.map((one) => one / 4),
        settings,
      );
    }
  }
  begin(point);
  runEts(form, values, state);
  const aicc = least + 2 * parameters + (2 * parameters * (parameters + 1)) / (count - parameters - 1);
  return { form, state, aicc };
}

const ROUNDS = 1;

/**
 * Moves the first states of the season by one step of Gauss and Newton: errors are linear in them, or nearly so, and their derivatives are
 * differences of as many passes as there are places in the season. O(period^2 x values).
 */
function moveSeason(indices: Float64Array, count: number, run: (errors: Float64Array | null) => number): void {
  const period = indices.length;
  const before = run(null);
  const errors = new Float64Array(count);
  run(errors);
  const first = indices.slice();
  const reach = 1e-3 * Math.max(1e-12, Math.sqrt(first.reduce((sum, one) => sum + one * one, 0) / period));
  const slopes = Array.from({ length: period }, (_, place) => {
    const moved = new Float64Array(count);
    indices[place] = first[place]! + reach;
    const isPossible = run(moved) < Infinity;
    indices[place] = first[place]!;
    return isPossible ? moved.map((error, at) => (error - errors[at]!) / reach) : null;
  });
  if (slopes.includes(null)) return;
  const gram = new Float64Array(period * period);
  const right = new Float64Array(period);
  for (let i = 0; i < period; i++) {
    for (let j = 0; j <= i; j++) gram[i * period + j] = dot(slopes[i]!, slopes[j]!);
    right[i] = -dot(slopes[i]!, errors);
  }
  const ridge = 1e-6 * gram.reduce((most, one) => Math.max(most, one), 0); // levels and seasons may stand for each other
  for (let i = 0; i < period; i++) gram[i * period + i]! += ridge;
  const step = solveSymmetric(gram, right, period);
  if (!step) return;
  for (let share = 1; share > 0.1; share /= 2) {
    for (let place = 0; place < period; place++) indices[place] = first[place]! + share * step[place]!;
    if (run(null) < before) return;
  }
  indices.set(first);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
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
