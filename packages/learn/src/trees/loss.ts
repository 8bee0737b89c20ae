/**
 * What boosting minimises: for each loss where scores start, its first and second derivative by the score, and its value. Scores are on
 * the scale of the link: log-odds for `logistic`, logarithms of the mean for `poisson` and `tweedie`, up to a constant logarithms of
 * probabilities for `softmax`, else the number itself.
 *
 * Friedman: Greedy Function Approximation: A Gradient Boosting Machine, Annals of Statistics 2001 (logistic, softmax with its factor
 * (K - 1) / K, absolute, with leaves that are renewed by medians); Yang, Qian, Zou: Insurance Premium Prediction via Gradient
 * Tree-Boosted Tweedie Compound Poisson Models, JBES 2018.
 */
import { weightedQuantile } from "../math/quantile.ts";
import type { LossSettings } from "./settings.ts";

export interface Loss {
  /** Scores of a row, and trees of a round: the classes of `softmax`, else 1. */
  readonly outputs: number;
  /** The quantile of what is left that becomes the value of a leaf, or null where a Newton step is taken. */
  readonly renewal: number | null;
  /** Whether the second derivative is 1 everywhere. */
  readonly isFlat: boolean;
  /** The greatest Newton step. Logarithmic links need one: a single large outcome would ask for e^(many times its mean). */
  readonly maxStep: number;
  /** Scores of rows of which nothing is known, shape (outputs). O(rows), quantiles O(rows) on average. */
  start(target: Float64Array, weights: Float64Array | null, rows: Uint32Array): Float64Array;
  /**
   * First and second derivative. For `softmax` the score is that of one class less `logSumExp` of all, and the target is whether the row is
   * of the class.
   */
  derivatives(score: number, target: number, into: Float64Array): void;
  /** For `softmax`, of the row's own class, as above. */
  value(score: number, target: number): number;
}

/** A step of XGBoost's default for Poisson. */
const LOG_STEP = 0.7;

export function lossOf(settings: LossSettings): Loss {
  const newton = { outputs: 1, renewal: null, isFlat: false, maxStep: Infinity };
  switch (settings.name) {
    case "squared":
      return {
        ...newton,
        isFlat: true,
        start: (target, weights, rows) => Float64Array.of(mean(target, weights, rows)),
        derivatives(score, target, into) {
          into[0] = score - target;
          into[1] = 1;
        },
        value: (score, target) => (score - target) ** 2,
      };
    case "absolute":
      return pinball(0.5);
    case "quantile":
      return pinball(settings.level);
    case "logistic":
      return {
        ...newton,
        start(target, weights, rows) {
          const [none, all] = classWeights(target, weights, rows, 2);
          return Float64Array.of(Math.log(all! / none!));
        },
        derivatives(score, target, into) {
          const probability = 1 / (1 + Math.exp(-score));
          into[0] = probability - target;
          into[1] = probability * (1 - probability);
        },
        value: (score, target) => Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score))) - target * score,
      };
    case "softmax": {
      const factor = settings.classes / (settings.classes - 1);
      return {
        ...newton,
        outputs: settings.classes,
        start: (target, weights, rows) => Float64Array.from(classWeights(target, weights, rows, settings.classes), Math.log),
        derivatives(score, target, into) {
          const probability = Math.exp(score);
          into[0] = probability - target;
          into[1] = factor * probability * (1 - probability);
        },
        value: (score) => -score,
      };
    }
    case "poisson":
      return {
        ...newton,
        maxStep: LOG_STEP,
        start: (target, weights, rows) => Float64Array.of(logMean(target, weights, rows)),
        derivatives(score, target, into) {
          const expected = Math.exp(score);
          into[0] = expected - target;
          into[1] = expected;
        },
        value: (score, target) => Math.exp(score) - target * score,
      };
    case "tweedie": {
      const [one, two] = [1 - settings.power, 2 - settings.power];
      return {
        ...newton,
        maxStep: LOG_STEP,
        start: (target, weights, rows) => Float64Array.of(logMean(target, weights, rows)),
        derivatives(score, target, into) {
          const [a, b] = [target * Math.exp(one * score), Math.exp(two * score)];
          into[0] = b - a;
          into[1] = two * b - one * a;
        },
        value: (score, target) => Math.exp(two * score) / two - (target * Math.exp(one * score)) / one,
      };
    }
  }
}

function pinball(level: number): Loss {
  return {
    outputs: 1,
    renewal: level,
    isFlat: true,
    maxStep: Infinity,
    start(target, weights, rows) {
      const values = Float64Array.from(rows, (row) => target[row]!);
      const own = weights && Float64Array.from(rows, (row) => weights[row]!);
      return Float64Array.of(weightedQuantile(values, own, values.length, level));
    },
    derivatives(score, target, into) {
      into[0] = score < target ? -level : score > target ? 1 - level : 0;
      into[1] = 1;
    },
    value: (score, target) => (score < target ? level * (target - score) : (1 - level) * (score - target)),
  };
}

/** Target values that a loss cannot take, or null. */
export function refusedTarget(loss: LossSettings, target: number): string | null {
  if (!Number.isFinite(target)) return "must be a finite number";
  if (loss.name === "logistic" && target !== 0 && target !== 1) return "must be 0 or 1 with logistic loss";
  if (loss.name === "softmax" && !(Number.isInteger(target) && target >= 0 && target < loss.classes)) {
    return `must be a class index below ${loss.classes}`;
  }
  if ((loss.name === "poisson" || loss.name === "tweedie") && target < 0) return `must not be negative with ${loss.name} loss`;
  return null;
}

function mean(target: Float64Array, weights: Float64Array | null, rows: Uint32Array): number {
  let sum = 0;
  let total = 0;
  for (const row of rows) {
    const weight = weights ? weights[row]! : 1;
    sum += weight * target[row]!;
    total += weight;
  }
  return sum / total;
}

function logMean(target: Float64Array, weights: Float64Array | null, rows: Uint32Array): number {
  return Math.log(Math.max(mean(target, weights, rows), 1e-6));
}

/** Half a row more than there are of each class, so that a class without rows has a logarithm. */
function classWeights(target: Float64Array, weights: Float64Array | null, rows: Uint32Array, classes: number): Float64Array {
  const sums = new Float64Array(classes).fill(0.5);
  let total = classes / 2;
  for (const row of rows) {
    const weight = weights ? weights[row]! : 1;
    sums[target[row]!]! += weight;
    total += weight;
  }
  return sums.map((sum) => sum / total);
}
