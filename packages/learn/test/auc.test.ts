import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/math/random.ts";
import { meanRocAuc, rocAuc } from "../src/metrics/auc.ts";

test("the area is the share of pairs in the right order, equal scores counting half", () => {
  const random = seeded(3);
  const scores = Float64Array.from({ length: 60 }, () => random.below(8) / 8);
  const isOfClass = Uint8Array.from({ length: 60 }, () => random.below(2));
  let right = 0;
  let pairs = 0;
  for (const [a, score] of scores.entries()) {
    for (const [b, other] of scores.entries()) {
      if (isOfClass[a] !== 1 || isOfClass[b] !== 0) continue;
      pairs++;
      right += score > other ? 1 : score === other ? 0.5 : 0;
    }
  }
  assert.ok(Math.abs(rocAuc(scores, isOfClass) - right / pairs) < 1e-12);
  // scikit-learn 1.2.1: roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
  assert.equal(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
});

test("without rows of both kinds there is no area", () => {
  assert.ok(Number.isNaN(rocAuc([0.3, 0.4], [1, 1])));
  assert.equal(meanRocAuc(Float32Array.of(0.3, 0.7), Int32Array.of(1), 2), null);
  assert.equal(meanRocAuc(new Float32Array(0), new Int32Array(0), 2), null);
});

test("of more than two classes it is the mean of each against the others; classes that rows do not have are left out", () => {
  const probabilities = Float32Array.of(0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.6, 0.3, 0.1);
  // Class 0 against the rest: rows 0 and 2 have it, both above row 1. Class 1: row 1 above both. Class 2 has no row.
  assert.equal(meanRocAuc(probabilities, Int32Array.of(0, 1, 0), 3), 1);
});
