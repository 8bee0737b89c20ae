/** A use case that looks for unusual records, from the export to decisions, reviews and the next training. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFailure } from "#base/errors";
import { versionText } from "#doors/cli/commands/build";
import { decisionText } from "#doors/cli/commands/decide";
import { seeded } from "#learn/math/random";
import type { Opinion } from "#stages/decide/ask-model";
import { byRarity } from "#stages/decide/by-rarity";
import type { DetectEvaluation } from "#records/detect-evaluation";
import type { TestServer } from "./support/http-server.ts";
import { eventually, openTestServer } from "./support/http-server.ts";

const useCase = "unusual-orders";
const count = 4000;

/** Orders of a shop, 100 a day, one in 200 of them with an amount that no other has. */
async function write(folder: string): Promise<void> {
  const random = seeded(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const rows = Array.from({ length: count }, (_, at) => {
    const odd = at % 200 === 199;
    const amount = Math.exp(4 + 0.4 * normal()) * (odd ? 30 : 1);
    const country = ["de", "de", "de", "fr", "nl"][Math.floor(5 * random.next())]!;
    const ordered = new Date(Date.UTC(2026, 0, 1) + at * 864_000).toISOString();
    return `${at + 1},${ordered},${country},${amount.toFixed(2)},${1 + Math.floor(4 * random.next())},${odd ? "fraud" : ""}`;
  });
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "exports", "orders.csv"), `id,ordered_at,country,amount,items,finding\n${rows.join("\n")}\n`);
  await writeFile(
    join(folder, "inlay.yaml"),
    "project: orders-test\nsystems:\n  exports: { type: files, path: ./exports, owner: test@example.org }\n",
  );
  await writeFile(
    join(folder, "use-cases", `${useCase}.yaml`),
    `use_case: ${useCase}
task: detect
goal: { kpi: loss by fraud, direction: decrease }
source:
  system: exports
  query: select id, ordered_at, country, amount, items, finding from orders
  key: id
  time: ordered_at
  label: finding
features: { category: [country], number: [amount, items] }
gate: { recall: ">= 0.9", budget: "<= 3" }
policy:
  alarms: 1 per day
  rules_first:
    - { when: 'record.country == "xx"', then: unusual, because: no such country }
  rules:
    - { when: 'record.amount > 300.0', then: unusual }
`,
  );
}

let server: TestServer;
let evaluation: DetectEvaluation;
before(async () => {
  server = await openTestServer({ project: { useCase, write } });
  const { evaluation: found } = await server.release.model(useCase, 1);
  assert.ok(found.task === "detect");
  evaluation = found;
});
after(() => server.close());

const strange = { country: "de", amount: 9000, items: 2 };
const plain = { country: "de", amount: 55, items: 2 };

async function post(path: string, payload: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await server.app.inject({
    method: "POST",
    url: path,
    headers: { authorization: `Bearer ${server.keys.all}` },
    payload,
  });
  return { status: answer.statusCode, body: answer.json() };
}

test("it is judged on later rows by the promised alarms and by what is known, beside the rules", async () => {
  const { alarms, known, largest, learnt } = evaluation;
  assert.equal(evaluation.split, "time");
  assert.ok(Math.abs(alarms.threshold - 1 / 100) < 0.0005, `1 of 100 a day: ${alarms.threshold}`);
  assert.ok(Math.abs(alarms.promised - 8) < 0.2, `800 rows are held out: ${alarms.promised}`);
  assert.ok(alarms.raised >= alarms.lower && alarms.raised <= alarms.upper + 4, JSON.stringify(alarms));
  assert.deepEqual([known?.anomalies, known?.model.recall], [4, 1]);
  assert.ok(known!.rules!.recall > 0.9, JSON.stringify(known));
  assert.ok(largest[0]!.reason.startsWith("amount ") && Number(largest[0]!.name) % 200 === 0, JSON.stringify(largest[0]));
  assert.equal(learnt[0]!.field, "amount");
  const version = await server.release.model(useCase, 1);
  assert.deepEqual(
    version.gates.map(({ gate, passed }) => [gate, passed]),
    [
      ["recall", true],
      ["budget", true],
    ],
  );
  assert.match(versionText(version), /1 per day promises 7\.998[\s\S]*4 known anomalies +precision[\s\S]*rules of today/);
  const card = Buffer.from(await server.release.export(useCase, 1, "card")).toString();
  assert.match(card, /says of a record whether it is unusual[\s\S]*Of 4 known anomalies[\s\S]*Unusual is not wrong/);
  await assert.rejects(server.release.export(useCase, 1, "onnx"), (error) => isFailure(error, "EXPORT_UNKNOWN"));
});

