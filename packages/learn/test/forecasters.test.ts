/** Forecasts of panels beyond the public suite: hierarchies, updates, orders, no look ahead, and panels that are odd as a whole. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHorizon, checkSeason, checkSeries } from "../src/checks/check-series.ts";
import type { Panel } from "../src/data/series.ts";
import { accuracyByGroup } from "../src/forecasters/accuracy-by-group.ts";
import { changeSince } from "../src/forecasters/change-since.ts";
import { fitForecaster } from "../src/forecasters/fit-forecaster.ts";
import { criticalRatio, orderQuantity } from "../src/forecasters/order-quantity.ts";
import { fitShapes, shapeAt } from "../src/forecasters/quantile-shapes.ts";
import type { ForecastSettings } from "../src/forecasters/settings.ts";
import { countQuantile, countShares } from "../src/math/negative-binomial.ts";
import { nelderMead } from "../src/math/nelder-mead.ts";
import { normalQuantile, normalShare } from "../src/math/normal.ts";
import { seeded } from "../src/math/random.ts";
import { rootScaledError, scaledError, seasonalScale, symmetricPercentageError } from "../src/metrics/forecast.ts";

const settings: ForecastSettings = { horizon: checkHorizon, seasons: [checkSeason], method: "theta" };
const seed = 1;

function panelOf(series: readonly (readonly number[])[]): Panel {
  const offsets = new Uint32Array(series.length + 1);
  series.forEach((values, at) => (offsets[at + 1] = offsets[at]! + values.length));
  return { keys: [], offsets, starts: new Int32Array(series.length), values: Float64Array.from(series.flat()) };
}

test("sums of a hierarchy are the sums of their series, and their parts still add up", async () => {
  const { panel } = checkSeries(3);
  const model = await fitForecaster({ ...settings, hierarchy: [["store"], []] }, panel, { seed });
  const count = panel.offsets.length - 1;
  assert.equal(model.count, count + 3);
  assert.deepEqual(
    model.keys.map(({ values }) => values.slice(count)),
    [
      ["north", "south", null],
      [null, null, null],
    ],
  );
  const mean = (series: number): Float64Array => model.forecast(series)!.mean;
  for (let step = 0; step < checkHorizon; step++) {
    let [north, all] = [0, 0];
    for (let series = 0; series < count; series++) {
      all += mean(series)[step]!;
      if (series % 2 === 0) north += mean(series)[step]!;
    }
    assert.ok(
      Math.abs(mean(count)[step]! - north) < 1e-6 * all,
      `north, step ${step}: ${mean(count)[step]}, its stores ${north}`,
    );
    assert.ok(Math.abs(mean(count + 2)[step]! - all) < 1e-6 * all, `total, step ${step}`);
  }
  const alone = await fitForecaster(settings, panel, { seed });
  assert.notEqual(alone.forecast(0)!.mean[0], mean(0)[0], "sums have a say in what single series are forecast");
  await assert.rejects(
    fitForecaster({ ...settings, hierarchy: [["region"]] }, panel, { seed }),
    /no key region; keys are store, item/,
  );
});

/** Series of 120 steps, those ahead among them, about levels of their own with errors that go together from step to step, and the same with gaps. */
function gappySeries(count: number, own: number): { whole: number[][]; gappy: number[][] } {
  const random = seeded(own);
  const whole = Array.from({ length: count }, (_, one) => {
    let error = 0;
    return Array.from({ length: 120 }, () => 100 + 10 * one + (error = 0.6 * error + 10 * (random.next() - random.next())));
  });
  return { whole, gappy: whole.map((values) => values.map((value, at) => (at % 2 === 1 ? Number.NaN : value))) };
}

