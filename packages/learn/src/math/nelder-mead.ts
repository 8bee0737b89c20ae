/**
 * Finds a minimum of a function of few variables from its values alone, by a simplex that walks downhill. Nelder & Mead: A Simplex Method for
 * Function Minimization, The Computer Journal 1965, with their factors 1, 2, 1/2, 1/2.
 */

export interface NelderMeadSettings {
  readonly maxEvaluations: number;
  /** Stops when the worst corner is above the best by no more than this share of it. */
  readonly tolerance: number;
}

/** Moves `point` to the least value found, and returns that value. `steps`: how far the first simplex reaches in each variable. */
export function nelderMead(
  objective: (point: Float64Array) => number,
  point: Float64Array,
  steps: Float64Array,
  { maxEvaluations, tolerance }: NelderMeadSettings,
): number {
  const size = point.length;
  const corners = Array.from({ length: size + 1 }, (_, at) => {
    const corner = point.slice();
    if (at > 0) corner[at - 1]! += steps[at - 1]!;
    return corner;
  });
  const values = Float64Array.from(corners, objective);
  let evaluations = size + 1;
  const centre = new Float64Array(size);
  let trial = new Float64Array(size);
  const towards = (corner: Float64Array, factor: number): number => {
    for (let k = 0; k < size; k++) trial[k] = centre[k]! + factor * (corner[k]! - centre[k]!);
    evaluations++;
    return objective(trial);
  };
  const accept = (at: number, value: number): void => {
    [corners[at], trial] = [trial, corners[at]!];
    values[at] = value;
  };
  for (;;) {
    let [best, worst, second] = [0, 0, -1];
    for (let at = 1; at <= size; at++) {
      if (values[at]! < values[best]!) best = at;
      if (values[at]! > values[worst]!) worst = at;
    }
    for (let at = 0; at <= size; at++) if (at !== worst && (second < 0 || values[at]! > values[second]!)) second = at;
    const spread = values[worst]! - values[best]!;
    if (evaluations >= maxEvaluations || !(spread > tolerance * (Math.abs(values[best]!) + tolerance))) {
      point.set(corners[best]!);
      return values[best]!;
    }
    centre.fill(0);
    for (let at = 0; at <= size; at++) if (at !== worst) for (let k = 0; k < size; k++) centre[k]! += corners[at]![k]! / size;
    const reflected = towards(corners[worst]!, -1);
    if (reflected < values[best]!) {
      const kept = trial.slice();
      const expanded = towards(corners[worst]!, -2);
      if (!(expanded < reflected)) trial.set(kept);
      accept(worst, Math.min(expanded, reflected));
    } else if (reflected < values[second]!) {
      accept(worst, reflected);
    } else {
      if (reflected < values[worst]!) accept(worst, reflected);
      const contracted = towards(corners[worst]!, 0.5);
      if (contracted < values[worst]!) {
        accept(worst, contracted);
        continue;
      }
      for (let at = 0; at <= size; at++) {
        if (at === best) continue;
        for (let k = 0; k < size; k++) corners[at]![k] = (corners[at]![k]! + corners[best]![k]!) / 2;
        values[at] = objective(corners[at]!);
        evaluations++;
      }
    }
  }
}
