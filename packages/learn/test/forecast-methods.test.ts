/** Methods for single series: against R's forecast package (golden/forecast_r.R), and what they promise. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { expectedAhead, runEts } from "../src/forecast/ets-filter.ts";
import type { EtsForm, EtsState } from "../src/forecast/ets-filter.ts";
import { fitEts } from "../src/forecast/ets.ts";
import { croston, sba, tsb } from "../src/forecast/intermittent.ts";
import type { LocalSeries } from "../src/forecast/method.ts";
import { localMethods } from "../src/forecast/methods.ts";
import { prepareSeries } from "../src/forecast/prepare-series.ts";
import { theta } from "../src/forecast/theta.ts";

interface Golden {
  readonly series: Readonly<Record<string, number[]>>;
  readonly ets: readonly {
    readonly series: string;
    readonly model: string;
    readonly damped: boolean;
    readonly aicc: number;
    readonly alpha: number;
    readonly beta: number;
    readonly gamma: number;
    readonly phi: number;
    readonly level: number;
    readonly slope: number;
    readonly season: readonly number[];
    readonly mean: readonly number[];
  }[];
  readonly theta: readonly { readonly series: string; readonly mean: readonly number[] }[];
  readonly demand: readonly number[];
  readonly croston: number;
}

const golden = JSON.parse(readFileSync(new URL("golden/forecast-r.json", import.meta.url), "utf8")) as Golden;
const valuesOf = (name: string): Float64Array => Float64Array.from(golden.series[name]!);
const isSeasonal = (name: string): boolean => name === "additive" || name === "factors";
const kinds = { A: "additive", M: "multiplicative", N: "none" } as const;

function formOf({ model, damped }: Golden["ets"][number]): EtsForm {
  const [error, trend, season] = [...model] as ["A" | "M", "A" | "N", "A" | "M" | "N"];
  return {
    error: kinds[error],
    trend: trend === "N" ? "none" : damped ? "damped" : "additive",
    season: kinds[season],
    period: season === "N" ? 1 : 12,
  };
}

/** R's criterion from the likelihood that `runEts` returns. */
function aiccOf({ trend, season }: EtsForm, likelihood: number, count: number): number {
  const k = 3 + (trend === "none" ? 0 : 2) + (trend === "damped" ? 1 : 0) + (season === "none" ? 0 : 12);
  return likelihood + 2 * k + (2 * k * (k + 1)) / (count - k - 1);
}

function close(actual: Iterable<number>, wanted: readonly number[], share: number): void {
  for (const [at, value] of [...actual].entries())
    assert.ok(Math.abs(value - wanted[at]!) <= share * Math.abs(wanted[at]!), `step ${at}: ${value}, not ${wanted[at]}`);
}

for (const fit of golden.ets) {
  const name = `${fit.model}${fit.damped ? " damped" : ""} of ${fit.series}`;
  const form = formOf(fit);
  const values = valuesOf(fit.series);

  test(`exponential smoothing with R's parameters has R's likelihood and forecasts: ${name}`, () => {
    const state: EtsState = { ...fit, season: Float64Array.from(fit.season.length > 0 ? fit.season : [0]), place: 0 };
    const likelihood = runEts(form, values, state);
    close([aiccOf(form, likelihood, values.length)], [fit.aicc], 1e-8);
    // R forecasts damped trends with multiplicative seasons as if damping began a step later than in its own fit.
    if (form.trend === "damped" && form.season === "multiplicative") return;
    // Where seasons multiply, R gives the mean of the distribution, which lies a hair off the path without errors.
    close(expectedAhead(form, state, fit.mean.length).mean, fit.mean, form.season === "multiplicative" ? 1e-6 : 1e-8);
  });

  test(`a fit of its own is as likely as R's: ${name}`, () => {
    const own = fitEts(form, values)!;
    assert.ok(own.aicc <= fit.aicc + 0.5, `AICc ${own.aicc}, R has ${fit.aicc}`);
  });
}

