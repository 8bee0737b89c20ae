import assert from "node:assert/strict";
import { test } from "node:test";
import { fitTabular } from "../src/classifiers/tabular.ts";
import type { Table } from "../src/data/table.ts";
import { changeableValues, counterfactual, decidedAs, valueWithin } from "../src/explain/counterfactual.ts";
import { alikeFields } from "../src/explain/alike-fields.ts";
import { effectsOf } from "../src/explain/effects.ts";
import { logLossOf, permutationImportance, squaredErrorOf } from "../src/explain/permutation-importance.ts";
import { seeded } from "../src/math/random.ts";
import type { Classifier, Regressor } from "../src/model.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";

/** Loans: refused where the income is low for the amount, or where the customer has been late; the colour says nothing. */
function loans(count: number, seed: number): { table: Table; labels: string[] } {
  const random = seeded(seed);
  const rows = Array.from({ length: count }, () => {
    const [income, amount] = [1000 + random.next() * 4000, 5000 + random.next() * 20_000];
    const [late, colour] = [random.next() < 0.2 ? "yes" : "no", ["red", "blue"][random.below(2)]!];
    return { income, amount, late, colour, label: late === "yes" || income * 6 < amount ? "refuse" : "grant" };
  });
  const table: Table = {
    rows: count,
    columns: {
      income: { type: "number", values: Float64Array.from(rows, ({ income }) => income) },
      amount: { type: "number", values: Float64Array.from(rows, ({ amount }) => amount) },
      late: { type: "string", values: rows.map(({ late }) => late) },
      colour: { type: "string", values: rows.map(({ colour }) => colour) },
    },
  };
  return { table, labels: rows.map(({ label }) => label) };
}

const train = loans(1500, 1);
const model: Classifier = await fitTabular(
  {
    recipe: {
      fields: [
        { name: "income", kind: "number" },
        { name: "amount", kind: "number" },
        { name: "late", kind: "category" },
        { name: "colour", kind: "category" },
      ],
    },
    budget: 0,
  },
  train,
  { seed: 1 },
);
const grant = model.classes.indexOf("grant");

test("fields that decide are important, one that says nothing is not", async () => {
  const held = loans(600, 2);
  const truth = Uint32Array.from(held.labels, (label) => model.classes.indexOf(label));
  const groups = model.features.map((field) => [field]);
  const importance = (): ReturnType<typeof permutationImportance> =>
    permutationImportance(logLossOf(model, truth), held.table, [...groups, ["absent"]], { seed: 1 });
  const found = await importance();
  assert.deepEqual(new Set(found.flatMap(({ fields }) => fields)), new Set(model.features));
  assert.equal(found.length, groups.length);
  assert.deepEqual(found.at(-1)!.fields, ["colour"]);
  assert.ok(
    found.slice(0, 3).every(({ rise, lower, upper }) => lower > 0.02 && lower < rise && rise < upper),
    JSON.stringify(found),
  );
  assert.ok(found.at(-1)!.lower < 0.005 && Math.abs(found.at(-1)!.rise) < 0.01);
  assert.deepEqual(await importance(), found, "the same seed says the same");
});

/** A price that rises with size, then stays; `feet` is size in another unit and somewhat off, `age` says something, `colour` nothing. */
function houses(count: number, seed: number): { table: Table; targets: Float64Array } {
  const random = seeded(seed);
  const sizes = Float64Array.from({ length: count }, () => 200 * random.next());
  const ages = Float64Array.from({ length: count }, () => 50 * random.next());
  const zones = Array.from({ length: count }, () => ["centre", "suburb"][random.below(2)]!);
  return {
    table: {
      rows: count,
      columns: {
        size: { type: "number", values: sizes },
        feet: { type: "number", values: sizes.map((size) => 10 * size + 100 * random.next()) },
        age: { type: "number", values: ages },
        zone: { type: "string", values: zones },
        colour: { type: "string", values: zones.map(() => ["red", "blue"][random.below(2)]!) },
      },
    },
    targets: sizes.map(
      (size, row) => 3 * Math.min(100, size) - ages[row]! + (zones[row] === "centre" ? 80 : 0) + 10 * random.next(),
    ),
  };
}

const learnt = houses(1500, 3);
const regressor: Regressor = await fitTabularRegressor(
  {
    recipe: {
      fields: [
        { name: "size", kind: "number" },
        { name: "feet", kind: "number" },
        { name: "age", kind: "number" },
        { name: "zone", kind: "category" },
        { name: "colour", kind: "category" },
      ],
    },
    learner: "trees",
    budget: 0,
    coverage: 0.9,
  },
  learnt,
  { seed: 1 },
);

