/**
 * Complex exponential smoothing: a level and a hidden second part of it that turn into each other, smoothed by one complex number, which follows levels and
 * trends without asking which of them there is. Svetunkov, Kourentzes, Ord: Complex Exponential Smoothing, Naval Research Logistics 2022.
 *
 * The first states come from running backwards over the series, as in the software of the authors.
 */
import { nelderMead } from "../math/nelder-mead.ts";
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";
import { seasonallyAdjusted } from "./seasonal-adjust.ts";

/** O(values x some hundred). */
export const complexSmoothing = seasonallyAdjusted(complexOfLevel);

function complexOfLevel({ values }: LocalSeries, horizon: number): LocalForecast {
  if (values.length < 6) return flat(values.at(-1)!, horizon);
  let level = 0;
  let hidden = 0;
  /** One pass; the squares of its errors. */
  const pass = (real: number, imaginary: number, isBack: boolean): number => {
    let squares = 0;
    for (let k = 0; k < values.length; k++) {
      const error = values[isBack ? values.length - 1 - k : k]! - level;
      squares += error * error;
      const next = level - (1 - imaginary) * hidden + (real - imaginary) * error;
      hidden = level + (1 - real) * hidden + (real + imaginary) * error;
      level = next;
    }
    return squares;
  };
  const unit = values.reduce((sum, value) => sum + Math.abs(value) / values.length, 0) || 1;
  const objective = (point: Float64Array): number => {
    const [real, imaginary] = [point[0]!, point[1]!];
    if (!(real > 0 && real < 2.5 && imaginary > 0 && imaginary < 2)) return Infinity;
    level = values[0]!;
    hidden = 0;
    pass(real, imaginary, false);
    pass(real, imaginary, true);
    const squares = pass(real, imaginary, false) / (unit * unit);
    return Number.isFinite(squares) && Math.abs(level) < 1e150 ? squares : Infinity;
  };
  const point = Float64Array.of(1.3, 1);
  const least = nelderMead(objective, point, Float64Array.of(0.2, 0.05), { maxEvaluations: 150, tolerance: 1e-6 });
  if (least === Infinity) return flat(values.at(-1)!, horizon);
  objective(point);
  const [real, imaginary] = [point[0]!, point[1]!];
  const end = level;
  const mean = new Float64Array(horizon);
  for (let step = 0; step < horizon; step++) {
    mean[step] = level;
    const next = level - (1 - imaginary) * hidden;
    hidden = level + (1 - real) * hidden;
    level = next;
  }
  return { mean, level: end, seasons: [] };
}
