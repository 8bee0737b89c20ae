/** What a model of the usual says of a record, as a decision tells it. */
import type { Row } from "#learn/data/table";
import type { Outliers } from "#learn/model";
import { usualness } from "#records/detect-use-case";
import { reasonLimit, reasonsOf, rounded } from "#flows/decide-and-act/reasons";
import type { Opinion } from "#stages/decide/ask-model";

/** No share is shown as less: below it nothing was ever seen. */
const least = 1e-12;

/** `threshold`: what is rarer is unusual. */
export function scoreOutlier(model: Outliers, threshold: number): (row: Row) => Opinion {
  const [unusual, usual] = usualness;
  return (row) => {
    const { score, contributions } = model.decideRow(row, reasonLimit);
    const typicality = Math.max(least, Number((1 - score).toPrecision(4)));
    const isUnusual = 1 - score < threshold;
    return {
      alternatives: [{ outcome: isUnusual ? unusual : usual, confidence: rounded(isUnusual ? 1 - typicality : typicality) }],
      predictionSet: [],
      expectedCost: null,
      interval: null,
      reasons: reasonsOf(contributions),
      typicality,
    };
  };
}
