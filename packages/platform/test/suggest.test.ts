/** What `inlay init` proposes to learn from what a table holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { ScalarTable } from "#learn/data/table";
import { useCaseText } from "#project/write-project";
import { useCaseSchema } from "#records/use-case";
import { samplesOf, suggestUseCases } from "#stages/assess/suggest";
import type { Suggestion } from "#stages/assess/suggest";

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

const numbers = (value: (row: number) => number): { type: "number"; values: Float64Array } => ({
  type: "number",
  values: Float64Array.from({ length: rows }, (_, row) => value(row)),
});
const suggestionsOf = (columns: ScalarTable["columns"]): Suggestion[] =>
  suggestUseCases(samplesOf({ rows, columns }, ["id"], new Set(["customer"])), rows);

test("a number with the name of an outcome is proposed as one, keys, codes, counters and places are not", () => {
  const suggestions = suggestionsOf({
    id: numbers((row) => row + 1),
    opened_at: { type: "time", values: Float64Array.from({ length: rows }, (_, row) => Date.UTC(2026, 0, 1) + row * 3_600_000) },
    effort_hours: numbers((row) => ((row * 37) % 160) / 4),
    temperature: numbers((row) => ((row * 53) % 300) / 10),
    customer: numbers((row) => (row * 31) % 90),
    zip: numbers((row) => 10_000 + ((row * 41) % 120)),
    latitude: numbers((row) => 50 + (row % 77) / 10),
    ticket: numbers((row) => 70_000 + row),
    priority_level: numbers((row) => row % 4),
    kind: texts((row) => ["a", "b", "c"][row % 3]!),
  });
  assert.deepEqual(
    suggestions.map(({ task, label }) => [task, label]),
    [
      ["regress", "effort_hours"],
      ["classify", "kind"],
      ["regress", "temperature"],
    ],
  );
  const [best] = suggestions;
  assert.deepEqual([best!.time, best!.within], ["opened_at", 9.9]);
  assert.equal(best!.because, "effort_hours is a number and has the name of an outcome");
});

test("what is routed comes before what is counted", () => {
  const [best, next] = suggestionsOf({
    id: numbers((row) => row + 1),
    subject: texts((row) => `the printer of room ${row} is broken`),
    days: numbers((row) => (row * 37) % 60),
    team: texts((row) => ["network", "accounts", "printing"][row % 3]!),
  });
  assert.deepEqual([best!.label, best!.within, next!.label, next!.task], ["team", null, "days", "regress"]);
});

test("instants in a text column are the time of a row, and a flag of 0 and 1 that is named like a decision is one", () => {
  const [best] = suggestionsOf({
    id: numbers((row) => row),
    opened: texts((row) => `2025-${String((row % 12) + 1).padStart(2, "0")}-11 08:${String(row % 60).padStart(2, "0")}:00`),
    amount: numbers((row) => (row * 37) % 101),
    weekend: numbers((row) => Number(row % 7 > 4)),
    fraud: numbers((row) => Number(row % 50 === 0)),
  });
  assert.deepEqual([best!.task, best!.label, best!.time], ["classify", "fraud", "opened"]);
  assert.deepEqual([best!.text, best!.category, best!.number], [[], [], ["amount", "weekend"]]);
});

test("the file that is written for a number is a use case as it stands", () => {
  const text = useCaseText({
    name: "ticket-hours",
    system: "desk",
    table: "tickets",
    query: "select id, kind, hours\nfrom tickets",
    key: "id",
    time: null,
    label: "hours",
    within: 2.5,
    text: [],
    category: ["kind"],
    number: [],
  });
  const useCase = useCaseSchema.parse(parse(text));
  assert.ok(useCase.task === "regress" && useCase.policy.confident_at.within === "2.5");
  assert.deepEqual(useCase.gate.beats, ["mean", "rules"]);
});
