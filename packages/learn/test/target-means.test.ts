/** Categories with many levels as the mean outcome of their level: no row finds its own outcome there, and what is learnt holds on rows not seen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadClassifier } from "../src/classifiers/load.ts";
import { fitTabular } from "../src/classifiers/tabular.ts";
import { takeRows } from "../src/data/table.ts";
import type { Table } from "../src/data/table.ts";
import { rSquared } from "../src/metrics/regression.ts";
import { seeded } from "../src/math/random.ts";
import { fitTargetMeans } from "../src/recipe/target-means.ts";
import type { TargetMeansData } from "../src/recipe/target-means.ts";
import { loadRegressor } from "../src/regressors/load.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";
import { fitTrees } from "../src/trees/boost.ts";
import type { TreeColumn } from "../src/trees/columns.ts";
import { rawScores, scorerOf } from "../src/trees/score.ts";

const fields = [
  { name: "shop", kind: "category" },
  { name: "amount", kind: "number" },
] as const;

/** Shops of which a few are frequent and most are not, each late or in time by a habit of its own, as strong as `effect`. */
function shops(
  rows: number,
  levels: number,
  effect: number,
  seed: number,
): { table: Table; late: Float64Array; labels: string[] } {
  const habit = seeded(7);
  const habits = Array.from({ length: levels }, () => effect * (habit.next() + habit.next() + habit.next() - 1.5) * 2);
  const random = seeded(seed);
  const shop: string[] = [];
  const amount = new Float64Array(rows);
  const late = Float64Array.from({ length: rows }, (_, row) => {
    const level = Math.floor(levels * random.next() * random.next());
    shop.push(`shop ${level}`);
    amount[row] = random.next();
    const score = habits[level]! + 3 * (amount[row] - 0.5);
    return random.next() < 1 / (1 + Math.exp(-score)) ? 1 : 0;
  });
  const table: Table = { rows, columns: { shop: { type: "string", values: shop }, amount: { type: "number", values: amount } } };
  return { table, late, labels: Array.from(late, (one) => (one === 1 ? "late" : "in time")) };
}

const dataOf = (table: Table, outcome: Float64Array, more: Partial<TargetMeansData> = {}): TargetMeansData => ({
  table,
  outcomes: [outcome],
  folds: Uint8Array.from({ length: table.rows }, (_, row) => row % 5),
  foldCount: 5,
  weights: null,
  ...more,
});

const flipped = (outcome: Float64Array, at: (row: number) => boolean): Float64Array =>
  outcome.map((value, row) => (at(row) ? 1 - value : value));
/** Of the fit without `fold`, whatever all rows have on average: that is one number, and may change with any of them. */
const toldIn = (data: TargetMeansData, fold = 5): Float64Array => fitTargetMeans(fields, data, 1).ofFit[fold]![0]!;
const farApart = (a: Float64Array, b: Float64Array, rows: readonly number[]): number[] =>
  rows.filter((row) => Math.abs(a[row]! - b[row]!) > 0.02);

test("what a row is told depends on no outcome of its own, of a copy of it, or of one that is later", () => {
  const { table, late } = shops(2000, 30, 1, 1);
  const every = [...Array(2000).keys()];
  const before = toldIn(dataOf(table, late, { ordered: true }));
  const after = toldIn(
    dataOf(
      table,
      flipped(late, (row) => row === 1000),
      { ordered: true },
    ),
  );
  const changed = farApart(before, after, every);
  assert.ok(
    changed.every((row) => row > 1000),
    "an earlier row, or the row itself, has changed",
  );

  const last = toldIn(
    dataOf(
      table,
      flipped(late, (row) => row >= 1990),
      { ordered: true },
    ),
  );
  assert.deepEqual(farApart(before, last, every.slice(0, 1990)), []);

  // Copies: rows 2k and 2k + 1 are one record entered twice.
  const copied: Table = {
    rows: 2000,
    columns: { shop: { type: "string", values: every.map((row) => `shop ${(row >> 1) % 200}`) } },
  };
  const groups = Uint32Array.from(every, (row) => row >> 1);
  const random = seeded(10);
  const habit = Float64Array.from(every, (row) => (((row >> 1) % 2 === 0) === random.next() < 0.8 ? 1 : 0));
  const alone = (of: Uint32Array | undefined): number[] => {
    const [one, other] = [habit, flipped(habit, (row) => row === 0)].map((outcome) => {
      const twin = outcome.map((value, row) => (row === 1 ? outcome[0]! : value));
      return toldIn(dataOf(copied, twin, { groups: of }));
    });
    return farApart(one!, other!, [0, 1]);
  };
  assert.deepEqual(alone(groups), []);
  assert.notDeepEqual(alone(undefined), [], "control: without groups one copy tells of the other");
});

