/**
 * The learner of series: methods for single series, judged at origins of the past, combined with weights that are pooled over the panel and lean to
 * what did better for a series, with quantiles from the errors that the combination made there.
 */
import { checkPanel, endOf, seriesCount, valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import type { Forecaster, ForecasterOptions } from "../model.ts";
import { combineSeries, emptyParts, errorFactor, judgeSeries, scaleOf, shapesOf } from "./assemble.ts";
import type { BatchErrors, ErrorShapes, SeriesParts } from "./assemble.ts";
import { chooseMethods, seriesWeights } from "./choose-methods.ts";
import type { MethodChoice } from "./choose-methods.ts";
import { forecastMembers, sharedPanel } from "./members.ts";
import { OTHERS, NONE, panelForecaster } from "./panel-forecaster.ts";
import type { ForecastParts } from "./panel-forecaster.ts";
import { chosenPlan, planFor } from "./plan.ts";
import { classCount, classOf, SMOOTH } from "./series-class.ts";
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
  return panelForecaster(await fitParts(complete, panel, options), updateForecaster);
}

/** The same choices on newer history. */
export async function updateForecaster(old: ForecastParts, panel: Panel, options: ForecasterOptions): Promise<Forecaster> {
  return panelForecaster(await fitParts(old.settings, panel, options), updateForecaster);
}

/** Series of a batch: choices are made on the first, evenly spread over the panel. */
const BATCH = 4096;

async function fitParts(
  settings: CompleteForecastSettings,
  panel: Panel,
  { threads = 0, signal, onProgress }: ForecasterOptions,
): Promise<ForecastParts> {
  signal?.throwIfAborted();
  const count = seriesCount(panel);
  const isNonNegative = settings.nonNegative ?? !panel.values.some((value) => value < 0);
  const isInteger =
    settings.integer ?? (isNonNegative && panel.values.every((value) => Number.isNaN(value) || Number.isInteger(value)));
  const classes = Uint8Array.from({ length: count }, (_, series) => (isInteger ? classOf(valuesOf(panel, series)) : SMOOTH));
  const data = sharedPanel(panel);
  const all = planFor(settings, panel);
  const parts = emptyParts(panel, classes, all, data.inputs.length);
  parts.ahead.set(inputsAhead(panel, settings.horizon));
  let plan = all;
  let choices: MethodChoice[] | null = null;
  let shapes: ErrorShapes[] | null = null;
  let done = 0;
  for (const batch of batchesOf(count)) {
    const own = Uint8Array.from(batch, (series) => classes[series]!);
    const members = await forecastMembers(
      { panel: data, batch, classes: own, plan },
      {
        threads,
        signal,
        onProgress: (ready) => onProgress?.((0.98 * (done + ready)) / count, "forecasting from origins of the past"),
      },
    );
    choices ??= Array.from({ length: classCount }, (_, one) =>
      chooseMethods(
        panel,
        batch,
        [...own.keys()].filter((at) => own[at] === one),
        members,
        plan,
        one,
        triedOf(settings, plan.wanted[one]!),
      ),
    );
    const size = batch.length * plan.origins.count * plan.horizon;
    const errors: BatchErrors = { steps: new Float64Array(size).fill(Number.NaN), sums: new Float64Array(size).fill(Number.NaN) };
    for (const [at, series] of batch.entries()) {
      const weights = seriesWeights(panel, series, at, members, plan, choices[own[at]!]!);
      combineSeries(series, at, weights, members, plan, parts);
      judgeSeries(panel, series, at, weights, members, plan, isNonNegative, parts, errors);
    }
    shapes ??= shapesOf(own, errors, plan);
    for (const [at, series] of batch.entries()) {
      const factor = errorFactor(errors.steps, at, -1, shapes[own[at]!]!.profile, plan);
      parts.factors[series] = factor;
      parts.scales[series] = scaleOf(panel, series, own[at]!, factor, plan.seasons);
    }
    plan = chosenPlan(
      plan,
      choices.map(({ weights }) => weights),
    );
    done += batch.length;
  }
  borrow(parts, settings.horizon);
  onProgress?.(1, "forecast");
  return {
    settings,
    isNonNegative,
    isInteger,
    choices: { methods: all.methods, classes: choices!, shapes: shapes!, drift: new Float64Array(settings.levels.length) },
    keys: panel.keys,
    inputs: data.inputs.map(({ name }) => name),
    ...parts,
  };
}

/** A method that is asked for stands alone. */
function triedOf({ method }: CompleteForecastSettings, wanted: readonly number[]): readonly number[] {
  return method === "auto" || method === "seasonalNaive" ? wanted : wanted.filter((at) => at > 0);
}

/** The first batch evenly spread over the series, the others in their order. */
function* batchesOf(count: number): Generator<Uint32Array, void> {
  const stride = Math.max(1, count / BATCH);
  const first = Uint32Array.from({ length: Math.min(count, BATCH) }, (_, at) => Math.floor(at * stride));
  yield first;
  const isDone = new Uint8Array(count);
  for (const series of first) isDone[series] = 1;
  let batch: number[] = [];
  for (let series = 0; series < count; series++) {
    if (isDone[series] === 1) continue;
    batch.push(series);
    if (batch.length < BATCH) continue;
    yield Uint32Array.from(batch);
    batch = [];
  }
  if (batch.length > 0) yield Uint32Array.from(batch);
}

/** Series without a value of their own are expected to be like the others, and may be like any of them. */
function borrow({ basis, levels, trends, seasonParts, scales, classes }: SeriesParts, horizon: number): void {
  const known = [...basis.keys()].filter((series) => basis[series] !== NONE);
  if (known.length === 0 || known.length === basis.length) return;
  const level = known.reduce((sum, series) => sum + levels[series]! / known.length, 0);
  const spread = known.reduce((sum, series) => sum + (Math.abs(levels[series]! - level) + scales[series]!) / known.length, 0);
  const seasons = seasonParts.length / trends.length;
  const mean = (values: Float64Array, place: number, size: number): number =>
    known.reduce((sum, series) => sum + values[series * size + place]! / known.length, 0);
  const trend = Float64Array.from({ length: horizon }, (_, step) => mean(trends, step, horizon));
  const season = Float64Array.from({ length: seasons * horizon }, (_, place) => mean(seasonParts, place, seasons * horizon));
  for (let series = 0; series < basis.length; series++) {
    if (basis[series] !== NONE) continue;
    basis[series] = OTHERS;
    classes[series] = SMOOTH;
    levels[series] = level;
    scales[series] = spread;
    trends.set(trend, series * horizon);
    seasonParts.set(season, series * seasons * horizon);
  }
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
