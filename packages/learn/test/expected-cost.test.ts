import assert from "node:assert/strict";
import { test } from "node:test";
import { costCurve, expectedCosts, leastExpectedCost } from "../src/select/expected-cost.ts";
import { seeded } from "../src/math/random.ts";

/** Classes bad and good: a bad one taken for good costs 5, a good one taken for bad 1. */
const costs = Float64Array.of(0, 5, 1, 0);

test("what costs least is decided, not what is most probable", () => {
  assert.deepEqual([...expectedCosts(Float32Array.of(0.25, 0.75), costs)], [0.75, 1.25]);
  assert.deepEqual(leastExpectedCost(Float32Array.of(0.25, 0.75), costs), { best: 0, cost: 0.75 });
  assert.equal(leastExpectedCost(Float32Array.of(0.125, 0.875), costs).best, 1);
  const even = Float64Array.of(0, 1, 1, 0);
  assert.equal(leastExpectedCost(Float32Array.of(0.5, 0.5), even).best, 0);
  assert.equal(leastExpectedCost(Float32Array.of(0.25, 0.75), even).best, 1, "with equal costs the most probable one");
});

test("with calibrated probabilities no other threshold costs less", () => {
  const random = seeded(4);
  const rows = Array.from({ length: 20_000 }, () => {
    const bad = random.next();
    return { bad, isBad: random.next() < bad };
  });
  const costAt = (threshold: number): number =>
    rows.reduce((sum, { bad, isBad }) => sum + (bad >= threshold ? (isBad ? 0 : 1) : isBad ? 5 : 0), 0) / rows.length;
  const chosen =
    rows.reduce((sum, { bad, isBad }) => {
      const { best } = leastExpectedCost(Float32Array.of(bad, 1 - bad), costs);
      return sum + costs[(isBad ? 0 : 1) * 2 + best]!;
    }, 0) / rows.length;
  for (const threshold of [0, 0.05, 0.3, 0.5, 0.9, 1.1])
    assert.ok(chosen < costAt(threshold), `${chosen} and ${costAt(threshold)} at ${threshold}`);
});

test("the curve goes from a look at every row to none, and each point is what that would have cost", () => {
  const expected = Float64Array.of(0.1, 0.4, 0.2, 0.3);
  const actual = Float64Array.of(0, 5, 0, 1);
  assert.deepEqual(costCurve(expected, actual, 0.5, 4), [
    { limit: 0, coverage: 0, cost: 0.5 },
    { limit: 0.1, coverage: 0.25, cost: 0.375 },
    { limit: 0.2, coverage: 0.5, cost: 0.25 },
    { limit: 0.3, coverage: 0.75, cost: 0.375 },
    { limit: 0.4, coverage: 1, cost: 1.5 },
  ]);
  assert.deepEqual(costCurve(new Float64Array(0), new Float64Array(0), 2), [{ limit: 0, coverage: 0, cost: 2 }]);
});
