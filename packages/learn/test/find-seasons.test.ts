/** Seasons are found where there are any, and none in noise, trends and what only wanders. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDetector } from "../src/anomaly/detector.ts";
import { findSeasons } from "../src/anomaly/find-seasons.ts";
import { detectorDefaults, quietStepsOf } from "../src/anomaly/settings.ts";
import { lagProducts } from "../src/math/autocovariance.ts";
import { seeded } from "../src/math/random.ts";

const random = seeded(12);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

const MINUTE = 60_000;
const DAY = 86_400_000;
const [five, hour, month] = [5 * MINUTE, 60 * MINUTE, 365.25 * (DAY / 12)];
const start = Date.UTC(2024, 0, 1);

/** Seasons in steps, of those that the history is long enough for. */
function seasonsOf(valueAt: (step: number) => number, steps: number, every = five, calendar = [DAY, 7 * DAY]): number[] {
  const times = Float64Array.from({ length: steps }, (_, step) => start + step * every);
  const found = findSeasons(
    { every, calendar },
    times,
    Float64Array.from(times, (_, step) => valueAt(step)),
  );
  return found.filter((season) => 3 * season <= steps * every).map((season) => Math.round((season / every) * 100) / 100);
}

const wave = (step: number, period: number): number => Math.sin((2 * Math.PI * step) / period);

test("products of values some places apart are those of their definition", () => {
  const values = Float64Array.from({ length: 37 }, normal);
  lagProducts(values).forEach((product, lag) => {
    let sum = 0;
    for (let at = lag; at < 37; at++) sum += values[at]! * values[at - lag]!;
    assert.ok(Math.abs(product - sum) < 1e-9, `lag ${lag}: ${product}, ${sum}`);
  });
});

test("a shift, the cycle of a machine, a day, a day and a week, a month of the year: each is found, and nothing beside it", () => {
  const cycle = Float64Array.from({ length: 37 }, normal);
  const year = Float64Array.from({ length: 12 }, normal);
  const load = (step: number, day: number): number => (Math.floor(step / day) % 7 >= 5 ? 3 : 10) * (1 + wave(step, day));
  let level = 0;
  const found: readonly (readonly [string, number[], number[]])[] = [
    ["a shift of 8 hours", seasonsOf((step) => (step % 96 < 20 ? 5 : step % 96 < 40 ? 2 : 0) + normal(), 4032), [96]],
    ["a cycle of 37 points", seasonsOf((step) => 2 * cycle[step % 37]! + normal(), 4032), [37]],
    ["a cycle of 37 points, eight times", seasonsOf((step) => 2 * cycle[step % 37]! + normal(), 300), [37]],
    ["a cycle beside a day", seasonsOf((step) => 3 * cycle[step % 37]! + 4 * wave(step, 288) + normal(), 4032), [37, 288]],
    ["a wave of a day", seasonsOf((step) => 3 * wave(step, 288) + normal(), 4032), [288]],
    ["one value of each day", seasonsOf((step) => (step % 288 === 100 ? 20 : 0) + normal(), 4032), [288]],
    ["a day on what wanders", seasonsOf((step) => (level += 0.3 * normal()) + 10 * wave(step, 288) + normal(), 4032), [288]],
    ["days of a week", seasonsOf((step) => load(step, 288) + normal(), 8064), [288, 2016]],
    ["days of a week, by the hour", seasonsOf((step) => load(step, 24) + normal(), 1440, hour), [24, 168]],
    [
      "months of a year",
      seasonsOf((step) => 3 * year[step % 12]! + step / 10 + normal(), 120, month, [7 * DAY, 365.25 * DAY]),
      [12],
    ],
  ];
  for (const [what, seasons, wanted] of found) assert.deepEqual(seasons, wanted, what);
  const uneven = seasonsOf((step) => 2 * wave(step, 36.6) + normal(), 4032);
  assert.ok(uneven.length === 1 && Math.abs(uneven[0]! - 36.6) < 0.1, `a period that is no whole number: ${uneven.join(", ")}`);
});

