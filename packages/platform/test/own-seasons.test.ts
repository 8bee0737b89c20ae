/** In training each series gets the seasons that its own history shows; what is held out or known has no part in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDetector } from "#learn/anomaly/detector";
import { seeded } from "#learn/math/random";
import { useCaseSchema, watchesSeries } from "#records/use-case";
import type { KnownEvent } from "#stages/watch/calendar";
import { giveSeasons } from "#stages/watch/own-seasons";
import { pointsOf } from "#stages/watch/points";
import type { Points } from "#stages/watch/points";
import { detectorSettings } from "#stages/watch/settings";

const useCase = useCaseSchema.parse({
  use_case: "machines",
  task: "detect",
  goal: { kpi: "stops", direction: "decrease" },
  source: { system: "plant", query: "select * from readings", series: ["machine"], time: "read_at", values: ["load"] },
  every: "5m",
  policy: { alarms: "2 per week per series" },
});
assert.ok(watchesSeries(useCase));

const random = seeded(3);
const noise = (): number => random.next() + random.next() + random.next() - 1.5;
const [step, steps] = [300_000, 14 * 288];
const start = Date.UTC(2026, 0, 5);
const end = start + steps * step;

/** Points of machines by name, one after the other in time. */
const points = (machines: Readonly<Record<string, (at: number) => number>>): Points => {
  const names = Object.keys(machines);
  const rows = steps * names.length;
  const place = Array.from({ length: rows }, (_, row) => Math.floor(row / names.length));
  return pointsOf(useCase, {
    rows,
    columns: {
      read_at: { type: "time", values: Float64Array.from(place, (at) => start + at * step) },
      machine: { type: "string", values: place.map((_, row) => names[row % names.length]!) },
      load: { type: "number", values: Float64Array.from(place, (at, row) => machines[names[row % names.length]!]!(at)) },
    },
  });
};

/** In steps; but for the week, which two weeks do not show. */
const seasonsOf = async (given: Points, known: readonly KnownEvent[] = [], until = end): Promise<number[][]> => {
  const detector = createDetector(detectorSettings(useCase, 1), given.names.length);
  await giveSeasons(detector, given, { known, until });
  return given.names.map((_, slot) => detector.seasons(slot).flatMap((ms) => (ms === 2016 * step ? [] : [ms / step])));
};

const every8Hours = (at: number): number => (at % 96 < 30 ? 5 : 0) + noise();

test("series of one use case have seasons of their own: a shift, a cycle, a day, none", async () => {
  const given = points({
    press: every8Hours,
    oven: (at) => (at % 37 < 4 ? 8 : 0) + noise(),
    hall: (at) => 5 * Math.sin((2 * Math.PI * at) / 288) + noise(),
    pump: noise,
  });
  assert.deepEqual(
    given.names.map(({ text }) => text),
    ["press", "oven", "hall", "pump"],
  );
  assert.deepEqual(await seasonsOf(given), [[96], [37], [288], []]);
});

test("what is held out shows no season, and neither does what is known", async () => {
  const late = points({ press: (at) => (at < steps / 2 ? noise() : every8Hours(at)) });
  assert.deepEqual(await seasonsOf(late, [], start + (steps / 2) * step), [[]]);
  const tested = points({ press: (at) => (at % 96 < 6 ? 50 : 0) + noise() });
  assert.deepEqual(await seasonsOf(tested), [[96]], "where it is not known of");
  const known = Array.from({ length: steps / 96 }, (_, turn) => {
    const from = start + turn * 96 * step;
    return { from, to: from + 6 * step, of: ["press"] };
  });
  assert.deepEqual(await seasonsOf(tested, known), [[]]);
});

test("a training that is cancelled ends", async () => {
  const given = points({ a: noise, b: noise, c: noise });
  const detector = createDetector(detectorSettings(useCase, 1), 3);
  const signal = AbortSignal.abort(new Error("not wanted"));
  await assert.rejects(giveSeasons(detector, given, { known: [], until: end, signal }), /not wanted/);
});
