import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrateRow, calibrationDefaults, fitCalibration } from "../src/calibrate/temperature.ts";
import type { Calibration, Constants } from "../src/calibrate/temperature.ts";
import { minimise } from "../src/math/minimise.ts";
import { seeded } from "../src/math/random.ts";
import { calibrationErrorByChance, expectedCalibrationError } from "../src/metrics/calibration.ts";

/** A calibration without a network and without constants. */
const plain = (slopes: readonly [number, number, number], shifts: Float32Array): Calibration => ({
  slopes,
  shifts,
  constants: none(shifts.length),
  networkSlope: 0,
  base: shifts,
  lead: { knots: Float32Array.of(0), factors: Float32Array.of(1) },
});

const none = (classCount: number): Float32Array => new Float32Array(classCount);
const noConstants = (classCount: number): Constants => ({ margins: none(classCount), logits: null });

/** Margins, and labels drawn from softmax(slope x margin + shift). */
function drawn(
  count: number,
  slope: number,
  shifts: readonly number[],
  seed: number,
): { margins: Float32Array; labels: Uint32Array } {
  const random = seeded(seed);
  const margins = Float32Array.from({ length: count * shifts.length }, () => 2 * random.next() - 1.5);
  const labels = Uint32Array.from({ length: count }, (_, row) => {
    const own = Float64Array.from(margins.subarray(row * shifts.length, (row + 1) * shifts.length));
    calibrateRow(plain([slope, 0, 0], Float32Array.from(shifts)), own, null);
    let left = random.next();
    const label = own.findIndex((p) => (left -= p) < 0);
    return label < 0 ? shifts.length - 1 : label;
  });
  return { margins, labels };
}

test("slope and shifts that made the labels are found", async () => {
  const { margins, labels } = drawn(20_000, 4, [0.5, 0, -0.5], 1);
  const { slopes, shifts } = await fitCalibration(calibrationDefaults, { margins, logits: null }, labels, noConstants(3), {
    seed: 1,
  });
  // The slope of a row is s0 + s1 greatest + s2 lead; over the margins drawn it must be 4.
  for (const [greatest, lead] of [
    [-0.5, 0.1],
    [0, 0.5],
    [0.4, 1],
  ] as const) {
    const slope = slopes[0] + slopes[1] * greatest + slopes[2] * lead;
    assert.ok(Math.abs(slope - 4) < 0.4, `slope ${slope} at ${greatest}, ${lead}`);
  }
  [0.5, 0, -0.5].forEach((shift, at) =>
    assert.ok(Math.abs(shifts[at]! - shifts[1]! - shift) < 0.1, `shift ${at}: ${shifts[at]}`),
  );
});

test("calibrated confidences are as exact as chance lets them be; margins through a plain softmax are not", async () => {
  const { margins, labels } = drawn(4000, 5, [0, 0, 0, 0], 2);
  const judge = drawn(4000, 5, [0, 0, 0, 0], 3);
  const fitted = await fitCalibration(calibrationDefaults, { margins, logits: null }, labels, noConstants(4), { seed: 1 });
  const within = [fitted, plain([1, 0, 0], none(4))].map((calibration) => {
    const confidences = new Float64Array(4000);
    const right = new Uint8Array(4000);
    for (let row = 0; row < 4000; row++) {
      const own = Float64Array.from(judge.margins.subarray(row * 4, row * 4 + 4));
      calibrateRow(calibration, own, null);
      confidences[row] = Math.max(...own);
      right[row] = own.indexOf(Math.max(...own)) === judge.labels[row] ? 1 : 0;
    }
    return expectedCalibrationError(confidences, right) <= calibrationErrorByChance(confidences, { seed: 4 }).upper;
  });
  assert.deepEqual(within, [true, false]);
});

test("rows of weight 3 calibrate as three copies of them", async () => {
  const { margins, labels } = drawn(1500, 3, [0.5, 0, -0.5], 5);
  const weights = Float64Array.from(labels, (label) => (label === 0 ? 3 : 1));
  const copies = Uint32Array.from([...labels.keys()].flatMap((row) => Array<number>(weights[row]!).fill(row)));
  const [weighed, copied, alike] = await Promise.all(
    [{ weights }, { judged: copies }, {}].map((how) =>
      fitCalibration(calibrationDefaults, { margins, logits: null }, labels, noConstants(3), { seed: 1, ...how }),
    ),
  );
  const apart = (a: Calibration, b: Calibration): number =>
    Math.max(...[...a.slopes, ...a.shifts].map((value, at) => Math.abs(value - [...b.slopes, ...b.shifts][at]!)));
  assert.ok(apart(weighed!, copied!) < 1e-3, `${apart(weighed!, copied!)} from copies`);
  assert.ok(apart(alike!, copied!) > 0.5, "copies change nothing");
});

test("few rows, all of them right, do not make certain", async () => {
  const margins = Float32Array.of(1, -1, -1, 1, 1, -1, -1, 1);
  const calibration = await fitCalibration(
    calibrationDefaults,
    { margins, logits: null },
    Uint32Array.of(0, 1, 0, 1),
    noConstants(2),
    {
      seed: 1,
    },
  );
  const own = Float64Array.of(1, -1);
  calibrateRow(calibration, own, null);
  assert.ok(own[0]! > 0.6 && own[0]! < 0.95, `${own[0]}`);
});

test("useless margins give the shares of the classes", async () => {
  const margins = new Float32Array(3000);
  const labels = Uint32Array.from({ length: 1000 }, (_, row) => (row % 10 === 0 ? 0 : row % 10 < 4 ? 1 : 2));
  const calibration = await fitCalibration(calibrationDefaults, { margins, logits: null }, labels, noConstants(3), { seed: 1 });
  const own = new Float64Array(3);
  calibrateRow(calibration, own, null);
  [0.1, 0.3, 0.6].forEach((share, at) => assert.ok(Math.abs(own[at]! - share) < 0.02, `${own[at]}, not ${share}`));
});

test("a valley that is long and narrow is walked to its end", () => {
  const scales = Float64Array.of(1, 100, 10_000);
  const goal = Float64Array.of(3, -2, 1);
  const point = new Float64Array(3);
  let evaluations = 0;
  const walk = minimise(
    (at, gradient) => {
      evaluations++;
      let value = 0;
      for (let i = 0; i < 3; i++) {
        const away = at[i]! - goal[i]!;
        value += (scales[i]! * away * away) / 2;
        gradient[i] = scales[i]! * away;
      }
      return value;
    },
    point,
    { maxRounds: 200, tolerance: 1e-12 },
  );
  for (const _evaluation of walk);
  goal.forEach((value, at) => assert.ok(Math.abs(point[at]! - value) < 1e-4, `${point[at]}, not ${value}`));
  assert.ok(evaluations < 60, `${evaluations} evaluations`);
});
