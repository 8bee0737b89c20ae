/**
 * Models of columns and of numbers in onnxruntime answer as they do here, for values as a system holds them: double precision, times, missing
 * ones, levels that training did not have. Values and thresholds are double on both sides, so a row goes the same way in every tree; the sums of
 * leaves and the way to probabilities are single there, good for six digits.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { fitTabular } from "../src/classifiers/tabular.ts";
import { rowAt } from "../src/data/table.ts";
import type { Column, Table } from "../src/data/table.ts";
import { hasOnnx, onnxOf } from "../src/export/onnx.ts";
import { onnxInputs } from "../src/export/onnx-text.ts";
import { seeded } from "../src/math/random.ts";
import { argmax } from "../src/math/softmax.ts";
import type { SavedModel } from "../src/model.ts";
import { openRecipe } from "../src/recipe/recipe.ts";
import { fitTabularRegressor } from "../src/regressors/tabular.ts";

const fields = [
  { name: "value", kind: "number" }, // as an output is called
  { name: "hours per week", kind: "number" },
  { name: "paid", kind: "number" },
  { name: "plan", kind: "category" },
  { name: "Add1", kind: "category" },
  { name: "opened", kind: "time" },
  { name: "closed", kind: "time" },
] as const;
const withText = [...fields, { name: "note", kind: "text" }, { name: "meaning", kind: "vector", of: "note" }] as const;

const DAY = 86_400_000;

/** `strange` rows have levels, times and numbers as no row of training has them. */
function drawn(rows: number, seed: number, strange: boolean): { table: Table; scores: Float64Array } {
  const random = seeded(seed);
  const scores = new Float64Array(rows);
  const column = <T>(draw: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => draw(row));
  const odd = (): boolean => strange && random.next() < 0.1;
  const some = (value: number): number =>
    random.next() < 0.1 ? NaN : odd() ? [Infinity, -1e12, 1e300][random.below(3)]! : value;
  const value = column(() => some(random.next() * 10));
  const hours = column(() => some(1e9 + random.below(50)));
  const paid = column(() => some(Math.exp(random.next() * 8)));
  const plan = column(() =>
    random.next() < 0.1 ? null : odd() ? "unheard of" : ["free", "basic", "pro", "team", "été"][random.below(5)]!,
  );
  const shop = column(() => (random.next() < 0.05 ? null : `shop ${random.below(strange ? 60 : 40)}`));
  const opened = column(() => {
    if (random.next() < 0.1) return NaN;
    const day = strange ? random.below(90_000) - 30_000 : 17_000 + random.below(1200);
    return odd() ? 9e15 : day * DAY + random.below(DAY);
  });
  const closed = opened.map((time) => time + random.below(40 * DAY));
  const note = column(
    () => `${["please", "urgent", "never"][random.below(3)]} ${["refund", "renew", "cancel"][random.below(3)]}`,
  );
  for (let row = 0; row < rows; row++) {
    const days = (closed[row]! - opened[row]!) / DAY;
    const isWeekend = [0, 6].includes(new Date(opened[row]! || 0).getUTCDay());
    scores[row] =
      (value[row]! || 4) / 3 +
      (["pro", "team"].includes(plan[row] ?? "") ? 1.5 : 0) +
      (Number(shop[row]?.slice(5)) % 7 > 3 ? 1 : 0) +
      (days > 20 ? 1 : 0) +
      (isWeekend ? 0.7 : 0) +
      (note[row]!.includes("cancel") ? 1 : 0) +
      Math.min(9, Math.log(paid[row]! > 0 ? paid[row]! : 1)) / 8 +
      random.next();
  }
  const numbers = (values: readonly number[], type: "number" | "time" = "number"): Column => ({
    type,
    values: Float64Array.from(values),
  });
  const columns: Record<string, Column> = {
    value: numbers(value),
    "hours per week": numbers(hours),
    paid: numbers(paid),
    plan: { type: "string", values: plan },
    Add1: { type: "string", values: shop },
    opened: numbers(opened, "time"),
    closed: numbers(closed, "time"),
    note: { type: "string", values: note },
    meaning: {
      type: "vector",
      size: 2,
      values: Float32Array.from(note.flatMap((text) => [text.length, text.charCodeAt(0) - 110])),
    },
  };
  return { table: { rows, columns }, scores };
}

/** What the table is for the graph of a model: an input a column, and features of texts where it reads any. */
function feeds(saved: SavedModel, table: Table): Record<string, ort.Tensor> {
  const inputs: Record<string, ort.Tensor> = {};
  for (const { name, kind } of fields) {
    const { values } = table.columns[name]!;
    inputs[name] =
      kind === "category"
        ? new ort.Tensor(
            "string",
            (values as readonly (string | null)[]).map((level) => level ?? ""),
            [table.rows, 1],
          )
        : new ort.Tensor("float64", values as Float64Array, [table.rows, 1]);
  }
  const read = saved.header["fields"] as readonly { readonly kind: string; readonly size?: number }[];
  if (saved.tensors["weights"] && read.some(({ kind }) => kind === "text")) {
    const recipe = openRecipe(saved.header["recipe"] as never, {
      fields: read as never,
      hashes: saved.tensors["hashes"] as Uint32Array,
      idf: saved.tensors["idf"] as Float32Array,
    });
    const first = recipe.featureCount - (saved.tensors["hashes"] as Uint32Array).length - 2; // the vector comes last of the columns
    const { columns, values, width } = onnxInputs(recipe, table, (feature) => feature >= first);
    inputs["columns"] = new ort.Tensor("int64", columns, [table.rows, width]);
    inputs["values"] = new ort.Tensor("float32", values, [table.rows, width]);
  }
  return inputs;
}

