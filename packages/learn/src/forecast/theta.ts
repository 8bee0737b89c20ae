/**
 * The Theta method: simple exponential smoothing with half the slope of a straight line as drift. Assimakopoulos & Nikolopoulos: The Theta Model: A
 * Decomposition Approach to Forecasting, IJF 2000; in the form of Hyndman & Billah: Unmasking the Theta Method, IJF 2003.
 */
import { fitEts } from "./ets.ts";
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";
import { seasonallyAdjusted } from "./seasonal-adjust.ts";

/** O(values x some dozen). */
export const theta = seasonallyAdjusted(thetaOfLine);

function thetaOfLine({ values }: LocalSeries, horizon: number): LocalForecast {
  const fit = fitEts({ error: "additive", trend: "none", season: "none", period: 1 }, values);
  if (!fit) return flat(values.at(-1)!, horizon);
  const { alpha, level } = fit.state;
  const drift = lineSlope(values) / 2;
  const start = (1 - (1 - alpha) ** values.length) / alpha;
  const mean = Float64Array.from({ length: horizon }, (_, step) => level + drift * (step + start));
  return { mean, level, seasons: [] };
}

/** Of the least-squares line, a step. O(values). */
export function lineSlope(values: Float64Array): number {
  const middle = (values.length - 1) / 2;
  let [above, squares] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    above += (at - middle) * values[at]!;
    squares += (at - middle) ** 2;
  }
  return squares > 0 ? above / squares : 0;
}
