/** A number: the model decides alone where its interval reaches no further to each side than the policy allows. */
import { formatPercent } from "#base/text";
import type { Interval } from "#records/decision";
import type { RegressPolicy } from "#records/use-case";
import { isNarrow } from "#records/within";
import type { Opinion } from "#stages/decide/ask-model";
import type { Sureness } from "#stages/decide/sureness";

export function byInterval({ within }: RegressPolicy["confident_at"]): Sureness {
  const allowed = within.endsWith("%") ? `within ${within} of the value` : `within ${within}`;
  const seen = ({ lower, upper, coverage }: Interval): string =>
    `${formatPercent(coverage, 0)} of such outcomes lie from ${lower} to ${upper}`;
  return {
    outcome: (opinion) => String(intervalOf(opinion).value),
    doubt(opinion) {
      const interval = intervalOf(opinion);
      return isNarrow(within, interval) ? undefined : `${seen(interval)}, which is wider than ${allowed}`;
    },
    reason: (opinion) => `${seen(intervalOf(opinion))}, ${allowed}`,
  };
}

function intervalOf({ interval }: Opinion): Interval {
  if (interval) return interval;
  throw new Error("a model of numbers gives an interval");
}
