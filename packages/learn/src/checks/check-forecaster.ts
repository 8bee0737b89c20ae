/**
 * What every forecaster of this package, and every one made for it, must keep: a list of named checks over a learner, to be run by any test runner. Each
 * fails with an error that says what was seen. A learner is done when all pass.
 *
 * @example
 * for (const check of forecasterChecks) test(check.name, () => check.run(learner));
 */
import { seriesCount } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { loadForecaster } from "../forecasters/load.ts";
import type { Forecaster, ForecasterOptions, SeriesForecast } from "../model.ts";
import { decodeModel, encodeModel } from "../tensors.ts";
import { ensure, equal, sameBytes } from "./assert.ts";
import { failedChecks } from "./check.ts";
import type { Check } from "./check.ts";
import { checkHorizon, checkSeries } from "./check-series.ts";
import { endsWithReason, tellsProgress } from "./fit-checks.ts";

/** A learner with its settings: a horizon of `checkHorizon`, one season of `checkSeason`, levels 0.1, 0.5 and 0.9 among others. */
export interface CheckedForecaster {
  fit(panel: Panel, options: ForecasterOptions): Promise<Forecaster>;
  /** Where it is not the loader of this package. */
  load?: typeof loadForecaster;
}

/** Runs all checks; the answer names those that failed and why. */
export const checkForecaster = (learner: CheckedForecaster): Promise<{ name: string; error: Error }[]> =>
  failedChecks(forecasterChecks, learner);

const seed = 11;

/** The same fit for all checks that do not look at the fit itself. */
const fitted = new WeakMap<CheckedForecaster, Promise<Forecaster>>();
function once(learner: CheckedForecaster): Promise<Forecaster> {
  const known = fitted.get(learner) ?? learner.fit(checkSeries(seed).panel, { seed });
  fitted.set(learner, known);
  return known;
}

