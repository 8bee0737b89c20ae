/** The origins of the past of one series, with what was known and what came. */
import { valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { shortestPeriod } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";
import { usualChange } from "./spread.ts";

/** An origin of the past of one series, as `eachOrigin` finds it. */
export interface PastOrigin {
  readonly origin: number;
  /** What was known then, and what came, as far as there is any of it. */
  readonly history: Float64Array;
  readonly truth: Float64Array;
  /** The unit of errors, above 0; NaN where the history does not move. */
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
  for (let origin = 1; origin <= origins.count; origin++) {
    const cut = cutAt(values.length, origin, horizon, origins, leastHistory(seasons, seriesClass));
    if (cut < 0) break;
    const history = values.subarray(0, cut);
    const unit = usualChange(history, shortestPeriod(seasons));
    past.push({ origin, history, truth: values.subarray(cut, cut + horizon), unit: unit > 0 ? unit : Number.NaN });
  }
  return past;
}
