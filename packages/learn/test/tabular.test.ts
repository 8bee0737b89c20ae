import assert from "node:assert/strict";
import { test } from "node:test";
import { loadClassifier } from "../src/classifiers/load.ts";
import { fitTabular } from "../src/classifiers/tabular.ts";
import type { TabularSettings } from "../src/classifiers/tabular.ts";
import type { Column, Table } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import type { Classifier, ClassifierData } from "../src/model.ts";
import { rocAuc } from "../src/metrics/auc.ts";

type Fields = TabularSettings["recipe"]["fields"];

const numbers = (values: readonly number[]): Column => ({ type: "number", values: Float64Array.from(values) });
const strings = (values: readonly (string | null)[]): Column => ({ type: "string", values });
const tableOf = (columns: Record<string, Column>): Table => ({
  rows: Object.values(columns)[0]!.values.length,
  columns,
});

async function fit(fields: Fields, data: ClassifierData, settings: Omit<TabularSettings, "recipe"> = {}): Promise<Classifier> {
  return fitTabular({ recipe: { fields }, budget: 0, ...settings }, data, { seed: 1 });
}

const auc = (model: Classifier, { table, labels }: ClassifierData, of: string): number => {
  const probabilities = model.predict(table);
  const at = model.classes.indexOf(of);
  return rocAuc(
    labels.map((_, row) => probabilities[row * model.classes.length + at]!),
    labels.map((label) => label === of),
  );
};

/** Two numbers whose product decides, a region that does as well, and a column of chance. */
function interacting(count: number, seed: number): ClassifierData {
  const random = seeded(seed);
  const rows = Array.from({ length: count }, () => {
    const [a, b, region] = [random.next() - 0.5, random.next() - 0.5, ["north", "south", "west"][random.below(3)]!];
    const isLate = a * b * (region === "west" ? -1 : 1) > 0 !== random.next() < 0.05;
    return { a, b, region, noise: random.next(), label: isLate ? "late" : "in time" };
  });
  return {
    table: tableOf({
      a: numbers(rows.map(({ a }) => a)),
      b: numbers(rows.map(({ b }) => b)),
      region: strings(rows.map(({ region }) => region)),
      noise: numbers(rows.map(({ noise }) => noise)),
    }),
    labels: rows.map(({ label }) => label),
  };
}
const interactingFields: Fields = [
  { name: "a", kind: "number" },
  { name: "b", kind: "number" },
  { name: "region", kind: "category" },
  { name: "noise", kind: "number" },
];

/** A sum of bent columns: what a regression with splines can say as well as any tree. */
function additive(count: number, seed: number): ClassifierData {
  const random = seeded(seed);
  const rows = Array.from({ length: count }, () => {
    const [age, income] = [18 + random.next() * 60, Math.exp(random.next() * 3)];
    const score = Math.abs(age - 45) / 8 - Math.log(income) * 1.5;
    return { age, income, label: random.next() < 1 / (1 + Math.exp(-score)) ? "yes" : "no" };
  });
  return {
    table: tableOf({ age: numbers(rows.map(({ age }) => age)), income: numbers(rows.map(({ income }) => income)) }),
    labels: rows.map(({ label }) => label),
  };
}
const additiveFields: Fields = [
  { name: "age", kind: "number" },
  { name: "income", kind: "number" },
];

test("columns that act together are left to trees, and those that add up to the regression, which is simpler", async () => {
  const together = await fit(interactingFields, interacting(3000, 1));
  assert.match(together.kind, /^trees/);
  const held = interacting(1500, 2);
  assert.ok(auc(together, held, "late") > 0.9, `AUC ${auc(together, held, "late")}`);
  const alone = await fit(interactingFields, interacting(3000, 1), { learner: "linear" });
  assert.ok(auc(alone, held, "late") < 0.6, `control: the regression has AUC ${auc(alone, held, "late")}`);

  const sum = await fit(additiveFields, additive(2000, 3));
  assert.equal(sum.kind, "linear");
  assert.ok(auc(sum, additive(1500, 4), "yes") > 0.8);
});

test("the words of a text speak beside the columns", async () => {
  const random = seeded(5);
  const rows = Array.from({ length: 600 }, () => {
    const [angry, amount] = [random.next() < 0.5, random.next()];
    return {
      text: `please look at order ${random.below(900)} ${angry ? "lawyer" : "thanks"}`,
      amount,
      label: Number(angry) + amount > 0.9 ? "escalate" : "queue",
    };
  });
  const data = {
    table: tableOf({ text: strings(rows.map(({ text }) => text)), amount: numbers(rows.map(({ amount }) => amount)) }),
    labels: rows.map(({ label }) => label),
  };
  const fields: Fields = [
    { name: "text", kind: "text" },
    { name: "amount", kind: "number" },
  ];
  const model = await fit(fields, data, { learner: "both" });
  assert.ok(auc(model, data, "escalate") > 0.97);
  const { contributions } = model.decideRow({ text: "order 1 lawyer", amount: 0.99 }, 2);
  assert.deepEqual(contributions.map(({ value }) => value).sort(), ["0.99", "lawyer"]);
});

