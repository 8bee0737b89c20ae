/** Settings of forecasts: plain JSON, the names of the field. */
import { localMethods } from "../forecast/methods.ts";
import type { LocalMethodName } from "../forecast/methods.ts";

export interface ForecastSettings {
  /** Steps ahead. */
  readonly horizon: number;
  /** Lengths of the seasons in steps, such as 7 and 365.25 of days. Those that a series is too short for are left out for it. */
  readonly seasons?: readonly number[];
  /** Levels of the quantiles, in (0, 1). */
  readonly levels?: readonly number[];
  /** Whether forecasts may not be negative; by default where no value is. */
  readonly nonNegative?: boolean;
  /** Whether quantiles are whole numbers; by default where all values are. */
  readonly integer?: boolean;
  /** `auto`: the combination that does best at origins of the past. */
  readonly method?: "auto" | LocalMethodName;
  /** Sums to forecast as well, each by the keys that it keeps apart: `[[], ["group"]]` is the total and one sum for each group. */
  readonly hierarchy?: readonly (readonly string[])[];
  /**
   * Seconds that may be spent, on a usual machine with two threads; turned into numbers of fits, never measured, so the same settings give the same
   * forecasts everywhere.
   */
  readonly budget?: number;
}

export type CompleteForecastSettings = Required<Omit<ForecastSettings, "nonNegative" | "integer">> &
  Pick<ForecastSettings, "nonNegative" | "integer">;

export const forecastDefaults = {
  seasons: [],
  levels: [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975],
  method: "auto",
  hierarchy: [],
  budget: 600,
} as const satisfies Partial<ForecastSettings>;

/** @throws RangeError naming the setting that is out of its range */
export function completeForecastSettings(given: ForecastSettings): CompleteForecastSettings {
  const settings = { ...forecastDefaults, ...given };
  const { horizon, seasons, method, budget } = settings;
  if (!(Number.isInteger(horizon) && horizon >= 1 && horizon <= 10_000))
    throw new RangeError(`horizon: must be a whole number from 1 to 10000, got ${horizon}`);
  const odd = seasons.find((season) => !(season > 1 && season <= 100_000));
  if (odd !== undefined) throw new RangeError(`seasons: must be above 1, at most 100000, got ${odd}`);
  const levels = [...new Set(settings.levels)].sort((a, b) => a - b);
  const outside = levels.find((level) => !(level >= 0.001 && level <= 0.999));
  if (outside !== undefined || levels.length === 0)
    throw new RangeError(`levels: must be at least one, each from 0.001 to 0.999, got ${outside ?? "none"}`);
  if (method !== "auto" && !Object.hasOwn(localMethods, method))
    throw new RangeError(`method: must be one of auto, ${Object.keys(localMethods).join(", ")}, got ${method}`);
  if (!(budget >= 0)) throw new RangeError(`budget: must not be negative, got ${budget}`);
  return { ...settings, levels };
}
