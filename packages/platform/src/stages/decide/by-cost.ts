/** Between outcomes whose errors cost different amounts: the model decides what costs least on average, alone where that is less than a person's look. */
import { unsaidCost } from "#records/costs";
import type { PolicyCosts } from "#records/costs";
import type { Opinion } from "#stages/decide/ask-model";
import type { Sureness } from "#stages/decide/sureness";

export function byCost({ review }: PolicyCosts): Sureness {
  const expected = ({ expectedCost }: Opinion): number => {
    if (expectedCost !== null) return expectedCost;
    throw new Error("a model whose errors cost something says what its decision costs");
  };
  return {
    outcome: ({ alternatives }) => alternatives[0]!.outcome,
    doubt(opinion) {
      const cost = expected(opinion);
      if (cost >= unsaid) return "the record does not say what an error would cost";
      return cost <= review
        ? undefined
        : `deciding it costs ${amount(cost)} on average, more than the ${amount(review)} of a look`;
    },
    reason: (opinion) =>
      `deciding it costs ${amount(expected(opinion))} on average, no more than the ${amount(review)} of a look`,
  };
}

/** Far less likely than this is no error. */
const unsaid = unsaidCost * 1e-100;

const amount = (cost: number): string => String(Number(cost.toPrecision(3)));
