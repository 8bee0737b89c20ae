/** Records with a text and columns: trees over both are kept where the two act together, and only there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadClassifier } from "../src/classifiers/load.ts";
import { fitText } from "../src/classifiers/text.ts";
import { fitTextTrees } from "../src/classifiers/text-trees.ts";
import type { TextTreesSettings } from "../src/classifiers/text-trees.ts";
import { seeded } from "../src/math/random.ts";
import { rocAuc } from "../src/metrics/auc.ts";
import type { Classifier, ClassifierData } from "../src/model.ts";

const fields = [
  { name: "text", kind: "text" },
  { name: "amount", kind: "number" },
] as const;
const settings: TextTreesSettings = { recipe: { fields }, network: "none", budget: 0 };

/** Complaints and thanks with an amount; what is done with them. */
function letters(
  count: number,
  seed: number,
  decide: (isAngry: boolean, amount: number, chance: number) => string,
): ClassifierData {
  const random = seeded(seed);
  const [text, amount, labels]: [string[], number[], string[]] = [[], [], []];
  for (let row = 0; row < count; row++) {
    const isAngry = random.next() < 0.5;
    amount.push(random.next());
    const word = ["lawyer", "complaint", "thanks", "happy"][random.below(2) + (isAngry ? 0 : 2)]!;
    text.push(`about the order: ${word} for ${["it", "all", "this"][random.below(3)]}`);
    labels.push(decide(isAngry, amount[row]!, random.next()));
  }
  return {
    table: {
      rows: count,
      columns: { text: { type: "string", values: text }, amount: { type: "number", values: Float64Array.from(amount) } },
    },
    labels,
  };
}
/** Angry letters about much and friendly ones about little are for a person: neither text nor amount says it alone. */
const together = (isAngry: boolean, amount: number, chance: number): string =>
  (isAngry === amount > 0.5) !== chance < 0.05 ? "person" : "machine";
const added = (isAngry: boolean, amount: number, chance: number): string =>
  chance < 1 / (1 + Math.exp(-4 * (Number(isAngry) + amount - 1))) ? "person" : "machine";

const auc = (model: Classifier, { table, labels }: ClassifierData): number => {
  const probabilities = model.predict(table);
  return rocAuc(
    labels.map((_, row) => probabilities[row * 2 + model.classes.indexOf("person")]!),
    labels.map((label) => label === "person"),
  );
};

/** Reading alone cannot tell them apart, so neither can what it says: the text must say something by itself. */
const mostly = (isAngry: boolean, amount: number, chance: number): string =>
  amount > 0.3 ? together(isAngry, 1, chance) : together(isAngry, 0, chance);

test("trees are taken where text and column act together, and reasons reach the words", async () => {
  const model = await fitTextTrees(settings, letters(1500, 1, mostly), { seed: 1 });
  assert.equal(model.kind, "trees-text");
  const held = letters(1000, 2, mostly);
  const alone = await fitText(settings, letters(1500, 1, mostly), { seed: 1 });
  assert.ok(auc(model, held) > 0.9, `AUC ${auc(model, held)}`);
  assert.ok(auc(alone, held) < 0.85, `control: the text learner alone has AUC ${auc(alone, held)}`);
  const { contributions } = model.decideRow({ text: "lawyer for it", amount: 0.9 }, 2);
  assert.ok(
    contributions.some(({ field, value, weight }) => field === "text" && value === "lawyer" && weight > 0),
    JSON.stringify(contributions),
  );
  assert.ok(contributions.some(({ field }) => field === "amount"));
});

test("the text learner is kept where text and column add up", async () => {
  assert.equal((await fitTextTrees(settings, letters(1000, 3, added), { seed: 1 })).kind, "text-linear");
});

test("what is said of unseen rows is that of the model that is taken", async () => {
  const data = letters(600, 5, mostly);
  let unseen = new Float32Array(0);
  const model = await fitTextTrees({ ...settings, trees: "always" }, data, {
    seed: 1,
    onUnseen: (all) => (unseen = all.slice()),
  });
  const at = model.classes.indexOf("person");
  const score = rocAuc(
    data.labels.map((_, row) => unseen[row * 2 + at]!),
    data.labels.map((label) => label === "person"),
  );
  assert.ok(score > 0.88, `AUC ${score}`);
});

test("more classes than ten, or no column beside the text, are left to the text learner; trees that are wanted are refused", async () => {
  const { table } = letters(300, 6, mostly);
  const many = { table, labels: Array.from({ length: 300 }, (_, row) => `class ${row % 11}`) };
  assert.equal((await fitTextTrees(settings, many, { seed: 1 })).kind, "text-linear");
  await assert.rejects(fitTextTrees({ ...settings, trees: "always" }, many, { seed: 1 }), /at most 10 classes, got 11/);
  const textOnly = { ...settings, recipe: { fields: fields.slice(0, 1) } };
  assert.equal((await fitTextTrees(textOnly, letters(300, 7, mostly), { seed: 1 })).kind, "text-linear");
});

test("a saved model whose parts do not belong together is refused by the part's name", async () => {
  const { header, tensors } = (await fitTextTrees({ ...settings, trees: "always" }, letters(300, 8, mostly), { seed: 1 })).save();
  const three = letters(300, 8, (isAngry, amount) => (isAngry ? "person" : amount > 0.5 ? "machine" : "nobody"));
  const other = (await fitText(settings, three, { seed: 1 })).save();
  const swapped = Object.fromEntries(Object.entries(other.tensors).map(([name, tensor]) => [`text.${name}`, tensor]));
  for (const [change, more, says] of [
    [{ format: 9 }, {}, /format 9/],
    [{ text: undefined }, {}, /text: must be an object/],
    [{ trees: { kind: "trees" } }, {}, /trees: must name its kind and format/],
    [{ text: other.header }, swapped, /trees.classes: must be those of the text/],
  ] as const) {
    assert.throws(() => loadClassifier({ header: { ...header, ...change }, tensors: { ...tensors, ...more } }), says);
  }
});
