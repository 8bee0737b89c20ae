/** Models of columns and of numbers: what leaves the house decides as it does here, and what was found out is kept for newer rows. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as ort from "onnxruntime-node";
import { isFailure } from "#base/errors";
import { versionText } from "#doors/cli/commands/build";
import { seeded } from "#learn/math/random";
import type { TestServer } from "./support/http-server.ts";
import { openTestServer } from "./support/http-server.ts";

const late = "late-orders";
const days = "late-days";
const orders = "id, ordered_at, kind, distance, days";

async function write(folder: string): Promise<void> {
  const random = seeded(3);
  const rows = Array.from({ length: 600 }, (_, at) => {
    const kind = ["plain", "plain", "fragile", ""][at % 4]!;
    const distance = at % 10 === 3 ? "" : String(Math.round(1000 * random.next()));
    const ordered = new Date(Date.UTC(2026, 0, 1) + at * 7_300_000);
    const took = Number(distance) / 100 + (kind === "fragile" ? 5 : 0) + (ordered.getUTCDay() === 5 ? 3 : 0) + 2 * random.next();
    return `${at + 1},${ordered.toISOString()},${kind},${distance},${took.toFixed(2)}`;
  });
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "exports", "orders.csv"), `${orders.replaceAll(" ", "")}\n${rows.join("\n")}\n`);
  await writeFile(
    join(folder, "inlay.yaml"),
    "project: elsewhere-test\nsystems:\n  exports: { type: files, path: ./exports, owner: test@example.org }\n",
  );
  const shared = `goal: { kpi: days that deliveries are late, direction: decrease }
features: { category: [kind], number: [distance], time: [ordered_at] }
train: { budget: 0s }
`;
  await writeFile(
    join(folder, "use-cases", `${late}.yaml`),
    `use_case: ${late}
task: classify
${shared}source:
  system: exports
  query: select id, ordered_at, kind, distance, case when days > 7 then 'late' else 'in time' end as state from orders
  key: id
  time: ordered_at
  label: state
gate: {}
policy: { confident_at: { precision: 60% } }
`,
  );
  await writeFile(
    join(folder, "use-cases", `${days}.yaml`),
    `use_case: ${days}
task: regress
${shared}source:
  system: exports
  query: select ${orders} from orders
  key: id
  time: ordered_at
  label: days
gate: {}
policy: { confident_at: { within: 20 }, otherwise: review }
`,
  );
}

let server: TestServer;
before(async () => {
  server = await openTestServer({ project: { useCase: late, write } });
  await server.builder.train(days);
  await server.release.deploy(days, 1, "test");
});
after(() => server.close());

const records = [
  { kind: "plain", distance: 512.34, ordered_at: "2026-03-06T11:59:59.250Z" },
  { kind: "fragile", distance: null, ordered_at: "2026-02-28T00:00:00Z" },
  { kind: null, distance: 901, ordered_at: null },
  { kind: "never seen", distance: 3, ordered_at: "2026-04-01T23:00:00+02:00" },
];
const inputs = {
  kind: new ort.Tensor(
    "string",
    records.map(({ kind }) => kind ?? ""),
    [records.length, 1],
  ),
  distance: new ort.Tensor(
    "float64",
    Float64Array.from(records, ({ distance }) => distance ?? NaN),
    [records.length, 1],
  ),
  ordered_at: new ort.Tensor(
    "float64",
    Float64Array.from(records, ({ ordered_at: at }) => (at ? Date.parse(at) : NaN)),
    [records.length, 1],
  ),
};

async function decide(useCase: string, record: object): Promise<Record<string, unknown>> {
  const answer = await server.app.inject({
    method: "POST",
    url: `/v1/use-cases/${useCase}/decisions`,
    headers: { authorization: `Bearer ${server.keys.all}` },
    payload: { record },
  });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

test("the exported model of columns takes records by their columns and is as sure as a decision is", async () => {
  const session = await ort.InferenceSession.create(await server.release.export(late, 1, "onnx"));
  assert.deepEqual(session.inputNames, ["kind", "distance", "ordered_at"]);
  const said = await session.run(inputs);
  const [labels, probabilities] = [said["label"]!.data, said["probabilities"]!.data as Float32Array];
  for (const [row, record] of records.entries()) {
    const { alternatives } = await decide(late, record);
    const [first, second] = alternatives as { outcome: string; confidence: number }[];
    assert.equal(labels[row], first!.outcome);
    const own = [...probabilities.subarray(row * 2, row * 2 + 2)].sort((a, b) => b - a);
    assert.ok(Math.abs(own[0]! - first!.confidence) < 1e-5 && Math.abs(own[1]! - second!.confidence) < 1e-5, `row ${row}`);
  }
});

test("the exported model of a number gives the value and the interval of a decision", async () => {
  const session = await ort.InferenceSession.create(await server.release.export(days, 1, "onnx"));
  const said = await session.run(inputs);
  for (const [row, record] of records.entries()) {
    const interval = (await decide(days, record))["interval"] as Record<string, number>;
    const digit = (interval["upper"]! - interval["lower"]!) / 100; // a decision shows no finer ones
    for (const name of ["value", "lower", "upper"]) {
      const off = Math.abs((said[name]!.data as Float64Array)[row]! - interval[name]!);
      assert.ok(off <= 0.51 * digit, `${name} of row ${row} is off by ${off}`);
    }
  }
});

for (const name of [late, days]) {
  test(`${name}: the version says what it was chosen against; fitted again it is the same, and says so`, async () => {
    const first = await server.release.model(name, 1);
    assert.ok(first.tried!.length === 3 && first.tried![0]!.gain === 0);
    assert.ok(first.tried!.some(({ learner }) => learner === first.learner));
    assert.match(versionText(first), /tried[\s\S]*, kept/);
    const { version } = await server.builder.train(name, { refit: true });
    assert.deepEqual([version.refit_of, version.learner, version.tried], [1, first.learner, null]);
    assert.ok("model" in version.evaluation && "model" in first.evaluation);
    assert.deepEqual(version.evaluation.model, first.evaluation.model, "the same rows");
    const cardOf = async (number: number): Promise<string> =>
      Buffer.from(await server.release.export(name, number, "card")).toString();
    assert.match(await cardOf(1), /\| tried \|[\s\S]*, kept \|[\s\S]*standard error/);
    assert.match(await cardOf(2), /Version 1 fitted again/);
  });
}

test("rows that the last version cannot be fitted again on are said, and what to do", async () => {
  const rows = Array.from(
    { length: 20 },
    (_, at) => `${at},${new Date(Date.UTC(2026, 0, at)).toISOString()},plain,${at},${at - 40}`,
  );
  await writeFile(join(server.folder, "..", "exports", "orders.csv"), `${orders.replaceAll(" ", "")}\n${rows.join("\n")}\n`);
  await assert.rejects(server.builder.train(days, { refit: true, force: true }), (error) => {
    assert.ok(isFailure(error, "DATA_UNSUITABLE"));
    assert.match(`${error.message} ${error.fix}`, /at least 19 rows.*without --refit/);
    return true;
  });
});
