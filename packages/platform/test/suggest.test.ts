/** What `inlay init` proposes to learn from what a table holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScalarTable } from "#learn/data/table";
import { samplesOf, suggestUseCases } from "#stages/assess/suggest";

const rows = 400;
const texts = (value: (row: number) => string | null): { type: "string"; values: (string | null)[] } => ({
  type: "string",
  values: Array.from({ length: rows }, (_, row) => value(row)),
});

test("amounts in a text column are numbers, blanks in it are missing; codes with few values stay categories", () => {
  const table: ScalarTable = {
    rows,
    columns: {
      id: texts((row) => `C${row}`),
      total: texts((row) => (row % 50 === 0 ? " " : String((row * 37) % 1000) + ".5")),
      plan: texts((row) => String(row % 3)),
      remark: texts((row) => (row % 2 === 0 ? "12" : `call ${row} again please`)),
      churned: texts((row) => (row % 4 === 0 ? "yes" : "no")),
    },
  };
  const [best] = suggestUseCases(samplesOf(table, ["id"], new Set()), rows);
  assert.equal(best!.label, "churned");
  assert.deepEqual(best!.number, ["total"]);
  assert.deepEqual(best!.category, ["plan"]);
});
