import assert from "node:assert/strict";
import { test } from "node:test";
import { poissonRange } from "../src/math/poisson.ts";

test("the range of a Poisson count is that of R's qpois", () => {
  // R 4.5: qpois(c(.025, .975), mean)
  for (const [mean, range] of [
    [0.5, [0, 2]],
    [3, [0, 7]],
    [10, [4, 17]],
    [100, [81, 120]],
    [1000, [938, 1062]],
  ] as const) {
    assert.deepEqual(poissonRange(mean, 0.95), range, `mean ${mean}`);
  }
});

test("no mean, a great one and none at all", () => {
  assert.deepEqual(poissonRange(0, 0.95), [0, 0]);
  const [least, most] = poissonRange(2e6, 0.95);
  assert.ok(Math.abs(least - (2e6 - 1.96 * Math.sqrt(2e6))) < 5 && Math.abs(most - (2e6 + 1.96 * Math.sqrt(2e6))) < 5);
  for (const mean of [-1, Number.NaN, Infinity]) assert.throws(() => poissonRange(mean, 0.95), RangeError);
});
