/** Weights of methods, pooled over a panel. */
import { valuesOf } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { seasonalScale } from "../metrics/forecast.ts";
import type { Members } from "./members.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";
import type { Origins } from "./rolling-origin.ts";

/** Inverse squares of mean scaled errors at origins of the past, shape (methods); seasonal naive alone has no weight beside others. */
export function chooseWeights(
  panel: Panel,
  { means }: Members,
  {
    methods,
    horizon,
    seasons,
    origins,
  }: { methods: readonly string[]; horizon: number; seasons: readonly number[]; origins: Origins },
): Float64Array {
  const count = panel.offsets.length - 1;
  const sums = new Float64Array(methods.length);
  let errors = 0;
  for (let series = 0; series < count; series++) {
    const values = valuesOf(panel, series);
    const scale = seasonalScale(values, Math.round(seasons[0] ?? 1));
    if (!(scale > 0)) continue;
    for (let origin = 1; origin <= origins.count; origin++) {
      const cut = cutAt(values.length, origin, horizon, origins, leastHistory(seasons.map(Math.round)));
      if (cut < 0) break;
      for (let step = 0; step < horizon && cut + step < values.length; step++) {
        const truth = values[cut + step]!;
        if (Number.isNaN(truth)) continue;
        errors++;
        for (let method = 0; method < methods.length; method++) {
          const from = ((series * (origins.count + 1) + origin) * methods.length + method) * horizon;
          sums[method]! += Math.abs(truth - means[from + step]!) / scale;
        }
      }
    }
  }
  const inverse = sums.map((sum, method) =>
    methods[method] === "seasonalNaive" && methods.length > 1 ? 0 : errors === 0 ? 1 : 1 / Math.max(sum / errors, 1e-9) ** 2,
  );
  const total = inverse.reduce((sum, one) => sum + one, 0);
  return inverse.map((one) => one / total);
}
