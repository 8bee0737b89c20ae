/** Numbers in project files, labels and answers: what is accepted, and what is said of the rest. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock as clock } from "#base/clock";
import { files } from "#connectors/files/files";
import { openArtifacts } from "#files/artifacts";
import { toDigits } from "#flows/decide-and-act/score-number";
import { explainIssues } from "#project/explain-issue";
import type { Interval } from "#records/decision";
import type { Finding } from "#records/readiness-report";
import { standardNumber } from "#records/standardise";
import { regressSchema } from "#records/regress-use-case";
import { policySchema, useCaseSchema } from "#records/use-case";
import { isNarrow } from "#records/within";
import type { Opinion } from "#stages/decide/ask-model";
import { byInterval } from "#stages/decide/by-interval";
import { readiness } from "#stages/readiness/readiness";
import { judgeGates } from "#stages/registry/gates";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { openTables } from "#tables/tables";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-numbers-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const written = {
  use_case: "late-days",
  task: "regress",
  goal: { kpi: "late days", direction: "decrease" },
  source: { system: "exports", query: "select * from orders", key: "id", label: "days" },
  features: { number: ["distance", "hours"] },
  policy: { confident_at: { within: 10 }, default: 3, rules: [{ when: "record.distance > 1.0", then: 0.5 }] },
};

test("numbers of a file are kept as text, like every outcome", () => {
  const { policy } = regressSchema.parse(written);
  assert.deepEqual(policy.confident_at, { within: "10", coverage: "90%" });
  assert.deepEqual([policy.default, policy.rules[0]?.then], ["3", "0.5"]);
  assert.deepEqual(policySchema.parse(JSON.parse(JSON.stringify(policy))), policy, "a stored policy is read as it was");
});

const mistakes: readonly (readonly [what: string, change: object, says: RegExp])[] = [
  ["a rule without a number", { policy: { ...written.policy, default: "soon" } }, /default must be a number such as 12 or 0.5/],
  ["a width without a size", { policy: { confident_at: { within: "wide" } } }, /within must be a number such as 10, .* 15%/],
  ["a width of nothing", { policy: { confident_at: { within: 0 } } }, /within must be a number such as 10/],
  [
    "a promise of outcomes",
    { policy: { confident_at: { precision: "90%" } } },
    /precision is not a key of .*known here: within, coverage/,
  ],
  ["coverage of everything", { policy: { confident_at: { within: 1, coverage: "100%" } } }, /from 50% to 99%/],
  ["no policy", { policy: undefined }, /policy is missing/],
  [
    "a gate of outcomes",
    { gate: { macro_f1: ">= 0.8" } },
    /macro_f1 is not a key of gate; known here: rmse, mae, r2, beats, p95_latency/,
  ],
  ["a slip in a gate", { gate: { rsme: "<= 3" } }, /rsme is not a key of gate; did you mean rmse\?/],
  ["a learner of texts", { train: { learner: "text-linear" } }, /learner must be one of auto, linear, trees, trees-linear/],
  [
    "several labels at once",
    { source: { ...written.source, label_separator: ";" } },
    /label_separator is not a key of source; known here: system/,
  ],
];
for (const [what, change, says] of mistakes) {
  test(`${what} is explained in the words of this task`, () => {
    const input = JSON.parse(JSON.stringify({ ...written, ...change })) as unknown;
    const { error } = useCaseSchema.safeParse(input);
    const said = explainIssues(error!.issues, useCaseSchema, input).map(({ detail }) => detail);
    assert.ok(
      said.some((detail) => says.test(detail)),
      said.join("\n"),
    );
  });
}

test("a number has one spelling; what could mean two things is none", () => {
  const spelt: readonly (readonly [string, string | null])[] = [
    [" 12.50 ", "12.5"],
    ["+7", "7"],
    ["-0", "0"],
    [".5", "0.5"],
    ["1e3", "1000"],
    ["1,5", null],
    ["1 000", null],
    ["0x10", null],
    ["Infinity", null],
    ["1e999", null],
    ["", null],
  ];
  for (const [text, number] of spelt) assert.equal(standardNumber(text), number, text);
});

const opinion = (interval: Interval): Opinion => ({
  alternatives: [],
  predictionSet: [],
  expectedCost: null,
  reasons: [],
  typicality: 0.5,
  interval,
});

test("the width is asked of the side that reaches further, in the unit or as a share of the value", () => {
  const interval = { value: 40, lower: 34, upper: 50, coverage: 0.9 };
  for (const [within, narrow] of [
    ["10", true],
    ["9.9", false],
    ["25%", true],
    ["24%", false],
  ] as const) {
    assert.equal(isNarrow(within, interval), narrow, within);
    const doubt = byInterval({ within, coverage: "90%" }).doubt(opinion(interval));
    assert.equal(doubt === undefined, narrow, doubt);
  }
  assert.equal(isNarrow("15%", { value: 0, lower: 0, upper: 1 }), false, "no share of nothing is wide enough");
  assert.equal(byInterval({ within: "10", coverage: "90%" }).outcome(opinion(interval)), "40");
});

test("numbers are shown with the digits that their interval allows", () => {
  assert.equal(toDigits(20 / 100)(12.345678), 12.3);
  assert.equal(toDigits(120_000 / 100)(206_855.7), 206_856);
  assert.equal(toDigits(0.003 / 100)(0.123456789), 0.12346);
  assert.equal(toDigits(0)(1.23456789), 1.23457);
  assert.ok(Object.is(toDigits(1)(-0.2), 0));
});

test("a gate is judged on the errors of numbers", () => {
  const useCase = regressSchema.parse({ ...written, gate: { rmse: "<= 5", r2: ">= 0.9", beats: ["mean", "rules"] } });
  const scores = (rmse: number, mae: number, r2: number): { rmse: number; mae: number; r2: number } => ({ rmse, mae, r2 });
  const results = judgeGates(useCase, {
    task: "regress",
    train_rows: 80,
    test_rows: 20,
    copied_rows: 0,
    split: "random",
    split_at: null,
    model: scores(4, 3, 0.8),
    baselines: { mean: scores(9, 7, 0), rules: scores(5, 2.5, 0.7) },
    intervals: { coverage_wanted: 0.9, coverage: 0.9, mean_width: 12 },
    confident: { within: "10", coverage: 0.5, kept: 0.95, mae: 2 },
    learnt: [],
    slices: [],
    importance: [],
    effects: [],
    drift: null,
    latency_ms: { p50: 1, p95: 2 },
  });
  assert.deepEqual(
    results.map(({ gate, passed }) => [gate, passed]),
    [
      ["rmse", true],
      ["r2", false],
      ["beats mean", true],
      ["beats rules", false],
    ],
  );
});

/** What readiness has against such numbers as labels. */
async function labelFindings(days: readonly string[]): Promise<Finding[]> {
  const rows = days.map((label, at) => `${at},${at % 13},${(at * 7) % 11},${label}`);
  await writeFile(join(folder, "orders.csv"), `id,distance,hours,days\n${rows.join("\n")}\n`);
  const useCase = regressSchema.parse(written);
  const tables = openTables({ folder: join(folder, "tmp") });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const connection = files.open("exports", { type: "files", path: folder, timeout: "1m" }, folder);
  try {
    const snapshot = await takeSnapshot({ connection, artifacts, tables, clock, tempFolder: join(folder, "tmp") }, useCase);
    const report = await readiness({ tables, artifacts, clock }, snapshot, useCase);
    return report.findings.filter(({ check, verdict }) => check === "label" && verdict !== "pass");
  } finally {
    await connection.close();
    await tables.close();
  }
}

