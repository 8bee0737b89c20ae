/** The fitted forecasts of a panel: parts that add up to means, scales and shapes that make quantiles, all in flat arrays. */
import type { Panel, SeriesKey } from "../data/series.ts";
import type {
  ChangedInputs,
  ForecastAccuracy,
  Forecaster,
  ForecasterOptions,
  ForecastExplanation,
  SavedModel,
  SeriesForecast,
} from "../model.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { saveEnsemble } from "../trees/saved-ensemble.ts";
import type { ErrorShapes } from "./assemble.ts";
import type { MethodChoice } from "./choose-methods.ts";
import type { KeyLevels } from "./global-trees.ts";
import type { MethodName } from "./plan.ts";
import { shapeAt } from "./quantile-shapes.ts";
import { INTERMITTENT } from "./series-class.ts";
import type { CompleteForecastSettings } from "./settings.ts";
import { countAt } from "./spread.ts";

export const forecasterKind = "panel-forecast";
export const forecasterFormat = 1;

/** Basis of a forecast, as numbers. */
export const NONE = 0;
export const HISTORY = 1;
export const OTHERS = 2;

/** What was chosen at origins of the past and holds for newer history too. */
export interface ForecastChoices {
  readonly methods: readonly MethodName[];
  /** For each class of series its methods and what errors look like. */
  readonly classes: readonly MethodChoice[];
  readonly shapes: readonly ErrorShapes[];
  /** For each class the trees over all series, null where there are none, and the keys that they tell apart. */
  readonly trees: readonly (TreeEnsemble | null)[];
  readonly treeKeys: readonly KeyLevels[];
  /** What is added to a level so that as many values as promised lie below its quantile, shape (levels). */
  readonly drift: Float64Array;
}

export interface ForecastParts {
  readonly settings: CompleteForecastSettings;
  /** Whether forecasts may not be negative, and whether quantiles are whole numbers. */
  readonly isNonNegative: boolean;
  readonly isInteger: boolean;
  readonly choices: ForecastChoices;
  readonly keys: readonly SeriesKey[];
  readonly inputs: readonly string[];
  readonly origins: Int32Array;
  readonly basis: Uint8Array;
  readonly classes: Uint8Array;
  /** Of each method for each series, shape (count, methods). */
  readonly weights: Float64Array;
  /** Unit of the errors of a series, and how much larger than the others' they are in what it moves by; of counts variance over mean. */
  readonly scales: Float64Array;
  readonly factors: Float64Array;
  /** Shape (count). */
  readonly levels: Float64Array;
  /** Shape (count, horizon). */
  readonly trends: Float64Array;
  /** Shape (count, seasons, horizon). */
  readonly seasonParts: Float64Array;
  /** What each input adds a unit, shape (count, inputs), its usual value, same shape, and its values, shape (count, inputs, horizon). */
  readonly coefficients: Float64Array;
  readonly usual: Float64Array;
  readonly ahead: Float64Array;
  /** What sums of the hierarchy moved, shape (count, horizon). */
  readonly moved: Float64Array;
  readonly accuracy: ForecastAccuracy;
}

/** How a newer panel is forecast with the choices of these parts: handed in, since the fit stands above. */
export type Update = (parts: ForecastParts, panel: Panel, options: ForecasterOptions) => Promise<Forecaster>;

export function panelForecaster(parts: ForecastParts, update: Update): Forecaster {
  const { settings, keys, inputs, origins, basis, accuracy } = parts;
  const { horizon, levels, seasons } = settings;
  return {
    kind: forecasterKind,
    horizon,
    levels,
    seasons,
    inputs,
    count: basis.length,
    keys,
    origins,
    accuracy,
    explain: (series, changed) => explainOf(parts, series, changed),
    forecast(series, changed): SeriesForecast | null {
      const explanation = explainOf(parts, series, changed);
      if (!explanation) return null;
      const mean = totalOf(explanation, parts.isNonNegative);
      return {
        basis: basis[series] === HISTORY ? "history" : "others",
        mean,
        quantiles: quantilesAbout(parts, series, mean, "steps"),
        cumulative: quantilesAbout(parts, series, mean, "sums"),
      };
    },
    update: (panel, options) => update(parts, panel, options),
    save: () => save(parts),
  };
}

/** The mean as it was fitted, shape (horizon); 0 where there is none. */
export function meanOf(parts: ForecastParts, series: number): Float64Array {
  const explanation = explainOf(parts, series);
  return explanation ? totalOf(explanation, parts.isNonNegative) : new Float64Array(parts.settings.horizon);
}

/** Quantiles of steps as they were fitted, shape (levels, horizon); null where there are none. */
export function quantilesOf(parts: ForecastParts, series: number): Float64Array | null {
  return parts.basis[series] === NONE ? null : quantilesAbout(parts, series, meanOf(parts, series), "steps");
}

