/**
 * Quantiles from errors of the past: what forecasts at earlier origins missed by, in units of the error that is usual for the series, pooled over
 * all series for each step ahead. Split conformal prediction (Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005): of
 * series like those of the panel, the promised share lies below each quantile, whatever the forecasts are worth.
 */
import { normalQuantile } from "../math/normal.ts";

/** Levels that shapes are kept at; others lie between them, on the scale of the normal distribution. */
export const shapeLevels: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925,
  0.95, 0.975, 0.99, 0.995, 0.9975, 0.999,
];
const scores = shapeLevels.map(normalQuantile);

/** Below so many errors a step the normal distribution has a say, as if it were so many. */
const PRIOR = 20;

/**
 * Quantiles of scaled errors at `shapeLevels`, shape (horizon, levels), row-major. `errors`: for each step ahead those that are known. Steps
 * without any have those of the step before.
 *
 * `mirrored`, in [0, 1]: how far errors upwards and downwards are taken to be alike. All series of a panel live through the same years, and what went up
 * in those that were learnt from may go down in the next.
 */
export function fitShapes(errors: readonly Float64Array[], mirrored: number): Float64Array {
  const shapes = new Float64Array(errors.length * shapeLevels.length);
  // Steps before the first with an error are as unsure as that one.
  const known = errors.find(({ length }) => length > 0);
  let scale = known ? sizeOf(known) : 1;
  errors.forEach((all, step) => {
    const sorted = all.slice().sort();
    const sizes = sorted.map(Math.abs).sort();
    const count = sorted.length;
    if (count > 0) scale = Math.max(scale, sizeOf(sorted));
    if (step > 0 && count === 0) {
      shapes.copyWithin(step * shapeLevels.length, (step - 1) * shapeLevels.length, step * shapeLevels.length);
      return;
    }
    shapeLevels.forEach((level, at) => {
      let own = 0;
      if (count > 0) {
        const even = (level < 0.5 ? -1 : 1) * quantileOf(sizes, 2 * Math.max(level, 1 - level) - 1);
        own = (1 - mirrored) * quantileOf(sorted, level) + mirrored * even;
      }
      // What so many errors can tell of a level ends with the first and the last of them.
      const tail = Math.min(level, 1 - level) * (count + 1);
      const trust = Math.min(1, tail) * (count / (count + PRIOR));
      shapes[step * shapeLevels.length + at] = trust * own + (1 - trust) * scale * scores[at]!;
    });
    // The two kinds of quantiles may cross where they meet.
    shapes.subarray(step * shapeLevels.length, (step + 1) * shapeLevels.length).sort();
  });
  return shapes;
}

/** The quantile of scaled errors at a step and level in (0, 1). O(log levels). */
export function shapeAt(shapes: Float64Array, step: number, level: number): number {
  const score = normalQuantile(level);
  let at = 1;
  while (at < scores.length - 1 && scores[at]! < score) at++;
  const from = step * shapeLevels.length + at;
  const share = (score - scores[at - 1]!) / (scores[at]! - scores[at - 1]!);
  return shapes[from - 1]! + share * (shapes[from]! - shapes[from - 1]!);
}

function sizeOf(errors: Float64Array): number {
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

/** Of sorted values: as many of one more value lie below it as promised. */
function quantileOf(sorted: Float64Array, level: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, level * (sorted.length + 1) - 1));
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