test("where every other step is unknown, intervals of sums hold as many demands as promised", async () => {
  const horizon = 12;
  const inside = { gappy: 0, whole: 0 };
  for (const own of [1, 2, 3]) {
    const made = gappySeries(40, own);
    for (const kind of ["gappy", "whole"] as const) {
      const history = made[kind].map((values) => values.slice(0, 120 - horizon));
      const model = await fitForecaster({ horizon, levels: [0.1, 0.9], method: "theta" }, panelOf(history), { seed });
      made.whole.forEach((values, one) => {
        const demand = values.slice(-horizon).reduce((sum, value) => sum + value, 0);
        const { cumulative } = model.forecast(one)!;
        if (demand >= cumulative[horizon - 1]! && demand <= cumulative[2 * horizon - 1]!) inside[kind] += 1 / 120;
      });
    }
  }
  assert.ok(inside.whole > 0.68 && inside.whole < 0.9, `without gaps ${inside.whole} of the sums lie inside`);
  assert.ok(inside.gappy > 0.68 && inside.gappy < 0.95, `with gaps ${inside.gappy} of the sums lie inside`);
});

test("where every other step of its series is unknown, the interval of a total is as wide as it must be", async () => {
  const horizon = 6;
  let [inside, all] = [0, 0];
  for (const own of [1, 2, 3, 4, 5, 6]) {
    const { whole, gappy } = gappySeries(20, own);
    const panel = panelOf(gappy.map((values) => values.slice(0, 120 - horizon)));
    const settings = { horizon, levels: [0.1, 0.9], method: "theta", hierarchy: [[]] } as const;
    const { quantiles } = (await fitForecaster(settings, panel, { seed })).forecast(20)!;
    for (let step = 0; step < horizon; step++) {
      const total = whole.reduce((sum, values) => sum + values[120 - horizon + step]!, 0);
      all++;
      if (total >= quantiles[step]! && total <= quantiles[horizon + step]!) inside++;
    }
  }
  assert.ok(inside / all > 0.6 && inside / all < 0.95, `${inside} of ${all} totals lie inside`);
});

/** Hours whose values keep to clocks, which go an hour ahead in the night of one day and back in that of another. */
function hourlyPanel(days: number, forward: number, back: number, horizon: number): { panel: Panel; truth: number[] } {
  const random = seeded(3);
  const hours = 24 * days + horizon;
  const ahead = Int8Array.from({ length: hours }, (_, hour) => (hour >= 24 * forward + 1 && hour < 24 * back + 1 ? 2 : 1));
  const day = Array.from({ length: 24 }, (_, hour) => (hour < 7 || hour > 19 ? 20 : 100 + 15 * (hour % 5)));
  const made = Array.from({ length: 12 }, () => Array.from(ahead, (one, hour) => day[(hour + one) % 24]! + 4 * random.next()));
  const panel = panelOf(made.map((values) => values.slice(0, 24 * days)));
  return { panel: { ...panel, clock: { start: 0, ahead } }, truth: made.flatMap((values) => values.slice(24 * days)) };
}

for (const [name, forward, back] of [
  ["forward before the end", 31, 99],
  ["back before the end", 2, 31],
  ["forward within the horizon", 35, 99],
  ["back within the horizon", 2, 35],
] as const) {
  test(`where clocks go ${name}, hours keep their values and intervals their width`, async () => {
    const horizon = 48;
    const { panel, truth } = hourlyPanel(35, forward, back, horizon);
    const own = { horizon, seasons: [24], levels: [0.1, 0.5, 0.9], method: "theta" } as const;
    const judge = async (given: Panel): Promise<{ error: number; width: number }> => {
      const model = await fitForecaster(own, given, { seed });
      let [error, width] = [0, 0];
      for (let one = 0; one < model.count; one++) {
        const { mean, quantiles } = model.forecast(one)!;
        for (let step = 0; step < horizon; step++) {
          error += Math.abs(mean[step]! - truth[one * horizon + step]!) / truth.length;
          width += (quantiles[2 * horizon + step]! - quantiles[step]!) / truth.length;
        }
      }
      return { error, width };
    };
    const told = await judge(panel);
    const { clock: _clock, ...without } = panel;
    const untold = await judge(without);
    assert.ok(told.error < 3 && told.width < 12, `told of clocks: error ${told.error}, width ${told.width}`);
    assert.ok(untold.error > 2 * told.error || untold.width > 2 * told.width, `untold: ${untold.error}, ${untold.width}`);
  });
}

