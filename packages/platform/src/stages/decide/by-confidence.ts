/** Between outcomes: the model decides alone from the confidence on that keeps the precision which was asked for. */
import { formatPercent, parsePercent } from "#base/text";
import type { ClassifyPolicy } from "#records/use-case";
import type { Sureness } from "#stages/decide/sureness";

/** `threshold`: least confidence at which the model decides alone; greater than 1: never. */
export function byConfidence(threshold: number, { precision }: ClassifyPolicy["confident_at"]): Sureness {
  const promise = formatPercent(parsePercent(precision)!, 0);
  return {
    outcome: ({ alternatives }) => alternatives[0]!.outcome,
    doubt({ alternatives }) {
      const { confidence } = alternatives[0]!;
      if (confidence >= threshold) return undefined;
      return threshold > 1
        ? `no confidence keeps ${promise} precision, so the model never decides alone`
        : `confidence ${confidence.toFixed(2)} is below ${threshold.toFixed(2)}, which ${promise} precision takes`;
    },
    reason: ({ alternatives }) =>
      `confidence ${alternatives[0]!.confidence.toFixed(2)} reaches ${threshold.toFixed(2)}, where ${promise} precision is kept`,
  };
}
