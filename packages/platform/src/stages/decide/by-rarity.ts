/** What is unusual: the model decides always, and calls unusual what is rarer than the promised number of alarms allows. */
import { formatPercent } from "#base/text";
import { usualness } from "#records/detect-use-case";
import type { DetectRecordsPolicy } from "#records/use-case";
import type { Sureness } from "#stages/decide/sureness";

/** `threshold`: share of ordinary records that may be called unusual. */
export function byRarity(threshold: number, { alarms }: Pick<DetectRecordsPolicy, "alarms">): Sureness {
  const [unusual] = usualness;
  return {
    outcome: ({ alternatives }) => alternatives[0]!.outcome,
    doubt: () => undefined,
    reason: ({ alternatives, typicality }) =>
      alternatives[0]!.outcome === unusual
        ? `${shareText(typicality)} of ordinary records are as unusual, less than the ${shareText(threshold)} that ${alarms} allows`
        : `${shareText(typicality)} of ordinary records are as unusual, more than the ${shareText(threshold)} that ${alarms} allows`,
  };
}

/** With as many digits as it takes: 0.00012 -> `0.012 %`. */
export function shareText(share: number): string {
  if (share > 0 && share < 1e-6) return "less than 0.0001 %";
  const digits = share >= 0.001 || share === 0 ? 1 : Math.ceil(-Math.log10(share)) - 1;
  return formatPercent(share, digits);
}