test("levels shift where newer values fall outside, and stay where they fall inside", async () => {
  const random = seeded(5);
  const walk = (): number[] => Array.from({ length: 74 }, () => 50 + 10 * random.next());
  const all = Array.from({ length: 30 }, walk);
  const model = await fitForecaster({ ...settings, levels: [0.1, 0.9] }, panelOf(all.map((one) => one.slice(0, 60))), { seed });
  const usual = await model.update(panelOf(all), { seed });
  const wild = await model.update(
    panelOf(all.map((one) => one.map((value, at) => (at < 60 ? value : value + (at % 2 === 0 ? 30 : -30))))),
    { seed },
  );
  const drift = (one: typeof model): Float64Array => one.save().tensors["drift"] as Float64Array;
  assert.ok(Math.abs(drift(usual)[1]!) < 0.03, `as before: ${drift(usual).join(" ")}`);
  assert.ok(drift(wild)[1]! > 0.045 && drift(wild)[0]! < -0.045, `half of them outside to each side: ${drift(wild).join(" ")}`);
  assert.deepEqual([...usual.origins.subarray(0, 2)], [74, 74]);
});

test("what changed since the last forecast is said part by part, on the steps of both", async () => {
  const series = (length: number): number[][] => [
    Array.from({ length }, (_, at) => (at < 60 ? 50 : 80) + [0, 3, 6, 3, 0, -6, -6][at % 7]!),
  ];
  const before = await fitForecaster(settings, panelOf(series(60)), { seed });
  const now = await before.update(panelOf(series(65)), { seed });
  const change = changeSince(now, 0, before, 0)!;
  assert.equal(change.start, 65);
  assert.equal(change.mean.length, checkHorizon - 5);
  assert.ok(change.level > 10, `the level rose by 30, of which ${change.level} is believed`);
  change.mean.forEach((mean, step) => {
    const sum = [change.trend, ...change.seasons, ...change.inputs, change.limit].reduce(
      (total, part) => total + part[step]!,
      change.level,
    );
    assert.ok(Math.abs(mean - sum) < 1e-9, `step ${step}: ${mean}, its parts ${sum}`);
  });
  const later = await before.update(panelOf(series(60 + checkHorizon)), { seed });
  assert.equal(changeSince(later, 0, before, 0), null);
});

test("a series that was forecast may not vanish, a new one may come", async () => {
  const { panel } = checkSeries(3);
  const model = await fitForecaster(settings, panel, { seed });
  const renamed = panel.keys.map(({ name, values }) => ({
    name,
    values: values.map((value) => (value === "item 4" ? "item 99" : value)),
  }));
  await assert.rejects(
    model.update({ ...panel, keys: renamed }, { seed }),
    /\["north","item 4"\]: was forecast before and is gone/,
  );
  const series = (count: number): number[][] =>
    Array.from({ length: count }, (_, at) => Array.from({ length: 30 }, (_v, step) => 10 + at + (step % 7)));
  const small = await fitForecaster(settings, panelOf(series(3)), { seed });
  const more = await small.update(panelOf(series(4)), { seed });
  assert.equal(more.count, 4);
  assert.ok(more.forecast(3)!.mean.every((value) => value > 12 && value < 21));
});

test("errors at origins of the past are those of fits that saw nothing behind them", async () => {
  const { panel } = checkSeries(3);
  const errorsWith = async (change: (value: number, place: number, length: number) => number): Promise<number> => {
    const values = panel.values.slice();
    const length = panel.offsets[1]!;
    for (let place = 0; place < length; place++) values[place] = change(values[place]!, place, length);
    const { accuracy } = await fitForecaster({ ...settings, budget: 0 }, { ...panel, values }, { seed });
    return accuracy.bias[0]!;
  };
  // One origin, a horizon before the end: what comes in its last step moves the error of the last step alone.
  const before = await errorsWith((value) => value);
  assert.equal(await errorsWith((value, place, length) => (place === length - 1 ? value + 500 : value)), before);
  assert.notEqual(
    await errorsWith((value, place, length) => (place === length - checkHorizon - 1 ? value + 500 : value)),
    before,
  );
});

