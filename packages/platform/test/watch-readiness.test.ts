/** What readiness says of series and of records without a label: one clear finding each, and never a number that is none. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Clock } from "#base/clock";
import { isFailure } from "#base/errors";
import { files } from "#connectors/files/files";
import { openArtifacts } from "#files/artifacts";
import { loadProject } from "#project/load-project";
import type { ReadinessReport } from "#records/readiness-report";
import { detectSeriesSchema } from "#records/detect-use-case";
import type { UseCase } from "#records/use-case";
import { useCaseSchema } from "#records/use-case";
import { readiness } from "#stages/readiness/readiness";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { trainSeries } from "#stages/watch/train-series";
import { openTables } from "#tables/tables";

const now = Date.UTC(2026, 2, 2);
const clock: Clock = { now: () => now, monotonic: () => performance.now() };
const step = 300_000;

const metrics = {
  use_case: "metrics",
  task: "detect",
  goal: { kpi: "outages", direction: "decrease" },
  source: {
    system: "exports",
    query: "select * from metrics",
    series: ["host"],
    time: "at",
    values: ["cpu"],
  },
  every: "5m",
  policy: { alarms: "2 per week per series" },
};

type Row = readonly [at: string, host: string, cpu: number | string];

const rows = (count: number, cpu: (at: number) => number | string = (at) => 40 + Math.sin(at) * 5, host = "a"): Row[] =>
  Array.from({ length: count }, (_, at) => [new Date(now - (count - at) * step).toISOString(), host, cpu(at)]);

/** Runs readiness, and training where `train`, on the rows. */
async function audit(
  list: readonly Row[],
  { useCase = metrics, train = false }: { useCase?: unknown; train?: boolean } = {},
): Promise<{ report: ReadinessReport; numbers: readonly number[]; refused: string | null }> {
  const folder = await mkdtemp(join(tmpdir(), "inlay-watch-readiness-"));
  await mkdir(join(folder, "exports"));
  await writeFile(join(folder, "exports", "metrics.csv"), `at,host,cpu\n${list.map((row) => row.join(",")).join("\n")}\n`);
  const tables = openTables({ folder });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const connection = files.open("exports", { type: "files", path: "./exports", owner: undefined, timeout: "5m" }, folder);
  try {
    const parsed: UseCase = useCaseSchema.parse(useCase);
    const snapshot = await takeSnapshot({ connection, artifacts, tables, clock, tempFolder: join(folder, "tmp") }, parsed);
    const report = await readiness({ tables, artifacts, clock }, snapshot, parsed);
    if (!train) return { report, numbers: [], refused: null };
    const series = detectSeriesSchema.parse(useCase);
    const trained = await trainSeries({ tables, artifacts, clock }, { useCase: series, snapshot, known: [] }).catch(
      (error: unknown) => {
        if (isFailure(error, "DATA_UNSUITABLE")) return error.message;
        throw error;
      },
    );
    if (typeof trained === "string") return { report, numbers: [], refused: trained };
    return { report, numbers: numbersIn(trained.evaluation), refused: null };
  } finally {
    await connection.close();
    await tables.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(numbersIn) : [];
}

const cases: [name: string, list: Row[], verdict: "pass" | "warn" | "block", findings: [check: string, detail: RegExp][]][] = [
  ["all is well", rows(500), "pass", []],
  ["one point", rows(1), "block", [["short", /1 of 1 series have fewer than 100 points/]]],
  [
    "short among long",
    [...rows(500), ...rows(20, undefined, "b")],
    "warn",
    [["short", /1 of 2 series have fewer than 100 points/]],
  ],
  ["a constant", rows(500, () => 7), "warn", [["constant", /cpu is the same at every point/]]],
  ["all missing", rows(500, () => ""), "block", [["empty", /cpu holds no number at all/]]],
  ["no numbers", rows(500, () => "high"), "block", [["empty", /cpu holds no number at all/]]],
  [
    "some missing",
    rows(500, (at) => (at % 10 === 0 ? "" : at)),
    "warn",
    [["missing", /50 rows have no number in cpu \(10.0 %\)/]],
  ],
  [
    "an irregular rhythm",
    rows(500).map(([at, host, cpu], nr) => [new Date(Date.parse(at) + (nr % 2) * 140_000).toISOString(), host, cpu]),
    "warn",
    [["rhythm", /do not come 5m, or a multiple of it, after the one before/]],
  ],
  [
    "another rhythm",
    rows(500).map(([at, host, cpu]) => [new Date(now - (now - Date.parse(at)) * 12).toISOString(), host, cpu]),
    "warn",
    [["rhythm", /points come every 60 min mostly; every says 5m/]],
  ],
  [
    "points twice",
    [...rows(500), ...rows(30)],
    "warn",
    [["duplicate", /30 rows have a at that an earlier row of the same series has too/]],
  ],
  ["the year 9999", [...rows(500), ["9999-12-31T00:00:00Z", "a", 5]], "warn", [["time", /1 row has a at after now, up to 9999/]]],
  ["before computers", [...rows(500), ["1970-01-01T00:00:00Z", "a", 5]], "warn", [["time", /1 row has a at before 1971/]]],
  [
    "as many series as points",
    Array.from({ length: 100_100 }, (_, at): Row => [
      new Date(now - step * (1 + (at % 3))).toISOString(),
      `order-${at}`,
      at % 17,
    ]),
    "block",
    [["series", /there are 100,100 series/]],
  ],
];
for (const [name, list, verdict, findings] of cases) {
  test(`series: ${name}`, async () => {
    const { report, numbers } = await audit(list, { train: list.length < 10_000 });
    const said = report.findings.filter((finding) => finding.verdict !== "pass");
    assert.equal(report.verdict, verdict, JSON.stringify(said));
    assert.deepEqual(
      said.map(({ check }) => check),
      findings.map(([check]) => check),
    );
    for (const [at, [, detail]] of findings.entries()) assert.match(said[at]!.detail, detail);
    for (const { fix } of said) assert.ok(fix && fix.length > 10, "each says what to do");
    assert.ok(numbers.every(Number.isFinite), "whatever the data, no number is none");
  });
}

test("time that runs backwards in the file is put in order, and what is left when nothing can be is refused", async () => {
  const [forth, back] = [await audit(rows(500), { train: true }), await audit(rows(500).reverse(), { train: true })];
  assert.equal(back.report.snapshot, forth.report.snapshot);
  const { refused } = await audit(
    rows(20).map(([, host, cpu]) => ["9999-12-31T00:00:00Z", host, cpu]),
    { train: true },
  );
  assert.match(refused ?? "", /no row has a at that can be/);
});

test("records: an impossible budget, a label that is no exception, and too few rows", async () => {
  const orders = {
    ...metrics,
    use_case: "orders",
    source: { system: "exports", query: "select *, cpu > 50 as odd from metrics", key: "at", label: "odd" },
    every: undefined,
    features: { number: ["cpu"] },
    policy: { alarms: "0.5%" },
  };
  const { every: _, ...useCase } = orders;
  const report = (
    await audit(
      rows(60, (at) => at),
      { useCase },
    )
  ).report;
  const said = new Map(report.findings.map((finding) => [finding.check, finding.detail]));
  assert.match(said.get("rows") ?? "", /there are only 60 rows/);
  assert.match(said.get("budget") ?? "", /less than one record of the 60 there are/);
  assert.equal(said.get("label"), undefined, "9 of 60 are exceptions");
  const many = (
    await audit(
      rows(60, (at) => at + 30),
      { useCase },
    )
  ).report;
  assert.match(many.findings.find(({ check }) => check === "label")?.detail ?? "", /39 rows have an anomaly in odd \(65.0 %\)/);
});

test("files that contradict themselves are refused, every problem at its place", async () => {
  const folder = await mkdtemp(join(tmpdir(), "inlay-watch-files-"));
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "inlay.yaml"), "project: ops\nsystems:\n  ops: { type: sqlite, path: ./ops.db }\n");
  const write = async (lines: string): Promise<string[]> => {
    await writeFile(
      join(folder, "use-cases", "metrics.yaml"),
      `use_case: metrics\ntask: detect\ngoal: { kpi: outages, direction: decrease }\n${lines}`,
    );
    return loadProject({ folder }).then(
      () => [],
      (error: unknown) => {
        assert.ok(isFailure(error, "PROJECT_INVALID"));
        return error.problems.map(({ pointer, detail }) => `${pointer.replace("use-cases/metrics.yaml:", "")} ${detail}`);
      },
    );
  };
  const source = "source: { system: ops, query: select 1, series: [host], time: at, values: [cpu] }\nevery: 5m\n";
  try {
    assert.deepEqual(await write(`${source}policy: { alarms: 2 per week per series }\n`), []);
    for (const [lines, problem] of [
      [`${source}policy: { alarms: often }\n`, /^\d+:\d+ policy.alarms must be a number of alarms such as 2 per week per series/],
      [`${source}policy: { alarms: 5 per hour per series }\n`, /5 per hour per series is more than every tenth point/],
      [`${source}evry: 5m\npolicy: { alarms: 2 per week }\n`, /evry is not a key; did you mean every\?/],
      [
        `${source}gate: { f1: ">= 0.5" }\npolicy: { alarms: 2 per week }\n`,
        /f1 needs known anomalies: name their column as source.label/,
      ],
      [
        "source: { system: ops, query: select 1, series: [host], time: host, values: [host] }\nevery: 5m\npolicy: { alarms: 2 per week }\n",
        /host is the time already/,
      ],
      [
        "source: { system: ops, query: select 1, series: [host], related: [site], time: at, values: [cpu] }\nevery: 5m\npolicy: { alarms: 2 per week }\n",
        /site is not one of source.series/,
      ],
      [
        "source: { system: ops, query: select 1, key: id }\nfeatures: { number: [cpu] }\npolicy: { alarms: 5 per day }\n",
        /5 per day needs source.time; without it write a share of the records/,
      ],
      [
        "source: { system: ops, query: select 1, key: id }\nfeatures: { number: [cpu] }\npolicy: { alarms: 40% }\n",
        /a number of alarms such as 5 per day, or a share of the records such as 0.5%/,
      ],
      ["source: { system: ops, query: select 1, key: id }\npolicy: { alarms: 1% }\n", /needs one of the keys/],
    ] as const) {
      assert.match((await write(lines)).join("\n"), problem, lines);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