test("fields that go together are dealt together, and errors are in the unit of the outcome", async () => {
  const held = houses(500, 4);
  const groups = alikeFields(held.table, regressor.features);
  assert.deepEqual(groups, [["size", "feet"], ["age"], ["zone"], ["colour"]]);
  const found = await permutationImportance(squaredErrorOf(regressor, held.targets), held.table, groups, { seed: 1 });
  assert.deepEqual(
    found.map(({ fields }) => fields[0]),
    ["size", "zone", "age", "colour"],
  );
  // Dealt sizes are off by their spread and the other's: sqrt(2) standard deviations of 3 * min(100, size), which is 94.
  assert.ok(Math.abs(found[0]!.rise - 125) < 15, `${found[0]!.rise}`);
});

test("effects have the shape and the size of what was learnt, also where fields go together", () => {
  const held = houses(1000, 5);
  const effects = (field: string): ReturnType<typeof effectsOf> =>
    effectsOf((table) => regressor.predict(table), 1, held.table, field);
  const between = (field: string, from: number, to: number): number => {
    const { at, effects: heights } = effects(field)!;
    const inside = [...heights.keys()].filter((point) => Number(at[point]) >= from && Number(at[point]) <= to);
    return heights[inside.at(-1)!]! - heights[inside[0]!]!;
  };
  assert.ok(Math.abs(between("age", 0, 50) + 48) < 6, `${between("age", 0, 50)} in 50 years`);
  assert.ok(between("size", 0, 100) > 60 && Math.abs(between("size", 110, 200)) < 20, `${between("size", 0, 100)}`);
  const zone = effects("zone")!;
  const of = (level: string): number => zone.effects[zone.at.indexOf(level)]!;
  assert.ok(Math.abs(of("centre") - of("suburb") - 80) < 5);
  assert.equal(effects("absent"), null);
  const loan = effectsOf((table) => model.predict(table), 2, loans(500, 6).table, "late")!;
  const late = loan.at.indexOf("yes") * 2;
  assert.ok(loan.effects[late + grant]! < -0.3 && Math.abs(loan.effects[late]! + loan.effects[late + 1]!) < 1e-6);
});

const granted = decidedAs(model, grant);

test("one change suffices where one thing spoke against it, and it is the nearest value that does", () => {
  const values = changeableValues(train.table, ["income", "amount", "late"]);
  const late = counterfactual(granted, { income: 4500, amount: 6000, late: "yes", colour: "red" }, values)!;
  assert.deepEqual(late.changes, [{ field: "late", from: "yes", to: "no" }]);
  assert.ok(late.said[grant]! > 0.5);
  const poor = counterfactual(granted, { income: 2000, amount: 16_000, late: "no", colour: "red" }, values)!;
  assert.equal(poor.changes.length, 1);
  const { field, to } = poor.changes[0]!;
  const nearest = field === "income" ? Number(to) < 3600 && Number(to) > 2000 : Number(to) < 16_000 && Number(to) > 8000;
  assert.ok(nearest, `${field} to ${to}`);
});

test("where one is not enough several are changed; where nothing may be, there is none", () => {
  const record = { income: 1200, amount: 24_000, late: "yes", colour: "red" };
  const all = counterfactual(granted, record, changeableValues(train.table, ["income", "amount", "late"]))!;
  assert.ok(all.changes.length >= 2 && all.changes.some(({ field }) => field === "late"));
  assert.equal(counterfactual(granted, record, changeableValues(train.table, ["colour"])), null);
  assert.equal(counterfactual(granted, record, {}), null);
  assert.deepEqual(record, { income: 1200, amount: 24_000, late: "yes", colour: "red" });
});

test("of a number, the nearest change that brings it below or above a bound is found", () => {
  const record = { size: 90, feet: 950, age: 10, zone: "centre", colour: "red" };
  const values = changeableValues(learnt.table, ["age", "zone"]);
  const now = regressor.predictRow(record);
  const less = counterfactual(valueWithin(regressor, "<=", now - 30), record, values)!;
  assert.deepEqual(
    less.changes.map(({ field }) => field),
    ["age"],
  );
  assert.ok(Number(less.changes[0]!.to) > 30 && Number(less.changes[0]!.to) < 50 && less.said <= now - 30);
  const muchLess = counterfactual(valueWithin(regressor, "<=", now - 100), record, values)!;
  assert.deepEqual(new Set(muchLess.changes.map(({ field }) => field)), new Set(["age", "zone"]));
  assert.deepEqual(counterfactual(valueWithin(regressor, ">=", now - 1), record, values), { changes: [], said: now });
  assert.equal(counterfactual(valueWithin(regressor, ">=", now + 50), record, values), null);
});
