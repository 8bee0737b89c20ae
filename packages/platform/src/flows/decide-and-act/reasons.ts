/** Contributions of a model as the reasons of a decision. */
import type { Contribution } from "#learn/model";
import type { Reason } from "#records/decision";

/** Reasons that an answer holds. */
export const reasonLimit = 6;

export function reasonsOf(contributions: readonly Contribution[]): Reason[] {
  return contributions.map(({ field, value, weight }) => ({ field, value: value.slice(0, 200), weight: rounded(weight) }));
}

export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
