/** What a detector is told before it sees a value. Plain JSON; saved with the state. */
import type { AnomalyKind } from "./finding.ts";
import { anomalyKinds } from "./finding.ts";

export interface DetectorSettings {
  /** Milliseconds from one value of a series to the next. */
  readonly every: number;
  /**
   * Milliseconds of the seasons that values may follow, shortest first, at most two, of series that are not given their own (`Detector.setSeasons`).
   * A series uses one once it has passed and where it predicts better with it. Those of less than four steps are left aside.
   */
  readonly seasons: readonly number[];
  /** So many false alarms are expected of one series without anomalies in so many milliseconds. */
  readonly budget: { readonly alarms: number; readonly per: number };
  /** What is looked for. */
  readonly kinds: readonly AnomalyKind[];
  /** An event has ended after so many steps without an unusual value; until then there is no other alarm. */
  readonly quietSteps: number;
  /** No alarm before so many values of a series. */
  readonly warmUp: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * How many steps without an unusual value end an event: two hours of them, since an alarm that comes back within that is the same to those who look
 * at it. Where steps are short, 24 of them that last ten minutes or more are enough, as the means that were disturbed have long forgotten. Where steps
 * are long, never fewer than those means reach back over, so that an event does not end while it is still seen.
 *
 * @param every milliseconds from one value to the next
 */
export function quietStepsOf(every: number): number {
  const stepsOf = (minutes: number): number => Math.ceil((minutes * MINUTE) / every);
  return Math.max(FEW, Math.min(stepsOf(120), Math.max(4 * FEW, stepsOf(10))));
}

/** Steps over which the fastest means of a series reach back. */
export const FEW = 6;

/** Five minutes between values, days and weeks, two false alarms a week. */
export const detectorDefaults: DetectorSettings = {
  every: 300_000,
  seasons: [DAY, 7 * DAY],
  budget: { alarms: 2, per: 7 * DAY },
  kinds: anomalyKinds,
  quietSteps: quietStepsOf(300_000),
  warmUp: 100,
};

/** @throws RangeError naming the setting that cannot be used */
export function checkDetectorSettings({ every, seasons, budget, kinds, quietSteps, warmUp }: DetectorSettings): void {
  positive(every, "every");
  checkSeasons(seasons);
  positive(budget.alarms, "budget.alarms");
  positive(budget.per, "budget.per");
  if (budget.alarms * every > budget.per / 10) {
    throw new RangeError(
      `budget: ${budget.alarms} alarms in ${budget.per / every} values is more than one in ten; fewer alarms or a longer time`,
    );
  }
  if (kinds.length === 0) throw new RangeError(`kinds: there must be at least one of ${anomalyKinds.join(", ")}`);
  const unknown = kinds.find((kind) => !anomalyKinds.includes(kind));
  if (unknown !== undefined) throw new RangeError(`kinds: ${unknown} is none of ${anomalyKinds.join(", ")}`);
  for (const [value, name] of [
    [quietSteps, "quietSteps"],
    [warmUp, "warmUp"],
  ] as const) {
    if (!(Number.isSafeInteger(value) && value >= 1))
      throw new RangeError(`${name}: must be a whole number above 0, got ${value}`);
  }
}

/** @throws RangeError where there are more than two, or they are not in order */
export function checkSeasons(seasons: readonly number[]): void {
  seasons.forEach((season, at) => positive(season, `seasons[${at}]`));
  if (seasons.length > 2 || (seasons.length === 2 && !(seasons[0]! < seasons[1]!))) {
    throw new RangeError(`seasons: must be at most two, the shorter first, got ${seasons.join(", ")}`);
  }
}

function positive(value: number, name: string): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name}: must be a finite number above 0, got ${value}`);
}
