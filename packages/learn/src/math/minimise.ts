/**
 * Finds the minimum of a smooth convex function of many variables from its values and gradients: limited-memory BFGS with
 * backtracking. Liu & Nocedal: On the Limited Memory BFGS Method for Large Scale Optimization, Mathematical Programming 1989,
 * algorithm 2.1; steps shortened until they fulfil Armijo's condition, and pairs without positive curvature are not remembered.
 */

export interface MinimiseSettings {
  readonly maxRounds: number;
  /** Stops when a round lowers the value by less than this share of it. */
  readonly tolerance: number;
}

/** Writes the gradient at `point` to `gradient` and returns the value. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

const MEMORY = 8; // m in the paper
const ARMIJO = 1e-4;

/** Moves `point` to the minimum, round by round: every `next()` is one evaluation of the objective. O(variables) beside it. */
export function* minimise(objective: Objective, point: Float64Array, settings: MinimiseSettings): Generator<void, void> {
  const size = point.length;
  const gradient = new Float64Array(size);
  let value = objective(point, gradient);
  const pairs: { moved: Float64Array; turned: Float64Array; inverse: number }[] = []; // s_k, y_k and rho_k
  const trial = new Float64Array(size);
  const trialGradient = new Float64Array(size);
  yield;
  for (let round = 0; round < settings.maxRounds; round++) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    if (slope >= 0) return;
    let length = pairs.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let trialValue: number;
    for (;;) {
      for (let at = 0; at < size; at++) trial[at] = point[at]! + length * direction[at]!;
      trialValue = objective(trial, trialGradient);
      yield;
      if (trialValue <= value + ARMIJO * length * slope) break;
      length /= 2;
      if (length < 1e-10) return;
    }
    const moved = trial.map((to, at) => to - point[at]!);
    const turned = trialGradient.map((to, at) => to - gradient[at]!);
    const curvature = dot(moved, turned);
    if (curvature > 1e-12 * dot(turned, turned)) pairs.push({ moved, turned, inverse: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    const gain = value - trialValue;
    point.set(trial);
    gradient.set(trialGradient);
    value = trialValue;
    if (gain <= settings.tolerance * Math.abs(value)) return;
  }
}

/** -H g by the two loops of the paper. */
function descent(
  gradient: Float64Array,
  pairs: readonly { moved: Float64Array; turned: Float64Array; inverse: number }[],
): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const shares = pairs.map(() => 0);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { moved, turned, inverse } = pairs[k]!;
    shares[k] = inverse * dot(moved, direction);
    addTo(direction, -shares[k]!, turned);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.inverse * dot(last.turned, last.turned));
    for (let at = 0; at < direction.length; at++) direction[at]! *= scale;
  }
  pairs.forEach(({ moved, turned, inverse }, k) => addTo(direction, shares[k]! - inverse * dot(turned, direction), moved));
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

function addTo(sum: Float64Array, factor: number, values: Float64Array): void {
  for (let at = 0; at < sum.length; at++) sum[at]! += factor * values[at]!;
}
