/**
 * L2-regularised generalised linear models over sparse rows (Nelder & Wedderburn: Generalized Linear Models, JRSS A 1972): least squares,
 * Poisson regression with its logarithmic link, logistic regression of two and of more classes.
 *
 * min over W, b of sum_i c_i loss(W x_i + b, y_i) + penalty |W|^2 / 2, where row i counts c_i
 *
 * By limited-memory BFGS (`math/minimise.ts`). The constants are not regularised. With `softmax`, in its symmetric form, the weights of
 * each feature sum to 0 at the minimum; `logistic` is the same model of two classes, in which only the score of the second less that of
 * the first is fitted: half the penalty on a weight twice as large.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { minimise } from "../math/minimise.ts";
import { softmaxInPlace } from "../math/softmax.ts";

/** Targets are numbers for `squared`, not negative ones for `poisson`, class indices for `logistic` (0 or 1) and `softmax`. */
export type Family =
  | { readonly name: "squared" | "poisson" | "logistic" }
  | { readonly name: "softmax"; readonly classes: number };

export interface GeneralisedSettings {
  readonly family: Family;
  /** Strength of the pull of the weights towards 0, in rows. */
  readonly penalty: number;
  readonly maxRounds: number;
  /** Stops when a round lowers the loss by less than this share of it. */
  readonly tolerance: number;
}

export const generalisedDefaults = { penalty: 1, maxRounds: 200, tolerance: 1e-6 } as const;

/** Scores of a row: the classes of `softmax`, else 1. */
export function outputsOf(family: Family): number {
  return family.name === "softmax" ? family.classes : 1;
}

/**
 * Every `next()` is one pass over the chosen rows, O(their stored values x outputs). `counts` says what each row counts for, null: 1. `weights`, shape (nFeatures + 1, outputs), the last row
 * for the constants, is where the fit begins and is moved to the minimum.
 */
export function* fitGeneralised(
  { family, penalty, ...settings }: GeneralisedSettings,
  rows: SparseRows,
  target: Float64Array,
  counts: Float64Array | null,
  chosen: Uint32Array,
  weights: Float64Array,
): Generator<void, void> {
  const { features } = rows;
  const pull = family.name === "logistic" ? penalty / 2 : penalty;
  const penalised = features * outputsOf(family);
  const lossOf = family.name === "softmax" ? softmaxLoss(family.classes) : oneScore(oneScoreLosses[family.name]);
  yield* minimise(
    (at, gradient) => {
      let loss = 0;
      for (let i = 0; i < penalised; i++) {
        loss += (pull * at[i]! * at[i]!) / 2;
        gradient[i] = pull * at[i]!;
      }
      gradient.fill(0, penalised);
      return loss + lossOf(rows, target, counts, chosen, at, gradient);
    },
    weights,
    settings,
  );
}

/** The loss of the chosen rows; adds its gradient. */
type LossOfRows = (
  rows: SparseRows,
  target: Float64Array,
  counts: Float64Array | null,
  chosen: Uint32Array,
  at: Float64Array,
  gradient: Float64Array,
) => number;

interface OneScoreLoss {
  value(score: number, target: number): number;
  slope(score: number, target: number): number;
}

/** None is negative, so that a share of the loss means something. */
const oneScoreLosses: Readonly<Record<"squared" | "poisson" | "logistic", OneScoreLoss>> = {
  squared: {
    value: (score, target) => (score - target) ** 2 / 2,
    slope: (score, target) => score - target,
  },
  // Half the deviance: 0 where e^score is the target.
  poisson: {
    value: (score, target) => Math.exp(score) - target * (score + 1) + (target > 0 ? target * Math.log(target) : 0),
    slope: (score, target) => Math.exp(score) - target,
  },
  logistic: {
    value(score, target) {
      const wrong = target === 1 ? -score : score; // ln(1 + e^wrong), without overflow
      return wrong > 0 ? wrong + Math.log1p(Math.exp(-wrong)) : Math.log1p(Math.exp(wrong));
    },
    slope: (score, target) => 1 / (1 + Math.exp(-score)) - target,
  },
};

function oneScore({ value, slope }: OneScoreLoss): LossOfRows {
  return ({ features, offsets, indices, values }, target, counts, chosen, at, gradient) => {
    let loss = 0;
    for (const row of chosen) {
      const [from, to] = [offsets[row]!, offsets[row + 1]!];
      const count = counts ? counts[row]! : 1;
      let score = at[features]!;
      for (let k = from; k < to; k++) score += values[k]! * at[indices[k]!]!;
      loss += count * value(score, target[row]!);
      const wrong = count * slope(score, target[row]!);
      gradient[features]! += wrong;
      for (let k = from; k < to; k++) gradient[indices[k]!]! += wrong * values[k]!;
    }
    return loss;
  };
}

function softmaxLoss(classes: number): LossOfRows {
  const scores = new Float64Array(classes);
  return ({ features, offsets, indices, values }, target, counts, chosen, at, gradient) => {
    let loss = 0;
    for (const row of chosen) {
      const [from, to] = [offsets[row]!, offsets[row + 1]!];
      const count = counts ? counts[row]! : 1;
      const label = target[row]!;
      for (let c = 0; c < classes; c++) scores[c] = at[features * classes + c]!;
      for (let k = from; k < to; k++) {
        const start = indices[k]! * classes;
        for (let c = 0; c < classes; c++) scores[c]! += values[k]! * at[start + c]!;
      }
      softmaxInPlace(scores, 0, classes);
      loss -= count * Math.log(Math.max(scores[label]!, 1e-300));
      scores[label]! -= 1;
      for (let c = 0; c < classes; c++) scores[c]! *= count;
      for (let c = 0; c < classes; c++) gradient[features * classes + c]! += scores[c]!;
      for (let k = from; k < to; k++) {
        const start = indices[k]! * classes;
        for (let c = 0; c < classes; c++) gradient[start + c]! += values[k]! * scores[c]!;
      }
    }
    return loss;
  };
}
