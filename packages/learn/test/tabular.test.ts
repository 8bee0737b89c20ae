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

/** What is right changes from one week to the next, and `minute` tells the weeks of training apart; `risk` says a little, always. */
function drifting(weeks: number, perWeek: number, seed: number, firstWeek = 0): ClassifierData {
  const random = seeded(seed);
  const [minute, risk, labels]: [number[], number[], string[]] = [[], [], []];
  for (let week = 0; week < weeks; week++) {
    const mood = random.next() < 0.5 ? 3 : -3;
    for (let row = 0; row < perWeek; row++) {
      minute.push((firstWeek + week) * perWeek + row);
      risk.push(random.next());
      labels.push(random.next() < 1 / (1 + Math.exp(-mood - 2 * (risk.at(-1)! - 0.5))) ? "late" : "in time");
    }
  }
  return { table: tableOf({ minute: numbers(minute), risk: numbers(risk) }), labels };
}
const driftingFields: Fields = [
  { name: "minute", kind: "number" },
  { name: "risk", kind: "number" },
];

test("rows in the order of time are judged by models of other stretches: what is said of later rows is no surer than it is right", async () => {
  const [learnt, later] = [drifting(40, 50, 11), drifting(40, 50, 12, 40)];
  const surplus = async (ordered: boolean): Promise<number> => {
    let unseen = new Float32Array(0);
    const options = { seed: 1, onUnseen: (all: Float32Array) => (unseen = Float32Array.from(all)) };
    const model = await fitTabular(
      { recipe: { fields: driftingFields }, learner: "trees", budget: 0 },
      { ...learnt, ordered },
      options,
    );
    const probabilities = model.predict(later.table);
    let sum = 0;
    later.labels.forEach((label, row) => {
      const own = probabilities.subarray(2 * row, 2 * row + 2);
      const best = own[1]! > own[0]! ? 1 : 0;
      sum += own[best]! - (model.classes[best] === label ? 1 : 0);
    });
    assert.equal(unseen.length, learnt.labels.length * 2);
    return sum / later.labels.length;
  };
  const [ordered, byChance] = [await surplus(true), await surplus(false)];
  assert.ok(ordered < 0.12, `${ordered} surer than right`);
  assert.ok(byChance > 0.25, `control: with folds by chance only ${byChance} surer than right`);
});

test("an outcome that one stretch of time alone has is learnt and calibrated like others", async () => {
  const random = seeded(13);
  const rows = 1000;
  const a = Array.from({ length: rows }, () => random.next());
  const outcomes = (three: boolean): string[] =>
    a.map((value, row) => (row >= 900 && value > 0.5 ? "recall" : three && value < 0.25 ? "late" : "in time"));
  for (const learner of ["linear", "trees", "both", "auto"] as const) {
    for (const labels of [
      outcomes(false),
      outcomes(true),
      [...a.keys()].map((row) => (row === 700 ? "once" : String(row % 2))),
    ]) {
      const table = tableOf({ a: numbers(a), row: numbers([...a.keys()]) });
      const fields: Fields = [
        { name: "a", kind: "number" },
        { name: "row", kind: "number" },
      ];
      const model = await fit(fields, { table, labels, ordered: true }, { learner });
      const probabilities = model.predict(table);
      assert.ok(probabilities.every((one) => one >= 0 && one <= 1));
      if (!model.classes.includes("recall") || learner === "linear") continue;
      const { best } = model.decideRow({ a: 0.9, row: 950 }, 0);
      assert.equal(model.classes[best], "recall", learner);
    }
  }
});

test("what drifts is no reason to call all later records unfamiliar", async () => {
  const random = seeded(14);
  const rising = (from: number, count: number): ClassifierData => {
    const level = Array.from({ length: count }, (_, row) => from + row / 100 + random.next());
    return { table: tableOf({ level: numbers(level) }), labels: level.map(() => (random.next() < 0.5 ? "x" : "y")) };
  };
  const learnt = rising(0, 1000);
  const unfamiliar = async (ordered: boolean): Promise<number> => {
    const model = await fit([{ name: "level", kind: "number" }], { ...learnt, ordered }, { learner: "linear" });
    const { table } = rising(10, 100);
    const levels = table.columns["level"]!.values as Float64Array;
    return levels.filter((level) => model.decideRow({ level }, 0).typicality < 0.01).length / levels.length;
  };
  const [ordered, byChance] = [await unfamiliar(true), await unfamiliar(false)];
  assert.ok(ordered < 0.05, `${ordered} of the rows of the next day are called unfamiliar`);
  assert.ok(byChance > 0.3, `control: in no order it is ${byChance}`);
});
