/**
 * From what members say to the parts of a forecaster: weights of each series, the parts of its mean, its errors at origins of the past, and the pool
 * of scaled errors that quantiles are made of.
 */
import { endOf, seriesCount, valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { mix } from "../math/hash.ts";
import { seasonalScale } from "../metrics/forecast.ts";
import { seriesWeights } from "./choose-methods.ts";
import type { MethodChoice } from "./choose-methods.ts";
import { placeOf } from "./members.ts";
import type { Members } from "./members.ts";
import { HISTORY } from "./panel-forecaster.ts";
import type { ForecastParts } from "./panel-forecaster.ts";
import { pastOrigins } from "./past-origins.ts";
import { shortestPeriod } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { fitShapes } from "./quantile-shapes.ts";
import { classCount, INTERMITTENT } from "./series-class.ts";
import { countRatio, countScore, usualChange } from "./spread.ts";

export type SeriesParts = Omit<ForecastParts, "settings" | "isNonNegative" | "isInteger" | "choices" | "keys" | "inputs">;

/** Empty parts of all series of a panel. */
export function emptyParts(
  panel: Panel,
  classes: Uint8Array,
  { methods, horizon, seasons, origins }: Plan,
  inputs: number,
): SeriesParts {
  const count = seriesCount(panel);
  const size = count * horizon;
  const unknown = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);
  return {
    origins: Int32Array.from({ length: count }, (_, series) => endOf(panel, series)),
    basis: new Uint8Array(count),
    classes,
    weights: new Float64Array(count * methods.length),
    factors: new Float64Array(count).fill(1),
    scales: new Float64Array(count),
    levels: new Float64Array(count),
    trends: new Float64Array(size),
    seasonParts: new Float64Array(size * seasons.length),
    coefficients: new Float64Array(count * inputs),
    usual: new Float64Array(count * inputs),
    ahead: unknown(size * inputs),
    moved: new Float64Array(size),
    accuracy: {
      origins: origins.count,
      errors: unknown(size),
      naiveErrors: unknown(size),
      bias: unknown(size),
      scales: unknown(count),
    },
  };
}

/** Writes weights, level, trend and seasons of one series that is at place `at` of a batch. */
export function combineSeries(
  series: number,
  at: number,
  weights: Float64Array,
  members: Members,
  plan: Plan,
  into: SeriesParts,
): void {
  const { methods, horizon, seasons } = plan;
  const { means, levels, seasonParts, coefficients, usual } = members;
  const used = [...weights.keys()].filter((method) => weights[method]! > 0);
  const inputs = into.coefficients.length / into.basis.length;
  if (used.some((method) => Number.isNaN(means[placeOf(plan, at, 0, method)]!))) return;
  into.basis[series] = HISTORY;
  into.weights.set(weights, series * methods.length);
  // Trees know of no parts: seasons are as large as the other methods say.
  const tell = used.filter((method) => methods[method] !== "globalTrees");
  const told = tell.reduce((sum, method) => sum + weights[method]!, 0);
  let level = 0;
  for (const method of used) level += weights[method]! * levels[at * methods.length + method]!;
  into.levels[series] = level;
  for (let step = 0; step < horizon; step++) {
    let trend = -level;
    for (const method of used) trend += weights[method]! * means[placeOf(plan, at, 0, method) + step]!;
    for (let season = 0; season < seasons.length; season++) {
      let part = 0;
      for (const method of tell)
        part +=
          (weights[method]! / told) * seasonParts[((at * methods.length + method) * seasons.length + season) * horizon + step]!;
      into.seasonParts[(series * seasons.length + season) * horizon + step] = part;
      trend -= part;
    }
    into.trends[series * horizon + step] = trend;
  }
  for (let input = 0; input < inputs; input++) {
    // Seasonal naive knows no inputs.
    into.coefficients[series * inputs + input] = (1 - weights[0]!) * coefficients[at * inputs + input]!;
    into.usual[series * inputs + input] = usual[at * inputs + input]!;
  }
}

/** Scaled errors of the series of a batch at origins of the past, each of shape (batch, origins, horizon); NaN where there is none. */
export interface BatchErrors {
  /** Of steps: in units of the series, or where counts lie among those expected. */
  readonly steps: Float64Array;
  /** Of sums over the steps up to one, as far as they are known. */
  readonly sums: Float64Array;
}

