import assert from "node:assert/strict";
import { test } from "node:test";
import { refitText } from "../src/classifiers/refit-text.ts";
import { fitText } from "../src/classifiers/text.ts";
import { labelSetsOf, splitLabels, standardSet, sumsOfSets } from "../src/data/label-sets.ts";
import type { Table } from "../src/data/table.ts";
import { rowAt } from "../src/data/table.ts";
import { seeded } from "../src/math/random.ts";
import type { Classifier, ClassifierData } from "../src/model.ts";

const words = [
  ["invoice", "amount", "vat"],
  ["parcel", "courier", "late"],
  ["login", "password", "locked"],
  ["refund", "money", "back"],
  ["angry", "lawyer", "never"],
];
const names = ["billing", "delivery", "access", "refund", "complaint"];

/** Mails that are about one to three things; a set of three is rare. */
function mails(count: number, seed: number): ClassifierData {
  const random = seeded(seed);
  const texts: string[] = [];
  const labels: string[] = [];
  for (let row = 0; row < count; row++) {
    const about = names.map((_, at) => at).filter(() => random.next() < 0.3);
    if (about.length === 0) about.push(random.below(names.length));
    const said = about.flatMap((at) => [words[at]![random.below(3)]!, words[at]![random.below(3)]!]);
    const noise = Array.from({ length: 4 }, () => `word${random.below(200)}`);
    texts.push([...said, ...noise].join(" "));
    labels.push(about.map((at) => names[at]).join(";"));
  }
  const table: Table = { rows: count, columns: { text: { type: "string", values: texts } } };
  return { table, labels };
}

const recipe = { fields: [{ name: "text", kind: "text" as const }], pieces: null };
const fit = (data: ClassifierData, labelSeparator?: string): Promise<Classifier> =>
  fitText({ recipe, network: "none", budget: 0, ...(labelSeparator !== undefined && { labelSeparator }) }, data, { seed: 1 });

function right(model: Classifier, { table, labels }: ClassifierData): number {
  return labels.filter((label, row) => {
    const { best } = model.decideRow(rowAt(table, row), 1);
    return standardSet(model.classes[best]!, ";") === standardSet(label, ";");
  }).length;
}

test("a set of labels has one spelling", () => {
  assert.deepEqual(splitLabels(" urgent ;billing;; urgent", ";"), ["billing", "urgent"]);
  assert.equal(standardSet("vpn,mail ,vpn", ", "), "mail, vpn");
  assert.equal(standardSet("b  a", " "), "a b");
  assert.equal(standardSet("urgent;billing", ";"), standardSet("billing; urgent;billing", ";"));
});

test("values of sets are the sums over their labels", () => {
  const sets = labelSetsOf(["a", "a;c", "b;c"], ";");
  assert.deepEqual([...sets.labels], ["a", "b", "c"]);
  assert.deepEqual([...sumsOfSets(Float32Array.of(1, 10, 100, 2, 20, 200), sets)], [1, 101, 110, 2, 202, 220]);
});

test("labels learn from every set they are in: whole sets are right far more often than as outcomes of their own", async () => {
  const [train, held] = [mails(400, 3), mails(400, 4)];
  const known = new Set(train.labels.map((label) => standardSet(label, ";")));
  const possible = held.labels.filter((label) => known.has(standardSet(label, ";"))).length;
  const together = right(await fit(train, ";"), held);
  const apart = right(await fit(train), held);
  assert.ok(together > 0.85 * possible, `${together} of ${possible}`);
  assert.ok(together > apart + 40, `${together} with labels of their own, ${apart} without`);
});

test("the order of labels, and how often one is named, mean nothing; the separator is saved, and a refit keeps it", async () => {
  const train = mails(300, 5);
  const other = { ...train, labels: train.labels.map((label) => `${label.split(";").toReversed().join(" ; ")};`) };
  const [one, two] = [await fit(train, ";"), await fit(other, ";")];
  assert.deepEqual(one.classes, two.classes);
  assert.deepEqual(one.predict(train.table), two.predict(train.table));
  const refitted = await refitText(one.save(), recipe, other, { seed: 1 });
  assert.deepEqual(refitted.classes, one.classes);
  assert.ok(right(refitted, train) > 0.9 * 300);
});

test("an empty separator is refused", async () => {
  await assert.rejects(fit(mails(20, 1), ""), { name: "RangeError", message: "labelSeparator must not be empty" });
});
