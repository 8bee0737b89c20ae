/** A model fitted again on newer rows: it knows them, and keeps what the last one found out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refitText } from "../src/classifiers/refit-text.ts";
import type { TextSettings } from "../src/classifiers/text.ts";
import { fitText } from "../src/classifiers/text.ts";
import type { ClassifierData } from "../src/model.ts";
import { seeded } from "../src/math/random.ts";
import { encodeModel } from "../src/tensors.ts";

const words = {
  accounts: ["invoice", "refund", "bank", "amount"],
  hardware: ["printer", "screen", "laptop", "battery"],
  network: ["vpn", "wifi", "proxy", "router"],
};

function rows(count: number, seed: number, more: readonly (readonly [string, string])[] = []): ClassifierData {
  const random = seeded(seed);
  const names = Object.keys(words) as (keyof typeof words)[];
  const drawn = Array.from({ length: count }, () => {
    const label = names[random.below(3)]!;
    const word = (): string => words[random.next() < 0.8 ? label : names[random.below(3)]!][random.below(4)]!;
    return [`${word()} please ${word()} today`, label] as const;
  });
  const all = [...drawn, ...more];
  return {
    table: { rows: all.length, columns: { text: { type: "string", values: all.map(([text]) => text) } } },
    labels: all.map(([, label]) => label),
  };
}

const fields = [{ name: "text", kind: "text" }] as const;
const options = { seed: 1, threads: 0 };
const newer = Array.from({ length: 40 }, (_, at) => [`the gizmo number ${at} is broken`, "hardware"] as const);

for (const network of ["none", "always"] as const) {
  test(`network ${network}: newer rows are learnt, and the same again gives the same model`, async () => {
    const settings: TextSettings = { recipe: { fields }, network };
    const last = (await fitText(settings, rows(300, 1), options)).save();
    const data = rows(300, 1, newer);
    const again = await refitText(last, { fields }, data, options);
    assert.equal(again.kind, last.header.kind);
    const gizmo = { text: "my gizmo is broken" };
    assert.equal(again.classes[again.decideRow(gizmo, 1).best], "hardware");
    assert.ok(again.decideRow(gizmo, 6).contributions.some(({ value }) => value === "gizmo" || value === "broken"));
    assert.deepEqual(encodeModel((await refitText(last, { fields }, data, options)).save()), encodeModel(again.save()));
    const whole = await fitText(settings, data, options);
    const held = rows(300, 2);
    const right = (model: typeof whole): number => {
      const probabilities = model.predict(held.table);
      return held.labels.filter((label, row) => {
        const own = [...probabilities.subarray(row * 3, row * 3 + 3)];
        return model.classes[own.indexOf(Math.max(...own))] === label;
      }).length;
    };
    assert.ok(Math.abs(right(again) - right(whole)) <= 6, `${right(again)} and ${right(whole)} of 300`);
  });
}

test("other outcomes than the last model knows are named", async () => {
  const last = (await fitText({ recipe: { fields }, network: "none" }, rows(200, 1), options)).save();
  await assert.rejects(refitText(last, { fields }, rows(200, 1, [["a new desk", "facilities"]]), options), {
    name: "RangeError",
    message: /facilities is new/,
  });
  const fewer = rows(200, 1);
  const kept = fewer.labels.map((label) => (label === "network" ? "accounts" : label));
  await assert.rejects(refitText(last, { fields }, { ...fewer, labels: kept }, options), /network is gone/);
});

test("a stop ends it with its reason", async () => {
  const last = (await fitText({ recipe: { fields }, network: "none" }, rows(200, 1), options)).save();
  const reason = new Error("enough");
  await assert.rejects(refitText(last, { fields }, rows(200, 1), { ...options, signal: AbortSignal.abort(reason) }), reason);
});