for (const { series, mean } of golden.theta) {
  // Smoothing ends at a slightly other share, and the season may change over the years, which R's does not.
  test(`the Theta method forecasts as R does: ${series}`, () => {
    const forecast = theta({ values: valuesOf(series), periods: isSeasonal(series) ? [12] : [] }, mean.length);
    close(forecast.mean, mean, isSeasonal(series) ? 0.04 : 0.002);
  });
}

test("Croston's method as in R; SBA takes its bias off", () => {
  const series: LocalSeries = { values: Float64Array.from(golden.demand), periods: [] };
  close(croston(series, 1).mean, [golden.croston], 1e-9);
  close(sba(series, 1).mean, [0.95 * golden.croston], 1e-9);
});

test("TSB fades where nothing is sold any more, Croston does not", () => {
  const sold = Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? 6 : 0));
  const series = (zeros: number): LocalSeries => ({
    values: Float64Array.from([...sold, ...Array.from({ length: zeros }, () => 0)]),
    periods: [],
  });
  const [now, later] = [tsb(series(0), 1).mean[0]!, tsb(series(40), 1).mean[0]!];
  assert.ok(now > 1 && later < now / 10, `${now} at the last sale, ${later} forty steps after it`);
  assert.equal(croston(series(40), 1).mean[0], croston(series(0), 1).mean[0]);
});

const odd: readonly (readonly [name: string, values: readonly number[], periods: readonly number[]])[] = [
  ["one value", [5], []],
  ["two values", [5, 9], []],
  ["constant", Array.from({ length: 30 }, () => 4), [7]],
  ["zeros", Array.from({ length: 30 }, () => 0), [7]],
  ["negative values with a season", Array.from({ length: 48 }, (_, at) => -50 + 10 * Math.sin(at)), [12]],
  ["huge values", Array.from({ length: 48 }, (_, at) => 1e100 * Math.sin(at)), [12]],
  ["tiny values", Array.from({ length: 48 }, (_, at) => 1e-100 * (2 + Math.sin(at))), [12]],
  ["a step of a million", Array.from({ length: 40 }, (_, at) => (at < 20 ? 1 : 1e6)), [7]],
  ["a season of exactly half the length", Array.from({ length: 24 }, (_, at) => at % 12), [12]],
  ["one great outlier", Array.from({ length: 40 }, (_, at) => (at === 39 ? 1e9 : at % 7)), [7]],
];
for (const [method, forecast] of Object.entries(localMethods)) {
  test(`${method}: odd series give finite forecasts`, () => {
    for (const [name, values, periods] of odd) {
      const { mean, level, seasons } = forecast({ values: Float64Array.from(values), periods }, 20);
      assert.ok(
        [...mean, level, ...seasons.flatMap((season) => [...season])].every(Number.isFinite),
        `${name}: ${mean.join(" ")}`,
      );
    }
  });
}

test("a gap is filled from both sides and the same places of other seasons; what was sold out counts as at least that", () => {
  const season = [0, 10, 20, 10, 0, -10, -20];
  const values = Float64Array.from({ length: 42 }, (_, at) => 100 + season[at % 7]!);
  const holed = values.slice();
  holed[16] = Number.NaN;
  holed[17] = Number.NaN;
  const prepared = prepareSeries(Float64Array.from([Number.NaN, ...holed.slice(1), Number.NaN]), null, [7])!;
  assert.equal(prepared.gap, 1);
  assert.equal(prepared.values.length, 41);
  for (const at of [16, 17])
    assert.ok(Math.abs(prepared.values[at - 1]! - values[at]!) < 3, `place ${at}: ${prepared.values[at - 1]}`);
  const soldOut = values.slice();
  soldOut[20] = 30;
  soldOut[22] = 500;
  const censored = new Uint8Array(42);
  censored[20] = 1;
  censored[22] = 1;
  const { values: usual } = prepareSeries(soldOut, censored, [7])!;
  assert.ok(Math.abs(usual[20]! - values[20]!) < 3, `sold out at 30: ${usual[20]}`);
  assert.equal(usual[22], 500);
  assert.equal(prepareSeries(new Float64Array(5).fill(Number.NaN), null, [7]), null);
});