const labels: readonly (readonly [what: string, days: (at: number) => string, verdict: string | null, says: RegExp])[] = [
  ["numbers that vary", (at) => String(at % 17), null, /./],
  ["one number only", () => "5", "block", /days is 5 in every row/],
  ["no number at all", (at) => `about ${at % 9}`, "block", /no number at all/],
  ["a few rows without one", (at) => (at % 20 === 0 ? "" : String(at % 17)), "warn", /no days \(5.0 %\)/],
  [
    "a few rows with something else",
    (at) => (at % 20 === 0 ? "n/a" : String(at % 17)),
    "warn",
    /something in days that is no number \(5.0 %\)/,
  ],
  [
    "rows far from all others",
    (at) => (at % 100 === 0 ? "1000000" : String(at % 17)),
    "warn",
    /far from all others, from 0|far from all others, from 1/,
  ],
  ["nearly always the same", (at) => (at % 50 === 0 ? "3" : "0"), "warn", /days is 0 in 98.0 % of the rows/],
];
for (const [what, days, verdict, says] of labels) {
  test(`readiness of a label: ${what}`, async () => {
    const found = await labelFindings(Array.from({ length: 400 }, (_, at) => days(at)));
    if (verdict === null) return assert.deepEqual(found, []);
    assert.ok(
      found.some((finding) => finding.verdict === verdict && says.test(finding.detail)),
      found.map((finding) => `${finding.verdict}: ${finding.detail}`).join("\n"),
    );
  });
}
