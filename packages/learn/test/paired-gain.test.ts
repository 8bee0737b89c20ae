/** What models are worth beside the simplest, on the same rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pairedGain, triedOf, wins } from "../src/select/paired-gain.ts";

test("a gain is the mean difference, with its standard error; rows that are hard for both do not blur it", () => {
  const [one, other] = [Float64Array.of(1, 100, 1, 100), Float64Array.of(2, 101, 2, 103)];
  assert.deepEqual(pairedGain(one, other, null), { mean: 1.5, error: Math.sqrt(0.75) / 2 });
  assert.deepEqual([wins(one, other, null), wins(other, one, null), wins(one, one, null)], [true, false, false]);
});

test("a heavy row moves the mean as copies of it would, and counts once for how sure that is", () => {
  const [one, other] = [new Float64Array(4), Float64Array.of(1, 1, 1, 5)];
  const weights = Float64Array.of(1, 1, 1, 3);
  const { mean, error } = pairedGain(one, other, weights);
  assert.equal(mean, 3);
  const copies = pairedGain(new Float64Array(6), Float64Array.of(1, 1, 1, 5, 5, 5), null);
  assert.equal(mean, copies.mean);
  assert.equal(error, Math.sqrt(2 ** 2 + 2 ** 2 + 2 ** 2 + 6 ** 2) / 6);
  assert.ok(error > copies.error, "three copies are taken for three observations");
});

test("what was tried is told in shares of what the first loses", () => {
  const [first, second] = [
    new Float64Array(400).fill(2),
    Float64Array.from({ length: 400 }, (_, row) => (row % 2 === 0 ? 1 : 2.5)),
  ];
  const [simplest, richer] = triedOf(
    [
      { learner: "linear", losses: first },
      { learner: "trees", losses: second },
    ],
    null,
  );
  assert.deepEqual(simplest, { learner: "linear", loss: 2, gain: 0, lower: 0, upper: 0 });
  assert.equal(richer!.loss, 1.75);
  assert.equal(richer!.gain, 0.125);
  const error = 0.75 / Math.sqrt(400); // differences are 1 and -0.5
  assert.ok(
    Math.abs(richer!.upper - (0.25 + 1.96 * error) / 2) < 1e-12 && Math.abs(richer!.lower - (0.25 - 1.96 * error) / 2) < 1e-12,
  );
});
