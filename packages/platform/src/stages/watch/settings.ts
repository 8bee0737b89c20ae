/** What the detector of a use case is told. */
import { parseDuration } from "#base/text";
import { detectorDefaults, quietStepsOf } from "#learn/anomaly/settings";
import type { DetectorSettings } from "#learn/anomaly/settings";
import { parseAlarmRate } from "#records/alarm-budget";
import type { DetectSeriesUseCase } from "#records/use-case";

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Seasons of a day and a week, of a week and a year where points are hours apart; in training each series may be found to have others, or none
 * (`own-seasons`).
 *
 * @param series how many there are, which a budget for all of them is shared by
 */
export function detectorSettings(
  { every, policy }: Pick<DetectSeriesUseCase, "every" | "policy">,
  series: number,
): DetectorSettings {
  const step = parseDuration(every)!;
  const { alarms, per, perSeries } = parseAlarmRate(policy.alarms)!;
  return {
    ...detectorDefaults,
    every: step,
    seasons: step > 6 * hour ? [7 * day, 365.25 * day] : [day, 7 * day],
    budget: { alarms: perSeries ? alarms : alarms / Math.max(1, series), per },
    quietSteps: quietStepsOf(step),
  };
}

/** Alarms of related series so many milliseconds after each other are one. */
export function togetherWithin({ every, quietSteps }: DetectorSettings): number {
  return every * quietSteps;
}
