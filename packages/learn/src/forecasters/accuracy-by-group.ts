/** Errors at origins of the past, of groups of series: by step ahead and together, beside seasonal naive, with the bias. */
import type { Forecaster } from "../model.ts";

export interface GroupAccuracy {
  /** Series that were judged. */
  readonly series: number;
  /** Mean absolute scaled error (MASE), of the forecaster and of seasonal naive, each of shape (horizon); NaN where nothing was judged. */
  readonly scaled: Float64Array;
  readonly naiveScaled: Float64Array;
  /** Sum of forecast less truth over the sum of absolute errors of seasonal naive, shape (horizon), in about -1 to 1: above 0 where it says too much. */
  readonly bias: Float64Array;
  /** Over all steps; below 1 is better than seasonal naive. */
  readonly ratio: number;
}

/** `groups`: for each series the number of its group, -1 for none. O(series x horizon). */
export function accuracyByGroup({ accuracy, horizon, count }: Forecaster, groups: Int32Array): GroupAccuracy[] {
  const size = groups.reduce((most, group) => Math.max(most, group + 1), 0);
  return Array.from({ length: size }, (_, group): GroupAccuracy => {
    const sums = { scaled: new Float64Array(horizon), naive: new Float64Array(horizon), over: new Float64Array(horizon) };
    const [units, counts] = [new Float64Array(horizon), new Uint32Array(horizon)];
    let series = 0;
    for (let one = 0; one < count; one++) {
      const scale = accuracy.scales[one]!;
      if (groups[one] !== group || !(scale > 0)) continue;
      let isJudged = false;
      for (let step = 0; step < horizon; step++) {
        const at = one * horizon + step;
        if (Number.isNaN(accuracy.errors[at]!) || Number.isNaN(accuracy.naiveErrors[at]!)) continue;
        isJudged = true;
        counts[step]!++;
        sums.scaled[step]! += accuracy.errors[at]! / scale;
        sums.naive[step]! += accuracy.naiveErrors[at]! / scale;
        sums.over[step]! += accuracy.bias[at]!;
        units[step]! += accuracy.naiveErrors[at]!;
      }
      if (isJudged) series++;
    }
    const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
    return {
      series,
      scaled: sums.scaled.map((sum, step) => sum / counts[step]!),
      naiveScaled: sums.naive.map((sum, step) => sum / counts[step]!),
      bias: sums.over.map((sum, step) => sum / units[step]!),
      ratio: total(sums.scaled) / total(sums.naive),
    };
  });
}