/**
 * Writes the accuracy of one series, its scaled errors, and those in its own unit to `raw`, shape (series, origins, horizon). Each origin is judged with weights
 * that did not see it. O(origins^2 x horizon x methods).
 */
export function judgeSeries(
  panel: Panel,
  series: number,
  at: number,
  choice: MethodChoice,
  members: Members,
  plan: Plan,
  isNonNegative: boolean,
  { accuracy, classes }: SeriesParts,
  { steps, sums }: BatchErrors,
  raw: Float64Array | null,
): void {
  const { horizon, seasons, origins } = plan;
  const counts = new Uint32Array(horizon);
  const [errors, naive, over] = [new Float64Array(horizon), new Float64Array(horizon), new Float64Array(horizon)];
  const { means } = members;
  for (const { origin, truth, history, unit } of pastOrigins(panel, series, classes[series]!, plan)) {
    const weights = seriesWeights(panel, series, classes[series]!, at, members, plan, choice, origin);
    const used = [...weights.keys()].filter((method) => weights[method]! > 0);
    const into = (at * origins.count + origin - 1) * horizon;
    const isCount = classes[series] === INTERMITTENT;
    const ratio = isCount ? countRatio(history) : 0;
    let [expected, demand, known] = [0, 0, 0];
    for (let step = 0; step < truth.length; step++) {
      let mean = 0;
      for (const method of used) mean += weights[method]! * means[placeOf(plan, at, origin, method) + step]!;
      if (isNonNegative) mean = Math.max(0, mean);
      const value = truth[step]!;
      const isKnown = !Number.isNaN(value) && !Number.isNaN(mean);
      if (isKnown) {
        expected += mean;
        demand += value;
        known++;
      }
      const chance = mix(series * 31 + origin * 1009 + step) / 2 ** 32;
      if (known > 0) sums[into + step] = isCount ? countScore(expected, ratio, demand, chance) : (demand - expected) / unit;
      if (!isKnown) continue;
      counts[step]!++;
      if (raw) raw[(series * origins.count + origin - 1) * horizon + step] = value - mean;
      errors[step]! += Math.abs(value - mean);
      over[step]! += mean - value;
      naive[step]! += Math.abs(value - means[placeOf(plan, at, origin, 0) + step]!);
      steps[into + step] = isCount ? countScore(mean, ratio, value, chance) : (value - mean) / unit;
    }
  }
  for (let step = 0; step < horizon; step++) {
    const place = series * horizon + step;
    accuracy.errors[place] = errors[step]! / counts[step]!;
    accuracy.naiveErrors[place] = naive[step]! / counts[step]!;
    accuracy.bias[place] = over[step]! / counts[step]!;
  }
  accuracy.scales[series] = seasonalScale(valuesOf(panel, series), shortestPeriod(seasons));
}

/** As `fitShapes` takes it: pinball losses were least about here. */
const MIRRORED = 0.5;

/** What errors of a class look like. */
export interface ErrorShapes {
  /** Mean absolute scaled error of each step, shape (horizon): what a series with usual errors has. */
  readonly profile: Float64Array;
  readonly steps: Float64Array;
  readonly sums: Float64Array;
}

/** Origins that the belief counts as that errors of a series are as large as those of others, in its unit. */
const PRIOR = 2;

/**
 * How much larger than usual the errors of a series are: by all its origins (`left` 0), or without one, where others count by the share of their steps that
 * they do not have in common with it. So the shape of a class is measured on origins with the unit that others imply, as it will be used. O(origins x horizon).
 */
export function errorFactor(steps: Float64Array, at: number, left: number, profile: Float64Array, plan: Plan): number {
  let sum = PRIOR;
  let count = PRIOR;
  for (let origin = 1; origin <= plan.origins.count; origin++) {
    const share = left > 0 ? Math.min(1, (Math.abs(origin - left) * plan.origins.stride) / plan.horizon) : 1;
    const size = errorSize(steps, at, origin, profile, plan);
    if (Number.isNaN(size)) continue;
    sum += share * size;
    count += share;
  }
  return sum / count;
}

