/**
 * L2-regularised multinomial logistic regression over sparse rows.
 *
 * min over W, b of - sum_i w_i ln softmax(W x_i + b)[y_i] + penalty |W|^2 / 2
 *
 * By limited-memory BFGS (`math/minimise.ts`). The constants are not regularised; with the symmetric form over all classes the weights of
 * each feature sum to 0 at the minimum. Of two classes only one is fitted, the other is its mirror image, which is the same model: half
 * the penalty on a weight twice as large in the difference.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { minimise } from "../math/minimise.ts";
import { softmaxInPlace } from "../math/softmax.ts";

export interface LogisticSettings {
  /** Strength of the pull of the weights towards 0, in rows. */
  readonly penalty: number;
  readonly maxRounds: number;
  /** Stops when a round lowers the loss by less than this share of it. */
  readonly tolerance: number;
}

export const logisticDefaults: LogisticSettings = { penalty: 1, maxRounds: 200, tolerance: 1e-6 };

/**
 * Every `next()` is one pass over the chosen rows, O(their stored values x classes). `weights`, shape (nFeatures + 1, nClasses), the last row
 * for the constants, is where the fit begins and is written when it is done.
 */
export function* fitLogistic(
  settings: LogisticSettings,
  rows: SparseRows,
  labels: Uint32Array,
  chosen: Uint32Array,
  classCount: number,
  weights: Float32Array,
): Generator<void, void> {
  const { features, offsets, indices, values } = rows;
  const isBinary = classCount === 2;
  const fitted = isBinary ? 1 : classCount;
  const point = new Float64Array((features + 1) * fitted);
  for (let at = 0; at < point.length; at++) {
    point[at] = isBinary ? weights[at * 2 + 1]! - weights[at * 2]! : weights[at]!;
  }
  const penalty = isBinary ? settings.penalty / 2 : settings.penalty;
  const scores = new Float64Array(fitted);

  const objective = (at: Float64Array, gradient: Float64Array): number => {
    let loss = 0;
    for (let i = 0; i < features * fitted; i++) {
      loss += (penalty * at[i]! * at[i]!) / 2;
      gradient[i] = penalty * at[i]!;
    }
    gradient.fill(0, features * fitted);
    for (const row of chosen) {
      const [from, to] = [offsets[row]!, offsets[row + 1]!];
      const label = labels[row]!;
      if (isBinary) {
        let score = at[features]!;
        for (let k = from; k < to; k++) score += values[k]! * at[indices[k]!]!;
        const wrong = label === 1 ? -score : score; // ln(1 + e^wrong), without overflow
        loss += wrong > 0 ? wrong + Math.log1p(Math.exp(-wrong)) : Math.log1p(Math.exp(wrong));
        const slope = 1 / (1 + Math.exp(-score)) - label;
        gradient[features]! += slope;
        for (let k = from; k < to; k++) gradient[indices[k]!]! += slope * values[k]!;
        continue;
      }
      for (let c = 0; c < fitted; c++) scores[c] = at[features * fitted + c]!;
      for (let k = from; k < to; k++) {
        const start = indices[k]! * fitted;
        for (let c = 0; c < fitted; c++) scores[c]! += values[k]! * at[start + c]!;
      }
      softmaxInPlace(scores, 0, fitted);
      loss -= Math.log(Math.max(scores[label]!, 1e-300));
      scores[label]! -= 1;
      for (let c = 0; c < fitted; c++) gradient[features * fitted + c]! += scores[c]!;
      for (let k = from; k < to; k++) {
        const start = indices[k]! * fitted;
        for (let c = 0; c < fitted; c++) gradient[start + c]! += values[k]! * scores[c]!;
      }
    }
    return loss;
  };
  yield* minimise(objective, point, settings);
  for (let at = 0; at < point.length; at++) {
    if (!isBinary) weights[at] = point[at]!;
    else {
      weights[at * 2] = -point[at]! / 2;
      weights[at * 2 + 1] = point[at]! / 2;
    }
  }
}
