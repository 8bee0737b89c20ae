import assert from "node:assert/strict";
import { test } from "node:test";
import { fitTabular } from "../src/classifiers/tabular.ts";
import type { Table } from "../src/data/table.ts";
import { changeableValues, counterfactual } from "../src/explain/counterfactual.ts";
import { permutationImportance } from "../src/explain/permutation-importance.ts";
import { seeded } from "../src/math/random.ts";
import type { Classifier } from "../src/model.ts";

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
  const found = await permutationImportance(model, held.table, held.labels, { seed: 1 });
  assert.equal(found.at(-1)!.field, "colour");
  assert.ok(
    found.slice(0, 3).every(({ rise, error }) => rise > 0.05 && rise > 3 * error),
    JSON.stringify(found),
  );
  assert.ok(Math.abs(found.at(-1)!.rise) < 0.01);
  assert.deepEqual(
    await permutationImportance(model, held.table, held.labels, { seed: 1 }),
    found,
    "the same seed says the same",
  );
  const strange = await permutationImportance(
    model,
    held.table,
    held.labels.map(() => "unknown"),
    { seed: 1 },
  );
  assert.ok(strange.every(({ rise }) => rise === 0));
});

test("one change suffices where one thing spoke against it, and it is the nearest value that does", () => {
  const values = changeableValues(train.table, ["income", "amount", "late"]);
  const late = counterfactual(model, { income: 4500, amount: 6000, late: "yes", colour: "red" }, grant, values)!;
  assert.deepEqual(late.changes, [{ field: "late", from: "yes", to: "no" }]);
  assert.ok(late.probabilities[grant]! > 0.5);
  const poor = counterfactual(model, { income: 2000, amount: 16_000, late: "no", colour: "red" }, grant, values)!;
  assert.equal(poor.changes.length, 1);
  const { field, to } = poor.changes[0]!;
  const nearest = field === "income" ? Number(to) < 3600 && Number(to) > 2000 : Number(to) < 16_000 && Number(to) > 8000;
  assert.ok(nearest, `${field} to ${to}`);
});

test("where one is not enough several are changed; where nothing may be, there is none", () => {
  const record = { income: 1200, amount: 24_000, late: "yes", colour: "red" };
  const all = counterfactual(model, record, grant, changeableValues(train.table, ["income", "amount", "late"]))!;
  assert.ok(all.changes.length >= 2 && all.changes.some(({ field }) => field === "late"));
  assert.equal(counterfactual(model, record, grant, changeableValues(train.table, ["colour"])), null);
  assert.equal(counterfactual(model, record, grant, {}), null);
  assert.deepEqual(record, { income: 1200, amount: 24_000, late: "yes", colour: "red" });
});