test("a record is unusual or usual, with how rare it is and why", async () => {
  const { body: alarmed } = await post(`/v1/use-cases/${useCase}/decisions`, { record: strange });
  assert.deepEqual([alarmed["outcome"], alarmed["path"], alarmed["cause"]], ["unusual", "model", "confident"]);
  assert.ok((alarmed["typicality"] as number) < 0.001 && (alarmed["confidence"] as number) > 0.999, JSON.stringify(alarmed));
  assert.deepEqual((alarmed["reasons"] as { field: string }[])[0]!.field, "amount");
  assert.match(
    alarmed["explanation"] as string,
    /of ordinary records are as unusual, less than the 1\.0 % that 1 per day allows/,
  );
  const { body: ordinary } = await post(`/v1/use-cases/${useCase}/decisions`, { record: plain });
  assert.deepEqual([ordinary["outcome"], ordinary["path"]], ["usual", "model"]);
  assert.ok((ordinary["typicality"] as number) > 0.05);
  const { body: ruled } = await post(`/v1/use-cases/${useCase}/decisions`, { record: { ...plain, country: "xx" } });
  assert.deepEqual([ruled["outcome"], ruled["path"]], ["unusual", "rules_first"]);
  const decision = await server.decisionPoint.find(alarmed["id"] as string);
  assert.match(decisionText(decision), /^unusual \(\d+\.\d %\) {2}by model[\s\S]*because {2}9000 \(amount\)/);
  for (const odd of [{ amount: 1e308 }, { amount: -1e308 }, { items: 0 }, { country: "a country of which nobody has heard" }]) {
    const { status, body } = await post(`/v1/use-cases/${useCase}/decisions`, { record: odd });
    assert.equal(status, 200);
    const typicality = body["typicality"] as number;
    assert.ok(typicality > 0 && typicality <= 1, JSON.stringify(body));
  }
});

test("where a person is to look first, what is unusual waits among the reviews", () => {
  const opinion = (outcome: string, typicality: number): Opinion => ({
    alternatives: [{ outcome, confidence: 1 - typicality }],
    reasons: [],
    predictionSet: [],
    interval: null,
    expectedCost: null,
    typicality,
  });
  const asked = byRarity(0.01, { alarms: "1%", unusual: "review" });
  assert.match(
    asked.doubt(opinion("unusual", 0.00012)) ?? "",
    /^0\.012 % of ordinary records .* less than the 1\.0 % that 1% allows$/,
  );
  assert.equal(asked.doubt(opinion("usual", 0.3)), undefined);
  assert.equal(byRarity(0.01, { alarms: "1%", unusual: "decide" }).doubt(opinion("unusual", 0.00012)), undefined);
});

test("people say what was right, in these two words, and the next training is judged by it", async () => {
  const { body } = await post(`/v1/use-cases/${useCase}/decisions`, { record: { ...strange, id: "4000" } });
  const refused = await post(`/v1/decisions/${String(body["id"])}/outcome`, { outcome: "fraud" });
  assert.deepEqual([refused.status, refused.body["code"]], [422, "OUTCOME_UNKNOWN"]);
  await eventually(async () => server.decisionPoint.backlog().decisions === 0);
  const closed = await post(`/v1/reviews/${String(body["id"])}`, {
    action: "override",
    outcome: "usual",
    reason: "an order of ours",
  });
  assert.deepEqual([closed.status, closed.body["outcome"]], [200, "usual"]);
  const { version } = await server.builder.train(useCase);
  assert.ok(version.evaluation.task === "detect");
  assert.equal(version.evaluation.known?.anomalies, 3, "the row that a person cleared is none any more");
  assert.equal(version.feedback?.relabelled, 1);
});
