/**
 * Autoregression: the change from one step to the next is a linear function of the changes before it and of those a season ago, by ridge regression, with the
 * number of lags chosen by AICc. What ARIMA models without moving averages say; Hyndman & Khandakar: Automatic Time Series Forecasting, JSS
 * 2008, choose among them likewise.
 */
import { solveSymmetric } from "../math/cholesky.ts";
import { flat } from "./method.ts";
import type { LocalForecast, LocalSeries } from "./method.ts";
import { seasonallyAdjusted } from "./seasonal-adjust.ts";

/** O(lags^2 x values). */
export const autoregression = seasonallyAdjusted(autoregressionOfLine);

const MOST = 6;

function autoregressionOfLine({ values }: LocalSeries, horizon: number): LocalForecast {
  const count = values.length;
  const lags = Math.min(MOST, Math.floor(count / 5));
  if (lags < 1) return flat(values.at(-1)!, horizon);
  const best = [false, true]
    .flatMap((isDifferenced) => Array.from({ length: lags + 1 }, (_, order) => fitOrder(values, order, isDifferenced, lags + 1)))
    .reduce((one, other) => (other.aicc < one.aicc ? other : one));
  const { isDifferenced, coefficients } = best;
  const work = isDifferenced ? differences(values) : values;
  const order = coefficients.length - 1;
  const path = new Float64Array(work.length + horizon);
  path.set(work);
  const mean = new Float64Array(horizon);
  let last = values.at(-1)!;
  for (let step = 0; step < horizon; step++) {
    const at = work.length + step;
    let next = coefficients[order]!;
    for (let lag = 1; lag <= order; lag++) next += coefficients[lag - 1]! * path[at - lag]!;
    path[at] = next;
    last = isDifferenced ? last + next : next;
    mean[step] = last;
  }
  return { mean, level: values.at(-1)!, seasons: [] };
}

interface Autoregression {
  readonly isDifferenced: boolean;
  /** Of lag 1, 2, ..., and the constant. */
  readonly coefficients: Float64Array;
  readonly aicc: number;
}

function differences(values: Float64Array): Float64Array {
  return Float64Array.from({ length: values.length - 1 }, (_, at) => values[at + 1]! - values[at]!);
}

/** Errors are those of values from place `from` on, whatever the order, so that criteria compare. */
function fitOrder(values: Float64Array, order: number, isDifferenced: boolean, from: number): Autoregression {
  const work = isDifferenced ? differences(values) : values;
  const shift = isDifferenced ? 1 : 0;
  const size = order + 1;
  const mean = work.reduce((sum, value) => sum + value / work.length, 0);
  const gram = new Float64Array(size * size);
  const right = new Float64Array(size);
  const row = new Float64Array(size);
  let rows = 0;
  for (let at = from - shift; at < work.length; at++, rows++) {
    for (let lag = 1; lag <= order; lag++) row[lag - 1] = work[at - lag]! - mean;
    row[order] = 1;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) gram[i * size + j]! += row[i]! * row[j]!;
      right[i]! += row[i]! * (work[at]! - mean);
    }
  }
  for (let i = 0; i < order; i++) gram[i * size + i]! *= 1.001;
  const solution = solveSymmetric(gram, right, size);
  const none: Autoregression = { isDifferenced, coefficients: Float64Array.of(mean), aicc: Infinity };
  if (!solution) return none;
  let squares = 0;
  for (let at = from - shift; at < work.length; at++) {
    let error = work[at]! - mean - solution[order]!;
    for (let lag = 1; lag <= order; lag++) error -= solution[lag - 1]! * (work[at - lag]! - mean);
    squares += error * error;
  }
  // A sum of coefficients of 1 or more runs away.
  const sum = solution.subarray(0, order).reduce((total, one) => total + one, 0);
  if (!(Math.abs(sum) < 0.999) || solution.subarray(0, order).some((one) => Math.abs(one) > 1.5)) return none;
  const coefficients = solution.slice();
  coefficients[order] = solution[order]! + mean * (1 - sum);
  const parameters = size + 1;
  if (rows <= parameters + 1) return none;
  const aicc =
    rows * Math.log(Math.max(squares, 1e-280)) + 2 * parameters + (2 * parameters * (parameters + 1)) / (rows - parameters - 1);
  return { isDifferenced, coefficients, aicc };
}