test("the fit without a fold is told nothing of the outcomes of that fold; the fold is told what a record to come would be", () => {
  const { table, late } = shops(2000, 30, 1, 2);
  const folds = Uint8Array.from(late, (_, row) => row % 5);
  const data = dataOf(table, late, { folds });
  const other = dataOf(
    table,
    flipped(late, (row) => folds[row] === 2),
    { folds },
  );
  assert.deepEqual(toldIn(data, 2), toldIn(other, 2));
  assert.notDeepEqual(toldIn(data, 3), toldIn(other, 3), "control: the fit without another fold is");
});

test("levels that do not differ more than by chance say nearly nothing; a new level has the mean of all, a missing one none", () => {
  const spread = (effect: number): number => {
    const { table, late } = shops(4000, 100, effect, 3);
    const { means } = fitTargetMeans(fields, dataOf(table, late), 1).fitted[0]!;
    return Math.max(...means) - Math.min(...means);
  };
  assert.ok(spread(0) < 0.15, `${spread(0)} between levels of chance`);
  assert.ok(spread(1) > 0.4, `control: ${spread(1)} between levels that differ`);
});

/** Mean log-loss on later rows of trees that read, beside the columns, what `columnOf` says of the shop. */
async function lossOf(effect: number, kind: "sets" | "means" | "with their own outcome"): Promise<number> {
  const [learnt, held] = [shops(6000, 2000, effect, 4), shops(4000, 2000, effect, 5)];
  const { fitted, ofFit } = fitTargetMeans(fields, dataOf(learnt.table, learnt.late), 1);
  const { levels, means, all } = fitted[0]!;
  const codes = new Map(levels.map((level, code) => [level, code]));
  const namesOf = ({ columns }: Table): readonly string[] => columns["shop"]!.values as readonly string[];
  const asNew = (table: Table): Float64Array =>
    Float64Array.from(namesOf(table), (name) => means[codes.get(name) ?? -1] ?? all[0]!);
  const shares = new Map<string, { rows: number; late: number }>();
  namesOf(learnt.table).forEach((name, row) => {
    const { rows, late } = shares.get(name) ?? { rows: 0, late: 0 };
    shares.set(name, { rows: rows + 1, late: late + learnt.late[row]! });
  });
  const share = (table: Table): Float64Array =>
    Float64Array.from(namesOf(table), (name) => {
      const { rows, late } = shares.get(name) ?? { rows: 1, late: all[0]! };
      return late / rows;
    });
  const columnsOf = ({ table }: typeof learnt, told: Float64Array): TreeColumn[] => [
    {
      kind: "category",
      levels: levels.length + 1,
      codes: Int32Array.from(namesOf(table), (name) => codes.get(name) ?? levels.length),
    },
    { kind: "number", values: table.columns["amount"]!.values as Float64Array },
    ...(kind === "sets" ? [] : [{ kind: "number" as const, values: told }]),
  ];
  const trees = await fitTrees(
    {
      loss: { name: "logistic" },
      rounds: 120,
      maxDepth: 3,
      learningRate: 0.05,
      categorySmoothing: 3,
      categoryL2: 2,
      maxCategories: 4,
    },
    { rows: 6000, columns: columnsOf(learnt, kind === "means" ? ofFit[5]![0]! : share(learnt.table)), target: learnt.late },
    { seed: 1 },
  );
  const scores = rawScores(scorerOf(trees), columnsOf(held, kind === "means" ? asNew(held.table) : share(held.table)), 4000);
  return scores.reduce((sum, score, row) => sum + Math.log1p(Math.exp(held.late[row] === 1 ? -score : score)), 0) / 4000;
}

test("two thousand levels: means help where levels differ, do no harm where they do not, and with their own outcome they mislead", async () => {
  const [sets, means, leaking] = [await lossOf(1, "sets"), await lossOf(1, "means"), await lossOf(1, "with their own outcome")];
  assert.ok(means < sets - 0.01, `real: ${means} with means, ${sets} without`);
  assert.ok(leaking > means + 0.02, `real: ${leaking} with their own outcome, ${means} without it`);
  const [setsOfNoise, meansOfNoise, leakingNoise] = [
    await lossOf(0, "sets"),
    await lossOf(0, "means"),
    await lossOf(0, "with their own outcome"),
  ];
  assert.ok(meansOfNoise < setsOfNoise + 0.003, `chance: ${meansOfNoise} with means, ${setsOfNoise} without`);
  assert.ok(leakingNoise > meansOfNoise + 0.05, `chance: ${leakingNoise} with their own outcome, ${meansOfNoise} without it`);
});

