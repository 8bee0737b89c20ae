/** What differs between earlier and later rows is said where it is more than chance, and hardly ever where there is nothing. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { ScalarColumn } from "../src/data/table.ts";
import { kolmogorovSmirnov, totalVariation } from "../src/drift/distance.ts";
import { shiftOfLater } from "../src/drift/later-rows.ts";
import { lossTrend } from "../src/drift/loss-trend.ts";
import { seeded } from "../src/math/random.ts";

const random = seeded(17);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const numbers = (count: number, of: (row: number) => number): ScalarColumn => ({
  type: "number",
  values: Float64Array.from({ length: count }, (_, row) => of(row)),
});
const levels = (count: number, of: (row: number) => string | null): ScalarColumn => ({
  type: "string",
  values: Array.from({ length: count }, (_, row) => of(row)),
});

/** Alarms of a hundred columns without drift. */
function falseAlarms(column: (count: number) => ScalarColumn, earlier: number, later: number): number {
  let alarms = 0;
  for (let at = 0; at < 100; at++) {
    const whole = column(earlier + later);
    const part = (from: number, to: number): ScalarColumn =>
      whole.type === "string"
        ? { type: "string", values: whole.values.slice(from, to) }
        : { type: "number", values: whole.values.slice(from, to) };
    alarms += Number(shiftOfLater(part(0, earlier), part(earlier, earlier + later), at)!.drifted);
  }
  return alarms;
}

test("distances of samples are those of their definitions", () => {
  assert.equal(kolmogorovSmirnov(Float64Array.of(5, 5, 0), Float64Array.of(0, 5, 5)), 0.5);
  assert.equal(totalVariation(Float64Array.of(6, 2, 0), Float64Array.of(2, 2, 4)), 0.5);
  assert.equal(kolmogorovSmirnov(Float64Array.of(2, 8), Float64Array.of(1, 4)), 0);
});

test("of a hundred columns without drift at most a few raise an alarm, whatever their size, shape and memory", () => {
  const lognormal = (count: number): ScalarColumn => numbers(count, () => Math.exp(2 * normal()));
  const fewLevels = (count: number): ScalarColumn => levels(count, () => "abcdefgh"[Math.floor(8 * random.next() ** 2)]!);
  const manyLevels = (count: number): ScalarColumn => levels(count, () => `level ${random.below(300)}`);
  /** Rows remember: each is nine tenths of the one before. */
  const remembering = (count: number): ScalarColumn => {
    let last = normal();
    return numbers(count, () => (last = 0.9 * last + Math.sqrt(1 - 0.81) * normal()));
  };
  const names = (count: number): ScalarColumn => levels(count, (row) => `name ${row}`);
  const missing = (count: number): ScalarColumn => numbers(count, () => (random.next() < 0.3 ? NaN : normal()));
  for (const [name, column] of Object.entries({ lognormal, fewLevels, manyLevels, names, missing, remembering })) {
    const alarms = falseAlarms(column, 400, 100);
    assert.ok(alarms <= 5, `${name}: ${alarms} of 100`);
  }
  assert.ok(falseAlarms(remembering, 4000, 1000) <= 5);
});

test("a shift of a fifth of a standard deviation, a new level and what goes missing are found", () => {
  const [earlier, later] = [8000, 2000];
  const shifted = shiftOfLater(
    numbers(earlier, normal),
    numbers(later, () => normal() + 0.2),
    1,
  )!;
  assert.ok(shifted.drifted && Math.abs(shifted.distance - 0.08) < 0.05 && shifted.level === null, JSON.stringify(shifted));
  const added = shiftOfLater(
    levels(earlier, () => "ab"[random.below(2)]!),
    levels(later, () => (random.next() < 0.2 ? "new" : "ab"[random.below(2)]!)),
    1,
  )!;
  assert.ok(added.drifted && added.level?.name === "new" && added.level.before === 0, JSON.stringify(added));
  const gone = shiftOfLater(
    numbers(earlier, normal),
    numbers(later, () => (random.next() < 0.3 ? NaN : normal())),
    1,
  )!;
  assert.ok(gone.drifted && Math.abs(gone.distance - 0.3) < 0.05);
  const counter = shiftOfLater(
    numbers(earlier, (row) => row),
    numbers(later, (row) => earlier + row),
    1,
  )!;
  assert.ok(counter.drifted && counter.distance > 0.98);
});

test("too few rows and columns without a value say nothing", () => {
  assert.equal(shiftOfLater(numbers(39, normal), numbers(10, normal), 1), null);
  const empty = shiftOfLater(
    numbers(400, () => NaN),
    numbers(100, () => NaN),
    1,
  )!;
  assert.deepEqual([empty.drifted, empty.distance], [false, 0]);
});

test("losses that rise with time are told from those that go up and down", () => {
  const rising = lossTrend(Float64Array.from({ length: 900 }, (_, row) => Math.abs(normal()) * (1 + row / 600)))!;
  assert.ok(rising.rises && rising.thirds[0] < rising.thirds[1] && rising.thirds[1] < rising.thirds[2]);
  let alarms = 0;
  for (let at = 0; at < 200; at++) {
    let last = 0;
    const losses = Float64Array.from({ length: 900 }, () => (last = 0.8 * last + normal()) ** 2);
    alarms += Number(lossTrend(losses)!.rises);
  }
  assert.ok(alarms <= 6, `${alarms} of 200`);
  assert.equal(lossTrend(new Float64Array(29)), null);
});

const elec2 = join(dirname(fileURLToPath(import.meta.url)), "../../../../shared/data/tabular/elec2_drift/data.csv.gz");
const skip = existsSync(elec2) ? false : "the folder shared/data is not beside the repository";

test("the drift of the electricity market of New South Wales is found", { skip }, () => {
  const [head, ...lines] = gunzipSync(readFileSync(elec2)).toString().trimEnd().split("\n");
  const at = head!.split(",").indexOf("transfer"); // with Victoria, which joined the market in the course of the data
  const values = Float64Array.from(lines, (line) => Number(line.split(",")[at]));
  const cut = Math.round(0.7 * values.length);
  const shift = shiftOfLater({ type: "number", values: values.slice(0, cut) }, { type: "number", values: values.slice(cut) }, 1)!;
  assert.ok(shift.drifted && shift.distance > 0.4, JSON.stringify(shift));
});
