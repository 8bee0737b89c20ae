/** Instants are read as how long before the decision they were: that of the record where it says so, else now. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { seeded } from "#learn/math/random";
import type { Decision } from "#records/decision";
import type { TestServer } from "./support/http-server.ts";
import { openTestServer } from "./support/http-server.ts";

const useCase = "leaving";
const day = 86_400_000;
const first = Date.UTC(2025, 0, 1);
const age = "signed_at (age in days)";
const iso = (at: number): string => new Date(at).toISOString();

const random = seeded(3);
/** Customers leave after a year, whenever they signed. */
const visits = Array.from({ length: 600 }, (_, id) => {
  const at = first + id * day * 0.5;
  const days = random.next() * 700;
  return { id, visited_at: iso(at), signed_at: iso(at - days * day), leaves: days > 365 === random.next() < 0.95 ? "yes" : "no" };
});

async function write(folder: string): Promise<void> {
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  const rows = visits.map((visit) => Object.values(visit).join(","));
  await writeFile(join(folder, "exports", "visits.csv"), `${Object.keys(visits[0]!).join(",")}\n${rows.join("\n")}\n`);
  await writeFile(join(folder, "inlay.yaml"), "project: ages-test\nsystems:\n  crm: { type: files, path: ./exports }\n");
  await writeFile(
    join(folder, "use-cases", `${useCase}.yaml`),
    `use_case: ${useCase}
task: classify
goal: { kpi: customers, direction: increase }
source: { system: crm, query: "select id, visited_at, signed_at, leaves from visits", key: id, time: visited_at, label: leaves }
features: { time: [signed_at] }
train: { budget: 0s }
policy: { autonomy: act, deadline: 10s, unfamiliar_below: 0%, confident_at: { precision: 60% } }
`,
  );
}

let inlay: TestServer;
before(async () => {
  inlay = await openTestServer({ project: { useCase, write } });
});
after(() => inlay.close());

const decide = async (record: object, idempotencyKey?: string): Promise<Decision> =>
  (
    await inlay.decisionPoint.decide(useCase, [record], {
      caller: "cli",
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    })
  )[0]!;

test("a record is decided by the age of its instants at its own time, years after training too", async () => {
  const later = Date.UTC(2031, 5, 11, 9, 30);
  const decisions = await Promise.all(
    [10, 200, 500, 650].map((days) => decide({ visited_at: iso(later), signed_at: iso(later - days * day) })),
  );
  assert.deepEqual(
    decisions.map(({ outcome, record }) => [outcome, record[age]]),
    [
      ["no", 10],
      ["no", 200],
      ["yes", 500],
      ["yes", 650],
    ],
  );
  assert.equal(decisions[0]!.reasons[0]!.field, age);
});

test("a record without a time is decided now, and a repeated question is the same one later", async () => {
  const signed = iso(Date.now() - 600 * day);
  const decision = await decide({ signed_at: signed }, "once");
  assert.deepEqual([decision.outcome, decision.record[age]], ["yes", 600]);
  assert.equal((await decide({ signed_at: signed }, "once")).id, decision.id);
});

test("a time that is none is refused; a missing instant has no age, one of long ago the greatest that is known", async () => {
  await assert.rejects(decide({ visited_at: "yesterday", signed_at: iso(first) }), /instant|INPUT|invalid/i);
  assert.equal((await decide({ signed_at: null, visited_at: iso(first) }).catch(() => null))?.record[age] ?? null, null);
  const old = await decide({ visited_at: iso(first), signed_at: "1700-01-01T00:00:00Z" });
  assert.ok((old.record[age] as number) > 100_000 && old.confidence !== null);
});
