/** What a model of numbers says of a record, as a decision tells it: with the digits that its interval allows. */
import type { Row } from "#learn/data/table";
import type { Regressor } from "#learn/model";
import { reasonLimit, rounded } from "#flows/decide-and-act/reasons";
import type { Opinion } from "#stages/decide/ask-model";

/** Steps into which an interval is cut by the last digit that is shown, at least. */
const steps = 100;

export function scoreNumber(regressor: Regressor): (row: Row) => Opinion {
  return (row) => {
    const { value, lower, upper, contributions, typicality } = regressor.decideRow(row, reasonLimit);
    const shown = toDigits((upper - lower) / steps);
    return {
      alternatives: [],
      predictionSet: [],
      expectedCost: null,
      interval: { value: shown(value), lower: shown(lower), upper: shown(upper), coverage: regressor.coverage },
      reasons: contributions.map(({ field, value: piece, weight }) => ({
        field,
        value: piece.slice(0, 200),
        weight: shown(weight),
      })),
      typicality: rounded(typicality),
    };
  };
}

/**
 * Rounds to the decimal place that is no coarser than `step`, and to whole numbers at most; to six digits where there is no step.
 *
 * @example toDigits(0.03)(3.14159) === 3.14
 */
export function toDigits(step: number): (value: number) => number {
  if (!(step > 0)) return (value) => Number(value.toPrecision(6));
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step))));
  return (value) => Number(value.toFixed(decimals)) + 0; // never minus zero
}