export const forecasterChecks: readonly Check<CheckedForecaster>[] = [
  {
    name: "learns: errors are a quarter less than those of the last season repeated",
    async run(learner) {
      const { panel, truth, odd } = checkSeries(seed);
      const model = await once(learner);
      let [own, naive] = [0, 0];
      for (let series = 0; series < odd; series++) {
        const { mean } = model.forecast(series)!;
        const last = panel.values.subarray(panel.offsets[series + 1]! - 7, panel.offsets[series + 1]);
        mean.forEach((value, step) => {
          const wanted = truth[series * checkHorizon + step]!;
          if (Number.isNaN(last[step % 7]!)) return;
          own += Math.abs(value - wanted);
          naive += Math.abs(last[step % 7]! - wanted);
        });
      }
      ensure(own < 0.75 * naive, `the mean absolute error is ${(own / naive).toFixed(2)} of theirs`);
    },
  },
  {
    name: "the same panel and seed give the same bytes, whatever the number of threads",
    async run(learner) {
      const { panel } = checkSeries(seed);
      const saved: Uint8Array[] = [];
      for (const threads of [0, 0, 2]) saved.push(encodeModel((await learner.fit(panel, { seed, threads })).save()));
      ensure(sameBytes(saved[0]!, saved[1]!), "two fits in the calling thread differ");
      ensure(sameBytes(saved[0]!, saved[2]!), "a fit with two threads differs from one without");
    },
  },
  {
    name: "a forecaster saved and loaded answers the same, and saves the same bytes",
    async run(learner) {
      const model = await once(learner);
      const bytes = encodeModel(model.save());
      const loaded = (learner.load ?? loadForecaster)(decodeModel(bytes));
      for (let series = 0; series < model.count; series++) {
        equal(plain(loaded.forecast(series)), plain(model.forecast(series)), `the forecast of series ${series}`);
        equal(loaded.explain(series)?.level, model.explain(series)?.level, `the level of series ${series}`);
      }
      equal(loaded.keys, model.keys, "the keys");
      ensure(sameBytes(encodeModel(loaded.save()), bytes), "saving what was loaded gives other bytes");
    },
  },
  {
    name: "level, trend, seasons, inputs and limit add up to the mean, and the weights of methods to 1",
    async run(learner) {
      const model = await once(learner);
      for (let series = 0; series < model.count; series++) {
        const forecast = model.forecast(series);
        const parts = model.explain(series);
        equal(parts === null, forecast === null, `whether series ${series} is explained`);
        if (!forecast || !parts) continue;
        forecast.mean.forEach((mean, step) => {
          const sum = [parts.trend, ...parts.seasons, ...parts.inputs, parts.limit].reduce(
            (total, part) => total + part[step]!,
            parts.level,
          );
          ensure(
            Math.abs(sum - mean) <= 1e-9 * (1 + Math.abs(mean)),
            `series ${series}, step ${step}: parts sum to ${sum}, the mean is ${mean}`,
          );
        });
        if (forecast.basis === "others") continue;
        const weight = parts.methods.reduce((sum, one) => sum + one.weight, 0);
        ensure(Math.abs(weight - 1) < 1e-9, `series ${series}: the weights of methods sum to ${weight}`);
      }
    },
  },
  {
    name: "every number is finite and quantiles ascend with their level, of odd series too",
    async run(learner) {
      const model = await once(learner);
      for (let series = 0; series < model.count; series++) proper(model, series);
    },
  },
  {
    name: "quantiles hold about what they promise, of steps and of sums",
    async run(learner) {
      let [inside, sums, steps, all] = [0, 0, 0, 0];
      for (const own of [seed, seed + 1, seed + 2]) {
        const { panel, truth, odd } = checkSeries(own);
        const model = await learner.fit(panel, { seed });
        const [low, high] = [model.levels.indexOf(0.1), model.levels.indexOf(0.9)];
        for (let series = 0; series < odd; series++) {
          const { quantiles, cumulative } = model.forecast(series)!;
          let sum = 0;
          for (let step = 0; step < checkHorizon; step++) {
            const value = truth[series * checkHorizon + step]!;
            sum += value;
            steps++;
            if (value >= quantiles[low * checkHorizon + step]! && value <= quantiles[high * checkHorizon + step]!) inside++;
          }
          all++;
          const end = checkHorizon - 1;
          if (sum >= cumulative[low * checkHorizon + end]! && sum <= cumulative[high * checkHorizon + end]!) sums++;
        }
      }
      ensure(inside / steps > 0.7 && inside / steps < 0.92, `${inside} of ${steps} values lie between the quantiles 0.1 and 0.9`);
      ensure(sums / all > 0.6, `${sums} of ${all} sums lie between the quantiles 0.1 and 0.9`);
    },
  },
  {
    name: "what is sold no more fades, and series without a value are like the others",
    async run(learner) {
      const { odd } = checkSeries(seed);
      const model = await once(learner);
      const gone = model.forecast(odd + 4)!;
      ensure(
        gone.mean.every((mean) => mean < 0.5),
        `5 a step until 40 steps ago, and still ${gone.mean[0]}`,
      );
      const fresh = model.forecast(odd);
      equal(fresh?.basis, "others", "the basis of a series without a value");
      ensure(fresh!.mean[0]! > 1, `a new series is forecast ${fresh!.mean[0]}`);
    },
  },
  {
    name: "values in another unit give the same forecasts in that unit",
    async run(learner) {
      const { panel, odd } = checkSeries(seed);
      const model = await learner.fit({ ...panel, values: panel.values.map((value) => value / 3) }, { seed });
      const other = await learner.fit({ ...panel, values: panel.values.map((value) => 8 * (value / 3)) }, { seed });
      for (let series = 0; series < odd; series++) {
        const [one, two] = [model.forecast(series)!.mean, other.forecast(series)!.mean];
        one.forEach((mean, step) => {
          ensure(
            Math.abs(8 * mean - two[step]!) <= 0.05 * (1 + 8 * mean),
            `series ${series}: ${mean} times 8 became ${two[step]}`,
          );
        });
      }
    },
  },
  {
    name: "another promotion changes the part of the promotion alone",
    async run(learner) {
      const model = await once(learner);
      const input = model.inputs.indexOf("promotion");
      const [none, always] = [0, 1].map((value) => ({ promotion: new Float64Array(checkHorizon).fill(value) }));
      const [without, with_] = [model.explain(0, none)!, model.explain(0, always)!];
      equal([...with_.trend], [...without.trend], "the trend");
      equal([...with_.seasons[0]!], [...without.seasons[0]!], "the season");
      const added = with_.inputs[input]![0]! - without.inputs[input]![0]!;
      ensure(added > 6 && added < 18, `a promotion that adds 12 adds ${added}`);
      ensure(
        Math.abs(model.forecast(0, always)!.mean[0]! - model.forecast(0, none)!.mean[0]! - added) < 1e-6,
        "the mean moved otherwise",
      );
    },
  },
  {
    name: "an update on the same history changes no mean, on newer history it follows",
    async run(learner) {
      const { panel } = checkSeries(seed);
      const model = await once(learner);
      const same = await model.update(panel, { seed });
      for (let series = 0; series < model.count; series++)
        equal([...(same.forecast(series)?.mean ?? [])], [...(model.forecast(series)?.mean ?? [])], `series ${series}`);
      const higher = await model.update({ ...panel, values: panel.values.map((value) => value + 100) }, { seed });
      const [before, after] = [model.forecast(0)!.mean[0]!, higher.forecast(0)!.mean[0]!];
      ensure(Math.abs(after - before - 100) < 15, `all values 100 higher, the forecast went from ${before} to ${after}`);
    },
  },
  {
    name: "what was given is not changed",
    async run(learner) {
      const { panel } = checkSeries(seed);
      await learner.fit(panel, { seed });
      equal(plainPanel(panel), plainPanel(checkSeries(seed).panel), "the panel after the fit");
    },
  },
  {
    name: "what cannot be forecast is refused by name",
    async run(learner) {
      const { panel } = checkSeries(seed);
      const refusal = (wrong: Panel): Promise<string> => learner.fit(wrong, { seed }).then(() => "nothing", String);
      const huge = await refusal({ ...panel, values: panel.values.map((value, at) => (at === 3 ? 1e300 : value)) });
      ensure(huge.includes("series 0") && huge.includes("1e+300"), `a value of 1e300 gave: ${huge}`);
      const none = await refusal({
        keys: [],
        offsets: new Uint32Array(1),
        starts: new Int32Array(0),
        values: new Float64Array(0),
      });
      ensure(none.includes("at least one"), `no series gave: ${none}`);
      const short = await refusal({
        ...panel,
        inputs: panel.inputs!.map((input) => ({ ...input, ahead: input.ahead.slice(1) })),
      });
      ensure(short.includes("promotion"), `an input that ends before the horizon gave: ${short}`);
      const model = await once(learner);
      ensure(refused(() => model.forecast(seriesCount(panel))).includes("series"), "a series that is not there was forecast");
      ensure(
        refused(() => model.forecast(0, { colour: new Float64Array(checkHorizon) })).includes("colour"),
        "an unknown input was taken",
      );
      await endsWithReason((options) => learner.fit(panel, { seed, ...options }));
    },
  },
  {
    name: "progress never goes back and ends at 1",
    async run(learner) {
      await tellsProgress((options) => learner.fit(checkSeries(seed).panel, { seed, ...options }));
    },
  },
];

