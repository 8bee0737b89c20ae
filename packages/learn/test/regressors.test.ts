/** Numbers: what is kept of them on rows that were not seen, and what a saved model may not hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rowAt } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import { intervalScores, meanAbsoluteError, pinballLoss, rootMeanSquaredError, rSquared } from "../src/metrics/regression.ts";
import type { RegressorData } from "../src/model.ts";
import { loadRegressor } from "../src/regressors/load.ts";
import { slopeBetween, valueOf } from "../src/regressors/link.ts";
import { leastRows } from "../src/regressors/spread.ts";
import { stackWeights } from "../src/regressors/stack.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";
import { blockedFolds } from "../src/select/split.ts";
import { winsBySquaredError } from "../src/select/wins-by-squared-error.ts";

test("measures are what their names say", () => {
  const [truth, said] = [Float64Array.of(1, 2, 6), Float64Array.of(2, 2, 2)];
  assert.equal(rootMeanSquaredError(truth, said), Math.sqrt(17 / 3));
  assert.equal(meanAbsoluteError(truth, said), 5 / 3);
  assert.equal(rSquared(truth, said), 1 - 17 / 14);
  assert.equal(rSquared(Float64Array.of(3, 3), Float64Array.of(3, 3)), 0);
  assert.ok(Math.abs(pinballLoss(truth, said, 0.9) - (0.1 + 3.6) / 3) < 1e-12);
  assert.deepEqual(intervalScores(truth, Float64Array.of(1, 3, 0), Float64Array.of(2, 4, 6)), { coverage: 2 / 3, width: 8 / 3 });
});

test("folds of ordered rows are stretches of time, the latest first", () => {
  assert.deepEqual([...blockedFolds(7, 3)], [2, 2, 2, 1, 1, 0, 0]);
});

test("intervals hold what they promise of rows that come as often as their weights say", async () => {
  const random = seeded(9);
  const rows = 1500;
  const number = Float64Array.from({ length: rows }, () => 10 * random.next());
  // Every other row is far less certain, and nothing but its weight says so.
  const targets = number.map((value, row) => value + (row % 2 === 0 ? 1 : 8) * (random.next() - 0.5));
  const table = { rows, columns: { number: { type: "number" as const, values: number } } };
  const heavy = (row: number): number => (row % 2 === 0 ? 1 : 19);
  const weights = Float64Array.from(targets, (_, row) => heavy(row));
  const settings = { recipe: { fields: [{ name: "number", kind: "number" as const }] }, learner: "linear" as const };
  const held = async (data: RegressorData): Promise<number> => {
    const model = await fitTabularRegressor(settings, data, { seed: 1 });
    let [inside, all] = [0, 0];
    targets.forEach((target, row) => {
      const { lower, upper } = model.decideRow(rowAt(table, row), 0);
      all += heavy(row);
      if (lower <= target && target <= upper) inside += heavy(row);
    });
    return inside / all;
  };
  const [weighed, without] = [await held({ table, targets, weights }), await held({ table, targets })];
  assert.ok(Math.abs(weighed - 0.9) < 0.03, `${weighed} with weights`);
  assert.ok(without < 0.85, `${without} without weights`);
});

test("weights of stacked models are least squares, never negative", () => {
  const [one, other] = [Float64Array.of(1, 0, 1), Float64Array.of(0, 1, 1)];
  const close = (got: readonly number[], wanted: readonly number[]): void =>
    got.forEach((weight, at) => assert.ok(Math.abs(weight - wanted[at]!) < 1e-12, `${got.join(", ")}, not ${wanted.join(", ")}`));
  close(stackWeights([one, other], Float64Array.of(2, 3, 5), null), [2, 3]);
  close(stackWeights([one, other], Float64Array.of(2, -1, 1), null), [1.5, 0]);
  close(stackWeights([one, one], Float64Array.of(2, 0, 2), null), [2, 0]);
  close(stackWeights([one], Float64Array.of(-1, 0, -1), null), [0]);
});

test("what costs more must be better by more than chance", () => {
  const truth = new Float64Array(100);
  const noise = truth.map((_, row) => (row % 2 === 0 ? 1 : -1));
  assert.equal(winsBySquaredError(truth, noise, truth, null), true);
  assert.equal(winsBySquaredError(noise, truth, truth, null), false);
  assert.equal(winsBySquaredError(noise, noise, truth, null), false);
});

test("contributions through a logarithm are exact", () => {
  const link = { name: "log", scale: 3 } as const;
  for (const [base, score] of [
    [0.5, 2],
    [1, 1],
    [2, -3],
    [0, 1e-12],
  ] as const) {
    const rise = slopeBetween(link, base, score) * (score - base);
    assert.ok(Math.abs(valueOf(link, base) + rise - valueOf(link, score)) < 1e-12, `${base} to ${score}`);
  }
});

/** Amounts whose mean and spread both rise with `size`, and by half in the group `b`. */
function amounts(count: number, seed: number): RegressorData {
  const random = seeded(seed);
  const size = Float64Array.from({ length: count }, () => 10 * random.next());
  const group = Array.from({ length: count }, () => (random.next() < 0.5 ? "a" : "b"));
  const targets = size.map((value, row) => value * (group[row] === "a" ? 1 : 1.5) * (0.5 + random.next()));
  return {
    table: { rows: count, columns: { size: { type: "number", values: size }, group: { type: "string", values: group } } },
    targets,
  };
}

