/** One round of ours in a process of its own: fits a set, judges it on what came after, and prints one line of JSON. Argument: the set. */
import { valuesOf } from "../../packages/learn/src/data/series.ts";
import { fitForecaster } from "../../packages/learn/src/forecasters/fit-forecaster.ts";
import { scaledError, seasonalScale, symmetricPercentageError } from "../../packages/learn/src/metrics/forecast.ts";
import { readSets } from "./data.ts";

const name = process.argv[2]!;
const { panel, truth, season, horizon } = readSets().find((set) => set.name === name)!;
const levels = [0.025, 0.1, 0.5, 0.9, 0.975];
const from = performance.now();
const forecaster = await fitForecaster({ horizon, seasons: season > 1 ? [season] : [], levels }, panel, { seed: 1, threads: 2 });
const seconds = (performance.now() - from) / 1000;

const mase: (number | null)[] = [];
const smape: number[] = [];
let [inside80, inside95, served, pinball, zero, steps, scaled] = [0, 0, 0, 0, 0, 0, 0];
for (let series = 0; series < forecaster.count; series++) {
  const { mean, quantiles } = forecaster.forecast(series)!;
  const own = truth.subarray(series * horizon, (series + 1) * horizon);
  const scale = seasonalScale(valuesOf(panel, series), season);
  const error = scaledError(own, mean, scale);
  mase.push(Number.isFinite(error) ? error : null);
  smape.push(symmetricPercentageError(own, mean));
  own.forEach((value, step) => {
    const at = (level: number): number => quantiles[level * horizon + step]!;
    steps++;
    if (value >= at(1) && value <= at(3)) inside80++;
    if (value >= at(0) && value <= at(4)) inside95++;
    if (value <= at(3)) served++;
    if (!(scale > 0)) return;
    scaled++;
    pinball += (value > at(3) ? 0.9 * (value - at(3)) : 0.1 * (at(3) - value)) / scale;
    zero += (0.9 * value) / scale;
  });
}
console.log(
  JSON.stringify({
    seconds,
    mase,
    smape,
    coverage80: (100 * inside80) / steps,
    coverage95: (100 * inside95) / steps,
    served90: (100 * served) / steps,
    pinball90: pinball / scaled,
    zeroPinball90: zero / scaled,
  }),
);
