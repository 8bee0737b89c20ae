/**
 * The decision that costs least on average, given what each kind of error costs: not the most probable class but the one with the least expected cost
 * (Elkan: The Foundations of Cost-Sensitive Learning, IJCAI 2001). With calibrated probabilities no threshold has to be searched for.
 */

/** Cost of deciding class j where k is true, shape (nClasses, nClasses), row-major by k; 0 on the diagonal. */
export type Costs = Float64Array;

export interface Choice {
  /** Index of the class. */
  readonly best: number;
  /** What it costs on average. */
  readonly cost: number;
}

/** Expected cost of each class, in the order of the classes. O(classes^2). */
export function expectedCosts(probabilities: Float32Array, costs: Costs): Float64Array {
  const classCount = probabilities.length;
  const expected = new Float64Array(classCount);
  for (let k = 0; k < classCount; k++) {
    const probability = probabilities[k]!;
    for (let j = 0; j < classCount; j++) expected[j]! += probability * costs[k * classCount + j]!;
  }
  return expected;
}

/**
 * The class of least expected cost; of equals the more probable one.
 *
 * @example
 * // A bad customer accepted costs 5, a good one refused 1: at one in four bad, refusing costs less.
 * leastExpectedCost(Float32Array.of(0.25, 0.75), Float64Array.of(0, 5, 1, 0)) // { best: 0, cost: 0.75 }
 */
export function leastExpectedCost(probabilities: Float32Array, costs: Costs): Choice {
  const expected = expectedCosts(probabilities, costs);
  let best = 0;
  for (let j = 1; j < expected.length; j++) {
    const gain = expected[best]! - expected[j]!;
    if (gain > 0 || (gain === 0 && probabilities[j]! > probabilities[best]!)) best = j;
  }
  return { best, cost: expected[best]! };
}

/** What deciding alone costs if only rows of expected cost up to a limit are decided, and a person looks at the others. */
export interface CostPoint {
  /** Greatest expected cost at which it is decided alone. */
  readonly limit: number;
  /** Share of rows decided alone. */
  readonly coverage: number;
  /** Mean cost of a row, those that a person looks at included. */
  readonly cost: number;
}

/**
 * At even shares of the rows. `expected` and `actual` are the costs of the chosen class of each row, before and after the truth is known; a look costs
 * `review`. O(n log n).
 */
export function costCurve(expected: Float64Array, actual: Float64Array, review: number, steps = 20): CostPoint[] {
  const order = Uint32Array.from(expected.keys()).sort((a, b) => expected[a]! - expected[b]!);
  const points: CostPoint[] = [{ limit: 0, coverage: 0, cost: review }];
  let spent = 0;
  let next = 1;
  order.forEach((row, at) => {
    spent += actual[row]!;
    const decided = at + 1;
    if (decided < (next * order.length) / steps) return;
    points.push({
      limit: expected[row]!,
      coverage: decided / order.length,
      cost: (spent + review * (order.length - decided)) / order.length,
    });
    while (decided >= (next * order.length) / steps) next++;
  });
  return points;
}
