/**
 * What is unusual: what is rarer than the promised number of alarms allows. The model says so alone, unless a person is to look at what is unusual first;
 * what is usual it always decides.
 */
import { formatPercent } from "#base/text";
import { usualness } from "#records/detect-use-case";
import type { DetectRecordsPolicy } from "#records/use-case";
import type { Opinion } from "#stages/decide/ask-model";
import type { Sureness } from "#stages/decide/sureness";

/** `threshold`: share of ordinary records that may be called unusual. */
export function byRarity(
  threshold: number,
  { alarms, unusual: then }: Pick<DetectRecordsPolicy, "alarms" | "unusual">,
): Sureness {
  const [unusual] = usualness;
  return {
    outcome: ({ alternatives }) => alternatives[0]!.outcome,
    doubt: (opinion) => (then === "review" && opinion.alternatives[0]!.outcome === unusual ? reason(opinion) : undefined),
    reason,
  };

  function reason({ alternatives, typicality }: Opinion): string {
    const side = alternatives[0]!.outcome === unusual ? "less" : "more";
    return `${shareText(typicality)} of ordinary records are as unusual, ${side} than the ${shareText(threshold)} that ${alarms} allows`;
  }
}

/** With as many digits as it takes: 0.00012 -> `0.012 %`. */
export function shareText(share: number): string {
  if (share > 0 && share < 1e-6) return "less than 0.0001 %";
  const digits = share >= 0.001 || share === 0 ? 1 : Math.ceil(-Math.log10(share)) - 1;
  return formatPercent(share, digits);
}
