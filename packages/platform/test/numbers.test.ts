/** A use case whose outcome is a number, from the export to decisions, reviews, outcomes and the next training. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { versionText } from "#doors/cli/commands/build";
import { decisionText } from "#doors/cli/commands/decide";
import { seeded } from "#learn/math/random";
import type { RegressEvaluation } from "#records/model-version";
import { effectRows } from "#stages/registry/matters-text";
import { listModelVersions } from "#stages/registry/model-store";
import type { TestServer } from "./support/http-server.ts";
import { eventually, openTestServer } from "./support/http-server.ts";

const useCase = "late-days";

/** Deliveries whose days follow from distance and kind; those of kind `custom` take anything from a few days to many. */
async function write(folder: string): Promise<void> {
  const random = seeded(3);
  const rows = Array.from({ length: 900 }, (_, at) => {
    const kind = ["plain", "plain", "fragile", "custom"][at % 4]!;
    const distance = Math.round(1000 * random.next());
    const days = distance / 100 + (kind === "fragile" ? 5 : 0) + (kind === "custom" ? 30 * random.next() : random.next());
    const ordered = new Date(Date.UTC(2026, 0, 1) + at * 3_600_000).toISOString();
    return `${at + 1},${ordered},${kind},${distance},${days.toFixed(2)},${(days * 24).toFixed(1)},${at % 3 === 0 ? "north" : "south"}`;
  });
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "exports", "orders.csv"), `id,ordered_at,kind,distance,days,hours,region\n${rows.join("\n")}\n`);
  await writeFile(
    join(folder, "inlay.yaml"),
    "project: numbers-test\nsystems:\n  exports: { type: files, path: ./exports, owner: test@example.org }\n",
  );
  await writeFile(
    join(folder, "use-cases", `${useCase}.yaml`),
    `use_case: ${useCase}
task: regress
goal: { kpi: days that deliveries are late, direction: decrease }
source:
  system: exports
  query: select id, ordered_at, kind, distance, days, hours, region from orders
  key: id
  time: ordered_at
  label: days
features: { category: [kind], number: [distance, hours] }
protected: [region]
train: { budget: 0s }
gate: { rmse: "<= 9", mae: "<= 6", r2: ">= 0.3" }
policy:
  rules_first:
    - { when: 'record.kind == "pickup"', then: 0, because: nothing is delivered }
  confident_at: { within: 2 }
  rules:
    - { when: 'record.kind == "custom"', then: 20 }
    - { when: 'record.kind == "fragile"', then: 10.5 }
    - { when: 'record.distance > 500.0', then: 8 }
    - { when: 'record.distance >= 0.0', then: "3" }
`,
  );
}

let server: TestServer;
let evaluation: RegressEvaluation;
before(async () => {
  server = await openTestServer({ project: { useCase, write } });
  const { evaluation: found } = await server.release.model(useCase, 1);
  assert.ok(found.task === "regress");
  evaluation = found;
});
after(() => server.close());

const narrow = { kind: "plain", distance: 500 };
const wide = { kind: "custom", distance: 500 };

