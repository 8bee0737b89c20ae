/**
 * "One of these three": sets of classes that hold the truth as often as promised, whatever the model is worth, as long as new records come
 * as the held-out ones did. Regularised adaptive prediction sets (Angelopoulos, Bates, Malik, Jordan: Uncertainty Sets for Image
 * Classifiers using Conformal Prediction, ICLR 2021, algorithms 2 and 3): classes come in, most probable first, until their sum
 * reaches a bound that is learnt on held-out rows; those behind the third cost extra, so that sets stay short.
 *
 * The last class comes in by chance there, which makes coverage exact; chance here is a hash of its probability, so that the same record
 * has the same set. A set always holds the most probable class, so coverage can lie above what was promised.
 */
import { mix } from "../math/hash.ts";
import { argmax } from "../math/softmax.ts";

export interface PredictionSetRule {
  /** What the truth was promised to be in the set with. */
  readonly coverage: number;
  /** Sum of probabilities and penalties up to which classes come in. */
  readonly bound: number;
}

/** Price of each class behind the first `FREE`. */
const PENALTY = 0.01;
const FREE = 3;

/**
 * `probabilities` of held-out rows, shape (nRows, nClasses); `truth` are class indices, -1 for a class that the model does not know, which
 * no set can hold. null where there are too few rows to promise anything, or too many whose class is not known. O(n k log k).
 */
export function fitPredictionSets(
  probabilities: Float32Array,
  truth: Int32Array,
  classCount: number,
  coverage: number,
): PredictionSetRule | null {
  const scores = Float64Array.from(truth, (label, row) => {
    if (label < 0) return Infinity;
    const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
    const order = byProbability(own);
    const rank = order.indexOf(label);
    let sum = 0;
    for (let at = 0; at < rank; at++) sum += own[order[at]!]!;
    return sum + chanceOf(own[label]!) * own[label]! + PENALTY * Math.max(0, rank + 1 - FREE);
  }).sort();
  const place = Math.ceil((scores.length + 1) * coverage) - 1;
  const bound = scores[place];
  return bound === undefined || bound === Infinity ? null : { coverage, bound };
}

/** The indices of the classes in the set of one row, most probable first; at least one. O(k log k). */
export function predictionSet({ bound }: PredictionSetRule, probabilities: Float32Array): number[] {
  const best = argmax(probabilities, 0, probabilities.length);
  if (probabilities[best]! > bound) return [best];
  const order = byProbability(probabilities);
  const set: number[] = [];
  let sum = 0;
  for (const [rank, at] of order.entries()) {
    const own = probabilities[at]!;
    const score = sum + chanceOf(own) * own + PENALTY * Math.max(0, rank + 1 - FREE);
    if (score <= bound || rank === 0) set.push(at);
    sum += own;
    if (sum + PENALTY * Math.max(0, rank + 2 - FREE) > bound) break;
  }
  return set;
}

function byProbability(probabilities: Float32Array): number[] {
  return [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
}

const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);

/** In [0, 1), evenly spread over probabilities that differ at all. */
function chanceOf(probability: number): number {
  asFloat[0] = probability;
  return mix(bits[0]!) / 2 ** 32;
}
