/** What gradient boosting is relied on for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/math/random.ts";
import { fitTrees } from "../src/trees/boost.ts";
import type { FitTreesOptions } from "../src/trees/boost.ts";
import type { TreeColumn, TreesData } from "../src/trees/columns.ts";
import type { TreeEnsemble } from "../src/trees/ensemble.ts";
import { applyLink, rawScoresInThreads } from "../src/trees/predict.ts";
import { rawScores, scoreRow, scorerOf } from "../src/trees/score.ts";
import type { LossSettings, TreesSettings } from "../src/trees/settings.ts";

type Given = Partial<TreesSettings> & Pick<TreesSettings, "loss">;

const numbers = (values: readonly number[] | Float64Array): TreeColumn => ({ kind: "number", values: Float64Array.from(values) });
const codes = (values: readonly number[], levels: number): TreeColumn => ({
  kind: "category",
  codes: Int32Array.from(values),
  levels,
});
const seed = { seed: 1 } as const;
const squared = { name: "squared" } as const;

function predict(ensemble: TreeEnsemble, { columns, rows }: Pick<TreesData, "columns" | "rows">): Float64Array {
  return applyLink(ensemble.loss, rawScores(scorerOf(ensemble), columns, rows));
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

const error = (predicted: Float64Array, target: Float64Array): number =>
  mean(predicted.map((value, row) => (value - target[row]!) ** 2));

/** Rows of a function of two numbers and a category, with missing values, noise and two columns that say nothing. */
function mixed(rows: number, at = 7): TreesData {
  const random = seeded(at);
  const [a, b, c, d] = [0, 1, 2, 3].map(() => Float64Array.from({ length: rows }, () => random.next())) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const level = Array.from({ length: rows }, () => random.below(41) - 1);
  const target = Float64Array.from(
    { length: rows },
    (_, row) =>
      Math.sin(6 * a[row]!) + (b[row]! > 0.5 ? a[row]! : 0) + (level[row]! % 3 === 0 ? 1 : 0) + (random.next() - 0.5) * 0.2,
  );
  for (let row = 0; row < rows; row++) if (random.next() < 0.1) b[row] = NaN;
  return { rows, columns: [numbers(a), numbers(b), codes(level, 40), numbers(c), numbers(d)], target };
}

/** The same rows with targets that a loss can take. */
function forLoss(loss: LossSettings, data: TreesData): TreesData {
  const take = (value: number): number => {
    if (loss.name === "logistic") return Number(value > 0.8);
    if (loss.name === "softmax") return Math.min(2, Math.max(0, Math.round(value)));
    if (loss.name === "poisson" || loss.name === "tweedie") return Math.max(0, Math.round(value * 2));
    return value;
  };
  return { ...data, target: data.target.map(take) };
}

const losses: readonly LossSettings[] = [
  { name: "squared" },
  { name: "absolute" },
  { name: "logistic" },
  { name: "poisson" },
  { name: "softmax", classes: 3 },
  { name: "quantile", level: 0.8 },
  { name: "tweedie", power: 1.5 },
];

test("learns exclusive or, which no single split gains from", async () => {
  const random = seeded(1);
  const rows = 400;
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: rows }, () => random.next())) as [Float64Array, Float64Array];
  const target = a.map((value, row) => Number(value > 0.5 !== b[row]! > 0.5));
  const data = { rows, columns: [numbers(a), numbers(b)], target };
  const predicted = predict(await fitTrees({ loss: { name: "logistic" }, rounds: 50 }, data, seed), data);
  const right = predicted.filter((value, row) => Number(value > 0.5) === target[row]).length;
  assert.ok(right / rows > 0.97, `${right} of ${rows}`);
});

