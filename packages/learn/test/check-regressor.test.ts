/** The learners of numbers pass the public suite, and learners with one planted fault each fail the checks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRegressor, regressorChecks } from "../src/checks/check-regressor.ts";
import type { CheckedRegressor } from "../src/checks/check-regressor.ts";
import type { Regressor } from "../src/model.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";

const tabular = (kind: "linear" | "trees" | "both", withText: boolean): CheckedRegressor => ({
  fit: (data, options) =>
    fitTabularRegressor(
      {
        recipe: {
          fields: [
            ...(withText ? [{ name: "text", kind: "text" as const }] : []),
            { name: "category", kind: "category" },
            { name: "number", kind: "number" },
            { name: "time", kind: "time" },
          ],
        },
        learner: kind,
        budget: 0,
      },
      data,
      options,
    ),
});
const sound = tabular("linear", true);

for (const [name, learner] of [
  ["linear, with text", sound],
  ["trees", tabular("trees", false)],
  ["trees and linear", tabular("both", false)],
] as const) {
  for (const check of regressorChecks) test(`${name}: ${check.name}`, () => check.run(learner));
}

/** A learner whose models are changed after the fit. */
function broken(change: (model: Regressor) => Partial<Regressor>): CheckedRegressor {
  return {
    async fit(data, options) {
      const model = await sound.fit(data, options);
      return { ...model, ...change(model) };
    },
  };
}

test("a learner that leaves weights unheeded fails its check", async () => {
  const check = regressorChecks.find(({ name }) => name.startsWith("duplicates vs weights"))!;
  const unheeding: CheckedRegressor = {
    fit(given, options) {
      const { weights: _weights, ...data } = given;
      return sound.fit(data, options);
    },
  };
  await assert.rejects(check.run(unheeding), /from copies/);
});

let fits = 0;
const faults: readonly (readonly [fault: string, learner: CheckedRegressor, failing: RegExp])[] = [
  ["says the same of all", broken(() => ({ predict: ({ rows }) => new Float64Array(rows).fill(60) })), /^learns/],
  [
    "depends on what was fitted before",
    { fit: (data, options) => sound.fit({ ...data, targets: data.targets.map((one) => one + fits++ / 1e3) }, options) },
    /^the same data and seed give the same bytes/,
  ],
  [
    "saves less than it knows",
    broken((model) => ({
      save: () => {
        const { header, tensors } = model.save();
        return { header: { ...header, range: [0, 50] }, tensors };
      },
    })),
    /^a model saved and loaded/,
  ],
  [
    "reads one record otherwise than a table",
    broken((model) => ({ predictRow: (row) => model.predictRow({ ...row, category: null }) })),
    /^a record alone/,
  ],
  [
    "leaves half of a reason out",
    broken((model) => ({
      explainRow: (row, limit) => model.explainRow(row, limit).map((one) => ({ ...one, weight: one.weight / 2 })),
    })),
    /^contributions and the constant/,
  ],
  [
    "names the weakest reasons first",
    broken((model) => ({ explainRow: (row, limit) => model.explainRow(row, limit).toReversed() })),
    /^contributions come strongest first/,
  ],
  [
    "is surer than it may be",
    broken((model) => ({
      decideRow(row, limit) {
        const { value, ...rest } = model.decideRow(row, limit);
        return { ...rest, value, lower: value, upper: value };
      },
    })),
    /^intervals hold/,
  ],
  [
    "goes outside the range",
    broken((model) => ({
      decideRow(row, limit) {
        const answer = model.decideRow(row, limit);
        return row["number"] === 1e308 ? { ...answer, value: 1e308, upper: Infinity } : answer;
      },
    })),
    /^missing and unknown/,
  ],
  [
    "knows everything",
    broken((model) => ({ decideRow: (row, limit) => ({ ...model.decideRow(row, limit), typicality: 1 }) })),
    /^a record with nothing in it/,
  ],
  [
    "thinks in hours",
    { fit: (data, options) => sound.fit({ ...data, targets: data.targets.map((one) => Math.min(one, 1000)) }, options) },
    /^outcomes in another unit/,
  ],
  [
    "sorts what it was given",
    {
      fit(data, options) {
        data.targets.sort();
        return sound.fit(data, options);
      },
    },
    /^what was given is not changed/,
  ],
  ["does not listen", { fit: (data, { seed }) => sound.fit(data, { seed }) }, /^outcomes that cannot be learnt|^progress/],
];

for (const [fault, learner, failing] of faults) {
  test(`a learner that ${fault} fails its check`, async () => {
    const failed = await checkRegressor(learner);
    assert.ok(
      failed.some(({ name }) => failing.test(name)),
      `failed: ${failed.map(({ name }) => name).join("; ") || "nothing"}`,
    );
  });
}
