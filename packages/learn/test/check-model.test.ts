/** The text learners pass the public suite, and learners with one planted fault each fail the checks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkModel, modelChecks } from "../src/checks/check-model.ts";
import type { CheckedLearner } from "../src/checks/check-model.ts";
import { fitTabular } from "../src/classifiers/tabular.ts";
import { fitText } from "../src/classifiers/text.ts";
import { fitTextTrees } from "../src/classifiers/text-trees.ts";
import type { TextSettings } from "../src/classifiers/text.ts";
import type { Row } from "../src/data/table.ts";
import type { Classifier, ClassifierData } from "../src/model.ts";
import type { Field } from "../src/recipe/settings.ts";

const fields = [
  { name: "text", kind: "text" },
  { name: "category", kind: "category" },
  { name: "number", kind: "number" },
  { name: "time", kind: "time" },
] as const;
const withVector = [...fields, { name: "vector", kind: "vector", of: "text" }] as const;

const learner = (network: NonNullable<TextSettings["network"]>, read: readonly Field[] = fields): CheckedLearner => ({
  fit: (data, options) => fitText({ recipe: { fields: read }, network }, data, options),
});
const sound = learner("none");

const tabular = (kind: "linear" | "trees" | "both", withText: boolean): CheckedLearner => ({
  fit: (data, options) =>
    fitTabular(
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

const stacked: CheckedLearner = {
  fit: (data, options) => fitTextTrees({ recipe: { fields }, network: "none", budget: 0, trees: "always" }, data, options),
};

for (const check of modelChecks) {
  test(`trees over columns and text: ${check.name}`, () => check.run(stacked));
  test(`linear, with text: ${check.name}`, () => check.run(tabular("linear", true)));
  test(`trees: ${check.name}`, () => check.run(tabular("trees", false)));
  test(`trees and linear: ${check.name}`, () => check.run(tabular("both", false)));
  test(`text-linear: ${check.name}`, () => check.run(sound));
  test(`text-network: ${check.name}`, () => check.run(learner("always")));
  test(`text-linear with vectors: ${check.name}`, () => check.run(learner("none", withVector)));
  test(`text-network with vectors: ${check.name}`, () => check.run(learner("always", withVector)));
}

/** A learner whose models are changed after the fit. */
function broken(change: (model: Classifier) => Partial<Classifier>): CheckedLearner {
  return {
    async fit(data, options) {
      const model = await sound.fit(data, options);
      return { ...model, ...change(model) };
    },
  };
}

function withoutWeights(given: ClassifierData): ClassifierData {
  const { weights: _weights, ...data } = given;
  return data;
}

test("a learner that leaves weights unheeded fails its check, as does one for which their size matters", async () => {
  const check = modelChecks.find(({ name }) => name.startsWith("duplicates vs weights"))!;
  const trees = tabular("trees", false);
  const unheeding: CheckedLearner = { fit: (data, options) => trees.fit(withoutWeights(data), options) };
  await assert.rejects(check.run(unheeding), /from copies/);
  const uneven: CheckedLearner = {
    fit: ({ weights, ...data }, options) =>
      trees.fit(weights ? { ...data, weights: weights.map((weight, row) => weight + (row === 0 ? 1 : 0)) } : data, options),
  };
  await assert.rejects(check.run(uneven), /not as none/);
});

let fits = 0;
const faults: readonly (readonly [fault: string, learner: CheckedLearner, failing: RegExp])[] = [
  [
    "answers by chance",
    broken((model) => ({ predict: ({ rows }) => new Float32Array(rows * model.classes.length).fill(1 / 3) })),
    /^learns/,
  ],
  ["forgets a class", broken((model) => ({ classes: model.classes.slice(1) })), /^classes are the labels/],
  [
    "depends on what was fitted before",
    { fit: (data, options) => sound.fit(data, { ...options, seed: fits++ }) },
    /^the same data and seed give the same bytes/,
  ],
  [
    "saves less than it knows",
    broken((model) => ({
      save: () => {
        const { header, tensors } = model.save();
        return { header, tensors: { ...tensors, shifts: new Float32Array(3) } };
      },
    })),
    /^a model saved and loaded/,
  ],
  ["does not normalise", broken((model) => ({ predict: (table) => model.predict(table).map((p) => p * 2) })), /sum to 1$/],
  [
    "reads one record otherwise than a table",
    broken((model) => ({ predictRow: (row) => model.predictRow({ ...row, category: null }) })),
    /^a record alone/,
  ],
  [
    "remembers the row before",
    broken((model) => {
      let before: Row = {};
      return {
        predictRow(row) {
          const answer = model.predictRow({ ...row, text: `${String(before["text"])} ${String(row["text"])}` });
          before = row;
          return answer;
        },
      };
    }),
    /^a record alone/,
  ],
  [
    "leaves half of a reason out",
    broken((model) => ({
      explainRow: (row, at, limit) => model.explainRow(row, at, limit).map((one) => ({ ...one, weight: one.weight / 2 })),
    })),
    /^contributions sum to/,
  ],
  [
    "names the weakest reasons first",
    broken((model) => ({ explainRow: (row, at, limit) => model.explainRow(row, at, limit).toReversed() })),
    /^contributions come strongest first/,
  ],
  [
    "cannot read emoji",
    broken((model) => ({
      decideRow(row, limit) {
        if (/\p{Extended_Pictographic}/u.test(String(row["text"]))) throw new Error("unexpected character");
        return model.decideRow(row, limit);
      },
    })),
    /^odd texts/,
  ],
  [
    "knows everything",
    broken((model) => ({ decideRow: (row, limit) => ({ ...model.decideRow(row, limit), typicality: 1 }) })),
    /^a record with nothing in it/,
  ],
  [
    "needs every column",
    broken((model) => ({
      predictRow(row) {
        return model.predictRow({ ...row, text: (row["text"] as string).trim() });
      },
    })),
    /^missing and unknown/,
  ],
  [
    "sorts what it was given",
    {
      fit(data, options) {
        const column = data.table.columns["number"]!;
        if (column.type === "number") column.values.sort();
        return sound.fit(data, options);
      },
    },
    /^what was given is not changed/,
  ],
  [
    "hands out its buffer",
    broken((model) => {
      const buffer = new Float32Array(model.classes.length);
      const shared = (row: Row): Float32Array => {
        buffer.set(model.predictRow(row));
        return buffer;
      };
      return { predictRow: shared, decideRow: (row, limit) => ({ ...model.decideRow(row, limit), probabilities: shared(row) }) };
    }),
    /^answers are the caller's to keep/,
  ],
  [
    "does not listen",
    { fit: (data, options) => sound.fit(data, { seed: options.seed, threads: options.threads ?? 0 }) },
    /^one class is refused|^progress/,
  ],
];

for (const [fault, learner, failing] of faults) {
  test(`a learner that ${fault} fails its check`, async () => {
    const failed = await checkModel(learner);
    assert.ok(
      failed.some(({ name }) => failing.test(name)),
      `failed: ${failed.map(({ name }) => name).join("; ") || "nothing"}`,
    );
  });
}
