/** Alarms where the mean of a stream rises, and no others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PageHinkley, pageHinkleyDefaults } from "../src/drift/page-hinkley.ts";
import type { Rise } from "../src/drift/page-hinkley.ts";
import { seeded } from "../src/math/random.ts";

/** Errors with these rates, a thousand values each. */
function rises(rates: readonly number[], seed: number): Rise[] {
  const random = seeded(seed);
  const stream = new PageHinkley();
  return rates
    .flatMap((rate) => Array.from({ length: 1000 }, () => (random.next() < rate ? 1 : 0)))
    .flatMap((error) => stream.add(error) ?? []);
}

test("a model that becomes worse is noticed soon, and where it began is told nearly; a steady or better one raises no alarm", () => {
  let steady = 0;
  const starts: number[] = [];
  for (let seed = 1; seed <= 50; seed++) {
    steady += rises([0.15, 0.15, 0.15, 0.15, 0.15], seed).length;
    assert.deepEqual(rises([0.5, 0.1], seed), [], "what becomes better is no alarm");
    const [first] = rises([0.15, 0.15, 0.4], seed);
    if (!first || first.at < 2000) continue;
    assert.ok(first.at < 2600, `at ${first.at}`);
    starts.push(Math.abs(first.from - 2000));
  }
  assert.ok(starts.length >= 48, `${starts.length} of 50`);
  assert.ok(starts.sort((a, b) => a - b)[25]! < 100, `half of them within ${starts[25]}`);
  assert.ok(steady <= 5, `${steady} false alarms in 250,000 values`);
});

test("the sum by hand: it climbs by what is above the mean so far, and begins anew after an alarm", () => {
  const stream = new PageHinkley({ tolerance: 0, threshold: 2, least: 1 });
  // Means 0, 0, 1, 1.5, 1.8; what is above them 0, 0, 2, 1.5: the sum passes 2 at the fourth value.
  const alarms = [0, 0, 3, 3, 3].map((value) => stream.add(value));
  assert.deepEqual(alarms, [undefined, undefined, undefined, { at: 3, from: 2 }, undefined]);
  assert.equal(stream.add(3), undefined, "threes are usual now");
  assert.equal(pageHinkleyDefaults.least > 1, true);
});
