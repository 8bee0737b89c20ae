/** Sums that are the target are found whatever stands beside them; what is only near is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/math/random.ts";
import { exactSum } from "../src/select/exact-sum.ts";

const rows = 1000;
const random = seeded(7);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const column = (of: (row: number) => number): Float64Array => Float64Array.from({ length: rows }, (_, row) => of(row));

const a = column(() => 100 * random.next());
const b = column(() => Math.exp(normal()));
const c = column(normal);
const noise = Array.from({ length: 20 }, () => column(normal));

test("a sum, a difference and one with weights are found among other columns", () => {
  const sum = exactSum(
    [...noise, a, b],
    column((row) => a[row]! + b[row]!),
  );
  assert.deepEqual(sum?.columns, [20, 21]);
  assert.ok(sum.weights.every((weight) => Math.abs(weight - 1) < 1e-6) && sum.open < 1e-9);
  // Neither goes with the difference, and something else does.
  const [big, near] = [column((row) => 1000 * c[row]! + a[row]!), column((row) => a[row]! + 20 * normal())];
  const thousand = column((row) => 1000 * c[row]!);
  const difference = exactSum(
    [near, big, ...noise, thousand],
    column((row) => big[row]! - thousand[row]!),
  );
  assert.deepEqual(difference?.columns, [1, 22]);
  assert.deepEqual(difference.weights.map(Math.round), [1, -1]);
  const weighted = exactSum(
    [a, b, c, ...noise],
    column((row) => 7 + 0.19 * a[row]! + 3 * b[row]! - c[row]!),
  );
  assert.deepEqual(weighted?.columns, [0, 1, 2]);
});

test("hours between two times are found, rounded to whole ones too", () => {
  const opened = column((row) => 1.7e12 + 3_600_000 * row);
  const hours = column(() => 40 * random.next());
  const closed = column((row) => opened[row]! + 3_600_000 * hours[row]!);
  assert.deepEqual(exactSum([opened, a, closed], hours)?.columns, [0, 2]);
  assert.deepEqual(exactSum([opened, a, closed], hours.map(Math.ceil))?.columns, [0, 2]);
});

test("columns that repeat each other do not hide it", () => {
  const target = column((row) => a[row]! + b[row]!);
  const twice = column((row) => 2 * a[row]!);
  const found = exactSum([a, twice, b, ...noise], target);
  assert.equal(found?.columns.length, 2);
  assert.ok(found.columns.includes(2));
});

test("a strong relation that is not exact is none, nor is one that holds for a few great rows only", () => {
  const spread = Math.sqrt((0.03 / 0.97) * (100 ** 2 / 12 + 1));
  for (let again = 0; again < 20; again++) {
    assert.equal(
      exactSum(
        [a, c, ...noise],
        column((row) => a[row]! + c[row]! + spread * normal()),
      ),
      null,
    );
  }
  const great = column((row) => (row % 50 < 2 ? 10_000 * random.next() : normal()));
  assert.equal(
    exactSum(
      [great, a, ...noise],
      column((row) => great[row]! + normal() + a[row]! / 100),
    ),
    null,
  );
});

test("as many columns as rows, constants and too few rows are no sum", () => {
  const short = Array.from({ length: 90 }, () => column(normal).slice(0, 120));
  assert.equal(exactSum(short, column(normal).slice(0, 120)), null);
  assert.equal(exactSum([column(() => 1), column(() => 2)], a), null);
  assert.equal(exactSum([a.slice(0, 80), b.slice(0, 80)], column((row) => a[row]! + b[row]!).slice(0, 80)), null);
});
