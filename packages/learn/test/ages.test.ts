import assert from "node:assert/strict";
import { test } from "node:test";
import { fitTabular } from "../src/classifiers/tabular.ts";
import type { Table } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import { ageColumn, ageOf, withAges } from "../src/recipe/ages.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";

const DAY = 86_400_000;

test("an age is in days to two decimals, negative for what is still to come, and none where either instant is none", () => {
  const noon = Date.UTC(2024, 1, 29, 12);
  assert.equal(ageOf(noon - 36 * 3_600_000, noon), 1.5);
  assert.equal(ageOf(noon + DAY, noon), -1);
  assert.equal(ageOf(noon - 100_000, noon), 0);
  for (const none of [null, undefined, "soon", Number.NaN, 9e15]) assert.ok(Number.isNaN(ageOf(none, noon)));
  assert.ok(Number.isNaN(ageOf(noon, Number.NaN)));
});

/** What is decided goes by how old a contract is; rows are years apart. */
function contracts(count: number, from: number): { table: Table; labels: string[]; targets: Float64Array } {
  const random = seeded(from);
  const decided = Float64Array.from({ length: count }, (_, row) => Date.UTC(2000 + from, 0, 1) + row * DAY);
  const days = decided.map(() => random.next() * 600);
  const signed = decided.map((time, row) => time - days[row]! * DAY);
  const table = withAges({ rows: count, columns: { signed: { type: "time", values: signed } } }, ["signed"], decided);
  return {
    table,
    labels: Array.from(days, (age) => (age > 300 === random.next() < 0.97 ? "renew" : "wait")),
    targets: days.map((age) => age + random.next()),
  };
}

test("ages hold for later years and do not run away beyond those of training", async () => {
  const fields = [
    { name: "signed", kind: "time" },
    { name: ageColumn("signed"), kind: "number", of: "signed" },
  ] as const;
  const [learnt, later] = [contracts(600, 1), contracts(300, 20)];
  for (const learner of ["linear", "trees", "both"] as const) {
    const settings = { recipe: { fields }, learner, budget: 0 };
    const model = await fitTabular(settings, { ...learnt, ordered: true }, { seed: 1 });
    const probabilities = model.predict(later.table);
    const right = later.labels.filter((label, row) => model.classes[probabilities[2 * row]! > 0.5 ? 0 : 1] === label).length;
    assert.ok(right > 0.9 * later.labels.length, `${learner}: ${right} of ${later.labels.length}`);
    const alone = { recipe: { fields: fields.slice(0, 1) }, learner, budget: 0 };
    const blind = (await fitTabular(alone, { ...learnt, ordered: true }, { seed: 1 })).predict(later.table);
    const blindly = later.labels.filter((label, row) => model.classes[blind[2 * row]! > 0.5 ? 0 : 1] === label).length;
    assert.ok(blindly < 0.7 * later.labels.length, `control: ${blindly} right without ages`);

    const number = await fitTabularRegressor(settings, { ...learnt, ordered: true }, { seed: 1 });
    const [oldest, older, oldestOfAll] = [600, 5000, 1e8].map((days) => number.predictRow({ [ageColumn("signed")]: days }));
    assert.ok(
      Math.abs(older! - oldest!) < 120 && oldestOfAll! <= number.range[1],
      `${learner}: ${oldest} ${older} ${oldestOfAll}`,
    );
  }
});