test("rows that were not seen are foretold far better than by a constant, in both growths", async () => {
  const [data, held] = [mixed(3000), mixed(1000, 8)];
  const constant = error(new Float64Array(held.rows).fill(mean(data.target)), held.target);
  for (const growth of ["depth-wise", "leaf-wise"] as const) {
    const model = await fitTrees({ loss: squared, growth, rounds: 150 }, data, seed);
    const left = error(predict(model, held), held.target) / constant;
    assert.ok(left < 0.06, `${growth}: ${left} of the variance is left`);
  }
});

test("every loss beats where it starts", async () => {
  for (const loss of losses) {
    const data = { ...forLoss(loss, mixed(1500)), validation: Uint32Array.from({ length: 300 }, (_, at) => 1200 + at) };
    const seen: number[] = [];
    const model = await fitTrees({ loss, rounds: 60, patience: 100 }, data, { ...seed, onRound: (_, value) => seen.push(value) });
    assert.ok(Math.min(...seen) < seen[0]! - 0.01 * Math.abs(seen[0]!), `${loss.name}: ${seen[0]} to ${Math.min(...seen)}`);
    const predicted = predict(model, data);
    assert.ok(predicted.every(Number.isFinite), loss.name);
    if (loss.name !== "softmax") continue;
    for (let row = 0; row < 10; row++) {
      const sum = predicted[row * 3]! + predicted[row * 3 + 1]! + predicted[row * 3 + 2]!;
      assert.ok(Math.abs(sum - 1) < 1e-12);
    }
  }
});

test("a quantile covers the share that was asked for", async () => {
  const data = mixed(4000);
  for (const level of [0.1, 0.5, 0.9]) {
    const held = mixed(2000, 9);
    const predicted = predict(await fitTrees({ loss: { name: "quantile", level }, rounds: 80 }, data, seed), held);
    const covered = predicted.filter((value, row) => held.target[row]! <= value).length / held.rows;
    assert.ok(Math.abs(covered - level) < 0.06, `${level}: ${covered}`);
  }
});

test("the median is not moved by outliers", async () => {
  const data = mixed(1000);
  const wild = { ...data, target: data.target.map((value, row) => (row % 20 === 0 ? 1e6 : value)) };
  const predicted = predict(await fitTrees({ loss: { name: "absolute" }, rounds: 60 }, wild, seed), data);
  assert.ok(Math.max(...predicted) < 10, `${Math.max(...predicted)}`);
});

test("means of counts are right, over all and for each level", async () => {
  for (const loss of [{ name: "poisson" }, { name: "tweedie", power: 1.3 }] as const) {
    const random = seeded(4);
    const rows = 3000;
    const level = Array.from({ length: rows }, () => random.below(3));
    const target = Float64Array.from(level, (one) => {
      let count = 0;
      for (let product = random.next(), limit = Math.exp(-(one + 0.5)); product > limit; product *= random.next()) count++;
      return count;
    });
    const data = { rows, columns: [codes(level, 3)], target };
    const predicted = predict(await fitTrees({ loss, rounds: 100 }, data, seed), data);
    for (const one of [0, 1, 2]) {
      const own = level.flatMap((of, row) => (of === one ? [row] : []));
      const [wanted, found] = [mean(own.map((row) => target[row]!)), predicted[own[0]!]!];
      assert.ok(Math.abs(found / wanted - 1) < 0.03, `${loss.name}, level ${one}: ${found}, not ${wanted}`);
    }
  }
});

test("missing values go where they belong, left or right", async () => {
  for (const value of [0, 10]) {
    const values = Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? NaN : row % 10));
    const target = Float64Array.from(values, (one) => (Number.isNaN(one) ? value : one));
    const data = { rows: 300, columns: [numbers(values)], target };
    const model = await fitTrees({ loss: squared, rounds: 200, learningRate: 0.3, minRows: 1 }, data, seed);
    const [found] = predict(model, { rows: 1, columns: [numbers([NaN])] });
    assert.ok(Math.abs(found! - value) < 0.1, `${found}, not ${value}`);
  }
});

