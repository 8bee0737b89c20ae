/** The origins of the past of one series, with what was known and what came. */
import { valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { usablePeriods } from "../forecast/prepare-series.ts";
import { shortestPeriod } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";
import { usualChange } from "./spread.ts";

/** An origin of the past of one series, as `pastOrigins` finds it. */
export interface PastOrigin {
  readonly origin: number;
  /** What was known then, and what came, as far as there is any of it. */
  readonly history: Float64Array;
  readonly truth: Float64Array;
  /** What errors from that history are measured in, above 0; NaN where it does not move. Of a shorter history it is larger. */
  readonly unit: number;
}

/** The origins of a series that are far enough from its beginning, the latest first. O(origins x window). */
export function pastOrigins(
  panel: Panel,
  series: number,
  seriesClass: number,
  { horizon, seasons, origins }: Plan,
): PastOrigin[] {
  const values = valuesOf(panel, series);
  const past: PastOrigin[] = [];
  const usable = usablePeriods(seasons, values.length);
  const whole = predictionError(values, usable);
  for (let origin = 1; origin <= origins.count; origin++) {
    const cut = cutAt(values.length, origin, horizon, origins, leastHistory(seasons, seriesClass));
    if (cut < 0) break;
    const history = values.subarray(0, cut);
    const unit = usualChange(history, shortestPeriod(seasons)) * Math.sqrt(predictionError(history, usable) / whole);
    past.push({ origin, history, truth: values.subarray(cut, cut + horizon), unit: unit > 0 ? unit : Number.NaN });
  }
  return past;
}

/** What a method learns of a level and its change, and of each season, whose places are averaged where there are many. */
const OWN = 3;
const MOST_PLACES = 24;

/**
 * Squared error of a forecast over that of one that knew the process: 1 + parameters / values. What is learnt from less errs more, by so much that errors at
 * an origin in the first half of a short series would make today's forecast look a tenth less sure than it is. Akaike: Fitting Autoregressive
 * Models for Prediction, AISM 1969.
 */
function predictionError(history: Float64Array, periods: readonly number[]): number {
  const known = history.reduce((count, value) => count + Number(!Number.isNaN(value)), 0);
  return 1 + periods.reduce((sum, period) => sum + Math.min(MOST_PLACES, period), OWN) / known;
}
