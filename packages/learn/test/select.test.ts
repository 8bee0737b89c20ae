import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/math/random.ts";
import { joinGroups } from "../src/select/join-groups.ts";
import { foldsOf, splitByChance, splitByTime, stratifiedFolds } from "../src/select/split.ts";
import { confidenceThreshold, leastRows, rowsEnough } from "../src/select/threshold.ts";

test("rows of one instant stay on one side, missing times are learnt from", () => {
  const rows: readonly (readonly [times: number[], share: number, train: number, at: number | null])[] = [
    [[1, 2, 3, 4, 5], 0.4, 3, 4],
    [[1, 2, 2, 2, 5], 0.4, 1, 2],
    [[NaN, NaN, NaN, 4, 5], 0.8, 3, 4],
    [[7, 7, 7], 0.3, 0, 7],
    [[NaN, NaN], 0.5, 2, null],
    [[], 0.5, 0, null],
  ];
  for (const [times, share, train, at] of rows) {
    const split = splitByTime(Float64Array.from(times), share);
    assert.deepEqual([...split.train, ...split.test], [...times.keys()]);
    assert.deepEqual([split.train.length, split.at], [train, at], String(times));
  }
  for (const times of [
    [2, 1],
    [1, NaN],
  ])
    assert.throws(() => splitByTime(Float64Array.from(times), 0.5), RangeError);
});

test("a split by chance keeps every row and the share of every label", () => {
  const labels = Array.from({ length: 1000 }, (_, at) => (at % 10 === 0 ? "rare" : at === 1 ? "once" : "often"));
  const { train, test: held } = splitByChance(labels, 0.2, 5);
  assert.deepEqual(
    [...train, ...held].sort((a, b) => a - b),
    [...labels.keys()],
  );
  const count = (rows: Uint32Array, label: string): number => rows.filter((row) => labels[row] === label).length;
  assert.ok(Math.abs(count(held, "rare") - 20) <= 1);
  assert.ok(Math.abs(count(held, "often") - 180) <= 1);
  assert.equal(count(train, "once"), 1);
  assert.deepEqual(splitByChance(labels, 0.2, 5), splitByChance(labels, 0.2, 5));
  assert.notDeepEqual(splitByChance(labels, 0.2, 6).test, held);
});

test("each label is spread evenly over the folds", () => {
  const labels = Uint32Array.from({ length: 300 }, (_, at) => at % 7);
  const folds = stratifiedFolds(labels, 3, 1);
  for (let label = 0; label < 7; label++) {
    const sizes = [0, 1, 2].map((fold) => labels.filter((own, row) => own === label && folds[row] === fold).length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `label ${label}: ${sizes.join(", ")}`);
  }
});

/** Held-out rows whose chance to be right rises with confidence from `from` to `to`. */
function heldOut(count: number, from: number, to: number, seed: number): { confidences: Float64Array; right: Uint8Array } {
  const random = seeded(seed);
  const confidences = Float64Array.from({ length: count }, () => random.next());
  return { confidences, right: Uint8Array.from(confidences, (c) => (random.next() < from + (to - from) * c ? 1 : 0)) };
}

test("the threshold keeps the promise on the rows at or above it", () => {
  const { confidences, right } = heldOut(2000, 0.6, 1, 1);
  const found = confidenceThreshold(confidences, right, 0.9);
  const above = confidences.map((c) => Number(c >= found.threshold));
  const taken = above.reduce((sum, one) => sum + one, 0);
  const hits = above.reduce((sum, one, row) => sum + one * right[row]!, 0);
  assert.equal(found.coverage, taken / 2000);
  assert.equal(found.precision, hits / taken);
  assert.ok(found.precisionLower! >= 0.9 && found.precisionLower! < found.precision);
  assert.ok(found.coverage > 0.25 && found.coverage < 0.5, `true coverage at 90 % is 0.5, found ${found.coverage}`);
});

test("one early error does not silence a good model", () => {
  const { confidences, right } = heldOut(1000, 0.99, 0.99, 2);
  for (let hit = 0; hit < 3; hit++) right[confidences.indexOf(Math.max(...confidences.filter((_, row) => right[row] === 1)))] = 0;
  assert.ok(confidenceThreshold(confidences, right, 0.95).coverage > 0.9);
});

test("where all rows keep the promise, the confidence that was promised is enough", () => {
  const confidences = Float64Array.from({ length: 200 }, (_, at) => 0.97 + at / 10_000);
  const { threshold, coverage } = confidenceThreshold(confidences, new Uint8Array(200).fill(1), 0.9);
  assert.deepEqual([threshold, coverage], [0.9, 1]);
});

