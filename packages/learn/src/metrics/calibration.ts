/**
 * Whether stated probabilities are right as often as they say. `probabilities` have shape (nRows, nClasses), row-major; a truth of -1 is a
 * class that the model does not know. Lower is better throughout.
 */
import { seeded } from "../math/random.ts";

/** Mean of -ln(probability of the truth), probabilities cut at 1e-15. O(n). */
export function logLoss(probabilities: Float32Array, truth: Int32Array, classCount: number): number {
  let sum = 0;
  truth.forEach((label, row) => {
    const stated = label < 0 ? 0 : probabilities[row * classCount + label]!;
    sum -= Math.log(Math.max(stated, 1e-15));
  });
  return truth.length === 0 ? 0 : sum / truth.length;
}

/** Mean squared distance between probabilities and truth, summed over classes: 0 to 2. Brier, Monthly Weather Review 1950. O(n). */
export function brierScore(probabilities: Float32Array, truth: Int32Array, classCount: number): number {
  let sum = 0;
  for (let row = 0; row < truth.length; row++) {
    if (truth[row] === -1) sum += 1;
    for (let at = 0; at < classCount; at++) {
      const distance = probabilities[row * classCount + at]! - (truth[row] === at ? 1 : 0);
      sum += distance * distance;
    }
  }
  return truth.length === 0 ? 0 : sum / truth.length;
}

/**
 * Expected calibration error of the chosen class: rows in `bins` groups of equal size by confidence, the mean distance between a
 * group's mean confidence and its share of right choices. Equal-size groups: Nguyen & O'Connor, EMNLP 2015. `right[i]` is 1 where
 * the choice was the truth. O(n log n).
 */
export function expectedCalibrationError(confidences: Float64Array, right: Uint8Array, bins: number = 15): number {
  const sorted = byConfidence(confidences);
  return groupedError(
    sorted.map((row) => confidences[row]!),
    sorted.map((row) => right[row]!),
    bins,
  );
}

/**
 * The calibration error that confidences would show by chance alone if every one were exact: mean and 95th percentile over `draws`
 * simulated truths. An error within it is no evidence of bad calibration (Vaicenavicius et al., AISTATS 2019). O(draws x n).
 */
export function calibrationErrorByChance(
  confidences: Float64Array,
  { bins = 15, draws = 200, seed }: { bins?: number; draws?: number; seed: number },
): { mean: number; upper: number } {
  const sorted = byConfidence(confidences).map((row) => confidences[row]!);
  const random = seeded(seed);
  const errors = Float64Array.from({ length: draws }, () =>
    groupedError(
      sorted,
      sorted.map((confidence) => (random.next() < confidence ? 1 : 0)),
      bins,
    ),
  ).sort();
  return { mean: errors.reduce((sum, error) => sum + error, 0) / draws, upper: errors[Math.ceil(0.95 * draws) - 1]! };
}

/** Mean confidence and share of right choices in `bins` groups of equal size, least confident first: a reliability diagram. O(n log n). */
export function reliability(
  confidences: Float64Array,
  right: Uint8Array,
  bins: number = 10,
): { confidence: number; right: number; rows: number }[] {
  const sorted = byConfidence(confidences);
  return Array.from({ length: bins }, (_, bin) => {
    const rows = sorted.subarray(Math.floor((bin * sorted.length) / bins), Math.floor(((bin + 1) * sorted.length) / bins));
    const mean = (values: Float64Array | Uint8Array): number => rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
    return { confidence: mean(confidences), right: mean(right), rows: rows.length };
  }).filter(({ rows }) => rows > 0);
}

function byConfidence(confidences: Float64Array): Float64Array {
  return Float64Array.from(confidences.keys()).sort((a, b) => confidences[a]! - confidences[b]! || a - b);
}

/** Both in the order of confidence. */
function groupedError(confidences: Float64Array, right: Float64Array, bins: number): number {
  const count = confidences.length;
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    let gap = 0;
    const to = Math.floor(((bin + 1) * count) / bins);
    for (let at = Math.floor((bin * count) / bins); at < to; at++) gap += confidences[at]! - right[at]!;
    error += Math.abs(gap);
  }
  return count === 0 ? 0 : error / count;
}
