/** What a classifier says of a record, as a decision tells it. */
import { predictionSet } from "#learn/calibrate/prediction-sets";
import type { PredictionSetRule } from "#learn/calibrate/prediction-sets";
import type { Row } from "#learn/data/table";
import type { Classifier } from "#learn/model";
import { reasonLimit, reasonsOf, rounded } from "#flows/decide-and-act/reasons";
import type { Opinion } from "#stages/decide/ask-model";

export function scoreClasses(classifier: Classifier, setRule: PredictionSetRule | null): (row: Row) => Opinion {
  const { classes } = classifier;
  return (row) => {
    const { probabilities, contributions, typicality } = classifier.decideRow(row, reasonLimit);
    return {
      alternatives: bestThree(probabilities).map((at) => ({ outcome: classes[at]!, confidence: rounded(probabilities[at]!) })),
      reasons: reasonsOf(contributions),
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
