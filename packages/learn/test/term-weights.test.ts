import assert from "node:assert/strict";
import { test } from "node:test";
import { SparseRowsBuilder } from "../src/data/sparse-rows.ts";
import type { SparseRows } from "../src/data/sparse-rows.ts";
import { cutFolds } from "../src/folds/fold.ts";
import { termWeights, weighRows } from "../src/folds/term-weights.ts";

/** Column 0 is a number; 1 stands in class 0 alone, 2 in class 1 alone, 3 everywhere. */
function rows(): { rows: SparseRows; labels: Uint32Array } {
  const builder = new SparseRowsBuilder(100, 4);
  for (let row = 0; row < 100; row++) {
    builder.add(Uint32Array.of(0, row % 2 === 0 ? 1 : 2, 3), Float32Array.of(-2, 0.6, 0.8), 3);
  }
  return { rows: builder.build(), labels: Uint32Array.from({ length: 100 }, (_, row) => row % 2) };
}

const every = Uint32Array.from({ length: 100 }, (_, row) => row);

const squaredLength = ({ values }: SparseRows): number => values.reduce((sum, value) => sum + value * value, 0);

test("what stands in one class weighs more than what stands in all; other columns and the length of rows stay", () => {
  const { rows: data, labels } = rows();
  const weights = termWeights(data, 1, labels, 2, every);
  assert.equal(weights[0], 1);
  assert.ok(weights[1]! > 1.1 && Math.abs(weights[1]! - weights[2]!) < 1e-6, weights.join(" "));
  assert.ok(weights[3]! < 0.9 && weights[3]! > 0.5, weights.join(" "));
  const weighed = weighRows(data, weights);
  assert.ok(Math.abs(squaredLength(weighed) / squaredLength(data) - 1) < 1e-4);
});

test("a fold's weights do not know the labels of the rows it leaves out", () => {
  const { rows: data, labels } = rows();
  const folds = Uint8Array.from(labels, (_, row) => (row < 50 ? 0 : 1));
  const weightsOf = (of: Uint32Array, fold: number): Float32Array =>
    cutFolds({ rows: data, labels: of, classCount: 2, sets: null, folds, foldCount: 2 }, 1).termWeights[fold]!;
  const changed = labels.map((label, row) => (row < 50 ? (row % 3 === 0 ? 1 - label : label) : label));
  assert.deepEqual(weightsOf(changed, 0), weightsOf(labels, 0));
  assert.notDeepEqual(weightsOf(changed, 1), weightsOf(labels, 1), "control: the fit that sees them does");
});

test("rows without text, or of one class only, are left as they are", () => {
  const { rows: data } = rows();
  assert.deepEqual(termWeights(data, 4, new Uint32Array(100), 2, every), new Float32Array(4).fill(1));
  const same = termWeights(data, 1, new Uint32Array(100), 2, every);
  assert.ok(
    same.every((weight) => Number.isFinite(weight) && weight > 0),
    same.join(" "),
  );
});
