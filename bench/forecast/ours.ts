/** One round of ours in a process of its own: fits a set, judges it on what came after, and prints one line of JSON. Argument: the set. */
import { valuesOf } from "../../packages/learn/src/data/series.ts";
import { fitForecaster } from "../../packages/learn/src/forecasters/fit-forecaster.ts";
import { seeded } from "../../packages/learn/src/math/random.ts";
import { scaledError, seasonalScale, symmetricPercentageError } from "../../packages/learn/src/metrics/forecast.ts";
import { readSets } from "./data.ts";

const name = process.argv[2]!;
const { panel, truth, season, horizon } = readSets().find((set) => set.name === name)!;
// Every half per cent, so that the share of what is expected below a value can be read off.
const levels = Array.from({ length: 199 }, (_, at) => (at + 1) / 200);
const placeOf = (level: number): number => Math.round(level * 200) - 1;
const chance = seeded(1);
const from = performance.now();
const forecaster = await fitForecaster({ horizon, seasons: season > 1 ? [season] : [], levels }, panel, { seed: 1, threads: 2 });
const seconds = (performance.now() - from) / 1000;

const mase: (number | null)[] = [];
const smape: number[] = [];
let [inside80, inside95, parted80, parted95, served, pinball, zero, steps, scaled] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
for (let series = 0; series < forecaster.count; series++) {
  const { mean, quantiles } = forecaster.forecast(series)!;
  const own = truth.subarray(series * horizon, (series + 1) * horizon);
  const scale = seasonalScale(valuesOf(panel, series), season);
  const error = scaledError(own, mean, scale);
  mase.push(Number.isFinite(error) ? error : null);
  smape.push(symmetricPercentageError(own, mean));
  own.forEach((value, step) => {
    const at = (level: number): number => quantiles[placeOf(level) * horizon + step]!;
    steps++;
    if (value >= at(0.1) && value <= at(0.9)) inside80++;
    if (value >= at(0.025) && value <= at(0.975)) inside95++;
    // Of counts, many values lie on a quantile: which side they count for is parted by chance (Czado, Gneiting, Held 2009).
    let [below, upTo] = [0, 0];
    for (let place = 0; place < levels.length; place++) {
      if (quantiles[place * horizon + step]! < value) below++;
      if (quantiles[place * horizon + step]! <= value) upTo++;
    }
    const share = (below + chance.next() * (upTo + 1 - below)) / (levels.length + 1);
    if (share >= 0.1 && share <= 0.9) parted80++;
    if (share >= 0.025 && share <= 0.975) parted95++;
    if (value <= at(0.9)) served++;
    if (!(scale > 0)) return;
    scaled++;
    pinball += (value > at(0.9) ? 0.9 * (value - at(0.9)) : 0.1 * (at(0.9) - value)) / scale;
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
    parted80: (100 * parted80) / steps,
    parted95: (100 * parted95) / steps,
    served90: (100 * served) / steps,
    pinball90: pinball / scaled,
    zeroPinball90: zero / scaled,
  }),
);