/** The parts of the mean as they were fitted, or with other inputs; null where there is none. */
export function explainOf(parts: ForecastParts, series: number, changed: ChangedInputs = {}): ForecastExplanation | null {
  const { settings, choices, inputs, basis } = parts;
  const { horizon, seasons } = settings;
  if (!(Number.isInteger(series) && series >= 0 && series < basis.length))
    throw new RangeError(`series: must be a whole number from 0 to ${basis.length - 1}, got ${series}`);
  checkChanged(changed, inputs, horizon);
  if (basis[series] === NONE) return null;
  const level = parts.levels[series]!;
  const trend = parts.trends.slice(series * horizon, (series + 1) * horizon);
  const seasonParts = seasons.map((_, at) => {
    const from = (series * seasons.length + at) * horizon;
    return parts.seasonParts.slice(from, from + horizon);
  });
  const inputParts = inputs.map((name, at) => {
    const place = series * inputs.length + at;
    const values = changed[name] ?? parts.ahead.subarray(place * horizon, (place + 1) * horizon);
    const [coefficient, usual] = [parts.coefficients[place]!, parts.usual[place]!];
    return Float64Array.from(values, (value) => (Number.isNaN(value) ? 0 : coefficient * (value - usual)));
  });
  const limit = parts.moved.slice(series * horizon, (series + 1) * horizon);
  if (parts.isNonNegative) {
    for (let step = 0; step < horizon; step++) {
      const sum = sumAt({ level, trend, seasons: seasonParts, inputs: inputParts, limit }, step);
      if (sum < 0) limit[step]! -= sum;
    }
  }
  const methods = choices.methods.map((name, at) => ({ name, weight: parts.weights[series * choices.methods.length + at]! }));
  return { level, trend, seasons: seasonParts, inputs: inputParts, limit, methods: methods.filter(({ weight }) => weight > 0) };
}

function totalOf(explanation: ForecastExplanation, isNonNegative: boolean): Float64Array {
  return Float64Array.from(explanation.trend, (_, step) => {
    const sum = sumAt(explanation, step);
    return isNonNegative ? Math.max(0, sum) : sum; // holding a sum at 0 leaves what rounding left
  });
}

/** Quantiles of each step, or of the sum up to it, about such means, shape (levels, horizon). */
function quantilesAbout(parts: ForecastParts, series: number, mean: Float64Array, of: "steps" | "sums"): Float64Array {
  const { settings, choices, classes, scales, isNonNegative, isInteger } = parts;
  const { levels, horizon } = settings;
  const isCount = classes[series] === INTERMITTENT;
  const scale = scales[series]!;
  const shapes = choices.shapes[classes[series]!]![of];
  const quantiles = new Float64Array(levels.length * horizon);
  for (const [at, level] of levels.entries()) {
    const shifted = isCount ? level : level + choices.drift[at]!;
    let total = 0;
    for (let step = 0; step < horizon; step++) {
      total = of === "sums" ? total + mean[step]! : mean[step]!;
      const score = shapeAt(shapes, step, shifted);
      let value = isCount ? countAt(total, scale, score) : total + scale * score;
      if (isNonNegative) value = Math.max(0, value);
      quantiles[at * horizon + step] = isInteger ? Math.round(value) : value;
    }
  }
  return quantiles;
}

/** In the order in which the parts are said to add up. */
export function sumAt({ level, trend, seasons, inputs, limit }: Omit<ForecastExplanation, "methods">, step: number): number {
  let sum = level + trend[step]!;
  for (const season of seasons) sum += season[step]!;
  for (const input of inputs) sum += input[step]!;
  return sum + limit[step]!;
}

function checkChanged(changed: ChangedInputs, inputs: readonly string[], horizon: number): void {
  for (const [name, values] of Object.entries(changed)) {
    if (!inputs.includes(name)) throw new RangeError(`input ${name}: is not read; read are ${inputs.join(", ") || "none"}`);
    if (values.length !== horizon) throw new RangeError(`input ${name}: must have ${horizon} values, has ${values.length}`);
    const odd = values.findIndex((value) => Math.abs(value) > 1e100);
    if (odd >= 0) throw new RangeError(`input ${name}, step ${odd + 1}: ${values[odd]} is out of range`);
  }
}

function save(parts: ForecastParts): SavedModel {
  const { settings, isNonNegative, isInteger, choices, keys, inputs, accuracy } = parts;
  const trees = choices.trees.map((ensemble, at) => ensemble && saveEnsemble(ensemble, `trees${at}`));
  return {
    header: {
      kind: forecasterKind,
      format: forecasterFormat,
      settings,
      isNonNegative,
      isInteger,
      methods: choices.methods,
      trees: trees.map((one) => one && one.header),
      treeKeys: choices.treeKeys,
      keys: keys.map(({ name }) => name),
      inputs,
      accuracyOrigins: accuracy.origins,
    },
    tensors: {
      drift: choices.drift,
      ...Object.assign({}, ...trees.map((one) => one?.tensors ?? {})),
      ...Object.fromEntries(
        choices.classes.flatMap(({ weights, losses }, at) => [
          [`classWeights${at}`, weights],
          [`classLosses${at}`, losses],
        ]),
      ),
      ...Object.fromEntries(
        choices.shapes.flatMap(({ profile, steps, sums }, at) => [
          [`profile${at}`, profile],
          [`stepShapes${at}`, steps],
          [`sumShapes${at}`, sums],
        ]),
      ),
      ...Object.fromEntries(keys.map(({ values }, at) => [`key${at}`, new TextEncoder().encode(JSON.stringify(values))])),
      origins: parts.origins,
      basis: parts.basis,
      classes: parts.classes,
      weights: parts.weights,
      scales: parts.scales,
      factors: parts.factors,
      levels: parts.levels,
      trends: parts.trends,
      seasonParts: parts.seasonParts,
      coefficients: parts.coefficients,
      usual: parts.usual,
      ahead: parts.ahead,
      moved: parts.moved,
      errors: accuracy.errors,
      naiveErrors: accuracy.naiveErrors,
      bias: accuracy.bias,
      seasonalScales: accuracy.scales,
    },
  };
}
