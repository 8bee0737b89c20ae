import assert from "node:assert/strict";
import { test } from "node:test";
import { SparseRowsBuilder } from "../src/data/sparse-rows.ts";
import type { SparseRows } from "../src/data/sparse-rows.ts";
import { addMargins } from "../src/linear/margins.ts";
import { fitOneVsRest } from "../src/linear/one-vs-rest.ts";
import type { OneVsRest } from "../src/linear/one-vs-rest.ts";
import { fitSvm, squaredNorms } from "../src/linear/svm.ts";
import { seeded } from "../src/math/random.ts";
import { cutFolds } from "../src/folds/fold.ts";
import type { FoldedRows } from "../src/folds/fold.ts";
import { stratifiedFolds } from "../src/select/split.ts";

function dense(rows: readonly (readonly number[])[]): SparseRows {
  const builder = new SparseRowsBuilder(rows.length, rows[0]!.length);
  for (const row of rows) builder.add(Uint32Array.from(row.keys()), Float32Array.from(row), row.length);
  return builder.build();
}

test("the machine is that of LIBLINEAR", () => {
  // scikit-learn 1.2.1: LinearSVC(C=.5, dual=True, tol=1e-10, max_iter=1000000, intercept_scaling=1).fit(X, y)
  const rows = dense([
    [1, 0.5],
    [0.8, 1],
    [0.2, 0.9],
    [-0.5, 0.3],
    [-1, -0.2],
    [-0.3, -0.8],
    [0.1, -0.1],
  ]);
  const signs = Int8Array.of(1, 1, 1, -1, -1, -1, 1);
  const wanted = [0.8137783786644373, 0.43347745770024565, 0.029553303708144463];
  const weights = new Float64Array(3);
  const settings = { cost: 0.5, maxSweeps: 10_000, tolerance: 1e-10 };
  for (const _sweep of fitSvm(settings, rows, squaredNorms(rows), Uint32Array.from(signs.keys()), signs, 1, weights));
  wanted.forEach((weight, at) =>
    assert.ok(Math.abs(weights[at]! - weight) < 1e-6, `weight ${at}: ${weights[at]}, not ${weight}`),
  );
});

/** Rows whose class is the one of three columns that is greatest, with noise columns beside. */
function labelled(classCount: number): FoldedRows {
  const random = seeded(3);
  const table = Array.from({ length: 300 }, () => Array.from({ length: 12 }, () => random.next() - 0.5));
  const labels = Uint32Array.from(table, (row) => row.indexOf(Math.max(...row.slice(0, classCount))));
  return cutFolds({ rows: dense(table), labels, classCount, sets: null, folds: stratifiedFolds(labels, 3, 1), foldCount: 3 }, 12);
}

const settings = { cost: 1, maxSweeps: 50, tolerance: 0.01 };

function share({ outOfFold }: OneVsRest, { labels, classCount }: FoldedRows): number {
  let right = 0;
  labels.forEach((label, row) => {
    const own = [...outOfFold.subarray(row * classCount, (row + 1) * classCount)];
    if (own.indexOf(Math.max(...own)) === label) right++;
  });
  return right / labels.length;
}

test("margins of rows that were not seen tell the classes apart", async () => {
  for (const classCount of [2, 3]) {
    const data = labelled(classCount);
    assert.ok(share(await fitOneVsRest(settings, data, { seed: 1, threads: 0 }), data) > 0.85, `${classCount} classes`);
  }
});

test("the number of threads changes nothing", async () => {
  for (const classCount of [2, 3]) {
    const data = labelled(classCount);
    const [alone, one, three] = await Promise.all([0, 1, 3].map((threads) => fitOneVsRest(settings, data, { seed: 1, threads })));
    assert.deepEqual(one, alone);
    assert.deepEqual(three, alone);
  }
});

test("of two classes one is the mirror image of the other", async () => {
  const { weights } = await fitOneVsRest(settings, labelled(2), { seed: 1, threads: 0 });
  for (let at = 0; at < weights.length; at += 2) assert.equal(weights[at], -weights[at + 1]!);
});

test("an abort ends the fit with its reason, in threads and without", async () => {
  for (const threads of [0, 2]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    let later = 0;
    const fit = fitOneVsRest({ cost: 1, maxSweeps: 1_000_000, tolerance: 0 }, labelled(3), {
      seed: 1,
      threads,
      signal: controller.signal,
      onProgress: () => later++,
    });
    setImmediate(() => controller.abort(reason)); // the fit would take minutes
    await assert.rejects(fit, reason);
    assert.equal(later, 0);
  }
});

test("sums of weighted rows are right for every remainder of four", () => {
  const weights = Float32Array.from({ length: 30 }, (_, at) => at);
  for (let length = 0; length <= 9; length++) {
    const columns = Uint32Array.from({ length: 9 }, (_, at) => (at * 7) % 10);
    const values = Float32Array.from({ length: 9 }, (_, at) => at + 1);
    const sums = Float64Array.of(1, 2, 3);
    addMargins(weights, columns, values, length, sums);
    const wanted = [1, 2, 3].map((start, k) => {
      let sum = start;
      for (let at = 0; at < length; at++) sum += values[at]! * weights[columns[at]! * 3 + k]!;
      return sum;
    });
    assert.deepEqual([...sums], wanted, `${length} features`);
  }
});