/** Mean absolute error at an origin in units of the usual; NaN where none is known. */
function errorSize(steps: Float64Array, at: number, origin: number, profile: Float64Array, { origins, horizon }: Plan): number {
  let [sum, known] = [0, 0];
  for (let step = 0; step < horizon; step++) {
    const error = Math.abs(steps[(at * origins.count + origin - 1) * horizon + step]!) / profile[step]!;
    if (!Number.isFinite(error)) continue;
    sum += error;
    known++;
  }
  return known > 0 ? sum / known : Number.NaN;
}

/** The shapes of each class from the errors of a batch. O(batch x origins x (origins + horizon)). */
export function shapesOf(classes: Uint8Array, { steps, sums }: BatchErrors, plan: Plan): ErrorShapes[] {
  const { origins, horizon } = plan;
  return Array.from({ length: classCount }, (_, own): ErrorShapes => {
    const places = [...classes.keys()].filter((at) => classes[at] === own);
    const rows = places.flatMap((at) => Array.from({ length: origins.count }, (_row, origin) => at * origins.count + origin));
    /** The known errors of a step, divided by the factors of their rows. */
    const errorsAt = (errors: Float64Array, step: number, factors: Float64Array | null): Float64Array => {
      const found = new Float64Array(rows.length);
      let count = 0;
      for (const row of rows) {
        const error = errors[row * horizon + step]!;
        if (!Number.isNaN(error)) found[count++] = factors ? error / factors[row]! : error;
      }
      return found.slice(0, count);
    };
    const profile = new Float64Array(horizon).fill(1);
    for (let step = 0; step < horizon; step++) {
      const all = errorsAt(steps, step, null);
      profile[step] = all.reduce((sum, error) => sum + Math.abs(error) / all.length, 0) || profile[step - 1] || 1;
    }
    const isScaled = own !== INTERMITTENT;
    const factors = isScaled ? new Float64Array(classes.length * origins.count) : null;
    if (factors)
      for (const row of rows)
        factors[row] = errorFactor(steps, Math.floor(row / origins.count), (row % origins.count) + 1, profile, plan);
    const shape = (errors: Float64Array): Float64Array =>
      fitShapes(
        Array.from({ length: horizon }, (_step, step) => errorsAt(errors, step, factors)),
        isScaled ? MIRRORED : 0,
      );
    return { profile, steps: shape(steps), sums: shape(wholeSums(rows, isScaled, { steps, sums }, horizon)) };
  });
}

/**
 * Errors of sums over all steps, where some of them are unknown, from those of what is known of them: errors of n steps are as large as those of m times
 * (n / m)^power, with the power between 1/2, that of errors which know nothing of each other, and 1, that of errors which are all the same. It is
 * measured on the sums themselves. O(rows x horizon).
 */
function wholeSums(rows: readonly number[], isScaled: boolean, { steps, sums }: BatchErrors, horizon: number): Float64Array {
  const whole = sums.slice();
  let [squares, apart, most, count, isGapless] = [0, 0, 0, 0, true];
  for (const row of rows) {
    let [own, known, last] = [0, 0, -1];
    for (let step = 0; step < horizon; step++) {
      const error = steps[row * horizon + step]!;
      if (Number.isNaN(error)) continue;
      own += error * error;
      known++;
      last = step;
    }
    if (known < last + 1) isGapless = false;
    if (known < 2) continue;
    squares += sums[row * horizon + last]! ** 2;
    apart += isScaled ? own : own / known;
    most += known;
    count++;
  }
  if (isGapless && count > 0) return whole;
  const together = count > 0 && apart > 0 ? Math.log(squares / apart) / Math.log(most / count) / 2 : 0;
  const power = Math.min(1 / 2, Math.max(0, together)) + (isScaled ? 1 / 2 : 0);
  for (const row of rows) {
    let known = 0;
    for (let step = 0; step < horizon; step++) {
      if (!Number.isNaN(steps[row * horizon + step]!)) known++;
      if (known > 0) whole[row * horizon + step]! *= ((step + 1) / known) ** power;
    }
  }
  return whole;
}

/** Usual error of a series at its end: of counts their variance over mean. */
export function scaleOf(panel: Panel, series: number, seriesClass: number, factor: number, seasons: readonly number[]): number {
  const values = valuesOf(panel, series);
  return seriesClass === INTERMITTENT ? countRatio(values) : factor * usualChange(values, shortestPeriod(seasons));
}
