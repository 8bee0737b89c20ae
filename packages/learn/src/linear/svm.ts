/**
 * L2-regularised linear support vector machine with squared hinge loss, one class against the rest, by dual coordinate descent with
 * shrinking.
 *
 * min over w of |w|^2 / 2 + C sum_i max(0, 1 - y_i w.x_i)^2
 *
 * Hsieh, Chang, Lin, Keerthi, Sundararajan: A Dual Coordinate Descent Method for Large-scale Linear SVM, ICML 2008, algorithm 3.
 * Departures: the constant is one more feature of value 1 and is regularised with the rest (as LIBLINEAR's -B 1); the number of sweeps is
 * bounded, which ends fits that are too flat to matter.
 */
import type { SparseRows } from "../data/sparse-rows.ts";
import { seeded } from "../math/random.ts";
import type { Random } from "../math/random.ts";

export interface SvmSettings {
  /** C of the paper: the price of a row on the wrong side. */
  readonly cost: number;
  readonly maxSweeps: number;
  /** Stops when the projected gradients of a sweep over all rows lie within this span. */
  readonly tolerance: number;
}

/** |x_i|^2 of each row with its constant: the diagonal of Q in the paper. O(stored values). */
export function squaredNorms({ count, offsets, values }: SparseRows, into: Float64Array = new Float64Array(count)): Float64Array {
  for (let row = 0; row < count; row++) {
    let sum = 1;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) sum += values[at]! * values[at]!;
    into[row] = sum;
  }
  return into;
}

/**
 * Fits sweep by sweep: every `next()` is one sweep over the active rows, O(their stored values), and the weights are ready when it is done.
 * `chosen` are the rows to learn from (reordered as it goes); `signs[row]` is 1 for rows of the class, -1 for others. Writes
 * `weights`, shape (nFeatures + 1), the last for the constant.
 */
export function* fitSvm(
  settings: SvmSettings,
  rows: SparseRows,
  norms: Float64Array,
  chosen: Uint32Array,
  signs: Int8Array,
  seed: number,
  weights: Float64Array,
): Generator<void, void> {
  const random = seeded(seed);
  const problem: Problem = {
    rows,
    norms,
    signs,
    weights: weights.fill(0),
    alpha: new Float64Array(rows.count),
    diagonal: 1 / (2 * settings.cost),
    active: chosen,
    size: chosen.length,
    upper: Infinity,
  };
  for (let count = 0; count < settings.maxSweeps; count++) {
    const span = sweep(problem, random);
    if (span <= settings.tolerance) {
      if (problem.size === chosen.length) return;
      problem.size = chosen.length; // converged on the active rows: look at all once more
      problem.upper = Infinity;
    }
    yield;
  }
}

interface Problem {
  readonly rows: SparseRows;
  readonly norms: Float64Array;
  readonly signs: Int8Array;
  readonly weights: Float64Array;
  readonly alpha: Float64Array;
  readonly diagonal: number; // D_ii
  /** Active rows first, then those that were shrunk away. */
  readonly active: Uint32Array;
  size: number;
  upper: number; // M-bar: the greatest projected gradient of the sweep before
}

/** One pass over the active rows in random order; the answer is the span of their projected gradients. */
function sweep(problem: Problem, random: Random): number {
  const { rows, norms, signs, weights, alpha, diagonal, active, upper } = problem;
  const { offsets, indices, values, features: constant } = rows;
  let size = problem.size;
  for (let at = 0; at < size; at++) {
    const other = at + random.below(size - at);
    const kept = active[at]!;
    active[at] = active[other]!;
    active[other] = kept;
  }
  let greatest = -Infinity; // M
  let least = Infinity; // m
  for (let at = 0; at < size; at++) {
    const row = active[at]!;
    const sign = signs[row]!;
    const from = offsets[row]!;
    const to = offsets[row + 1]!;
    let dot = weights[constant]!;
    for (let k = from; k < to; k++) dot += weights[indices[k]!]! * values[k]!;
    const old = alpha[row]!;
    const gradient = sign * dot - 1 + diagonal * old; // G
    let projected = gradient; // PG
    if (old === 0) {
      if (gradient > upper) {
        active[at--] = active[--size]!; // shrink: this row will stay at 0
        active[size] = row;
        continue;
      }
      projected = Math.min(gradient, 0);
    }
    if (projected > greatest) greatest = projected;
    if (projected < least) least = projected;
    if (Math.abs(projected) < 1e-12) continue;
    const now = Math.max(old - gradient / (norms[row]! + diagonal), 0);
    alpha[row] = now;
    const step = sign * (now - old);
    weights[constant]! += step;
    for (let k = from; k < to; k++) weights[indices[k]!]! += step * values[k]!;
  }
  problem.size = size;
  problem.upper = greatest <= 0 ? Infinity : greatest;
  return greatest - least;
}
