/**
 * The dynamic optimised Theta model: Theta with the line fitted anew at every step to what was seen so far, and its weight chosen as the smoothing is, by
 * the least squares of the errors one step ahead. Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler: Models for Optimising the Theta Method
 * and Their Relationship to State Space Models, IJF 2016 (DOTM, equations 16 to 22).
 */
import { nelderMead } from "../math/nelder-mead.ts";
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";
import { seasonallyAdjusted } from "./seasonal-adjust.ts";

/** O(values x some hundred). */
export const dynamicTheta = seasonallyAdjusted(dynamicThetaOfLine);

/** State after a step: l, the mean so far, A and B of the paper. */
interface State {
  level: number;
  mean: number;
  base: number;
  slope: number;
  power: number;
}

function dynamicThetaOfLine({ values }: LocalSeries, horizon: number): LocalForecast {
  if (values.length < 4) return flat(values.at(-1)!, horizon);
  const state: State = { level: 0, mean: 0, base: 0, slope: 0, power: 1 };
  const begin = (first: number): void => {
    Object.assign(state, { level: first, mean: 0, base: values[0]!, slope: 0, power: 1 });
  };
  const unit = Math.max(meanChange(values), 1e-200);
  const objective = (point: Float64Array): number => {
    const [first, alpha, theta] = [values[0]! + point[0]! * unit, point[1]!, 1 + Math.exp(point[2]!)];
    if (!(alpha >= 0.01 && alpha <= 0.99 && theta <= 1e6)) return Infinity;
    begin(first);
    let squares = 0;
    for (let at = 0; at < values.length; at++) {
      const error = (values[at]! - step(state, at, values[at]!, alpha, theta)) / unit;
      if (at >= 2) squares += error * error;
    }
    return squares;
  };
  const point = Float64Array.of(0, 0.5, 0);
  nelderMead(objective, point, Float64Array.of(0.5, -0.2, 0.7), { maxEvaluations: 250, tolerance: 1e-6 });
  objective(point);
  const { level } = state;
  const [alpha, theta] = [point[1]!, 1 + Math.exp(point[2]!)];
  const mean = Float64Array.from({ length: horizon }, (_, ahead) => step(state, values.length + ahead, Number.NaN, alpha, theta));
  return { mean, level, seasons: [] };
}

/** What is expected at place `at`; moves the state by the value there, or, where it is NaN, by what was expected. */
function step(state: State, at: number, value: number, alpha: number, theta: number): number {
  const share = 1 - 1 / theta;
  const expected = state.level + share * (state.power * state.base + ((1 - state.power * (1 - alpha)) / alpha) * state.slope);
  const seen = Number.isNaN(value) ? expected : value;
  const t = at + 1;
  state.level += alpha * (seen - state.level);
  state.slope = t === 1 ? 0 : ((t - 2) * state.slope + (6 * (seen - state.mean)) / t) / (t + 1);
  state.mean += (seen - state.mean) / t;
  state.base = state.mean - (state.slope * (t + 1)) / 2;
  state.power *= 1 - alpha;
  return expected;
}

function meanChange(values: Float64Array): number {
  let sum = 0;
  for (let at = 1; at < values.length; at++) sum += Math.abs(values[at]! - values[at - 1]!);
  return sum / (values.length - 1);
}