const oddPanels: readonly (readonly [
  name: string,
  series: readonly (readonly number[])[],
  settings: Partial<ForecastSettings>,
])[] = [
  ["one series of one value", [[3]], {}],
  ["one series of three values", [[3, 4, 5]], {}],
  ["series of one to five values", [[3], [3, 4], [3, 5, 4], [4, 4, 1, 6], [2, 7, 1, 8, 2]], {}],
  ["one great outlier", [Array.from({ length: 60 }, (_, at) => (at === 30 ? 1e12 : 10 + (at % 7)))], {}],
  ["a fall to zero", [Array.from({ length: 60 }, (_, at) => Math.max(0, 60 - 1.1 * at))], {}],
  ["counts that die out", [Array.from({ length: 60 }, (_, at) => Math.max(0, 30 - at + (at % 3)))], {}],
  ["a horizon longer than the history", [[5, 9, 4, 8, 6, 7, 5, 8, 9, 4]], { horizon: 60 }],
  [
    "1e99 beside 1, added up",
    [
      [1e99, 2e99, 1e99, 3e99, 2e99],
      [1, 2, 1, 3, 2],
    ],
    { hierarchy: [[]] },
  ],
  ["the least number there is", [Array.from({ length: 50 }, () => Number.MIN_VALUE)], {}],
  ["constants", [Array.from({ length: 40 }, () => 2), Array.from({ length: 40 }, () => 0)], {}],
  ["a season longer than the series", [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], { seasons: [365.25] }],
  ["values about 1e99", [Array.from({ length: 60 }, (_, at) => 1e99 * (2 + Math.sin(at)))], {}],
  ["negative values with a season", [Array.from({ length: 60 }, (_, at) => -100 + 20 * Math.sin((2 * Math.PI * at) / 7))], {}],
  ["2,000 series of three values", Array.from({ length: 2000 }, (_, at) => [at % 5, at % 3, at % 2]), {}],
];
for (const [name, series, own] of oddPanels) {
  test(`${name}: finite forecasts, quantiles in order, none below zero where no value is`, async () => {
    const model = await fitForecaster({ ...settings, method: "auto", ...own }, panelOf(series), { seed });
    const isNonNegative = !series.flat().some((value) => value < 0);
    for (let at = 0; at < Math.min(20, model.count); at++) {
      const { mean, quantiles, cumulative } = model.forecast(at)!;
      const all = [...mean, ...quantiles, ...cumulative];
      assert.ok(all.every(Number.isFinite), `series ${at}: ${mean.join(" ")}`);
      assert.ok(!isNonNegative || all.every((value) => value >= 0), `series ${at}: ${Math.min(...all)} is below zero`);
      for (const own of [quantiles, cumulative])
        for (let place = model.horizon; place < own.length; place++)
          assert.ok(own[place]! >= own[place - model.horizon]!, `series ${at}: quantiles cross at place ${place}`);
    }
  });
}

test("a series of one value is not sure of it: it moves as others of its size do", async () => {
  const others = Array.from({ length: 20 }, (_, one) => Array.from({ length: 40 }, (_v, at) => 100 + 10 * ((at * 7 + one) % 5)));
  const width = async (series: readonly (readonly number[])[]): Promise<number> => {
    const model = await fitForecaster({ horizon: 3, levels: [0.1, 0.9], method: "theta" }, panelOf(series), { seed });
    const { quantiles } = model.forecast(0)!;
    return quantiles[3]! - quantiles[0]!;
  };
  const [beside, alone] = [await width([[120], ...others]), await width([[120]])];
  assert.ok(beside > 15 && beside < 120, `beside others ${beside}`);
  assert.ok(alone > 120, `alone ${alone}`);
});