test("where only being missing counts, the split is by that", async () => {
  const values = Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? NaN : 5));
  const data = { rows: 200, columns: [numbers(values)], target: Float64Array.from(values, (one) => Number(Number.isNaN(one))) };
  const found = predict(await fitTrees({ loss: squared, rounds: 100 }, data, seed), {
    rows: 3,
    columns: [numbers([NaN, 5, 1e9])],
  });
  assert.ok(found[0]! > 0.95 && found[1]! < 0.05 && found[2]! < 0.05, String(found));
});

test("sets of levels are found, whatever their codes; levels not seen count as missing", async () => {
  const data = mixed(4000);
  const level = (data.columns[2] as { codes: Int32Array }).codes;
  const target = Float64Array.from(level, (code) => (code % 3 === 0 ? 1 : 0)); // -1, missing, is not in
  const one = { rows: 4000, columns: [data.columns[2]!], target };
  const model = await fitTrees({ loss: squared, rounds: 5, learningRate: 1, categoryL2: 0, l2: 0 }, one, seed);
  const asked = predict(model, {
    rows: 43,
    columns: [codes([...Array.from({ length: 40 }, (_, at) => at), -1, 40, 1_000_000], 40)],
  });
  asked.forEach((value, code) => {
    const wanted = code < 40 && code % 3 === 0 ? 1 : 0;
    assert.ok(Math.abs(value - wanted) < 1e-6, `code ${code}: ${value}`);
  });
  assert.equal(asked[41], asked[40]);
  assert.equal(asked[42], asked[40]);
});

test("more levels than bins are told apart as far as there are bins", async () => {
  const rows = 6000;
  const level = Array.from({ length: rows }, (_, row) => row % 1000);
  const target = Float64Array.from(level, (code) => (code < 300 ? code % 2 : 0.5));
  const model = await fitTrees({ loss: squared, rounds: 5, minRows: 1 }, { rows, columns: [codes(level, 1000)], target }, seed);
  assert.ok(rawScores(scorerOf(model), [codes(level, 1000)], rows).every(Number.isFinite));
});

test("monotone: no pair of rows that differ in the column alone is in the wrong order", async () => {
  const random = seeded(5);
  const rows = 1500;
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: rows }, () => random.next())) as [Float64Array, Float64Array];
  const target = a.map((value, row) => value + Math.sin(9 * value) * b[row]! + random.next() * 0.3);
  for (const sign of [1, -1]) {
    for (const loss of [squared, { name: "logistic" }] as const) {
      const own = loss.name === "logistic" ? target.map((value) => Number(value > 0.7)) : target;
      const data = { rows, columns: [numbers(a), numbers(b)], target: own };
      for (const growth of ["depth-wise", "leaf-wise"] as const) {
        const model = await fitTrees({ loss, growth, monotone: [sign, 0], rounds: 60, minRows: 5 }, data, seed);
        const steps = Array.from({ length: 101 }, (_, at) => at / 100);
        let differs = false;
        for (const other of [0.05, 0.35, 0.65, 0.95]) {
          const scores = rawScores(scorerOf(model), [numbers(steps), numbers(steps.map(() => other))], 101);
          for (let at = 1; at < 101; at++) {
            assert.ok((scores[at]! - scores[at - 1]!) * sign >= 0, `${loss.name}, ${growth}, at ${steps[at]}, ${other}`);
            differs ||= scores[at] !== scores[at - 1];
          }
        }
        assert.ok(differs || sign === -1);
      }
    }
  }
});