test("the order of the table's columns, and columns that are not asked for, change nothing", async () => {
  const { table, labels } = interacting(500, 6);
  const turned = Object.fromEntries(Object.entries({ ...table.columns, secret: strings(labels) }).toReversed());
  const [one, two] = await Promise.all([
    fit(interactingFields, { table, labels }, { learner: "both" }),
    fit(interactingFields, { table: { ...table, columns: turned }, labels }, { learner: "both" }),
  ]);
  assert.deepEqual(one.predict(table), two.predict(table));
});

test("columns that say nothing, levels never seen and values beyond all that was seen are borne", async () => {
  const { table, labels } = interacting(400, 7);
  const count = table.rows;
  const odd: Record<string, Column> = {
    ...table.columns,
    empty: numbers(Array.from({ length: count }, () => Number.NaN)),
    emptyText: strings(Array.from({ length: count }, () => null)),
    constant: numbers(Array.from({ length: count }, () => 7)),
    huge: numbers(Array.from({ length: count }, (_, row) => 2 ** 60 + row * 2 ** 10)),
    when: { type: "time", values: Float64Array.from({ length: count }, (_, row) => Date.UTC(2024, 0, 1 + (row % 300))) },
  };
  const fields: Fields = [
    ...interactingFields,
    { name: "empty", kind: "number" },
    { name: "emptyText", kind: "category" },
    { name: "constant", kind: "number" },
    { name: "huge", kind: "number" },
    { name: "when", kind: "time" },
  ];
  for (const learner of ["linear", "trees", "both"] as const) {
    const model = await fit(fields, { table: tableOf(odd), labels }, { learner });
    for (const row of [
      { a: Infinity, b: -Infinity, region: "Atlantis", huge: 2 ** 62, when: 8.64e15 },
      { a: Number.NaN, b: 1e308, region: null, huge: -1e308, when: Date.UTC(1600, 0, 1) },
      { a: "0.2", b: true, region: 5, when: "soon" },
      {},
    ]) {
      const { probabilities, contributions, typicality } = model.decideRow(row, 20);
      assert.ok(Math.abs(probabilities.reduce((sum, one) => sum + one, 0) - 1) < 1e-5, `${learner}: ${probabilities.join(" ")}`);
      assert.ok(contributions.every(({ weight }) => Number.isFinite(weight)) && typicality >= 0 && typicality <= 1);
    }
  }
});

test("a record with values unlike those of training is untypical, one like them is not", async () => {
  const model = await fit(additiveFields, additive(2000, 8));
  assert.ok(model.decideRow({ age: 45, income: 4 }, 1).typicality > 0.2);
  assert.ok(model.decideRow({ age: 145, income: 4000 }, 1).typicality < 0.01);
});

test("one row is refused in words; a row of each class is enough to answer", async () => {
  const fields: Fields = [{ name: "a", kind: "number" }];
  await assert.rejects(fit(fields, { table: tableOf({ a: numbers([1]) }), labels: ["x"] }), {
    name: "RangeError",
    message: 'fit requires at least 2 classes, got 1 ("x")',
  });
  for (const learner of ["linear", "trees", "both", "auto"] as const) {
    const model = await fit(fields, { table: tableOf({ a: numbers([1, 2]) }), labels: ["x", "y"] }, { learner });
    assert.equal(model.predictRow({ a: 1 }).length, 2);
  }
});

test("ten thousand columns are fitted", async () => {
  const random = seeded(9);
  const rows = 60;
  const labels = Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? "x" : "y"));
  const columns: Record<string, Column> = {};
  for (let at = 0; at < 10_000; at++) columns[`c${at}`] = numbers(Array.from({ length: rows }, () => random.next()));
  columns["c7"] = numbers(labels.map((label) => ((label === "x") !== random.next() < 0.2 ? 1 : 0)));
  const fields = Object.keys(columns).map((name) => ({ name, kind: "number" as const }));
  const model = await fit(fields, { table: tableOf(columns), labels }, { learner: "trees", folds: 2 });
  assert.equal(model.explainRow({ c7: 1 }, model.classes.indexOf("x"), 1)[0]!.field, "c7");
});

test("a saved model with a part that does not fit is refused by the part's name", async () => {
  const saved = (await fit(interactingFields, interacting(300, 10), { learner: "both" })).save();
  const broken: readonly (readonly [change: object, says: RegExp])[] = [
    [{ format: 99 }, /format 99/],
    [{ kind: "linear" }, /kind: linear does not name/],
    [{ tails: [] }, /^tails: must be one for each column/],
    [{ columns: [] }, /tails|columns/],
    [{ slopes: [1, 2] }, /^slopes: must be three numbers/],
    [{ trees: { loss: { name: "logistic" }, columns: [{ kind: "number", levels: 0 }] } }, /treeColumns/],
  ];
  for (const [change, says] of broken) {
    assert.throws(
      () => loadClassifier({ ...saved, header: { ...saved.header, ...change } }),
      (error) => says.test((error as Error).message),
      JSON.stringify(change),
    );
  }
});