test("a value that no forecast could be made from is refused by its place", async () => {
  for (const value of [1e300, Infinity])
    await assert.rejects(
      fitForecaster(
        settings,
        panelOf([
          [1, 2],
          [3, value],
        ]),
        { seed },
      ),
      /values, series 1, place 1: must be/,
    );
});

test("a panel without any value has no forecast", async () => {
  const model = await fitForecaster(settings, panelOf([[Number.NaN, Number.NaN], []]), { seed });
  assert.equal(model.forecast(0), null);
  assert.equal(model.explain(1), null);
});

test("settings out of their range are refused by name", async () => {
  const panel = panelOf([[1, 2, 3]]);
  for (const [wrong, named] of [
    [{ horizon: 0 }, /horizon: must be a whole number from 1 to 10000, got 0/],
    [{ seasons: [1] }, /seasons: must be above 1/],
    [{ levels: [0.5, 1] }, /levels: .*got 1/],
    [{ method: "prophet" }, /method: must be one of auto, seasonalNaive/],
    [{ budget: -1 }, /budget: must not be negative/],
  ] as const)
    await assert.rejects(fitForecaster({ ...settings, ...(wrong as Partial<ForecastSettings>) }, panel, { seed }), named);
});

test("errors by group and step, beside seasonal naive", async () => {
  const { panel, odd } = checkSeries(3);
  const model = await fitForecaster(settings, panel, { seed });
  const [ordinary, others] = accuracyByGroup(
    model,
    Int32Array.from({ length: model.count }, (_, series) => (series < odd ? 0 : 1)),
  );
  assert.equal(ordinary!.series, odd);
  assert.ok(ordinary!.ratio < 0.9, `ordinary series: ${ordinary!.ratio} of seasonal naive`);
  assert.ok(
    ordinary!.scaled.every((error, step) => error < ordinary!.naiveScaled[step]! * 1.2 && Math.abs(ordinary!.bias[step]!) < 1),
  );
  assert.ok(others!.series < 6, "a constant has no scale");
});

test("where it was sold out, little demand is no low forecast and no error", async () => {
  const season = [30, 30, 30, 30, 60, 80, 20];
  const series = Array.from({ length: 12 }, (_, one) =>
    Array.from({ length: 84 }, (_v, step) => season[step % 7]! + ((step * 5 + one) % 7)),
  );
  const panel = panelOf(series);
  const values = panel.values.slice();
  const censored = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at += 5) [values[at], censored[at]] = [1, 1];
  const told = await fitForecaster(settings, { ...panel, values, censored }, { seed });
  const untold = await fitForecaster(settings, { ...panel, values }, { seed });
  const error = (model: typeof told): number =>
    model.forecast(0)!.mean.reduce((sum, mean, step) => sum + Math.abs(mean - season[step % 7]! - 3) / checkHorizon, 0);
  assert.ok(error(told) < 6, `told of it, forecasts err by ${error(told)}`);
  assert.ok(error(untold) > error(told) + 2, `untold, by ${error(untold)}`);
});

test("an order covers demand until the next one arrives, at the level that costs imply", () => {
  const levels = [0.5, 0.9];
  const forecast = {
    basis: "history",
    mean: Float64Array.of(10, 10, 10),
    quantiles: Float64Array.of(10, 10, 10, 14, 14, 14),
    cumulative: Float64Array.of(10, 20, 30, 14, 26, 38),
  } as const;
  const order = { service: { short: 9, over: 1 }, leadTime: 2, reviewPeriod: 1, onHand: 5, onOrder: 3 };
  assert.deepEqual(orderQuantity(levels, forecast, order), { quantity: 30, level: 0.9, upTo: 38 });
  assert.equal(orderQuantity(levels, forecast, { ...order, packSize: 12 }).quantity, 36);
  assert.equal(orderQuantity(levels, forecast, { ...order, service: { level: 0.7 } }).quantity, 26);
  assert.equal(orderQuantity(levels, forecast, { ...order, onHand: 100 }).quantity, 0);
  assert.equal(criticalRatio(9, 1), 0.9);
  assert.throws(() => orderQuantity(levels, forecast, { ...order, leadTime: 3 }), /4 steps go beyond the horizon of 3/);
  assert.throws(
    () => orderQuantity(levels, forecast, { ...order, service: { level: 0.95 } }),
    /0.95 lies outside those of the forecast, 0.5, 0.9/,
  );
});

