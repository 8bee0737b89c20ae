/** A model in onnxruntime answers as it does here. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { fitText } from "../src/classifiers/text.ts";
import type { TextSettings } from "../src/classifiers/text.ts";
import type { Table } from "../src/data/table.ts";
import { onnxOf } from "../src/export/onnx.ts";
import { onnxInputs } from "../src/export/onnx-text.ts";
import { seeded } from "../src/math/random.ts";
import { argmax } from "../src/math/softmax.ts";
import type { Classifier } from "../src/model.ts";
import { openRecipe } from "../src/recipe/recipe.ts";

const words: Record<string, readonly string[]> = {
  accounts: ["invoice", "refund", "Überweisung", "bank"],
  hardware: ["printer", "screen", "laptop", "💥"],
  network: ["vpn", "wifi", "proxy", "网络"],
  people: ["holiday", "sick", "contract", "salary"],
  travel: ["flight", "hotel", "train", "visa"],
};

function tickets(rows: number, classes: readonly string[], seed: number): { table: Table; labels: string[] } {
  const random = seeded(seed);
  const labels = Array.from({ length: rows }, () => classes[random.below(classes.length)]!);
  const own = (label: string): string => words[random.next() < 0.8 ? label : "people"]![random.below(4)]!;
  const table: Table = {
    rows,
    columns: {
      subject: { type: "string", values: labels.map((label) => `${own(label)} please ${own(label)}`) },
      body: {
        type: "string",
        values: labels.map((label, at) => (at % 9 === 0 ? null : `the ${own(label)} is ${own(label)} today`)),
      },
      priority: { type: "string", values: labels.map((_, at) => ["P1", "P2", null][at % 3]!) },
      size: { type: "number", values: Float64Array.from(labels, (label, at) => label.length * 10 + (at % 7)) },
      meaning: {
        type: "vector",
        size: 3,
        values: Float32Array.from(
          labels.flatMap((label, at) =>
            [label.length, label.charCodeAt(0) - 100, at % 5].map((value) => (at % 8 === 1 ? NaN : value)),
          ),
        ),
      },
    },
  };
  return { table, labels };
}

const fields = [
  { name: "subject", kind: "text" },
  { name: "body", kind: "text" },
  { name: "priority", kind: "category" },
  { name: "size", kind: "number" },
] as const;

const withVector = [...fields, { name: "meaning", kind: "vector", of: "body" }] as const;

async function answers(model: Classifier, table: Table): Promise<{ labels: string[]; probabilities: Float32Array }> {
  const saved = model.save();
  const recipe = openRecipe(saved.header["recipe"] as never, {
    fields: saved.header["fields"] as never,
    hashes: saved.tensors["hashes"] as Uint32Array,
    idf: saved.tensors["idf"] as Float32Array,
  });
  const session = await ort.InferenceSession.create(onnxOf(saved, { use_case: "ticket-routing" }));
  const { columns, values, width } = onnxInputs(recipe, table);
  const said = await session.run({
    columns: new ort.Tensor("int64", columns, [table.rows, width]),
    values: new ort.Tensor("float32", values, [table.rows, width]),
  });
  return {
    labels: [...(said["label"]!.data as unknown as string[])],
    probabilities: said["probabilities"]!.data as Float32Array,
  };
}

const cases: readonly (readonly [name: string, classes: readonly string[], settings: Partial<TextSettings>])[] = [
  ["linear, two classes", ["accounts", "network"], { network: "none" }],
  ["linear, five classes, with pieces", Object.keys(words), { network: "none" }],
  ["linear, words alone", Object.keys(words), { budget: 0 }],
  ["linear, with vectors", Object.keys(words), { network: "none", recipe: { fields: withVector } }],
  ["with a network and vectors", Object.keys(words), { network: "always", recipe: { fields: withVector } }],
  ["with a network, two classes", ["accounts", "network"], { network: "always" }],
  ["with a network, five classes", Object.keys(words), { network: "always" }],
];

for (const [name, classes, { ...settings }] of cases) {
  test(`ONNX, ${name}: the same labels and probabilities`, async () => {
    const pieces = name.includes("pieces") ? { pieces: { min: 3, max: 4 } } : {};
    const model = await fitText({ recipe: { fields, ...pieces }, ...settings }, tickets(400, classes, 1), { seed: 1 });
    const { table: usual } = tickets(498, Object.keys(words), 2);
    const table: Table = {
      rows: 500,
      columns: {
        ...usual.columns,
        subject: { type: "string", values: ["", "zzz qqq", ...(usual.columns["subject"]!.values as readonly string[])] },
        size: { type: "number", values: Float64Array.of(NaN, 3, ...(usual.columns["size"]!.values as Float64Array)) },
        meaning: {
          type: "vector",
          size: 3,
          values: Float32Array.of(NaN, NaN, NaN, 0, 0, 1, ...(usual.columns["meaning"]!.values as Float32Array)),
        },
      },
    };
    const ours = model.predict(table);
    const { labels, probabilities } = await answers(model, table);
    assert.equal(probabilities.length, ours.length);
    for (let at = 0; at < ours.length; at++) assert.ok(Math.abs(ours[at]! - probabilities[at]!) < 1e-5, `value ${at}`);
    labels.forEach((label, row) =>
      assert.equal(label, model.classes[argmax(probabilities, row * model.classes.length, model.classes.length)]),
    );
  });
}

test("ONNX: the same model is the same file", async () => {
  const fit = (): Promise<Classifier> =>
    fitText({ recipe: { fields }, network: "always" }, tickets(200, ["accounts", "network"], 3), { seed: 5 });
  assert.deepEqual(onnxOf((await fit()).save()), onnxOf((await fit()).save()));
});

test("ONNX: a model of another kind is refused by name", () => {
  assert.throws(
    () => onnxOf({ header: { kind: "forest", format: 1 }, tensors: {} }),
    /a forest model of format 1 has no ONNX form/,
  );
});