async function post(path: string, payload: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await server.app.inject({
    method: "POST",
    url: path,
    headers: { authorization: `Bearer ${server.keys.all}` },
    payload,
  });
  return { status: answer.statusCode, body: answer.json() };
}
const decide = async (record: object): Promise<Record<string, unknown>> => {
  const { status, body } = await post(`/v1/use-cases/${useCase}/decisions`, { record });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

test("it is judged on later rows beside the mean and the rules, and the gate holds it to numbers", async () => {
  const { model, baselines, intervals, confident } = evaluation;
  assert.equal(evaluation.split, "time");
  assert.ok(model.rmse < baselines.rules!.rmse && baselines.rules!.rmse < baselines.mean.rmse, JSON.stringify(evaluation));
  assert.ok(Math.abs(baselines.mean.r2) < 0.05, "always the mean explains nothing");
  assert.ok(Math.abs(intervals.coverage - 0.9) < 3 * Math.sqrt((0.9 * 0.1) / 180) + 0.02, `${intervals.coverage}`);
  assert.ok(confident.coverage > 0.6 && confident.coverage < 0.8, `${confident.coverage} decided alone, three of four are plain`);
  assert.ok(confident.kept! > 0.85, `${confident.kept}`);
  const version = await server.release.model(useCase, 1);
  assert.deepEqual(
    version.gates.map(({ gate, passed }) => [gate, passed]),
    [
      ["rmse", true],
      ["mae", true],
      ["r2", true],
      ["beats mean", true],
      ["beats rules", true],
    ],
  );
  assert.deepEqual(version.classes, []);
  assert.match(
    versionText(version),
    /RMSE .*MAE .*R2[\s\S]*rules of today[\s\S]*It decides alone where its interval is within 2/,
  );
});

test("groups are compared, protected ones too, which are not learnt from", async () => {
  const [worst] = evaluation.slices;
  assert.deepEqual([worst?.column, worst?.value, worst?.protected], ["kind", "custom", false]);
  assert.ok(evaluation.slices.some(({ column, protected: kept }) => column === "region" && kept));
  assert.ok(!(await server.release.model(useCase, 1)).features.includes("region"));
});

test("what the model leans on is measured, and how the value goes with it is drawn", async () => {
  const { importance, effects } = evaluation;
  assert.deepEqual(new Set(importance.map(({ fields }) => fields.join())), new Set(["distance", "kind"]));
  assert.ok(
    importance.every(({ rise, lower, upper }) => lower > 0 && lower < rise && rise < upper),
    JSON.stringify(importance),
  );
  const distance = effects.find(({ field }) => field === "distance")!;
  const [first, last] = [distance.points[0]!, distance.points.at(-1)!];
  const slope = (last.effect - first.effect) / (Number(last.at) - Number(first.at));
  assert.ok(Math.abs(slope - 0.01) < 0.003, `${slope} days for each of distance`);
  const custom = effects.find(({ field }) => field === "kind")!.points.find(({ at }) => at === "custom")!;
  assert.ok(custom.effect > 5, `${custom.effect}`);
  assert.deepEqual([evaluation.drift?.findings, evaluation.drift?.falls], [[], false], "nothing changes with time");
  assert.match(effectRows(evaluation).flat().join(" "), /distance the value .*▁.*█ at .* to .*/);
  const body = "body #- '{evaluation,importance}' #- '{evaluation,effects}' #- '{evaluation,drift}'";
  await server.state.pool.query(
    `insert into inlay.model_versions (use_case, version, artifact, trained_at, body)
     select 'older', 1, artifact, trained_at, ${body} from inlay.model_versions where use_case = $1 and version = 1`,
    [useCase],
  );
  const [older] = await listModelVersions(server.state.pool, "older");
  const { evaluation: before } = older!;
  assert.ok("importance" in before);
  const { importance: none, effects: neither, drift } = before;
  assert.deepEqual([none, neither, drift], [[], [], null], "a version from before has none");
});

test("the label in another unit is found and left out", async () => {
  const report = await server.builder.readiness(useCase);
  const leak = report.findings.find(({ column }) => column === "hours");
  assert.match(leak?.detail ?? "", /hours rises and falls with days row by row/);
  assert.ok(!evaluation.learnt.some(({ field }) => field === "hours"));
});

test("a narrow interval is decided, a wide one waits for a person, a rule before the model needs neither", async () => {
  const sure = await decide(narrow);
  assert.equal(sure["path"], "model");
  const interval = sure["interval"] as { value: number; lower: number; upper: number; coverage: number };
  assert.equal(sure["outcome"], String(interval.value));
  assert.ok(Math.abs(interval.value - 5.5) < 1, `${interval.value} days`);
  assert.ok(interval.lower <= interval.value && interval.value <= interval.upper && interval.coverage === 0.9);
  assert.deepEqual([sure["confidence"], sure["alternatives"], sure["prediction_set"]], [null, [], []]);
  assert.match(String(sure["explanation"]), /^90 % of such outcomes lie from .* to .*, within 2$/);
  assert.ok((sure["reasons"] as { field: string }[]).some(({ field }) => field === "distance"));

  const unsure = await decide(wide);
  assert.deepEqual([unsure["path"], unsure["cause"], unsure["outcome"]], ["review", "unsure", null]);
  assert.match(String(unsure["explanation"]), /which is wider than within 2; a person decides$/);
  assert.equal(unsure["model_version"], 1);
  const [text] = await server.decisionPoint.decide(useCase, [wide], { caller: "test" });
  assert.match(decisionText(text!), /the model would say {2}\d.*90 % interval/);

  const first = await decide({ kind: "pickup" });
  assert.deepEqual([first["path"], first["outcome"], first["interval"]], ["rules_first", "0", null]);
  const strange = await decide({ kind: "zeppelin" });
  assert.deepEqual([strange["path"], strange["cause"]], ["review", "unfamiliar"]);
});

test("a person says a number, nothing else; the suggestion can be accepted", async () => {
  const { id, interval } = await decide(wide);
  const close = (verdict: object): Promise<{ status: number; body: Record<string, unknown> }> =>
    post(`/v1/reviews/${String(id)}`, verdict);
  for (const outcome of ["soon", "1,5", "12 days", "Infinity"]) {
    const refused = await close({ action: "override", outcome, reason: "the customer said so" });
    assert.equal(refused.status, 422, `${outcome}: ${JSON.stringify(refused.body)}`);
    assert.equal(refused.body["code"], "OUTCOME_NO_NUMBER", JSON.stringify(refused.body));
  }
  const closed = await close({ action: "override", outcome: " 12.50 ", reason: "the customer said so" });
  assert.deepEqual([closed.status, closed.body["outcome"]], [200, "12.5"]);
  assert.equal(Number(closed.body["suggestion"]), (interval as { value: number }).value);

  const other = await decide(wide);
  const accepted = await post(`/v1/reviews/${String(other["id"])}`, { action: "accept" });
  assert.equal(accepted.body["outcome"], String((other["interval"] as { value: number }).value));
});

test("outcomes are numbers, and the next training learns from them", async () => {
  const { id } = await decide({ ...narrow, id: "new-1" });
  const wrong = await post(`/v1/decisions/${String(id)}/outcome`, { outcome: "late" });
  assert.deepEqual([wrong.status, wrong.body["code"]], [422, "OUTCOME_NO_NUMBER"]);
  assert.equal((await post(`/v1/decisions/${String(id)}/outcome`, { outcome: "7e0" })).body["outcome"], "7");
  await eventually(
    async () => (await server.state.pool.query("select 1 from inlay.decisions where id = $1", [id])).rowCount === 1,
  );
  const { version } = await server.builder.train(useCase);
  assert.equal(version.feedback?.added, 3, "two reviews and an outcome");
});

test("rows that are most like a record are named with their numbers", async () => {
  const { id } = await decide(narrow);
  await eventually(
    async () => (await server.state.pool.query("select 1 from inlay.decisions where id = $1", [id])).rowCount === 1,
  );
  const answer = await server.app.inject({
    url: `/v1/decisions/${String(id)}/similar`,
    headers: { authorization: `Bearer ${server.keys.all}` },
  });
  const { rows } = answer.json<{ rows: { outcome: string }[] }>();
  assert.ok(rows.length > 0 && rows.every(({ outcome }) => Number.isFinite(Number(outcome))), answer.body);
});

test("what would have to be different for less, or for more, is said", async () => {
  const { id } = await decide({ ...narrow, kind: "fragile", distance: 800 });
  interface Answer {
    readonly code?: string;
    readonly changes: { field: string; to: number | string }[] | null;
    readonly value: number | null;
  }
  const ask = async (query: string): Promise<Answer> =>
    (
      await server.app.inject({
        url: `/v1/decisions/${String(id)}/counterfactual?${query}`,
        headers: { authorization: `Bearer ${server.keys.all}` },
      })
    ).json<Answer>();
  const few = await ask("outcome=%3C%3D+10");
  assert.ok(few.changes?.length === 1 && few.value! <= 10, JSON.stringify(few));
  const near = await ask("outcome=%3C%3D+10&change=distance");
  const [{ field, to }] = near.changes as [{ field: string; to: number }];
  assert.ok(field === "distance" && to < 550 && to > 300, `${to} of 800`);
  assert.deepEqual((await ask("outcome=%3E%3D10")).changes, [], "it is more already");
  assert.equal((await ask("outcome=%3C%3D1&change=kind")).changes, null);
  assert.equal((await ask("outcome=3")).code, "BOUND_NEEDED");
  assert.equal((await ask("outcome=%3C%3D+few")).code, "BOUND_NEEDED");
  assert.equal((await ask("outcome=%3C%3D+1&change=region")).code, "FIELD_UNCHANGEABLE");
});

test("the card says what it is worth and against what it was chosen", async () => {
  const card = Buffer.from(await server.release.export(useCase, 1, "card")).toString();
  const facts = [
    "RMSE",
    "always the mean",
    "Intervals hold",
    "| distance |",
    "RMSE without it",
    "| linear-regression",
    "standard error",
  ];
  for (const fact of facts) assert.ok(card.includes(fact), fact);
});

test("whether people who override numbers make them better is said where outcomes are known", async () => {
  assert.equal((await server.loop.valueAdded(useCase)).decisions, 0);
  const { id, interval } = await decide(wide);
  const { value } = interval as { value: number };
  await post(`/v1/reviews/${String(id)}`, { action: "override", outcome: String(value + 4), reason: "the customer said so" });
  await post(`/v1/decisions/${String(id)}/outcome`, { outcome: String(value + 5) });
  await eventually(async () => (await server.loop.valueAdded(useCase)).decisions === 1);
  const { measure, model, person, model_bias: bias, better } = await server.loop.valueAdded(useCase);
  assert.deepEqual([measure, better], ["absolute error", 1]);
  for (const [got, wanted] of [
    [model, 5],
    [person, 1],
    [bias, -5],
  ] as const)
    assert.ok(Math.abs(got! - wanted) < 1e-9, `${got} for ${wanted}`);
});