function proper(model: Forecaster, series: number): void {
  const forecast = model.forecast(series);
  if (!forecast) return;
  const { mean, quantiles, cumulative } = forecast;
  const levels = model.levels.length;
  for (const [what, values, size] of [
    ["mean", mean, 1],
    ["quantiles", quantiles, levels],
    ["cumulative", cumulative, levels],
  ] as const) {
    equal(values.length, size * checkHorizon, `series ${series}: the number of ${what}`);
    ensure(values.every(Number.isFinite), `series ${series}: ${what} hold a value that is no number`);
    ensure(
      values.every((value) => value >= 0),
      `series ${series}: ${what} are negative, though no value is`,
    );
  }
  for (const values of [quantiles, cumulative])
    for (let at = checkHorizon; at < values.length; at++)
      ensure(values[at]! >= values[at - checkHorizon]!, `series ${series}: quantiles cross at step ${at % checkHorizon}`);
}

function refused(ask: () => unknown): string {
  try {
    ask();
    return "nothing";
  } catch (error) {
    return String(error);
  }
}

function plain(forecast: SeriesForecast | null): unknown {
  return forecast && [forecast.basis, [...forecast.mean], [...forecast.quantiles], [...forecast.cumulative]];
}

function plainPanel({ keys, offsets, starts, values, inputs, calendar }: Panel): unknown {
  return [
    keys,
    [...offsets],
    [...starts],
    [...values],
    inputs!.map(({ history, ahead }) => [[...history], [...ahead]]),
    [...calendar![0]!.values],
  ];
}
