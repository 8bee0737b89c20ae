/** Generalised linear models against scikit-learn, and the path of penalties. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SparseRowsBuilder } from "../src/data/sparse-rows.ts";
import type { SparseRows } from "../src/data/sparse-rows.ts";
import { fitFoldPath } from "../src/linear/fold-path.ts";
import { fitGeneralised, outputsOf } from "../src/linear/generalised.ts";
import type { Family } from "../src/linear/generalised.ts";
import { seeded } from "../src/math/random.ts";

function dense(rows: readonly (readonly number[])[]): SparseRows {
  const builder = new SparseRowsBuilder(rows.length, rows[0]!.length);
  for (const row of rows) builder.add(Uint32Array.from(row.keys()), Float32Array.from(row), row.length);
  return builder.build();
}

const rows = dense([
  [1, 0.5],
  [0.8, 1],
  [0.2, 0.9],
  [-0.5, 0.3],
  [-1, -0.2],
  [-0.3, -0.8],
  [0.1, -0.1],
]);
const target = Float64Array.of(3, 2.5, 1, 0.5, 0, 2, 1);

function fit(
  family: Family,
  own: Float64Array,
  { counts = null, chosen = Uint32Array.from(own.keys()) }: { counts?: Float64Array | null; chosen?: Uint32Array } = {},
): Float64Array {
  const weights = new Float64Array((rows.features + 1) * outputsOf(family));
  const settings = { family, penalty: 0.7, maxRounds: 10_000, tolerance: 0 };
  for (const _pass of fitGeneralised(settings, rows, own, counts, chosen, weights));
  return weights;
}

// scikit-learn 1.2.1: Ridge(alpha=.7), PoissonRegressor(alpha=.7/7) and LogisticRegression(C=1/.35), coefficients and intercept.
const references: readonly (readonly [family: Family, target: Float64Array, weights: readonly number[]])[] = [
  [{ name: "squared" }, target, [1.2267374585253896, -0.31838755665799345, 1.4487712647278819]],
  [{ name: "poisson" }, target, [0.9995854716563318, -0.3153433582193056, 0.23555212311604876]],
  [{ name: "logistic" }, target.map((value) => (value > 1 ? 1 : 0)), [1.6044244274817747, -0.6464248169517596, -0.26549556]],
];
for (const [family, own, wanted] of references) {
  test(`${family.name}: the weights are those of scikit-learn`, () => {
    fit(family, own).forEach((weight, at) =>
      assert.ok(Math.abs(weight - wanted[at]!) < 1e-4, `weight ${at}: ${weight}, not ${wanted[at]}`),
    );
  });
}

test("of two classes, softmax and logistic are the same model", () => {
  const own = target.map((value) => (value > 1 ? 1 : 0));
  const both = fit({ name: "softmax", classes: 2 }, own);
  fit({ name: "logistic" }, own).forEach((weight, at) =>
    assert.ok(Math.abs(both[at * 2 + 1]! - both[at * 2]! - weight) < 1e-4, `weight ${at}`),
  );
});

const families: readonly (readonly [family: Family, target: Float64Array])[] = [
  ...references.map(([family, own]) => [family, own] as const),
  [{ name: "softmax", classes: 3 }, Float64Array.of(0, 1, 2, 0, 1, 2, 0)],
];
for (const [family, own] of families) {
  test(`${family.name}: a row that counts 2 or 3 is as so many copies of it`, () => {
    const counts = Float64Array.of(1, 2, 3, 1, 1, 2, 1);
    const copied = fit(family, own, { chosen: Uint32Array.of(0, 1, 1, 2, 2, 2, 3, 4, 5, 5, 6) });
    const alike = fit(family, own);
    assert.ok(
      fit(family, own, { counts }).every((weight, at) => Math.abs(weight - copied[at]!) < 1e-6),
      "copies give other weights",
    );
    assert.ok(
      copied.some((weight, at) => Math.abs(weight - alike[at]!) > 0.01),
      "copies change nothing",
    );
  });
}

test("scores out of fold are those of fits without the fold, whatever the number of threads", async () => {
  const random = seeded(5);
  const many = dense(Array.from({ length: 2000 }, () => Array.from({ length: 100 }, () => random.next() - 0.5)));
  const own = Float64Array.from({ length: 2000 }, (_, row) => many.values[row * 100]! + random.next());
  const folds = Uint8Array.from(own, (_, row) => row % 3);
  const data = { rows: many, target: own, counts: null, folds, foldCount: 3 };
  const family = { name: "squared" } as const;
  const [alone, two] = await Promise.all(
    [0, 2].map((threads) => fitFoldPath(family, [10, 1, 0.1, 0.01, 0.001], data, { threads })),
  );
  assert.deepEqual(two, alone);
  const moved = { ...data, target: own.map((value, row) => (folds[row] === 1 ? 100 : value)) };
  const [other] = await fitFoldPath(family, [10], moved, { threads: 0 });
  for (let row = 1; row < 2000; row += 3) assert.equal(other![row], alone![0]![row], `row ${row} knows of itself`);
});
