/**
 * Exponential smoothing in its state space form: error, trend and season, each additive or multiplicative or absent, one pass over the values. Hyndman,
 * Koehler, Snyder, Grose: A State Space Framework for Automatic Forecasting Using Exponential Smoothing Methods, IJF 2002; trends are additive and
 * may be damped (Gardner & McKenzie 1985).
 */

export interface EtsForm {
  readonly error: "additive" | "multiplicative";
  readonly trend: "none" | "additive" | "damped";
  readonly season: "none" | "additive" | "multiplicative";
  /** 1 without a season. */
  readonly period: number;
}

/** Alpha, beta, gamma and phi of the paper; those that a form has no use for are not read. */
export interface EtsState {
  alpha: number;
  beta: number;
  gamma: number;
  phi: number;
  level: number;
  slope: number;
  /** Of the next `period` steps, from `place` on round the ring. */
  readonly season: Float64Array;
  place: number;
}

/**
 * Runs over the values, moves the state to their end, writes errors to `into` where that is given, and returns what is minimised: n log(sum of squared errors), of relative errors and twice the
 * logarithms of the expected values where errors are multiplicative (equation 6 of the paper). Infinity where a form that multiplies meets
 * what is not above 0. O(values).
 */
export function runEts(form: EtsForm, values: Float64Array, state: EtsState, into: Float64Array | null = null): number {
  const { alpha, beta, gamma, season } = state;
  const phi = form.trend === "damped" ? state.phi : 1;
  const hasTrend = form.trend !== "none";
  const isRelative = form.error === "multiplicative";
  const kind = form.season === "none" ? 0 : form.season === "additive" ? 1 : 2;
  const share = hasTrend ? beta / alpha : 0;
  const { period } = form;
  let { level, slope, place } = state;
  let squares = 0;
  let logs = 0;
  let product = 1;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    const step = hasTrend ? phi * slope : 0;
    const base = level + step; // q of the software of the paper
    const own = kind === 0 ? 0 : season[place]!;
    const expected = kind === 0 ? base : kind === 1 ? base + own : base * own;
    let error = value - expected;
    if (isRelative) {
      if (!(expected > 1e-12)) return Infinity;
      error /= expected;
      product *= expected;
      // A logarithm takes as long as the rest of the step.
      if (product > 1e100 || product < 1e-100) {
        logs += Math.log(product);
        product = 1;
      }
    }
    squares += error * error;
    if (into) into[at] = error;
    if (kind === 2 && !(base > 1e-12 && own > 1e-12)) return Infinity;
    const free = kind === 0 ? value : kind === 1 ? value - own : value / own;
    const next = base + alpha * (free - base);
    if (hasTrend) slope = step + share * (next - level - step);
    level = next;
    if (kind === 0) continue;
    season[place] = own + gamma * ((kind === 1 ? value - base : value / base) - own);
    place = place + 1 === period ? 0 : place + 1;
  }
  state.level = level;
  state.slope = slope;
  state.place = place;
  const goal = values.length * Math.log(Math.max(squares, 1e-280)) + (isRelative ? 2 * (logs + Math.log(product)) : 0);
  return Number.isNaN(goal) ? Infinity : goal;
}

/** Expected values of the steps that follow the state, and their part without season. O(horizon). */
export function expectedAhead(form: EtsForm, state: EtsState, horizon: number): { mean: Float64Array; free: Float64Array } {
  const phi = form.trend === "damped" ? state.phi : 1;
  const mean = new Float64Array(horizon);
  const free = new Float64Array(horizon);
  let sum = 0;
  let factor = 1;
  for (let step = 0; step < horizon; step++) {
    factor *= phi;
    sum += factor;
    free[step] = state.level + (form.trend === "none" ? 0 : sum * state.slope);
    const own = form.season === "none" ? 0 : state.season[(state.place + step) % form.period]!;
    mean[step] = form.season === "none" ? free[step]! : form.season === "additive" ? free[step]! + own : free[step]! * own;
  }
  return { mean, free };
}