test("shapes of errors are their quantiles, and near the normal distribution where there are few", () => {
  const random = seeded(2);
  const errors = Float64Array.from({ length: 20_000 }, () => random.next() ** 3);
  const many = fitShapes([errors], 0);
  for (const level of [0.1, 0.5, 0.9]) assert.ok(Math.abs(shapeAt(many, 0, level) - level ** 3) < 0.02, `level ${level}`);
  const few = fitShapes([Float64Array.of(-1, 1)], 0);
  assert.ok(Math.abs(shapeAt(few, 0, 0.975) - 1.96) < 0.3, `of two errors of size 1: ${shapeAt(few, 0, 0.975)}`);
});

test("scaled and relative errors as their papers define them", () => {
  const history = Float64Array.of(1, 3, 2, 4, 5, Number.NaN, 7);
  assert.equal(seasonalScale(history, 1), (2 + 1 + 2 + 1) / 4);
  assert.equal(scaledError(Float64Array.of(10, Number.NaN, 14), Float64Array.of(12, 1, 15), 1.5), 1);
  assert.equal(symmetricPercentageError(Float64Array.of(100, 0), Float64Array.of(50, 0)), (200 * 50) / 150 / 2);
  assert.equal(rootScaledError(Float64Array.of(8, 8), Float64Array.of(6, 10), Float64Array.of(0, 2, 0), 1), 1);
});

test("distributions: quantiles are where their shares are", () => {
  for (const level of [1e-6, 0.01, 0.3, 0.5, 0.975, 1 - 1e-6])
    assert.ok(Math.abs(normalShare(normalQuantile(level)) - level) < 1e-8);
  for (const [mean, ratio] of [
    [0.3, 1.5],
    [12, 4],
    [300, 2],
  ] as const) {
    for (const level of [0.05, 0.5, 0.9, 0.99]) {
      const count = countQuantile(mean, ratio, level);
      const { below, upTo } = countShares(mean, ratio, count);
      assert.ok(below < level && level <= upTo + 1e-12, `${level} of mean ${mean}: ${count} has ${below} to ${upTo}`);
    }
  }
  // Means above 500 are near normal.
  assert.ok(Math.abs(countQuantile(2000, 3, 0.9) - (2000 + 1.2816 * Math.sqrt(6000))) < 5);
});

test("the simplex finds the bottom of a bent valley", () => {
  const point = Float64Array.of(-1.2, 1);
  const least = nelderMead(([x, y]) => (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2, point, Float64Array.of(0.5, 0.5), {
    maxEvaluations: 1000,
    tolerance: 1e-12,
  });
  assert.ok(least < 1e-8 && Math.abs(point[0]! - 1) < 1e-3, `${least} at ${point.join(" ")}`);
});

test("demands in thousands with many zeros take no longer than small ones, and have their quantiles", async () => {
  const random = seeded(4);
  const series = Array.from({ length: 12 }, () =>
    Array.from({ length: 60 }, () => (random.next() < 0.5 ? 0 : Math.round(1e8 * random.next()))),
  );
  const model = await fitForecaster({ ...settings, method: "auto", levels: [0.1, 0.95] }, panelOf(series), { seed });
  const { mean, quantiles } = model.forecast(0)!;
  assert.ok(mean[0]! > 5e6 && mean[0]! < 8e7, `mean ${mean[0]}`);
  assert.equal(quantiles[0], 0);
  assert.ok(quantiles[checkHorizon]! > 4e7 && quantiles[checkHorizon]! < 3e8, `95 %: ${quantiles[checkHorizon]}`);
});
