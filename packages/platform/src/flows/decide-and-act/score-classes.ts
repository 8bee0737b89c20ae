/** What a classifier says of a record, as a decision tells it. */
import { predictionSet } from "#learn/calibrate/prediction-sets";
import type { PredictionSetRule } from "#learn/calibrate/prediction-sets";
import type { Row } from "#learn/data/table";
import { expectedCosts } from "#learn/select/expected-cost";
import type { Costs } from "#learn/select/expected-cost";
import type { Classifier } from "#learn/model";
import { reasonLimit, reasonsOf, rounded } from "#flows/decide-and-act/reasons";
import type { Opinion } from "#stages/decide/ask-model";

/** `costs` are those of errors on a record, where the policy says any: what costs least comes first then. */
export function scoreClasses(
  classifier: Classifier,
  setRule: PredictionSetRule | null,
  costs: ((row: Row) => Costs) | null,
): (row: Row) => Opinion {
  const { classes } = classifier;
  return (row) => {
    const { probabilities, best, contributions, typicality } = classifier.decideRow(row, reasonLimit);
    const expected = costs && expectedCosts(probabilities, costs(row));
    const order = bestThree(expected ? Float32Array.from(expected, (cost) => -cost) : probabilities);
    const chosen = order[0]!;
    return {
      alternatives: order.map((at) => ({ outcome: classes[at]!, confidence: rounded(probabilities[at]!) })),
      expectedCost: expected && rounded(expected[chosen]!),
      reasons: reasonsOf(chosen === best ? contributions : classifier.explainRow(row, chosen, reasonLimit)),
      predictionSet: setRule ? predictionSet(setRule, probabilities).map((at) => classes[at]!) : [],
      interval: null,
      typicality: rounded(typicality),
    };
  };
}

/** Indices of the three greatest, greatest first. O(n). */
function bestThree(values: Float32Array): number[] {
  const best: number[] = [];
  for (let at = 0; at < values.length; at++) {
    let place = best.length;
    while (place > 0 && values[at]! > values[best[place - 1]!]!) place--;
    if (place < 3) {
      best.splice(place, 0, at);
      if (best.length > 3) best.pop();
    }
  }
  return best;
}