test("noise, trends, what wanders, switches or bursts has no season, but for the one in a hundred that is allowed", () => {
  const sources: Readonly<Record<string, () => (step: number) => number>> = {
    "white noise": () => normal,
    "AR(1), 0.9": () => {
      let value = 0;
      return () => (value = 0.9 * value + normal());
    },
    "a random walk with a trend": () => {
      let value = 0;
      return (step) => (value += normal()) + step / 20;
    },
    "a trend": () => (step) => step / 100 + normal(),
    growth: () => (step) => Math.exp(step / 1500) + normal(),
    "a step": () => (step) => (step > 1000 ? 20 : 0) + normal(),
    "heavy tails": () => () => normal() / Math.abs(normal()),
    "on and off": () => {
      let on = false;
      return () => {
        if (random.next() < (on ? 0.05 : 0.01)) on = !on;
        return (on ? 80 : 0) + normal();
      };
    },
    "rare bursts": () => () => (random.next() < 1 / 150 ? 50 * random.next() : 0),
  };
  let [count, seasonal] = [0, 0];
  for (const source of Object.values(sources)) {
    for (const steps of [300, 2016, 4032, 300, 2016, 4032, 300, 8064]) {
      count++;
      if (seasonsOf(source(), steps).length > 0) seasonal++;
    }
  }
  assert.ok(seasonal <= 3, `${seasonal} of ${count} have a season`); // P(more than 3 | 72 at 1 %) < 0.01
});

test("what says nothing of seasons leaves those of the calendar as they were", () => {
  const given = { every: five, calendar: [DAY, 7 * DAY] };
  const times = Float64Array.from({ length: 400 }, (_, step) => start + step * five);
  for (const valueAt of [() => 7, () => Number.NaN, (step: number) => (step === 5 ? 1 : Number.NaN), () => Infinity]) {
    assert.deepEqual(
      findSeasons(
        given,
        times,
        Float64Array.from(times, (_, step) => valueAt(step)),
      ),
      given.calendar,
    );
  }
  assert.deepEqual(findSeasons(given, [], []), given.calendar);
  assert.deepEqual(findSeasons(given, times.slice(0, 1), [5]), given.calendar);
  const huge = findSeasons(
    given,
    times,
    Float64Array.from(times, () => 1e300 * normal()),
  );
  assert.ok(huge.every(Number.isFinite), huge.join(", "));
  const backwards = findSeasons(given, times.toReversed(), Float64Array.from(times, normal));
  assert.ok(backwards.every(Number.isFinite), backwards.join(", "));
});

test("with the season that was found, what should have come and did not is alarmed, though it lies among the usual values", () => {
  const steps = 4032;
  const broken = steps + 40;
  const values = Float64Array.from({ length: steps + 80 }, (_, step) => (step % 37 === 5 && step < broken ? 20 : 0) + normal());
  const times = Float64Array.from(values, (_, step) => start + step * five);
  const found = findSeasons({ every: five, calendar: [DAY, 7 * DAY] }, times.subarray(0, steps), values.subarray(0, steps));
  const alarms = [[DAY, 7 * DAY], found].map((seasons) => {
    const detector = createDetector(detectorDefaults, 1);
    detector.setSeasons(0, seasons);
    assert.deepEqual(detector.seasons(0), seasons);
    const at: number[] = [];
    values.forEach((value, step) => {
      if (detector.observe(0, times[step]!, value).event === "starts" && step >= broken) at.push(step - broken);
    });
    assert.throws(() => detector.setSeasons(0, []), /series 0 has values/);
    return at;
  });
  assert.deepEqual(alarms[0], [], "alarms with a day and a week, which such a cycle does not follow");
  const due = Math.ceil((broken - 5) / 37) * 37 + 5;
  assert.deepEqual(alarms[1], [due - broken], "alarms with the cycle");
});

test("seasons go with the state of a series; what is no season is refused", () => {
  const one = createDetector(detectorDefaults, 1);
  one.setSeasons(0, [37 * five]);
  one.observe(0, start, 5);
  const other = createDetector({ ...detectorDefaults, seasons: [] }, 2);
  other.put(1, one.take(0));
  assert.deepEqual([other.seasons(0), other.seasons(1)], [[], [37 * five]]);
  other.clear(1);
  assert.deepEqual(other.seasons(1), []);
  for (const wrong of [[-1], [Number.NaN], [DAY, DAY], [2 * DAY, DAY], [1, 2, 3]]) {
    assert.throws(() => other.setSeasons(0, wrong), /seasons/, wrong.join(", "));
  }
  assert.equal(other.bytesPerSeries, one.bytesPerSeries);
});

test("an event ends after two hours, after ten minutes of seconds at least, and after six steps where they are long", () => {
  const steps = [1 / 60, 0.5, 1, 5, 15, 60, 1440].map((minutes) => quietStepsOf(minutes * MINUTE));
  assert.deepEqual(steps, [600, 24, 24, 24, 8, 6, 6]);
});