test("a row of weight 2 is two rows, and of weight 0 none", async () => {
  const data = mixed(400);
  const weights = Float64Array.from({ length: 400 }, (_, row) => row % 3);
  const rows = Array.from({ length: 400 }, (_, row) => row).flatMap((row) => Array.from({ length: row % 3 }, () => row));
  const twice: TreesData = {
    rows: rows.length,
    columns: data.columns.map((column): TreeColumn =>
      column.kind === "number"
        ? numbers(rows.map((row) => column.values[row]!))
        : codes(
            rows.map((row) => column.codes[row]!),
            column.levels,
          ),
    ),
    target: Float64Array.from(rows, (row) => data.target[row]!),
  };
  for (const loss of losses) {
    const settings: Given = { loss, rounds: 20, minRows: 1, minChildWeight: 0.1 };
    const weighed = predict(await fitTrees(settings, { ...forLoss(loss, data), weights }, seed), data);
    const doubled = predict(await fitTrees(settings, forLoss(loss, twice), seed), data);
    weighed.forEach((value, row) => assert.ok(Math.abs(value - doubled[row]!) < 1e-6, `${loss.name}, row ${row}`));
  }
});

test("early stopping keeps the best round", async () => {
  const data = mixed(400);
  const random = seeded(2);
  const noisy = {
    ...data,
    target: data.target.map((value) => value + random.next() * 4),
    validation: new Uint32Array(100).map((_, at) => 300 + at),
  };
  const seen: number[] = [];
  const settings: Given = { loss: squared, rounds: 500, learningRate: 0.3, minRows: 2, patience: 10 };
  const model = await fitTrees(settings, noisy, { ...seed, onRound: (_, value) => seen.push(value) });
  const best = seen.indexOf(Math.min(...seen));
  assert.equal(seen.length, best + 11);
  assert.equal(model.roots.length - 1, best + 1);
  const scores = predict(model, noisy);
  const left = error(scores.slice(300), noisy.target.slice(300));
  assert.ok(Math.abs(left - seen[best]!) < 1e-9);
});

test("rows and columns are sampled, the same ones for the same seed", async () => {
  const data = mixed(2000);
  const settings: Given = { loss: squared, rounds: 60, rowShare: 0.5, columnShare: 0.6 };
  const [one, same, other] = [
    await fitTrees(settings, data, seed),
    await fitTrees(settings, data, seed),
    await fitTrees(settings, data, { seed: 2 }),
  ];
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
  assert.equal(Math.round(one.covers[0]! / 100), 10);
  assert.ok(error(predict(one, data), data.target) < 0.1);
});

const variants: readonly (readonly [name: string, settings: Given])[] = [
  ["depth-wise", { loss: squared }],
  ["leaf-wise, counted rows", { loss: { name: "logistic" }, growth: "leaf-wise", maxDepth: 20, minRows: 5 }],
  ["classes, samples", { loss: { name: "softmax", classes: 3 }, rowShare: 0.7, columnShare: 0.5 }],
  ["quantile", { loss: { name: "quantile", level: 0.7 } }],
];
for (const [name, settings] of variants) {
  test(`the number of threads changes nothing: ${name}`, async () => {
    const plain = forLoss(settings.loss, mixed(20_000));
    const weights = Float64Array.from({ length: plain.rows }, (_, row) => 0.5 + (row % 7) / 3);
    const data = { ...plain, weights, validation: new Uint32Array(9000).map((_, at) => 11_000 + at) };
    const fit = (threads: number): Promise<TreeEnsemble> =>
      fitTrees({ ...settings, rounds: 8 }, data, { ...seed, threads, leastForThreads: 0 });
    const alone = await fit(0);
    assert.deepEqual(await fit(1), alone);
    assert.deepEqual(await fit(2), alone);
    const wanted = rawScores(scorerOf(alone), data.columns, data.rows);
    assert.deepEqual(await rawScoresInThreads(alone, data.columns, data.rows, { threads: 2 }), wanted);
  });
}

test("an abort ends the fit with its reason, in threads and without", async () => {
  for (const threads of [0, 2]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    let later = 0;
    const options: FitTreesOptions = {
      ...seed,
      threads,
      leastForThreads: 0,
      signal: controller.signal,
      onProgress: () => later++,
    };
    const fit = fitTrees({ loss: squared, rounds: 100_000 }, mixed(2000), options);
    setTimeout(() => {
      controller.abort(reason);
      later = 0;
    }, 200);
    await assert.rejects(fit, reason);
    assert.equal(later, 0);
  }
});

