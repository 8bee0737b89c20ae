/**
 * The learner of series: methods for single series, judged at origins of the past, combined with weights that are pooled over the panel and lean to
 * what did better for a series, with quantiles from the errors that the combination made there.
 */
import { checkPanel, endOf, seriesCount, valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { Pace } from "../math/pause.ts";
import type { Forecaster, ForecasterOptions } from "../model.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { combineSeries, emptyParts, errorFactor, judgeSeries, scaleOf, shapesOf } from "./assemble.ts";
import type { BatchErrors, ErrorShapes } from "./assemble.ts";
import { chooseMethods, seriesWeights } from "./choose-methods.ts";
import type { MethodChoice } from "./choose-methods.ts";
import { fillFromTrees, fitGlobalTrees, keyCodes, keyLevelsOf } from "./global-trees.ts";
import type { GlobalData } from "./global-trees.ts";
import { forecastMembers, sharedPanel } from "./members.ts";
import { keepAccuracy, newerDrift, placesBefore } from "./newer-history.ts";
import { explainOf, HISTORY, meanOf, NONE, OTHERS, panelForecaster } from "./panel-forecaster.ts";
import type { ForecastParts } from "./panel-forecaster.ts";
import { chosenPlan, planFor } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { reconcile } from "./reconcile.ts";
import { classCount, classOf, INTERMITTENT, SMOOTH } from "./series-class.ts";
import { completeForecastSettings } from "./settings.ts";
import type { CompleteForecastSettings, ForecastSettings } from "./settings.ts";
import { withSums } from "./sums.ts";
import type { Groups } from "./sums.ts";

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

/**
 * The same choices on newer history: methods, weights and shapes of errors stay, and levels shift by what newer values were against their quantiles.
 *
 * @throws RangeError where series have gone: those that ended go on with 0 or missing values
 */
export async function updateForecaster(old: ForecastParts, panel: Panel, options: ForecasterOptions): Promise<Forecaster> {
  checkPanel(panel, old.settings.horizon);
  return panelForecaster(await updateParts(old, panel, options), updateForecaster);
}

/** Series of a batch, at most, and forecasts of steps by members: choices are made on the first, evenly spread over the panel. */
const BATCH = 4096;
const BATCH_STEPS = 8_000_000;

async function fitParts(settings: CompleteForecastSettings, given: Panel, options: ForecasterOptions): Promise<ForecastParts> {
  const { seed, threads = 0, signal, onProgress } = options;
  signal?.throwIfAborted();
  const { panel: whole, groups } = withSums(given, settings.hierarchy, settings.horizon);
  const panel = observed(whole);
  const count = seriesCount(panel);
  const isNonNegative = settings.nonNegative ?? !panel.values.some((value) => value < 0);
  const isInteger =
    settings.integer ?? (isNonNegative && panel.values.every((value) => Number.isNaN(value) || Number.isInteger(value)));
  const classes = classesOf(panel, settings);
  const shared = sharedPanel(whole);
  const all = planFor(settings, panel);
  const parts = emptyParts(panel, classes, all, shared.inputs.length);
  parts.ahead.set(inputsAhead(panel, settings.horizon));
  const raw = groups.length > 0 ? new Float64Array(count * all.origins.count * settings.horizon) : null;
  const treesAt = all.methods.indexOf("globalTrees");
  const treeKeys = keyLevelsOf(panel);
  const codes = keyCodes(panel, treeKeys);
  const pastTrees: (TreeEnsemble | null)[] = Array.from({ length: classCount }, () => null);
  const trees = [...pastTrees];
  let plan = all;
  let choices: MethodChoice[] | null = null;
  let shapes: ErrorShapes[] | null = null;
  let done = 0;
  for (const batch of batchesOf(count, plan)) {
    const own = Uint8Array.from(batch, (series) => classes[series]!);
    const members = await forecastMembers(
      { panel: shared, batch, classes: own, plan },
      {
        threads,
        signal,
        onProgress: (ready) => onProgress?.((0.98 * (done + ready)) / count, "forecasting from origins of the past"),
      },
    );
    const data: GlobalData = { panel, shared, plan, keys: treeKeys, codes };
    const fitOptions = { seed, threads, signal };
    const placesIn = (one: number): number[] => [...own.keys()].filter((at) => own[at] === one);
    if (treesAt >= 0) {
      for (let one = 0; one < classCount; one++) {
        const places = placesIn(one);
        const series = places.map((at) => batch[at]!);
        const ensemble = choices ? pastTrees[one]! : await fitGlobalTrees(data, series, one, true, fitOptions);
        pastTrees[one] = ensemble;
        if (!ensemble || !plan.wanted[one]!.includes(treesAt)) continue;
        for (let origin = 1; origin <= plan.origins.count; origin++)
          fillFromTrees(data, batch, places, one, origin, treesAt, ensemble, members);
      }
    }
    choices ??= Array.from({ length: classCount }, (_, one) =>
      chooseMethods(
        panel,
        batch,
        placesIn(one),
        members,
        plan,
        one,
        triedOf(settings, plan.wanted[one]!).filter((method) => method !== treesAt || pastTrees[one]),
      ),
    );
    for (let one = 0; one < classCount; one++) {
      if (treesAt < 0 || !(choices[one]!.weights[treesAt]! > 0)) continue;
      const places = placesIn(one);
      trees[one] ??= await fitGlobalTrees(
        data,
        places.map((at) => batch[at]!),
        one,
        false,
        fitOptions,
      );
      fillFromTrees(data, batch, places, one, 0, treesAt, trees[one]!, members);
    }
    const size = batch.length * plan.origins.count * plan.horizon;
    const errors: BatchErrors = { steps: new Float64Array(size).fill(Number.NaN), sums: new Float64Array(size).fill(Number.NaN) };
    const pace = new Pace(200, signal);
    for (const [at, series] of batch.entries()) {
      await pace.spend(1);
      const weights = seriesWeights(panel, series, own[at]!, at, members, plan, choices[own[at]!]!, 0);
      combineSeries(series, at, weights, members, plan, parts);
      judgeSeries(panel, series, at, choices[own[at]!]!, members, plan, isNonNegative, parts, errors, raw);
    }
    shapes ??= shapesOf(own, errors, plan);
    for (const [at, series] of batch.entries()) {
      const factor = errorFactor(errors.steps, at, 0, shapes[own[at]!]!.profile, plan);
      parts.factors[series] = factor;
      parts.scales[series] = scaleOf(panel, series, own[at]!, factor, plan.seasons);
    }
    plan = chosenPlan(
      plan,
      choices.map(({ weights }) => weights),
    );
    done += batch.length;
  }
  const fitted: ForecastParts = {
    settings,
    isNonNegative,
    isInteger,
    choices: {
      methods: all.methods,
      classes: choices!,
      shapes: shapes!,
      trees,
      treeKeys,
      drift: new Float64Array(settings.levels.length),
    },
    keys: panel.keys,
    inputs: shared.inputs.map(({ name }) => name),
    ...parts,
  };
  widenSingles(fitted, panel);
  borrow(fitted);
  agree(fitted, groups, raw);
  onProgress?.(1, "forecast");
  return fitted;
}

async function updateParts(old: ForecastParts, given: Panel, options: ForecasterOptions): Promise<ForecastParts> {
  const { threads = 0, signal, onProgress } = options;
  signal?.throwIfAborted();
  const { settings, choices } = old;
  const { panel: whole, groups } = withSums(given, settings.hierarchy, settings.horizon);
  const panel = observed(whole);
  const count = seriesCount(panel);
  const before = placesBefore(old, panel);
  const classes = classesOf(panel, settings);
  const shared = sharedPanel(whole);
  if (old.inputs.join("\n") !== shared.inputs.map(({ name }) => name).join("\n"))
    throw new RangeError(`inputs: must be ${old.inputs.join(", ") || "none"} as before`);
  const planned = planFor(settings, panel);
  const plan = chosenPlan(
    { ...planned, methods: choices.methods, origins: { ...planned.origins, count: 0 } },
    choices.classes.map(({ weights }) => weights),
  );
  const parts = emptyParts(panel, classes, plan, shared.inputs.length);
  parts.ahead.set(inputsAhead(panel, settings.horizon));
  const codes = keyCodes(panel, choices.treeKeys);
  let done = 0;
  for (const batch of batchesOf(count, plan)) {
    const own = Uint8Array.from(batch, (series) => classes[series]!);
    const members = await forecastMembers(
      { panel: shared, batch, classes: own, plan },
      { threads, signal, onProgress: (ready) => onProgress?.((0.98 * (done + ready)) / count, "forecasting") },
    );
    const treesAt = plan.methods.indexOf("globalTrees");
    for (const [one, ensemble] of choices.trees.entries()) {
      if (!ensemble) continue;
      const places = [...own.keys()].filter((at) => own[at] === one);
      fillFromTrees({ panel, shared, plan, keys: choices.treeKeys, codes }, batch, places, one, 0, treesAt, ensemble, members);
    }
    for (const [at, series] of batch.entries()) {
      const place = before[series]!;
      const isKnown = place >= 0 && old.basis[place] === HISTORY && old.classes[place] === own[at];
      const methods = choices.methods.length;
      const weights = isKnown ? old.weights.slice(place * methods, (place + 1) * methods) : choices.classes[own[at]!]!.weights;
      combineSeries(series, at, weights, members, plan, parts);
      parts.factors[series] = isKnown ? old.factors[place]! : 1;
      parts.scales[series] = scaleOf(panel, series, own[at]!, parts.factors[series], plan.seasons);
    }
    done += batch.length;
  }
  keepAccuracy(old, parts, before);
  const updated: ForecastParts = {
    ...old,
    ...parts,
    accuracy: { ...parts.accuracy, origins: old.accuracy.origins },
    keys: panel.keys,
    choices: { ...choices, drift: newerDrift(old, panel, before) },
  };
  widenSingles(updated, panel);
  borrow(updated);
  agree(updated, groups, null);
  onProgress?.(1, "forecast");
  return updated;
}

/** Sums agree with what they are made of. */
function agree(parts: ForecastParts, groups: Groups, raw: Float64Array | null): void {
  if (groups.length === 0) return;
  const { horizon } = parts.settings;
  const count = parts.basis.length;
  const means = new Float64Array(count * horizon);
  for (let series = 0; series < count; series++) means.set(meanOf(parts, series), series * horizon);
  // What parts add up to may lie below the bound of the mean: it is moved from there.
  const free = means.slice();
  for (let series = 0; series < count; series++)
    explainOf(parts, series)?.limit.forEach((moved, step) => (free[series * horizon + step]! -= moved));
  // An update has no errors of its own; what series usually err by says as much.
  const usual = parts.scales.map((scale, series) =>
    parts.classes[series] === INTERMITTENT ? Math.sqrt(scale * Math.max(parts.levels[series]!, 0.01)) : scale,
  );
  const errors = raw?.slice() ?? usual;
  const times = errors.length / count;
  for (let series = 0; series < count && raw; series++) {
    const own = errors.subarray(series * times, (series + 1) * times);
    // A series without errors is not one that never errs.
    if (own.every((error) => error === 0)) own[series % times] = usual[series]! * Math.sqrt(times);
  }
  // What rests on others is in no history of a sum: it comes on top, where it else would be taken from what is known.
  const known = groups.map((members) => members.filter((series) => parts.basis[series] === HISTORY));
  reconcile(means, horizon, known, errors, parts.isNonNegative);
  groups.forEach((members, sum) => {
    for (let step = 0; step < horizon; step++) {
      let total = 0;
      for (const member of members) total += means[member * horizon + step]!;
      means[(count - groups.length + sum) * horizon + step] = total;
    }
  });
  for (let place = 0; place < means.length; place++) parts.moved[place] = means[place]! - free[place]!;
}

/** The panel as it is judged: what was sold out or closed is no demand that could have been met. */
function observed(panel: Panel): Panel {
  const { censored } = panel;
  return censored ? { ...panel, values: panel.values.map((value, at) => (censored[at] === 1 ? Number.NaN : value)) } : panel;
}

function classesOf(panel: Panel, { integer }: CompleteForecastSettings): Uint8Array {
  return Uint8Array.from({ length: seriesCount(panel) }, (_, series) =>
    integer === false ? SMOOTH : classOf(valuesOf(panel, series)),
  );
}

/** Seasonal naive is what others are measured by, unless it is asked for. */
function triedOf({ method }: CompleteForecastSettings, wanted: readonly number[]): readonly number[] {
  return method === "seasonalNaive" ? wanted : wanted.filter((at) => at > 0);
}

/** The first batch evenly spread over the series, the others in their order. */
function* batchesOf(count: number, { methods, origins, horizon }: Plan): Generator<Uint32Array, void> {
  const most = Math.max(64, Math.min(BATCH, Math.floor(BATCH_STEPS / ((origins.count + 1) * methods.length * horizon))));
  const stride = Math.max(1, count / most);
  const first = Uint32Array.from({ length: Math.min(count, most) }, (_, at) => Math.floor(at * stride));
  yield first;
  const isDone = new Uint8Array(count);
  for (const series of first) isDone[series] = 1;
  let batch: number[] = [];
  for (let series = 0; series < count; series++) {
    if (isDone[series] === 1) continue;
    batch.push(series);
    if (batch.length < most) continue;
    yield Uint32Array.from(batch);
    batch = [];
  }
  if (batch.length > 0) yield Uint32Array.from(batch);
}

/** Of a series with one value nobody has seen it move: it moves as others of its size do, or, without any, by as much as it is large. O(values). */
function widenSingles({ classes, levels, scales, basis }: ForecastParts, panel: Panel): void {
  const singles: number[] = [];
  let [moves, sizes] = [0, 0];
  for (let series = 0; series < basis.length; series++) {
    if (basis[series] !== HISTORY || classes[series] !== SMOOTH) continue;
    const values = valuesOf(panel, series);
    const first = values.findIndex((value) => !Number.isNaN(value));
    const isSingle = first >= 0 && !values.some((value, at) => at > first && !Number.isNaN(value));
    if (isSingle) singles.push(series);
    else {
      moves += scales[series]!;
      sizes += Math.abs(levels[series]!);
    }
  }
  const share = sizes > 0 ? moves / sizes : 1;
  for (const series of singles) scales[series] = share * Math.abs(levels[series]!);
}

/** Series without a value of their own are expected to be like the others, and may be like any of them. */
function borrow({ basis, levels, trends, seasonParts, scales, classes, settings: { horizon } }: ForecastParts): void {
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
