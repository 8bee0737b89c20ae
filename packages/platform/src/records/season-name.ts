/** What a season is called, by its length in steps. */
import type { Every } from "#base/steps";

/** @example seasonName("day", 7) === "day of the week" */
export function seasonName(every: Every, length: number): string {
  const hours = { "15m": 0.25, "30m": 0.5, hour: 1 }[every as "hour"];
  if (hours !== undefined)
    return length * hours <= 24 ? "time of the day" : length * hours <= 168 ? "time of the week" : "time of the year";
  if (every === "day" && length <= 7) return "day of the week";
  return `${every} of the year`;
}
