/**
 * The learner of series: methods for single series, judged at origins of the past, combined with weights that are pooled over the panel, with
 * quantiles from the errors that the combination made there.
 */
import { checkPanel, endOf, seriesCount, valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { localMethods } from "../forecast/methods.ts";
import type { LocalMethodName } from "../forecast/methods.ts";
import { seasonalScale } from "../metrics/forecast.ts";
import type { Forecaster, ForecasterOptions } from "../model.ts";
import { chooseWeights } from "./choose-weights.ts";
import { forecastMembers, sharedPanel } from "./members.ts";
import type { Members } from "./members.ts";
import { HISTORY, NONE, panelForecaster } from "./panel-forecaster.ts";
import type { ForecastChoices, ForecastParts } from "./panel-forecaster.ts";
import { fitShapes } from "./quantile-shapes.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";
import type { Origins } from "./rolling-origin.ts";
import { completeForecastSettings } from "./settings.ts";
import type { CompleteForecastSettings, ForecastSettings } from "./settings.ts";

/**
 * Fits the forecasts of all series of a panel. The same settings, panel and seed give the same forecasts whatever the number of threads.
 *
 * @throws RangeError naming the setting or the part of the panel that cannot be used; the signal's reason when aborted
 * @example
 * const forecaster = await fitForecaster({ horizon: 28, seasons: [7, 365.25] }, panel, { seed: 1, threads: 2 });
 * const { mean, quantiles, cumulative } = forecaster.forecast(0)!;
 */
export async function fitForecaster(settings: ForecastSettings, panel: Panel, options: ForecasterOptions): Promise<Forecaster> {
  const complete = completeForecastSettings(settings);
  checkPanel(panel, complete.horizon);
  return panelForecaster(await fitParts(complete, panel, null, options), updateForecaster);
}

/** The same choices on newer history. */
export async function updateForecaster(old: ForecastParts, panel: Panel, options: ForecasterOptions): Promise<Forecaster> {
  checkPanel(panel, old.settings.horizon);
  return panelForecaster(await fitParts(old.settings, panel, old, options), updateForecaster);
}

async function fitParts(
  settings: CompleteForecastSettings,
  panel: Panel,
  old: ForecastParts | null,
  { threads = 0, signal, onProgress }: ForecasterOptions,
): Promise<ForecastParts> {
  signal?.throwIfAborted();
  const { horizon, seasons } = settings;
  const count = seriesCount(panel);
  const origins: Origins = { count: 3, stride: Math.max(1, horizon >> 1) };
  const methods = methodsOf(settings);
  const batch = Uint32Array.from({ length: count }, (_, at) => at);
  const members = await forecastMembers(
    { panel: sharedPanel(panel), batch, methods, seasons, horizon, origins },
    { threads, signal, onProgress: (done) => onProgress?.((0.95 * done) / count, "forecasting at origins of the past") },
  );
  const isNonNegative = settings.nonNegative ?? panel.values.every((value) => !(value < 0));
  const isInteger =
    settings.integer ?? (isNonNegative && panel.values.every((value) => Number.isNaN(value) || Number.isInteger(value)));
  const weights = old?.choices.weights ?? chooseWeights(panel, members, { methods, horizon, seasons, origins });

  const inputs = [...(panel.inputs ?? []), ...(panel.calendar ?? [])].map(({ name }) => name);
  const size = count * horizon;
  const nothing = (): Float64Array => new Float64Array(size).fill(Number.NaN);
  const parts = {
    origins: Int32Array.from({ length: count }, (_, series) => endOf(panel, series)),
    basis: new Uint8Array(count),
    classes: new Uint8Array(count),
    scales: new Float64Array(count),
    levels: new Float64Array(count),
    trends: new Float64Array(size),
    seasonParts: new Float64Array(size * seasons.length),
    coefficients: new Float64Array(count * inputs.length),
    usual: new Float64Array(count * inputs.length),
    ahead: inputsAhead(panel, horizon),
    moved: new Float64Array(size),
    accuracy: {
      origins: origins.count,
      errors: nothing(),
      naiveErrors: nothing(),
      bias: nothing(),
      scales: new Float64Array(count),
    },
  };
  const stepErrors: number[][] = Array.from({ length: horizon }, () => []);
  const sumErrors: number[][] = Array.from({ length: horizon }, () => []);
  const season = Math.round(seasons[0] ?? 1);
  for (let series = 0; series < count; series++) {
    const values = valuesOf(panel, series);
    combineSeries(members, series, { weights, methods, seasons, horizon, origins }, parts);
    parts.scales[series] = usualError(values);
    parts.accuracy.scales[series] = seasonalScale(values, season);
    judge(values, members, series, { weights, methods, seasons, horizon, origins }, parts, stepErrors, sumErrors);
  }
  const choices: ForecastChoices = old?.choices ?? {
    methods,
    weights,
    stepShapes: [fitShapes(stepErrors.map((all) => Float64Array.from(all)))],
    sumShapes: [fitShapes(sumErrors.map((all) => Float64Array.from(all)))],
    drift: new Float64Array(settings.levels.length),
  };
  onProgress?.(1, "forecast");
  return { settings, isNonNegative, isInteger, choices, keys: panel.keys, inputs, ...parts };
}

interface Combination {
  readonly weights: Float64Array;
  readonly methods: readonly LocalMethodName[];
  readonly seasons: readonly number[];
  readonly horizon: number;
  readonly origins: Origins;
}

type Assembled = Pick<ForecastParts, "basis" | "levels" | "trends" | "seasonParts" | "accuracy">;

/** Writes the parts of one series. */
function combineSeries({ means, levels, seasonParts }: Members, series: number, how: Combination, into: Assembled): void {
  const { methods, seasons, horizon } = how;
  const mean = combined(means, series, 0, how);
  if (Number.isNaN(mean[0]!)) {
    into.basis[series] = NONE;
    return;
  }
  into.basis[series] = HISTORY;
  let level = 0;
  methods.forEach((_, method) => (level += how.weights[method]! * levels[series * methods.length + method]!));
  into.levels[series] = level;
  for (let step = 0; step < horizon; step++) {
    let trend = mean[step]! - level;
    seasons.forEach((_season, at) => {
      let part = 0;
      methods.forEach((_, method) => {
        const place = ((series * methods.length + method) * seasons.length + at) * horizon + step;
        part += how.weights[method]! * seasonParts[place]!;
      });
      into.seasonParts[(series * seasons.length + at) * horizon + step] = part;
      trend -= part;
    });
    into.trends[series * horizon + step] = trend;
  }
}

/** The combined mean at an origin; NaN where no method had anything to say. */
function combined(
  means: Float64Array,
  series: number,
  origin: number,
  { weights, methods, horizon, origins }: Combination,
): Float64Array {
  const mean = new Float64Array(horizon);
  const from = (series * (origins.count + 1) + origin) * methods.length * horizon;
  methods.forEach((_, method) => {
    for (let step = 0; step < horizon; step++) mean[step]! += weights[method]! * means[from + method * horizon + step]!;
  });
  return mean;
}

/** Errors at origins of the past, those of seasonal naive, and both scaled for the shapes of quantiles. */
function judge(
  values: Float64Array,
  { means }: Members,
  series: number,
  how: Combination,
  { accuracy }: Assembled,
  stepErrors: number[][],
  sumErrors: number[][],
): void {
  const { methods, seasons, horizon, origins } = how;
  const sums = {
    errors: new Float64Array(horizon),
    naive: new Float64Array(horizon),
    bias: new Float64Array(horizon),
    counts: new Uint32Array(horizon),
  };
  const naive = methods.indexOf("seasonalNaive");
  for (let origin = 1; origin <= origins.count; origin++) {
    const cut = cutAt(values.length, origin, horizon, origins, leastHistory(seasons.map(Math.round)));
    if (cut < 0) break;
    const mean = combined(means, series, origin, how);
    const scale = usualError(values.subarray(0, cut));
    let sum = 0;
    for (let step = 0; step < horizon && cut + step < values.length; step++) {
      const error = values[cut + step]! - mean[step]!;
      sum += error;
      if (Number.isNaN(error)) continue;
      sums.counts[step]!++;
      sums.errors[step]! += Math.abs(error);
      sums.bias[step]! -= error;
      const from = ((series * (origins.count + 1) + origin) * methods.length + naive) * horizon;
      sums.naive[step]! += Math.abs(values[cut + step]! - means[from + step]!);
      if (!(scale > 0)) continue;
      stepErrors[step]!.push(error / scale);
      if (!Number.isNaN(sum)) sumErrors[step]!.push(sum / scale);
    }
  }
  for (let step = 0; step < horizon; step++) {
    const at = series * horizon + step;
    accuracy.errors[at] = sums.errors[step]! / sums.counts[step]!;
    accuracy.naiveErrors[at] = sums.naive[step]! / sums.counts[step]!;
    accuracy.bias[at] = sums.bias[step]! / sums.counts[step]!;
  }
}

/** Mean absolute change from one value to the next: the unit of scaled errors. */
function usualError(values: Float64Array): number {
  const scale = seasonalScale(values, 1);
  return Number.isNaN(scale) ? 0 : scale;
}

/** Values of inputs and calendar columns ahead of each series, shape (series, inputs, horizon). */
function inputsAhead({ inputs = [], calendar = [], ...panel }: Panel, horizon: number): Float64Array {
  const count = seriesCount(panel);
  const ahead = new Float64Array(count * (inputs.length + calendar.length) * horizon);
  for (let series = 0, into = 0; series < count; series++) {
    for (const input of inputs) {
      ahead.set(input.ahead.subarray(series * horizon, (series + 1) * horizon), into);
      into += horizon;
    }
    for (const { start, values } of calendar) {
      const from = endOf(panel, series) - start;
      ahead.set(values.subarray(from, from + horizon), into);
      into += horizon;
    }
  }
  return ahead;
}

function methodsOf({ method }: CompleteForecastSettings): LocalMethodName[] {
  const all = Object.keys(localMethods) as LocalMethodName[];
  return method === "auto" || method === "seasonalNaive" ? all : ["seasonalNaive", method];
}
