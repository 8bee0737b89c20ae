import assert from "node:assert/strict";
import { test } from "node:test";
import { fitText } from "../src/classifiers/text.ts";
import { takeRows } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import { labelNoise } from "../src/select/label-noise.ts";
import { stratifiedFolds } from "../src/select/split.ts";

const classes = ["accounts", "hardware", "network", "orders"];

/** Tickets whose words mostly tell their team, with a share of the labels replaced by a wrong one. */
function tickets(count: number, wrongShare: number, seed: number) {
  const random = seeded(seed);
  const truth: number[] = [];
  const labels: number[] = [];
  const texts: string[] = [];
  for (let row = 0; row < count; row++) {
    // Unequal classes: 40, 30, 20 and 10 %.
    const drawn = random.next();
    const own = drawn < 0.4 ? 0 : drawn < 0.7 ? 1 : drawn < 0.9 ? 2 : 3;
    const words = Array.from({ length: 12 }, () => {
      const kind = random.next();
      if (kind < 0.3) return `${classes[own]}${random.below(40)}`;
      return kind < 0.4 ? `${classes[random.below(4)]}${random.below(40)}` : `word${random.below(300)}`;
    });
    truth.push(own);
    labels.push(random.next() < wrongShare ? (own + 1 + random.below(3)) % 4 : own);
    texts.push(words.join(" "));
  }
  return { truth: Uint32Array.from(truth), labels: Uint32Array.from(labels), texts };
}

/** Calibrated probabilities of each row from a model that did not see it. */
async function outOfFold(texts: readonly string[], labels: Uint32Array): Promise<Float32Array> {
  const table = { rows: texts.length, columns: { text: { type: "string" as const, values: texts } } };
  const folds = stratifiedFolds(labels, 4, 1);
  const probabilities = new Float32Array(texts.length * classes.length);
  for (let fold = 0; fold < 4; fold++) {
    const rowsIn = (is: boolean): Uint32Array => Uint32Array.from(folds.keys().filter((row) => (folds[row] === fold) === is));
    const [train, held] = [rowsIn(false), rowsIn(true)];
    const model = await fitText(
      { recipe: { fields: [{ name: "text", kind: "text" }] } },
      { table: takeRows(table, train), labels: Array.from(train, (row) => classes[labels[row]!]!) },
      { seed: 1, threads: 0 },
    );
    assert.deepEqual(model.classes, classes);
    const found = model.predict(takeRows(table, held));
    held.forEach((row, at) => probabilities.set(found.subarray(at * 4, at * 4 + 4), row * 4));
  }
  return probabilities;
}

test("planted wrong labels are found, with the class that they should have, and their share", async () => {
  const { truth, labels, texts } = tickets(3000, 0.05, 11);
  const wrong = labels.filter((label, row) => label !== truth[row]).length;
  assert.ok(wrong > 100);
  const noise = labelNoise(await outOfFold(texts, labels), labels, classes, wrong);
  assert.equal(noise.suspects.length, wrong);
  const hits = noise.suspects.filter(({ row }) => labels[row] !== truth[row]);
  assert.ok(hits.length >= 0.7 * wrong, `${hits.length} of ${wrong}`);
  const named = hits.filter(({ row, expected }) => expected === classes[truth[row]!]);
  assert.ok(named.length >= 0.9 * hits.length, `${named.length} of ${hits.length}`);
  for (const { row, label, labelProbability, expectedProbability } of noise.suspects) {
    assert.equal(label, classes[labels[row]!]);
    assert.ok(labelProbability < expectedProbability);
  }
  // Some texts are as much of another class as of their own: they count as noise too, so the estimate is an upper one.
  const share = wrong / labels.length;
  assert.ok(share <= noise.share && noise.share <= share + 0.025, `${noise.share} for ${share}`);
  assert.ok(noise.lower < noise.share && noise.share < noise.upper);
});

test("clean labels raise few suspects", async () => {
  const { labels, texts } = tickets(3000, 0, 12);
  const noise = labelNoise(await outOfFold(texts, labels), labels, classes, 3000);
  assert.ok(noise.found < 0.015 * 3000, `${noise.found} suspects`);
  assert.equal(noise.suspects.length, noise.found);
  assert.ok(noise.share < 0.02 && noise.lower > 0, `${noise.lower} .. ${noise.share}`);
});

test("bounds, joint and order on a table that can be done by hand", () => {
  const probabilities = Float32Array.from(
    [
      [0.9, 0.1],
      [0.75, 0.25],
      [0.1, 0.9], // labelled a, counts as b
      [0.25, 0.75],
      [0.45, 0.55], // reaches neither bound
      [0.9, 0.1], // labelled b, counts as a
      [0.05, 0.95],
    ].flat(),
  );
  const { thresholds, joint, suspects, found, share } = labelNoise(
    probabilities,
    Uint32Array.of(0, 0, 0, 1, 1, 1, 1),
    ["a", "b"],
    1,
  );
  assert.ok(Math.abs(thresholds[0]! - 1.75 / 3) < 1e-6 && Math.abs(thresholds[1]! - 2.35 / 4) < 1e-6);
  assert.deepEqual([...joint], [2, 1, 1, 2]);
  assert.equal(found, 2);
  assert.deepEqual(
    suspects.map(({ row, label, expected }) => [row, label, expected]),
    [[2, "a", "b"]],
  );
  assert.ok(Math.abs(share - 1 / 3) < 1e-9);
});

test("a class without rows, no rows at all, and sizes that do not fit", () => {
  const noise = labelNoise(Float32Array.of(0.6, 0.1, 0.3, 0.2, 0.1, 0.7), Uint32Array.of(0, 2), ["a", "b", "c"], 5);
  assert.deepEqual([noise.found, noise.share, noise.lower], [0, 0, 0]);
  assert.ok(noise.upper > 0.5, "two rows prove little");
  assert.deepEqual(labelNoise(new Float32Array(0), new Uint32Array(0), ["a", "b"], 5).suspects, []);
  assert.throws(() => labelNoise(Float32Array.of(1, 0, 0), Uint32Array.of(0), ["a", "b"], 5), RangeError);
  assert.throws(() => labelNoise(Float32Array.of(1, 0), Uint32Array.of(2), ["a", "b"], 5), RangeError);
});

test("the interval holds the true share in 95 % of the cases", () => {
  // A model that is certain and right: what varies is which labels are wrong.
  const rounds = 400;
  let held = 0;
  for (let round = 0; round < rounds; round++) {
    const random = seeded(round);
    const truth = Uint32Array.from({ length: 400 }, () => random.below(4));
    const labels = truth.map((own) => (random.next() < 0.04 ? (own + 1) % 4 : own));
    const probabilities = new Float32Array(1600).fill(0.01);
    truth.forEach((own, row) => (probabilities[row * 4 + own] = 0.97));
    const { lower, upper } = labelNoise(probabilities, labels, classes, 0);
    if (lower <= 0.04 && 0.04 <= upper) held++;
  }
  assert.ok(held >= 0.93 * rounds, `${held} of ${rounds}`);
});
