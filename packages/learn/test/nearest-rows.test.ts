import assert from "node:assert/strict";
import { test } from "node:test";
import { fitText } from "../src/classifiers/text.ts";
import type { Table } from "../src/data/table.ts";

const texts = [
  "the printer is out of paper",
  "printer jams on paper",
  "vpn does not connect",
  "vpn connects and drops",
  "paper invoice lost",
  "nothing in common",
];
const table: Table = { rows: texts.length, columns: { text: { type: "string", values: texts } } };

test("the rows most like a record come first, with the cosine; rows that share nothing do not come", async () => {
  const model = await fitText(
    { recipe: { fields: [{ name: "text", kind: "text" }], minRows: 1, pieces: null }, network: "none" },
    { table, labels: ["hardware", "hardware", "network", "network", "accounts", "accounts"] },
    { seed: 1 },
  );
  const nearest = await model.nearest(table, { text: "vpn does not connect" }, 10);
  assert.deepEqual(
    nearest.slice(0, 2).map(({ row }) => row),
    [2, 3],
  );
  assert.ok(Math.abs(nearest[0]!.similarity - 1) < 1e-6, "the same text");
  assert.ok(nearest.every(({ similarity }, at) => at === 0 || similarity <= nearest[at - 1]!.similarity));
  assert.ok(
    nearest.every(({ row }) => row !== 5),
    "no word in common",
  );
  assert.equal((await model.nearest(table, { text: "paper" }, 2)).length, 2, "as many as were asked for");
  assert.deepEqual(await model.nearest(table, { text: "qzx" }, 5), []);
  assert.deepEqual(await model.nearest({ rows: 0, columns: { text: { type: "string", values: [] } } }, { text: "vpn" }, 5), []);
});
