/** What newer history says of an older forecast: which series are the same, and whether its quantiles held as many values as promised. */
import { endOf, seriesCount, valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import type { SeriesParts } from "./assemble.ts";
import { quantilesOf } from "./panel-forecaster.ts";
import type { ForecastParts } from "./panel-forecaster.ts";
import { SMOOTH } from "./series-class.ts";

/**
 * For each series of the newer panel its place before, -1 of new ones. Told by keys; panels without keys by their order.
 *
 * @throws RangeError naming a series that was there before and is not any more
 */
export function placesBefore({ keys, basis }: ForecastParts, panel: Panel): Int32Array {
  const count = seriesCount(panel);
  if (keys.length === 0) {
    if (count < basis.length) throw new RangeError(`series: ${basis.length} were forecast before, these are ${count}`);
    return Int32Array.from({ length: count }, (_, series) => (series < basis.length ? series : -1));
  }
  const nameOf = (own: Panel["keys"], series: number): string => JSON.stringify(own.map(({ values }) => values[series]));
  const places = new Map(Array.from(basis, (_, series) => [nameOf(keys, series), series]));
  const found = Int32Array.from({ length: count }, (_, series) => places.get(nameOf(panel.keys, series)) ?? -1);
  const seen = new Set(found);
  const gone = basis.findIndex((_, series) => !seen.has(series));
  if (gone >= 0)
    throw new RangeError(`series ${nameOf(keys, gone)}: was forecast before and is gone; let it go on with 0 or missing values`);
  return found;
}

/** How far a level moves for a step whose values all lie on one side (gamma of the paper). */
const GAMMA = 0.05;
/** Values of a step that count as full evidence. */
const ENOUGH = 20;

/**
 * Levels as shifted by the steps that have come since: up where more values than promised lay above a quantile. Gibbs & Candès: Adaptive Conformal
 * Inference Under Distribution Shift, NeurIPS 2021, with the share over all series in place of one error. O(series x levels x new steps).
 */
export function newerDrift(old: ForecastParts, panel: Panel, before: Int32Array): Float64Array {
  const { levels, horizon } = old.settings;
  const below = new Float64Array(levels.length * horizon);
  const counts = new Uint32Array(horizon);
  for (const [series, place] of before.entries()) {
    // Of counts, more than the promised share lies at or below a quantile, however right it is.
    if (place < 0 || old.classes[place] !== SMOOTH) continue;
    const from = old.origins[place]! - panel.starts[series]!;
    const steps = Math.min(horizon, endOf(panel, series) - old.origins[place]!);
    if (steps <= 0 || from < 0) continue;
    const quantiles = quantilesOf(old, place);
    if (!quantiles) continue;
    const values = valuesOf(panel, series);
    for (let step = 0; step < steps; step++) {
      const value = values[from + step]!;
      if (Number.isNaN(value)) continue;
      counts[step]!++;
      for (let at = 0; at < levels.length; at++) if (value <= quantiles[at * horizon + step]!) below[at * horizon + step]!++;
    }
  }
  return Float64Array.from(levels, (level, at) => {
    let drift = old.choices.drift[at]!;
    for (let step = 0; step < horizon; step++) {
      if (counts[step] === 0) continue;
      const share = below[at * horizon + step]! / counts[step]!;
      drift += GAMMA * Math.min(1, counts[step]! / ENOUGH) * (level - share);
    }
    // A level may move half of the way to its end.
    return Math.min((1 - level) / 2, Math.max(-level / 2, drift));
  });
}

/** Errors at origins of the past stay those of the fit. */
export function keepAccuracy({ accuracy, settings }: ForecastParts, { accuracy: into }: SeriesParts, before: Int32Array): void {
  const { horizon } = settings;
  for (const [series, place] of before.entries()) {
    if (place < 0) continue;
    for (const name of ["errors", "naiveErrors", "bias"] as const)
      into[name].set(accuracy[name].subarray(place * horizon, (place + 1) * horizon), series * horizon);
    into.scales[series] = accuracy.scales[place]!;
  }
}