test("without threads the calling thread is let go of", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await fitTrees({ loss: squared, rounds: 30 }, mixed(20_000), seed);
  clearInterval(timer);
  assert.ok(turns > 3, `${turns}`);
});

test("columns that say nothing are no trouble", async () => {
  const random = seeded(6);
  const values = Array.from({ length: 200 }, () => random.next());
  const columns = [
    numbers(values.map(() => 3)),
    numbers(values.map(() => NaN)),
    codes(
      values.map(() => -1),
      5,
    ),
    codes(
      values.map(() => 0),
      0 + 1,
    ),
    numbers(values),
  ];
  const data = { rows: 200, columns, target: Float64Array.from(values) };
  const model = await fitTrees({ loss: squared }, data, seed);
  assert.ok(error(predict(model, data), data.target) < 0.01);
  const alone = await fitTrees({ loss: squared, rounds: 3 }, { ...data, columns: columns.slice(0, 4) }, seed);
  assert.ok(Math.abs(predict(alone, { rows: 200, columns: columns.slice(0, 4) })[0]! - mean(values)) < 1e-12);
  const empty = { rows: 2, columns: [codes([-1, -1], 0)], target: Float64Array.of(1, 2) };
  assert.deepEqual([...predict(await fitTrees({ loss: squared, rounds: 1 }, empty, seed), empty)], [1.5, 1.5]);
});

test("one row is learnt as it is, under every loss", async () => {
  for (const loss of losses) {
    const data = { rows: 1, columns: [numbers([4])], target: Float64Array.of(1) };
    const predicted = predict(await fitTrees({ loss, rounds: 2 }, data, { ...seed, threads: 2, leastForThreads: 0 }), data);
    assert.ok(predicted.every(Number.isFinite), loss.name);
  }
});

test("infinite values are numbers like others", async () => {
  const values = Array.from({ length: 90 }, (_, row) => [-Infinity, 0, Infinity][row % 3]!);
  const data = { rows: 90, columns: [numbers(values)], target: Float64Array.from(values, (value) => Math.sign(value) ** 2) };
  const model = await fitTrees({ loss: squared, minRows: 1, l2: 0, learningRate: 1, rounds: 3 }, data, seed);
  assert.ok(error(predict(model, data), data.target) < 1e-12);
});

