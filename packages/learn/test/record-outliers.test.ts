import assert from "node:assert/strict";
import { test } from "node:test";
import { fitOutliers, loadOutliers } from "../src/anomaly/record-outliers.ts";
import type { Table } from "../src/data/table.ts";
import { rowAt } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import { decodeModel, encodeModel } from "../src/tensors.ts";

const fields = [
  { name: "amount", kind: "number" },
  { name: "country", kind: "category" },
  { name: "at", kind: "time" },
  { name: "note", kind: "text" },
];

/** Amounts of normal shape, three countries, working hours, some of each missing. */
function orders(rows: number, seed: number): Table {
  const random = seeded(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const missing = (): boolean => random.next() < 0.02;
  const at = Float64Array.from({ length: rows }, () => Date.UTC(2026, 0, 1 + 300 * random.next(), 8 + 9 * random.next()));
  return {
    rows,
    columns: {
      amount: {
        type: "number",
        values: Float64Array.from({ length: rows }, () => (missing() ? Number.NaN : 100 + 20 * normal())),
      },
      country: {
        type: "string",
        values: Array.from({ length: rows }, () => (missing() ? null : ["de", "fr", "nl"][Math.floor(3 * random.next())]!)),
      },
      at: { type: "time", values: at },
      note: { type: "string", values: Array.from({ length: rows }, () => "a text is left aside") },
    },
  };
}

test("of records like those of training, a share of p has a rarity of p or less", () => {
  const model = fitOutliers({ fields }, orders(5000, 1));
  const rarities = model.predict(orders(20_000, 2)).sort();
  for (const share of [0.5, 0.1, 0.01]) {
    const got = rarities.filter((rarity) => rarity <= share).length / rarities.length;
    assert.ok(Math.abs(got - share) < 4 * Math.sqrt((share * (1 - share)) / 5000) + 0.001, `${share}: ${got}`);
  }
  assert.deepEqual(model.features, ["amount", "country", "at"]);
});

test("further out is rarer, and the reasons say by what", () => {
  const model = fitOutliers({ fields }, orders(5000, 1));
  const usual = rowAt(orders(1, 9), 0);
  let before = 1;
  for (const amount of [100, 140, 180, 300, 3000, 1e300]) {
    const { rarity, contributions } = model.decideRow({ ...usual, amount }, 3);
    assert.ok(rarity > 0 && rarity <= before, `${amount}: ${rarity} after ${before}`);
    if (amount > 200) assert.deepEqual([contributions[0]!.field, contributions[0]!.value], ["amount", String(amount)]);
    before = rarity;
  }
  const elsewhere = model.decideRow({ ...usual, country: "aq" }, 1);
  assert.deepEqual([elsewhere.contributions[0]!.field, elsewhere.contributions[0]!.value], ["country", "aq"]);
  const night = model.decideRow({ ...usual, at: Date.UTC(2026, 5, 3, 3) }, 1);
  assert.equal(night.contributions[0]!.field, "at");
});

test("a saved model says the same, and whatever comes no number is none", () => {
  const table = orders(500, 1);
  const model = fitOutliers({ fields }, table);
  const loaded = loadOutliers(decodeModel(encodeModel(model.save())));
  assert.deepEqual(loaded.predict(table), model.predict(table));
  for (const row of [
    {},
    { amount: Number.NaN },
    { amount: Infinity },
    { amount: -1e308, country: "" },
    { at: 8.64e15 + 1 },
    { amount: 0, at: -1e12 },
  ]) {
    const { rarity, contributions } = loaded.decideRow(row, 10);
    assert.ok(rarity > 0 && rarity <= 1, `${JSON.stringify(row)}: ${rarity}`);
    assert.ok(contributions.every(({ weight }) => Number.isFinite(weight)));
    const [only] = loaded.predict({ rows: 1, columns: {} });
    assert.ok(only! > 0 && only! <= 1);
  }
  assert.throws(() => fitOutliers({ fields: [] }, table), /no number, category or time/);
  assert.throws(() => fitOutliers({ fields }, orders(1, 1)), /at least two rows/);
  const constant = fitOutliers(
    { fields },
    { rows: 3, columns: { amount: { type: "number", values: new Float64Array(3).fill(5) } } },
  );
  assert.ok(constant.decideRow({ amount: 6 }, 1).rarity < constant.decideRow({ amount: 5 }, 1).rarity);
});
