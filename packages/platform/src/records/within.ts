/** How narrow an interval must be for a number to be decided alone: `10`, in the unit of the outcome, or `15%` of the value. */
import { parsePercent } from "#base/text";
import type { Interval } from "#records/decision";

type Bounds = Pick<Interval, "value" | "lower" | "upper">;

/** How far an interval about this value may reach to each side. */
export function reachAllowed(within: string, value: number): number {
  const share = parsePercent(within);
  return share === undefined ? Number(within) : share * Math.abs(value);
}

/** How far it reaches to the side where it reaches further. */
export function reachOf({ value, lower, upper }: Bounds): number {
  return Math.max(value - lower, upper - value);
}

export function isNarrow(within: string, interval: Bounds): boolean {
  return reachOf(interval) <= reachAllowed(within, interval.value);
}