test("a promise that cannot be kept gives a threshold that nothing reaches", () => {
  const never = { threshold: 2, coverage: 0, precision: null, precisionLower: null };
  const { confidences, right } = heldOut(500, 0.5, 0.6, 3);
  assert.deepEqual(confidenceThreshold(confidences, right, 0.9), never);
  assert.deepEqual(confidenceThreshold(Float64Array.of(0.9, 0.9), Uint8Array.of(1, 1), 0.9), never, "two rows convince nobody");
  assert.deepEqual(confidenceThreshold(confidences, right.fill(1), 1), never, "no count proves certainty");
  assert.deepEqual(confidenceThreshold(new Float64Array(0), new Uint8Array(0), 0.9), never);
});

test("rows of equal confidence are taken together", () => {
  const confidences = Float64Array.from({ length: 400 }, (_, at) => (at < 200 ? 0.9 : 0.2));
  const right = Uint8Array.from({ length: 400 }, (_, at) => (at < 200 ? 1 : 0));
  const { threshold, coverage, precision } = confidenceThreshold(confidences, right, 0.9);
  assert.deepEqual([threshold, coverage, precision], [0.9, 0.5, 1]);
});

test("a wrong promise is made in at most 5 % of the cases; taking the best of twenty would make it more often", () => {
  // The truth is just below what is wanted at every confidence, so that every threshold found is a false promise.
  const rounds = 600;
  let ours = 0;
  let naive = 0;
  for (let round = 0; round < rounds; round++) {
    const { confidences, right } = heldOut(300, 0.895, 0.895, 1000 + round);
    if (confidenceThreshold(confidences, right, 0.9).threshold <= 1) ours++;
    const order = [...confidences.keys()].sort((a, b) => confidences[b]! - confidences[a]!);
    const passes = Array.from({ length: 20 }, (_, step) => order.slice(0, (300 * (step + 1)) / 20)).some(
      (rows) => rows.length >= 30 && rows.filter((row) => right[row] === 1).length / rows.length >= 0.93,
    );
    if (passes) naive++;
  }
  assert.ok(ours <= 0.05 * rounds, `${ours} of ${rounds}`);
  assert.ok(naive > 0.05 * rounds, `the control finds ${naive} of ${rounds}`);
});

test("folds of ordered rows are stretches of time; a label that one of them alone has is not judged", () => {
  const labels = Uint32Array.from({ length: 100 }, (_, row) => (row >= 90 ? 2 : row % 2));
  const { folds, judged } = foldsOf(labels, 5, 1, { ordered: true });
  for (let row = 0; row < 100; row++) assert.equal(folds[row], 4 - Math.floor(row / 20));
  assert.deepEqual([...judged], [...Array(90).keys()]);
  const byChance = { folds: stratifiedFolds(labels, 5, 1), judged: Uint32Array.from(labels.keys()) };
  assert.deepEqual(foldsOf(labels, 5, 1, {}), byChance);

  const turned = Uint32Array.from({ length: 100 }, (_, row) => (row >= 80 ? 1 : 0));
  assert.deepEqual(foldsOf(turned, 5, 1, { ordered: true }).folds, stratifiedFolds(turned, 5, 1), "time cannot judge");
});

test("rows of one name or one group are together, through each other too; a row without a name stands alone", () => {
  assert.equal(joinGroups(["a", "b", null, null], null), null);
  assert.deepEqual([...joinGroups(["a", "b", "a", "c"], null)!], [0, 1, 0, 3]);
  // 0 and 3 share a name, 3 and 4 a group, 4 and 1 a name.
  assert.deepEqual([...joinGroups(["a", "b", "c", "a", "b", null], Uint32Array.of(5, 6, 7, 8, 8, 9))!], [0, 0, 2, 0, 0, 5]);
});

test("the fewest held-out rows that can promise a precision are enough where all are right, and one fewer is not", () => {
  for (const wanted of [0.5, 0.8, 0.9, 0.95, 0.99]) {
    const rows = leastRows(wanted);
    const taken = (count: number): number => {
      const sure = Float64Array.from({ length: count }, (_, row) => 1 - row / 10_000);
      return confidenceThreshold(sure, new Uint8Array(count).fill(1), wanted).coverage;
    };
    assert.equal(taken(rows), 1, `${rows} rows for ${wanted}`);
    assert.equal(taken(rows - 1), 0);
  }
  assert.equal(leastRows(1), Infinity);
});

test("where the surest are right often enough but few, it is said how many rows would do; where they are not, none would", () => {
  const points = [
    { coverage: 0.05, precision: 0.95 },
    { coverage: 0.3, precision: 0.93 },
    { coverage: 1, precision: 0.8 },
  ];
  const enough = rowsEnough(points, 0.9)!;
  assert.ok(enough > 300 && enough < 5000, String(enough));
  const rows = Math.ceil(0.3 * enough);
  const right = Uint8Array.from({ length: enough }, (_, row) => Number(row < Math.floor(0.93 * rows)));
  const sure = Float64Array.from({ length: enough }, (_, row) => 1 - row / enough);
  assert.ok(confidenceThreshold(sure, right, 0.9).coverage > 0.29, "a sample of that size with these shares has a threshold");
  assert.equal(rowsEnough([{ coverage: 1, precision: 0.8 }], 0.9), null);
});
