/**
 * What inputs add to a series: ridge regression of the values on the inputs, both freed of trend and season by the same moving averages, so that
 * slow movements and seasons are left to the methods (Frisch & Waugh, Econometrica 1933).
 */
import { adjusted, centredTrend, seasonalPattern } from "../forecast/decompose.ts";
import { solveSymmetric } from "../math/cholesky.ts";

export interface InputEffects {
  /** What each input adds a unit. */
  readonly coefficients: Float64Array;
  /** Mean of each input in the history. */
  readonly usual: Float64Array;
}

/** Steps that the belief in no effect counts as. */
const PRIOR = 4;

/** `columns`: one array an input, of the length of `values`, NaN is missing. `period` 1: no season. O(values x inputs^2). */
export function inputEffects(values: Float64Array, columns: readonly Float64Array[], period: number): InputEffects {
  const usual = Float64Array.from(columns, knownMean);
  const size = columns.length;
  const none = { coefficients: new Float64Array(size), usual };
  if (values.length < 8 + size) return none;
  const hasSeason = period > 1 && values.length >= 3 * period;
  const free = (column: Float64Array): Float64Array => {
    const window = hasSeason ? period : Math.min(7, values.length >> 1);
    const still = hasSeason ? adjusted(column, seasonalPattern(column, period, false)) : column;
    const trend = centredTrend(still, window);
    return still.map((value, at) => value - trend[at]!);
  };
  const target = free(values);
  const inputs = columns.map((column, at) => free(column.map((value) => (Number.isNaN(value) ? usual[at]! : value))));
  const gram = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) gram[i * size + j] = dot(inputs[i]!, inputs[j]!);
    right[i] = dot(inputs[i]!, target);
  }
  // What never moves says nothing; what moves is believed more the longer it is seen.
  for (let i = 0; i < size; i++) {
    const square = gram[i * size + i]!;
    gram[i * size + i] = square > 1e-12 * values.length * (1 + usual[i]! ** 2) ? square * (1 + PRIOR / values.length) : 1e290;
  }
  const coefficients = solveSymmetric(gram, right, size);
  return coefficients ? { coefficients, usual } : none;
}

function knownMean(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
