/**
 * Which methods are combined, with which weights, pooled over the series of a class: the best one, two, ... of them with weights by their errors at origins
 * of the past, as many as do best together. Weights of single series lean to the methods that did better for them.
 *
 * Combinations with such simple weights are hard to beat: Timmermann: Forecast Combinations, Handbook of Economic Forecasting 2006; Petropoulos
 * & Svetunkov: A Simple Combination of Univariate Models, IJF 2020. Weights by least squares (stacking) did worse on origins that were
 * not learnt from.
 */
import type { Panel } from "../data/series.ts";
import { placeOf } from "./members.ts";
import type { Members } from "./members.ts";
import { pastOrigins } from "./past-origins.ts";
import type { Plan } from "./plan.ts";
import { overlap } from "./rolling-origin.ts";
import { INTERMITTENT } from "./series-class.ts";

export interface MethodChoice {
  /** Shape (methods), they add up to 1; 0 for methods that are left out. */
  readonly weights: Float64Array;
  /** Mean loss of each method, NaN of those that were not tried. */
  readonly losses: Float64Array;
}

/** One more method may make it worse by this share: more of them are safer. */
const SAFER = 0.02;

/** A method that is worse than the best by this factor has no place beside it. */
const WORSE = 1.3;

/** `batch` are series by number, those of the class at `places`. `tried`: methods that the class may use, at least one. */
export function chooseMethods(
  panel: Panel,
  batch: Uint32Array,
  places: readonly number[],
  members: Members,
  plan: Plan,
  seriesClass: number,
  tried: readonly number[],
): MethodChoice {
  const { methods } = plan;
  const losses = lossesOf(
    panel,
    batch,
    places,
    members,
    plan,
    seriesClass,
    tried.map((method) => only(method, methods.length)),
  );
  const known = losses.every(Number.isFinite);
  const all = new Float64Array(methods.length).fill(Number.NaN);
  tried.forEach((method, at) => (all[method] = known ? losses[at]! : 1));
  const ranked = [...tried].sort((one, other) => all[one]! - all[other]! || one - other);
  const fit = ranked.filter((method) => all[method]! <= all[ranked[0]!]! * WORSE);
  const nested = fit.map((_, at) => weightsOf(fit.slice(0, at + 1), all));
  if (!known) return { weights: nested.at(-1)!, losses: all };
  const together = lossesOf(panel, batch, places, members, plan, seriesClass, nested);
  let best = 0;
  together.forEach((loss, at) => {
    if (loss <= together[best]! * (1 + SAFER) && loss <= Math.min(...together) * (1 + SAFER)) best = at;
  });
  return { weights: nested[best]!, losses: all };
}

function only(method: number, count: number): Float64Array {
  const weights = new Float64Array(count);
  weights[method] = 1;
  return weights;
}

/** Inverse squares of losses. */
function weightsOf(methods: readonly number[], losses: Float64Array): Float64Array {
  const weights = new Float64Array(losses.length);
  let total = 0;
  for (const method of methods) total += weights[method] = Math.max(losses[method]!, 1e-9) ** -2;
  return weights.map((weight) => weight / total);
}

/**
 * Mean loss of each combination: of absolute errors, or of intermittent series the root of squared ones, since half of their values are zero and absolute
 * errors would have all forecasts so. NaN where there is no origin to judge at. */
function lossesOf(
  panel: Panel,
  batch: Uint32Array,
  places: readonly number[],
  { means }: Members,
  plan: Plan,
  seriesClass: number,
  combinations: readonly Float64Array[],
): Float64Array {
  const sums = new Float64Array(combinations.length);
  let count = 0;
  const used = combinations.map((weights) => [...weights.keys()].filter((method) => weights[method]! > 0));
  const isCount = seriesClass === INTERMITTENT;
  for (const at of places) {
    for (const { origin, truth, history, unit } of pastOrigins(panel, batch[at]!, seriesClass, plan)) {
      const own = isCount ? rootMeanSquare(history) : unit;
      const known = truth.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
      if (!(own > 0) || known === 0) continue;
      count++;
      for (const [which, weights] of combinations.entries()) {
        let loss = 0;
        for (let step = 0; step < truth.length; step++) {
          if (Number.isNaN(truth[step]!)) continue;
          let mean = 0;
          for (const method of used[which]!) mean += weights[method]! * means[placeOf(plan, at, origin, method) + step]!;
          const error = Math.abs(truth[step]! - mean) / own;
          loss += (isCount ? error * error : error) / known;
        }
        sums[which]! += isCount ? Math.sqrt(loss) : loss;
      }
    }
  }
  return sums.map((sum) => sum / count);
}

function rootMeanSquare(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value * value;
    count++;
  }
  return Math.sqrt(sum / count);
}

/** Horizons that the pooled losses count as, beside the origins of the series. */
const PRIOR = 3;

/**
 * Weights for one series: those of its class, moved by what its own errors say, shape (methods).
 *
 * @param left an origin that is to be judged with them, which has no say then, as have those whose steps overlap with its own; 0 for none
 */
export function seriesWeights(
  panel: Panel,
  series: number,
  seriesClass: number,
  at: number,
  { means }: Members,
  plan: Plan,
  { weights, losses }: MethodChoice,
  left: number,
): Float64Array {
  const own = new Float64Array(weights.length);
  let count = 0;
  for (const { origin, truth, unit } of pastOrigins(panel, series, seriesClass, plan)) {
    if (!(unit > 0) || (left > 0 && overlap(plan, origin, left))) continue;
    for (let step = 0; step < truth.length; step++) {
      if (Number.isNaN(truth[step]!)) continue;
      count++;
      for (let method = 0; method < weights.length; method++)
        if (weights[method]! > 0)
          own[method]! += Math.abs(truth[step]! - means[placeOf(plan, at, origin, method) + step]!) / unit;
    }
  }
  const prior = PRIOR * plan.horizon;
  const moved = weights.map((weight, method) =>
    weight > 0 ? weight / ((own[method]! + prior * losses[method]!) / ((count + prior) * losses[method]!) || 1) : 0,
  );
  const total = moved.reduce((sum, one) => sum + one, 0);
  return moved.map((one) => one / total);
}