test("what cannot be fitted is refused by name", async () => {
  const good = { rows: 3, columns: [numbers([1, 2, 3]), codes([0, 1, -1], 2)], target: Float64Array.of(0, 1, 0) };
  const cases: readonly (readonly [Given, TreesData, RegExp])[] = [
    [{ loss: squared }, { ...good, columns: [] }, /columns: there must be at least one/],
    [{ loss: squared }, { rows: 0, columns: [numbers([])], target: Float64Array.of() }, /rows: there must be/],
    [{ loss: squared }, { ...good, target: Float64Array.of(0, NaN, 1) }, /target, row 1: must be a finite number/],
    [{ loss: { name: "logistic" } }, { ...good, target: Float64Array.of(0, 1, 2) }, /target, row 2: must be 0 or 1/],
    [{ loss: { name: "softmax", classes: 2 } }, { ...good, target: Float64Array.of(0, 1, 2) }, /must be a class index below 2/],
    [{ loss: { name: "poisson" } }, { ...good, target: Float64Array.of(0, -1, 2) }, /must not be negative/],
    [{ loss: squared }, { ...good, target: Float64Array.of(0) }, /target: must have 3 values/],
    [{ loss: squared }, { ...good, columns: [numbers([1])] }, /column 0: must have 3 values, has 1/],
    [{ loss: squared }, { ...good, columns: [codes([0, 2, 0], 2)] }, /column 0, row 1: code 2/],
    [{ loss: squared }, { ...good, weights: Float64Array.of(1, -1, 1) }, /weights, row 1/],
    [{ loss: squared }, { ...good, weights: Float64Array.of(0, 0, 0) }, /must not all weigh 0/],
    [{ loss: squared }, { ...good, validation: Uint32Array.of(0, 1, 2) }, /validation: leaves no row/],
    [{ loss: squared }, { ...good, validation: Uint32Array.of(7) }, /validation: there is no row 7/],
    [{ loss: squared }, { ...good, validation: Uint32Array.of(1, 1) }, /validation: rows must be distinct/],
    [{ loss: squared, monotone: [1] }, good, /monotone: must have a value for each of 2/],
    [{ loss: squared, monotone: [0, 1] }, good, /monotone: column 1 holds categories/],
    [{ loss: { name: "absolute" }, monotone: [1, 0] }, good, /monotone: not with absolute loss/],
    [{ loss: squared, maxBins: 256 }, good, /maxBins: must be a whole number of 2 or more, at most 255, got 256/],
    [{ loss: squared, learningRate: 0 }, good, /learningRate: must be a number above 0/],
    [{ loss: { name: "quantile", level: 1 } }, good, /loss.level/],
    [{ loss: { name: "tweedie", power: 2 } }, good, /loss.power/],
  ];
  for (const [settings, data, message] of cases) await assert.rejects(fitTrees(settings, data, seed), message);
  const model = await fitTrees({ loss: squared, rounds: 1 }, good, seed);
  assert.throws(() => rawScores(scorerOf(model), [numbers([1])], 1), /columns: must be 2, are 1/);
  assert.throws(() => rawScores(scorerOf(model), [numbers([1]), numbers([1])], 1), /column 1: must be a category/);
});

test("nothing that is handed in is changed", async () => {
  const [data, copy] = [mixed(500), mixed(500)];
  await fitTrees({ loss: squared, rounds: 3, rowShare: 0.5 }, data, seed);
  assert.deepEqual(data, copy);
});

test("a row alone is scored as in a table", async () => {
  const data = mixed(300);
  const model = await fitTrees({ loss: squared, rounds: 30 }, data, seed);
  const all = rawScores(scorerOf(model), data.columns, data.rows);
  const [row, score] = [new Float64Array(5), new Float64Array(1)];
  for (let at = 0; at < data.rows; at++) {
    data.columns.forEach((column, k) => (row[k] = column.kind === "number" ? column.values[at]! : column.codes[at]!));
    scoreRow(model, row, score);
    assert.equal(score[0], all[at]);
  }
});

test("trees of any depth, sliced or gone down, answer as a row alone does, to the last bit", async () => {
  const loss = { name: "softmax", classes: 3 } as const;
  const data = forLoss(loss, mixed(700));
  for (const [maxDepth, maxLeaves] of [
    [1, 64],
    [3, 64],
    [7, 64],
    [9, 256],
  ] as const) {
    const settings: Given = { loss, rounds: 9, minRows: 1, maxDepth, maxLeaves, learningRate: 0.5 };
    const model = await fitTrees(settings, data, seed);
    const [row, score] = [new Float64Array(5), new Float64Array(3)];
    for (const rows of [1, 31, 128, 129, 700]) {
      const some = data.columns.map((column): TreeColumn =>
        column.kind === "number"
          ? { ...column, values: column.values.slice(0, rows) }
          : { ...column, codes: column.codes.slice(0, rows) },
      );
      const all = rawScores(scorerOf(model), some, rows);
      for (let at = 0; at < rows; at++) {
        some.forEach((column, k) => (row[k] = column.kind === "number" ? column.values[at]! : column.codes[at]!));
        scoreRow(model, row, score);
        assert.deepEqual(all.slice(at * 3, at * 3 + 3), score, `depth ${maxDepth}, row ${at} of ${rows}`);
      }
    }
  }
});