/** What is learnt: how many classes, with texts or without; and which numbers. */
const kinds = [
  { learner: "linear", kind: "linear", outcomes: ["2", "4", "3 with texts"], targets: ["amounts"] },
  { learner: "trees", kind: "trees", outcomes: ["2", "4"], targets: ["amounts", "differences"] },
  { learner: "both", kind: "trees-linear", outcomes: ["2", "3 with texts"], targets: ["differences"] },
] as const;
const targetOf = {
  amounts: (score: number) => Math.exp(score),
  differences: (score: number) => (score - 4) * 1e5,
} as const;
const options = { seed: 1, threads: 0 };

for (const { learner, kind, outcomes, targets } of kinds) {
  for (const outcome of outcomes) {
    const classes = Number(outcome[0]);
    const withTexts = outcome.endsWith("texts");
    test(`ONNX, ${kind} of ${outcome}: the same labels and probabilities`, async () => {
      const { table, scores } = drawn(400, 1, false);
      const bounds = scores.toSorted();
      const labels = Array.from(
        scores,
        (score) => `class ${Math.floor((bounds.findLastIndex((one) => one <= score) * classes) / 400)}`,
      );
      const model = await fitTabular(
        { recipe: { fields: withTexts ? withText : fields }, learner, budget: 0, folds: 2 },
        { table, labels },
        options,
      );
      assert.equal(model.kind, kind);
      const saved = model.save();
      const { table: others } = drawn(2000, 2, true);
      const ours = model.predict(others);
      const session = await ort.InferenceSession.create(onnxOf(saved, { use_case: "churn" }));
      const said = await session.run(feeds(saved, others));
      const theirs = said["probabilities"]!.data as Float32Array;
      assert.equal(theirs.length, ours.length);
      ours.forEach((one, at) =>
        assert.ok(Math.abs(one - theirs[at]!) < 1e-5, `row ${Math.floor(at / classes)}: ${theirs[at]}, not ${one}`),
      );
      const names = said["label"]!.data as unknown as string[];
      names.forEach((name, row) => {
        const own = ours.subarray(row * classes, (row + 1) * classes).toSorted();
        if (own.at(-1)! - own.at(-2)! > 1e-5) assert.equal(name, model.classes[argmax(ours, row * classes, classes)]);
      });
    });
  }

  for (const what of targets) {
    test(`ONNX, ${kind} of ${what}: the same numbers and intervals`, async () => {
      const { table, scores } = drawn(400, 1, false);
      const model = await fitTabularRegressor(
        { recipe: { fields }, learner, budget: 0, folds: 2 },
        { table, targets: scores.map(targetOf[what]) },
        options,
      );
      assert.equal(model.kind, `${kind}-regression`);
      const saved = model.save();
      const { table: others } = drawn(1000, 2, true);
      const session = await ort.InferenceSession.create(onnxOf(saved));
      // `value` is a column, so the output has another name.
      assert.deepEqual(session.outputNames, ["value_", "lower", "upper"]);
      const said = await session.run(feeds(saved, others));
      const [least, most] = model.range;
      for (let row = 0; row < others.rows; row++) {
        const { value, lower, upper } = model.decideRow(rowAt(others, row), 0);
        for (const [name, own] of [
          ["value_", value],
          ["lower", lower],
          ["upper", upper],
        ] as const) {
          const other = (said[name]!.data as Float64Array)[row]!;
          assert.ok(Math.abs(own - other) < 1e-6 * (most - least), `row ${row}, ${name}: ${other}, not ${own}`);
        }
      }
    });
  }
}

test("ONNX: numbers a hair beside a threshold go the same way", async () => {
  const rows = 600;
  const steps = Float64Array.from({ length: rows }, (_, row) => 1 + (row % 60) * 1e-9); // one and the same number in single precision
  const table: Table = { rows, columns: { step: { type: "number", values: steps } } };
  const labels = Array.from(steps, (_, row) => (row % 60 < 30 ? "low" : "high"));
  const settings = { recipe: { fields: [{ name: "step", kind: "number" }] }, learner: "trees", budget: 0, folds: 2 } as const;
  const model = await fitTabular(settings, { table, labels }, options);
  const session = await ort.InferenceSession.create(onnxOf(model.save()));
  const said = await session.run({ step: new ort.Tensor("float64", steps, [rows, 1]) });
  assert.deepEqual([...(said["label"]!.data as unknown as string[])], labels);
});

test("ONNX: a field that is read in another way is no file, rather than a wrong one", async () => {
  const { table, scores } = drawn(300, 1, false);
  const labels = Array.from(scores, (score) => String(score > 4));
  const saved = (
    await fitTabular({ recipe: { fields }, learner: "both", budget: 0, folds: 2 }, { table, labels }, options)
  ).save();
  assert.equal(hasOnnx(saved), true);
  const changed = (header: Record<string, unknown>): SavedModel => ({ ...saved, header: { ...saved.header, ...header } });
  const [first, ...rest] = saved.header["columns"] as readonly object[];
  assert.equal(hasOnnx(changed({ columns: [{ ...first, means: [1] }, ...rest] })), false);
  const [field, ...others] = saved.header["fields"] as readonly object[];
  assert.equal(hasOnnx(changed({ fields: [{ ...field, kind: "rate" }, ...others] })), false);
  assert.equal(hasOnnx(changed({ format: 99 })), false);
});