const recipe = {
  fields: [
    { name: "size", kind: "number" },
    { name: "group", kind: "category" },
  ],
} as const;

for (const [learner, coverage] of [
  ["linear", 0.9],
  ["trees", 0.9],
  ["auto", 0.8],
] as const) {
  test(`${learner}: intervals hold ${coverage * 100} % of unseen outcomes, and are wider where outcomes are more spread`, async () => {
    const model = await fitTabularRegressor({ recipe, learner, coverage, budget: 0 }, amounts(2000, 1), { seed: 1 });
    const { table, targets } = amounts(4000, 2);
    const decided = Array.from(targets, (_, row) => model.decideRow(rowAt(table, row), 0));
    const lower = Float64Array.from(decided, (one) => one.lower);
    const upper = Float64Array.from(decided, (one) => one.upper);
    const inside = intervalScores(targets, lower, upper).coverage;
    // Both the 2,000 calibrating rows and these 4,000 are a sample: three standard deviations of the two together.
    const band = 3 * Math.sqrt(coverage * (1 - coverage) * (1 / 2000 + 1 / 4000));
    assert.ok(Math.abs(inside - coverage) < band, `${inside} inside, within ${band} of ${coverage} was promised`);
    const width = (size: number): number => {
      const { lower: from, upper: to } = model.decideRow({ size, group: "b" }, 0);
      return to - from;
    };
    assert.ok(width(8) > 1.8 * width(3), `${width(8)} wide at 8, ${width(3)} at 3`);
  });
}

test("the simplest model that is as good as any is kept", async () => {
  const random = seeded(3);
  const x = Float64Array.from({ length: 500 }, () => random.next());
  const table = { rows: 500, columns: { x: { type: "number", values: x } } } as const;
  const fields = [{ name: "x", kind: "number" }] as const;
  const line = x.map((value) => 100 + 5 * value + random.next());
  assert.equal(
    (await fitTabularRegressor({ recipe: { fields }, budget: 0 }, { table, targets: line }, { seed: 1 })).kind,
    "linear-regression",
  );
});

test("texts alone are learnt by the linear model, and trees are refused", async () => {
  const words = ["short", "long", "very long"];
  const text = Array.from({ length: 300 }, (_, row) => `a ${words[row % 3]} job`);
  const table = { rows: 300, columns: { text: { type: "string", values: text } } } as const;
  const targets = Float64Array.from(text, (_, row) => 10 * (row % 3) + (row % 7));
  const fields = [{ name: "text", kind: "text" }] as const;
  const model = await fitTabularRegressor({ recipe: { fields } }, { table, targets }, { seed: 1 });
  assert.ok(rSquared(targets, model.predict(table)) > 0.9);
  assert.equal(model.explainRow({ text: "a very long job" }, 1)[0]?.field, "text");
  const trees = fitTabularRegressor({ recipe: { fields }, learner: "trees" }, { table, targets }, { seed: 1 });
  await assert.rejects(trees, /learner: trees needs at least one column/);
});

test("rows too few for the coverage are refused", async () => {
  assert.deepEqual([0.5, 0.9, 0.95].map(leastRows), [3, 19, 39]);
  const { table, targets } = amounts(50, 1);
  const fit = fitTabularRegressor({ recipe, coverage: 0.99 }, { table, targets }, { seed: 1 });
  await assert.rejects(fit, /at least 199 rows for intervals that hold 0.99 of them, got 50/);
});

test("a saved model with a part that is not as it must be is refused by its name", async () => {
  const model = await fitTabularRegressor({ recipe, learner: "both", budget: 0 }, amounts(300, 1), { seed: 1 });
  const { header, tensors } = model.save();
  const odd: readonly (readonly [change: Record<string, unknown>, message: RegExp])[] = [
    [{ kind: "linear-regression" }, /kind: linear-regression does not name what is in it/],
    [{ kind: "magic" }, /no loader for a model of kind magic/],
    [{ format: 99 }, /format 99/],
    [{ range: [5, 5] }, /range: must be two numbers/],
    [{ linear: undefined, trees: undefined }, /without linear and trees/],
    [{ linear: { link: { name: "cube" }, weight: 1 } }, /linear.link.name: must be one of identity, log/],
    [{ linear: { link: { name: "log", scale: 0 }, weight: 1 } }, /linear.link.scale: must be greater than 0/],
    [{ linear: { link: { name: "log", scale: 1 }, weight: -1 } }, /linear.weight: must not be negative/],
    [{ spread: { scale: 1, below: 1, above: 1, coverage: 2 } }, /spread.coverage/],
    [{ spread: { scale: 1, below: -1, above: 1, coverage: 0.9 } }, /spread.below/],
    [{ columns: [] }, /tails: must be one for each column/],
  ];
  for (const [change, message] of odd) {
    assert.throws(() => loadRegressor({ header: { ...header, ...change }, tensors }), message);
  }
  assert.throws(
    () => loadRegressor({ header, tensors: { ...tensors, means: new Float64Array(1) } }),
    /tensor means: must have 2 values/,
  );
  const swapped = { ...tensors, spreadColumns: tensors["treeColumns"]! };
  assert.throws(() => loadRegressor({ header, tensors: swapped }), /tensor spread|tree|nodes/);
});
