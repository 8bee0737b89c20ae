/** The learner of series passes the public suite, and learners with one planted fault each fail the check for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkForecaster, forecasterChecks } from "../src/checks/check-forecaster.ts";
import type { CheckedForecaster } from "../src/checks/check-forecaster.ts";
import { checkHorizon, checkSeason } from "../src/checks/check-series.ts";
import { fitForecaster } from "../src/forecasters/fit-forecaster.ts";
import type { ForecastSettings } from "../src/forecasters/settings.ts";
import type { Forecaster, SeriesForecast } from "../src/model.ts";

const learner = (settings: Partial<ForecastSettings>): CheckedForecaster => ({
  fit: (panel, options) => fitForecaster({ horizon: checkHorizon, seasons: [checkSeason], ...settings }, panel, options),
});
const quick = learner({ method: "theta" });

for (const [name, one] of [
  ["auto", learner({})],
  ["theta", quick],
] as const) {
  for (const check of forecasterChecks) test(`${name}: ${check.name}`, () => check.run(one));
}

/** A learner whose forecasters are changed after the fit. */
function broken(change: (model: Forecaster) => Partial<Forecaster>): CheckedForecaster {
  return {
    async fit(panel, options) {
      const model = await quick.fit(panel, options);
      return { ...model, ...change(model) };
    },
  };
}

const altered = (change: (forecast: SeriesForecast) => Partial<SeriesForecast>): CheckedForecaster =>
  broken((model) => ({
    forecast(series, changed) {
      const forecast = model.forecast(series, changed);
      return forecast && { ...forecast, ...change(forecast) };
    },
  }));

let fits = 0;
const faults: readonly (readonly [fault: string, learner: CheckedForecaster, failing: RegExp])[] = [
  ["says the same of all steps", altered(({ mean }) => ({ mean: mean.map(() => 50) })), /^learns/],
  [
    "depends on what was fitted before",
    { fit: (panel, options) => quick.fit({ ...panel, values: panel.values.map((one) => one + fits++ / 1e3) }, options) },
    /^the same panel and seed/,
  ],
  [
    "saves less than it knows",
    broken((model) => ({
      save: () => {
        const { header, tensors } = model.save();
        return { header, tensors: { ...tensors, levels: new Float64Array(model.count) } };
      },
    })),
    /^a forecaster saved and loaded/,
  ],
  [
    "leaves the season out of its reasons",
    broken((model) => ({
      explain(series, changed) {
        const parts = model.explain(series, changed);
        return parts && { ...parts, seasons: parts.seasons.map((part) => part.map(() => 0)) };
      },
    })),
    /^level, trend, seasons/,
  ],
  [
    "is surer than it may be",
    altered(({ quantiles, mean }) => ({ quantiles: quantiles.map((_, at) => mean[at % 14]!) })),
    /^quantiles hold/,
  ],
  ["has quantiles that cross", altered(({ quantiles }) => ({ quantiles: quantiles.toReversed() })), /^every number is finite/],
  ["never forgets", altered(({ mean }) => ({ mean: mean.map((one) => Math.max(1, one)) })), /^what is sold no more/],
  [
    "does not hear of promotions",
    broken((model) => ({ forecast: (series) => model.forecast(series), explain: (series) => model.explain(series) })),
    /^another promotion/,
  ],
  ["stays where it was", broken((model) => ({ update: () => Promise.resolve(model) })), /^an update/],
  [
    "sorts what it was given",
    {
      fit(panel, options) {
        panel.values.sort();
        return quick.fit(panel, options);
      },
    },
    /^what was given is not changed/,
  ],
  ["does not listen", { fit: (panel, { seed }) => quick.fit(panel, { seed }) }, /^what cannot be forecast|^progress/],
];

for (const [fault, one, failing] of faults) {
  test(`a learner that ${fault} fails its check`, async () => {
    const failed = await checkForecaster(one);
    assert.ok(
      failed.some(({ name }) => failing.test(name)),
      `failed: ${failed.map(({ name }) => name).join("; ") || "nothing"}`,
    );
  });
}