test("a model that reads means explains them as the value of the column, and knows no other shop than before when it was saved", async () => {
  const { table, labels, late } = shops(4000, 400, 2, 6);
  const model = await fitTabular({ recipe: { fields }, learner: "trees", budget: 0 }, { table, labels }, { seed: 1 });
  assert.equal((model.save().header["means"] as unknown[]).length, 1, "the means are read");
  const loaded = loadClassifier(model.save());
  for (const shop of ["shop 3", "shop 12", "never seen", null]) {
    const { probabilities, contributions } = model.decideRow({ shop, amount: 0.5 }, 9);
    assert.deepEqual(loaded.decideRow({ shop, amount: 0.5 }, 9).probabilities, probabilities);
    assert.ok(contributions.length <= 2, "one reason a column");
    assert.equal(contributions.find(({ field }) => field === "shop")?.value ?? "missing", shop ?? "missing");
  }
  assert.equal(model.decideRow({ shop: "never seen" }, 0).typicality, 0);

  const days = late.map((one, row) => 10 * one + (row % 7));
  const number = await fitTabularRegressor(
    { recipe: { fields }, learner: "trees", budget: 0 },
    { table, targets: days },
    { seed: 1 },
  );
  assert.equal((number.save().header["means"] as unknown[]).length, 1);
  assert.ok(rSquared(days, number.predict(table)) > 0.2);
  assert.deepEqual(loadRegressor(number.save()).decideRow({ shop: "shop 3" }, 5), number.decideRow({ shop: "shop 3" }, 5));
});

test("of more than two outcomes each of the ten most frequent has its share by level", async () => {
  const random = seeded(8);
  const shop = Array.from({ length: 3000 }, () => `shop ${random.below(300)}`);
  const labels = shop.map((name) => (random.next() < 0.3 ? "abc"[random.below(3)]! : "abc"[Number(name.slice(5)) % 3]!));
  const table: Table = { rows: 3000, columns: { shop: { type: "string", values: shop } } };
  const model = await fitTabular(
    { recipe: { fields: [{ name: "shop", kind: "category" }] }, learner: "trees", budget: 0 },
    { table, labels },
    { seed: 1 },
  );
  assert.deepEqual(
    (model.save().header["means"] as { all: number[] }[]).map(({ all }) => all.length),
    [3],
  );
  const right = [...Array(300).keys()].filter(
    (level) => model.classes[model.decideRow({ shop: `shop ${level}` }, 0).best] === "abc"[level % 3],
  );
  assert.ok(right.length > 270, `${right.length} of 300 levels`);
});

test("means that do not fit a saved model are refused by name", async () => {
  const { table, labels } = shops(4000, 400, 2, 6);
  const saved = (await fitTabular({ recipe: { fields }, learner: "trees", budget: 0 }, { table, labels }, { seed: 1 })).save();
  const [own] = saved.header["means"] as { levels: string[] }[];
  for (const [means, says] of [
    [[{ ...own, field: 1 }], /means\[0\].field: must be that of a category/],
    [[{ ...own, means: [0.5] }], /means\[0\].means: must be 1 for each level/],
    [[], /trees.columns/],
  ] as const) {
    assert.throws(() => loadClassifier({ ...saved, header: { ...saved.header, means } }), says);
  }
});

test("a row that counts 3 moves means as three copies of it that share a group", () => {
  const { table, late } = shops(600, 30, 1, 3);
  const weights = Float64Array.from(late, (_, row) => 1 + (row % 3));
  const copies = Uint32Array.from([...late.keys()].flatMap((row) => Array<number>(weights[row]!).fill(row)));
  const taken = (values: Uint8Array | Float64Array): number[] => Array.from(copies, (row) => values[row]!);
  const single = dataOf(table, late);
  const weighed = fitTargetMeans(fields, { ...single, weights }, 1).fitted[0]!;
  const copied = fitTargetMeans(
    fields,
    {
      ...dataOf(takeRows(table, copies), Float64Array.from(taken(late))),
      folds: Uint8Array.from(taken(single.folds)),
      groups: copies,
    },
    1,
  ).fitted[0]!;
  const meanOf = ({ levels, means }: typeof weighed, level: string): number => means[levels.indexOf(level)]!;
  const shared = weighed.levels.filter((level) => copied.levels.includes(level));
  assert.ok(shared.length >= 20);
  for (const level of shared) assert.ok(Math.abs(meanOf(weighed, level) - meanOf(copied, level)) < 1e-9, level);
  const alike = fitTargetMeans(fields, single, 1).fitted[0]!;
  assert.ok(shared.some((level) => Math.abs(meanOf(alike, level) - meanOf(copied, level)) > 0.01));
});
