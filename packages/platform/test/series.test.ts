/** Series as systems have them: clock changes, gaps, repeats, dates that cannot be. What is wrong is said once, with what to do, and nothing is NaN. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "#base/clock";
import type { Clock } from "#base/clock";
import { isFailure } from "#base/errors";
import { clockAhead, everyNames, stepAt, stepCount, stepNamed, stepText } from "#base/steps";
import { files } from "#connectors/files/files";
import { openArtifacts } from "#files/artifacts";
import { loadProject } from "#project/load-project";
import { forecastEvaluationSchema } from "#records/forecast-evaluation";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Finding, ReadinessReport } from "#records/readiness-report";
import { useCaseSchema } from "#records/use-case";
import { seeded } from "#learn/math/random";
import { preparePanel } from "#stages/prepare/panel";
import type { PreparedPanel } from "#stages/prepare/panel";
import { readiness } from "#stages/readiness/readiness";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { trainForecast } from "#stages/train/train-forecast";
import { openTables } from "#tables/tables";

const now = Date.UTC(2026, 4, 1, 12);
const clock: Clock = { now: () => now, monotonic: () => systemClock.monotonic() };
const dayMs = 86_400_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-series-"));
  await mkdir(join(folder, "exports"));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Looked {
  readonly useCase: ForecastUseCase;
  readonly report: ReadinessReport;
  panel(): Promise<PreparedPanel>;
  train(): ReturnType<typeof trainForecast>;
}

/** A use case over `sales.csv` of these lines; other tables by name. */
async function look(csv: string, more: object = {}, others: Readonly<Record<string, string>> = {}): Promise<Looked> {
  const given = more as { source?: object };
  const useCase = useCaseSchema.parse({
    use_case: "sales",
    task: "forecast",
    goal: { kpi: "stock", direction: "decrease" },
    every: "day",
    horizon: 7,
    train: { budget: "0s" },
    ...more,
    source: { system: "exports", query: "select * from sales", series: ["item"], time: "day", value: "units", ...given.source },
  });
  assert.ok(useCase.task === "forecast");
  for (const [name, text] of Object.entries({ sales: csv, ...others }))
    await writeFile(join(folder, "exports", `${name}.csv`), text);
  const tables = openTables({ folder: join(folder, "tmp") });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const connection = files.open("exports", { type: "files", path: "./exports", timeout: "1m" }, folder);
  const deps = { tables, artifacts, clock };
  const snapshot = await takeSnapshot({ ...deps, connection, tempFolder: join(folder, "tmp") }, useCase);
  await connection.close();
  const report = await readiness(deps, snapshot, useCase);
  const panel = (): Promise<PreparedPanel> =>
    preparePanel({ tables, artifacts }, snapshot, useCase, { remedies: report.findings.flatMap(({ remedy }) => remedy ?? []) });
  return {
    useCase,
    report,
    panel,
    train: async () => trainForecast({ clock, threads: 0 }, { useCase, prepared: await panel() }, {}),
  };
}

const about = ({ findings }: ReadinessReport, check: string): Finding | undefined =>
  findings.find((finding) => finding.check === check && finding.verdict !== "pass");

/** Days before today, oldest first, as dates. */
const daysBack = (count: number, last = 1): string[] =>
  Array.from({ length: count }, (_, at) => new Date(now - (count - 1 - at + last) * dayMs).toISOString().slice(0, 10));
const lines = (head: string, rows: readonly (readonly (string | number)[])[]): string =>
  `${head}\n${rows.map((row) => row.join(",")).join("\n")}\n`;
const week = [5, 6, 7, 8, 9, 20, 15];
const steady = (count: number): string =>
  lines(
    "day,item,units",
    daysBack(count).map((day, at) => [day, "a", week[at % 7]! + (at % 3)]),
  );

test("a step is one of the calendar in its zone, and is written so that it can be read back", () => {
  const at = (text: string): number => Date.parse(text);
  assert.equal(stepText("day", stepAt("day", "Europe/Berlin", at("2026-03-28T23:30:00Z"))), "2026-03-29");
  assert.equal(stepText("day", stepAt("day", "Europe/Berlin", at("2026-03-29T21:59:59Z"))), "2026-03-29");
  assert.equal(stepText("day", stepAt("day", "America/New_York", at("2026-01-01T02:00:00Z"))), "2025-12-31");
  assert.equal(stepText("week", stepAt("week", "UTC", at("2026-03-29T12:00:00Z"))), "2026-03-23", "weeks begin on Monday");
  assert.equal(stepText("quarter", stepAt("quarter", "UTC", at("2026-05-01T00:00:00Z"))), "2026-Q2");
  assert.equal(stepText("hour", stepAt("hour", "Europe/Berlin", at("2026-03-29T01:30:00Z"))), "2026-03-29T01:00Z");
  for (const every of everyNames)
    for (const step of [-1, 0, 1, 500, 700])
      assert.equal(stepNamed(every, "UTC", stepText(every, step)), step, `${every} ${step}`);
  for (const text of ["", "tomorrow", "2026-13-01", "2026-01-01T10:00", "01.02.2026"])
    assert.equal(stepNamed("day", "UTC", text), undefined, text);
});

test("clocks are ahead of hours as the zone says, and steps of a calendar need none", () => {
  const first = stepAt("hour", "UTC", Date.parse("2026-03-28T00:00Z"));
  const ahead = clockAhead("hour", "Europe/Berlin", first, 49)!;
  assert.deepEqual([ahead[0], ahead[24], ahead[25], ahead[48]], [1, 1, 2, 2]);
  const quarters = clockAhead("15m", "America/New_York", stepAt("15m", "UTC", Date.parse("2026-11-01T00:00Z")), 96)!;
  assert.deepEqual([quarters[23], quarters[24]], [-16, -20]);
  assert.equal(clockAhead("day", "Europe/Berlin", 0, 5), null);
  assert.equal(clockAhead("hour", "UTC", 0, 5), null);
});

test("steps are counted in words", () => {
  assert.deepEqual(
    [stepCount("month", 200), stepCount("day", 1), stepCount("15m", 1), stepCount("15m", 96)],
    ["200 months", "1 day", "1 step of 15 minutes", "96 steps of 15 minutes"],
  );
});

test("days of 23 and of 25 hours are one step each, in the zone that is named and in no other", async () => {
  // Midnights of Berlin from the day before the clock goes forward to the day after it goes back.
  const instants: string[] = [];
  for (let ms = Date.UTC(2025, 2, 28, 23); ms < Date.UTC(2025, 9, 27, 22); ms += 3_600_000) {
    const hour = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", hourCycle: "h23" }).format(ms);
    if (hour === "00") instants.push(new Date(ms).toISOString());
  }
  const csv = lines(
    "day,item,units",
    instants.map((instant, at) => [instant, "a", at + 1]),
  );
  const { panel, report } = await look(csv, { time_zone: "Europe/Berlin" });
  const { values, starts } = (await panel()).panel;
  assert.deepEqual(
    [...values],
    instants.map((_, at) => at + 1),
    "no day is missing, none is there twice",
  );
  assert.equal(stepText("day", starts[0]!), "2025-03-29");
  assert.equal(about(report, "gap"), undefined);
  const shifted = (await (await look(csv)).panel()).panel;
  assert.equal(stepText("day", shifted.starts[0]!), "2025-03-28", "in UTC it is the evening before");
  const dates = await look(steady(30), { time_zone: "America/Los_Angeles" });
  assert.equal(stepText("day", (await dates.panel()).panel.starts[0]!), daysBack(30)[0], "a date is taken as it is");
});

test("rows of one step, steps without a row, the step that is running: by the rule that is declared", async () => {
  const rows = [
    ["2026-04-27", "a", 1],
    ["2026-04-27", "a", 3],
    ["2026-04-29", "a", 5],
    ["2026-05-01", "a", 100],
    ["2026-04-28", "b", 7],
    ["2026-04-30", "b", 9],
  ] as const;
  const csv = lines("day,item,units", rows);
  const valuesOf = async (more: object): Promise<number[]> => [...(await (await look(csv, more)).panel()).panel.values];
  const { NaN: none } = Number;
  assert.deepEqual(await valuesOf({}), [4, none, 5, none, 7, none, 9], "the first of May is not over");
  assert.deepEqual(await valuesOf({ missing: "zero" }), [4, 0, 5, 0, 7, 0, 9]);
  assert.deepEqual(await valuesOf({ missing: "zero", duplicates: "mean" }), [2, 0, 5, 0, 7, 0, 9]);
  assert.deepEqual(await valuesOf({ missing: "zero", look_back: 2 }), [5, 0, 9]);
  const strict = await look(csv, { duplicates: "error", horizon: 1 });
  assert.match(about(strict.report, "duplicate")!.detail, /1 row has a step that an earlier row of the series has too/);
  assert.equal(strict.report.verdict, "block");
  const whole = await look(csv, { source: { series: [] }, missing: "zero" });
  assert.deepEqual([...(await whole.panel()).panel.values], [4, 7, 5, 9], "without a key there is one series");
});

test("inputs of a step without a row are as they were last: they do not tell that nothing was sold", async () => {
  const sales = lines("day,item,units,price", [
    ["2026-04-25", "a", 1, 2],
    ["2026-04-26", "a", 1, 3],
    ["2026-04-29", "a", 2, ""],
    ["2026-04-30", "a", 2, 4],
    ["2026-04-28", "b", 7, 8],
  ]);
  const plan = lines("day,item,price", [
    ["2026-05-02", "a", 5],
    ["2026-05-04", "a", 6],
  ]);
  const inputs = { columns: ["price"], query: "select day, item, price from plan" };
  const { panel } = await (await look(sales, { missing: "zero", inputs }, { plan })).panel();
  const [price] = panel.inputs!;
  const none = Number.NaN;
  assert.deepEqual([...panel.values], [1, 1, 0, 0, 2, 2, 7, 0, 0]);
  assert.deepEqual(
    [...price!.history],
    [2, 3, 3, 3, none, 4, 8, 8, 8],
    "a price that is empty is unknown, one without a row holds",
  );
  assert.deepEqual([...price!.ahead], [4, 5, 5, 6, none, none, none, 8, 8, 8, 8, 8, 8, 8], "until the plan ends");
});

test("inputs of the steps to come are those of the plan, else the last value; holidays are counted by day", async () => {
  const days = daysBack(40);
  const sales = lines(
    "day,item,units,price",
    days.map((day, at) => [day, at % 2 === 0 ? "a" : "b", at, at % 5]),
  );
  const plan = lines("day,item,price", [
    ["2026-05-01", "a", 9],
    ["2026-05-02", "a", 8],
    ["2026-05-02", "new", 4],
  ]);
  const holidays = lines("day,name", [
    ["2026-04-03", "Good Friday"],
    ["2026-05-01", "First of May"],
  ]);
  const query = "select day, item, price from plan";
  const { panel, report } = await look(
    sales,
    { inputs: { columns: ["price"], query }, holidays: { query: "select day, name from holidays" } },
    { plan, holidays },
  );
  const { keys, inputs, calendar, offsets } = (await panel()).panel;
  assert.deepEqual(keys[0]!.values, ["a", "b", "new"], "what is only planned is new");
  assert.equal(offsets[3]! - offsets[2]!, 0);
  const none = Number.NaN;
  assert.deepEqual(
    [...inputs![0]!.ahead],
    [9, 8, none, none, none, none, none, 4, 4, 4, 4, 4, 4, 4, none, 4, none, none, none, none, none],
  );
  const [holiday] = calendar!;
  const on = [...holiday!.values].flatMap((value, at) => (value === 1 ? [stepText("day", holiday!.start + at)] : []));
  assert.deepEqual(on, ["2026-04-03", "2026-05-01"]);
  assert.match(about(report, "plan")!.detail, /inputs\.query ends with 2026-05-02, the forecast with 2026-05-07/);
  const unplanned = (await (await look(sales, { inputs: { columns: ["price"] } })).panel()).panel;
  assert.deepEqual([...unplanned.inputs![0]!.ahead.subarray(0, 7)], [3, 3, 3, 3, 3, 3, 3], "the last price holds");
});

const year9999 = lines("day,item,units", [...daysBack(60).map((day, at) => [day, "a", week[at % 7]!]), ["9999-12-31", "a", 3]]);

/** What is wrong, the check that says it, whether it blocks, and what it says. */
const hostile: readonly {
  readonly what: string;
  readonly csv: string;
  readonly more?: object;
  readonly check: string;
  readonly verdict: "warn" | "block";
  readonly says: RegExp;
  /** Whether there is something to learn from what is left. */
  readonly trains: boolean;
}[] = [
  {
    what: "no value at all",
    csv: lines(
      "day,item,units",
      daysBack(60).map((day) => [day, "a", ""]),
    ),
    check: "value",
    verdict: "block",
    says: /no series has a number in units/,
    trains: false,
  },
  {
    what: "values that are words",
    csv: lines(
      "day,item,units",
      daysBack(60).map((day) => [day, "a", "12 kg"]),
    ),
    check: "value",
    verdict: "block",
    says: /no series has a number in units/,
    trains: false,
  },
  {
    what: "times that are words",
    csv: lines(
      "day,item,units",
      daysBack(60).map((_, at) => ["soon", "a", at]),
    ),
    check: "time",
    verdict: "block",
    says: /day holds no instant and no date in any row/,
    trains: false,
  },
  {
    what: "one point",
    csv: lines("day,item,units", [["2026-04-01", "a", 4]]),
    check: "length",
    verdict: "block",
    says: /the history has 1 step, and the last 7 are for judging/,
    trains: false,
  },
  {
    what: "the same value for ever",
    csv: lines(
      "day,item,units",
      daysBack(60).map((day) => [day, "a", 3]),
    ),
    check: "constant",
    verdict: "warn",
    says: /the series has the same units at every step/,
    trains: true,
  },
  {
    what: "the year 9999",
    csv: year9999,
    check: "time",
    verdict: "warn",
    says: /1 row has a units after now; they are left out/,
    trains: true,
  },
  {
    what: "the year 102",
    csv: lines("day,item,units", [["0102-03-04", "a", 3], ...daysBack(60).map((day, at) => [day, "a", week[at % 7]!])]),
    check: "time",
    verdict: "warn",
    says: /1 row has a day before 1900; they are left out/,
    trains: true,
  },
  {
    what: "rows without a name",
    csv: lines(
      "day,item,units",
      daysBack(60).map((day, at) => [day, at % 10 === 0 ? "" : "a", week[at % 7]!]),
    ),
    check: "series",
    verdict: "warn",
    says: /6 rows have no item; they are left out/,
    trains: true,
  },
  {
    what: "a week as a day",
    csv: lines(
      "day,item,units",
      daysBack(300)
        .filter((_, at) => at % 7 === 0)
        .map((day, at) => [day, "a", at % 4]),
    ),
    check: "step",
    verdict: "warn",
    says: /most rows of a series are 7 steps apart/,
    trains: true,
  },
  {
    what: "many gaps",
    csv: lines(
      "day,item,units",
      daysBack(200)
        .filter((_, at) => at % 5 !== 0)
        .map((day, at) => [day, "a", week[at % 7]!]),
    ),
    check: "gap",
    verdict: "warn",
    says: /% of the steps between the first and the last of their series have no row; they are unknown/,
    trains: true,
  },
  {
    what: "some negative values",
    csv: lines(
      "day,item,units",
      daysBack(100).map((day, at) => [day, "a", at === 50 ? -3 : week[at % 7]!]),
    ),
    check: "value",
    verdict: "warn",
    says: /1 row has a negative units, all others are none/,
    trains: true,
  },
  {
    what: "all sold out",
    csv: lines(
      "day,item,units,out",
      daysBack(60).map((day, at) => [day, "a", week[at % 7]!, "true"]),
    ),
    more: { source: { censored: "out" } },
    check: "censored",
    verdict: "block",
    says: /out is set in every row/,
    trains: false,
  },
  {
    what: "an input that is the value",
    csv: lines(
      "day,item,units,shipped",
      daysBack(60).map((day, at) => [day, "a", week[at % 7]! + (at % 4), week[at % 7]! + (at % 4)]),
    ),
    more: { inputs: { columns: ["shipped"] } },
    check: "leak",
    verdict: "warn",
    says: /shipped equals units in 100\.0 % of the rows/,
    trains: true,
  },
  {
    what: "an input without a number",
    csv: lines(
      "day,item,units,weather",
      daysBack(60).map((day, at) => [day, "a", week[at % 7]!, "fair"]),
    ),
    more: { inputs: { columns: ["weather"] } },
    check: "input",
    verdict: "warn",
    says: /weather has no number in any row/,
    trains: true,
  },
  {
    what: "midnights of another zone",
    csv: lines(
      "day,item,units",
      daysBack(60).map((day, at) => [`${day}T22:00:00Z`, "a", week[at % 7]!]),
    ),
    check: "zone",
    verdict: "warn",
    says: /every day is at 22:00 UTC, or at that and one other time: it seems to be the midnight of another zone/,
    trains: true,
  },
  {
    what: "hours without a zone",
    csv: lines(
      "day,item,units",
      daysBack(9).flatMap((day) =>
        Array.from({ length: 24 }, (_, hour) => [`${day} ${String(hour).padStart(2, "0")}:00:00`, "a", hour]),
      ),
    ),
    more: { every: "hour", time_zone: "Europe/Berlin" },
    check: "zone",
    verdict: "warn",
    says: /day says no zone and is read as UTC/,
    trains: true,
  },
  {
    what: "numbers that are out of all range",
    csv: lines(
      "day,item,units",
      daysBack(60).map((day, at) => [day, "a", at % 9 === 0 ? "1e300" : at]),
    ),
    check: "range",
    verdict: "warn",
    says: /units further from 0 than 1,000,000,000,000,000; they are unknown/,
    trains: true,
  },
];

for (const { what, csv, more, check, verdict, says, trains } of hostile) {
  test(`${what}: one clear finding, and ${trains ? "numbers that are some" : "no training"}`, async () => {
    const { report, train } = await look(csv, more);
    const found = report.findings.filter((finding) => finding.verdict !== "pass" && says.test(finding.detail));
    assert.equal(found.length, 1, JSON.stringify(report.findings, null, 1));
    assert.deepEqual([found[0]!.check, found[0]!.verdict], [check, verdict]);
    assert.ok(found[0]!.fix!.length > 10);
    assert.equal(report.verdict === "block", !trains, JSON.stringify(report.findings, null, 1));
    if (!trains) {
      await assert.rejects(train(), (error) => isFailure(error, "DATA_UNSUITABLE") || verdict === "block");
      return;
    }
    const { model, evaluation } = await train();
    forecastEvaluationSchema.parse(evaluation);
    for (let series = 0; series < model.count; series++) {
      const { mean, quantiles, cumulative } = model.forecast(series)!;
      for (const numbers of [mean, quantiles, cumulative])
        assert.ok(numbers.every(Number.isFinite), `${what}: ${[...numbers].join()}`);
    }
  });
}

test("where only every other day has a value, intervals still have a width", async () => {
  const random = seeded(3).next;
  const csv = lines(
    "day,item,units",
    daysBack(120).flatMap((day, at) => (at % 2 === 0 ? [[day, "a", 50 + Math.floor(11 * random())]] : [])),
  );
  const { model } = await (await look(csv)).train();
  const { quantiles } = model.forecast(0)!;
  for (let step = 0; step < 7; step++) assert.ok(quantiles.at(step - 7)! - quantiles[step]! > 1);
});

test("clean series have nothing to do", async () => {
  const { report, train } = await look(steady(120));
  assert.deepEqual(
    report.findings.filter(({ verdict }) => verdict !== "pass"),
    [],
  );
  assert.equal(report.verdict, "pass");
  const { evaluation } = await train();
  assert.equal(evaluation.series.learnt, 1);
});

test("times that run backwards are the same series", async () => {
  const [head, ...rows] = steady(60).trim().split("\n");
  const forward = await (await look(steady(60))).panel();
  assert.deepEqual(await (await look(`${[head, ...rows.reverse()].join("\n")}\n`)).panel(), forward);
});

test("twenty thousand series of length three: a finding, bounded memory, and forecasts that are numbers", async () => {
  const count = 20_000;
  const days = daysBack(3);
  const rows: string[] = ["day,item,units"];
  for (let at = 0; at < count; at++) for (const day of days) rows.push(`${day},i${at},${at % 7}`);
  const { report, train } = await look(`${rows.join("\n")}\n`, { horizon: 1 });
  assert.match(about(report, "length")!.detail, /no series has two seasons of 7 steps/);
  const { model } = await train();
  assert.equal(model.count, count);
  for (const series of [0, 1, count - 1]) assert.ok(model.forecast(series)!.mean.every(Number.isFinite));
});

const yaml = `use_case: sales
task: forecast
goal: { kpi: stock, direction: decrease }
source:
  system: exports
  query: select * from sales
  series: [store, item]
  time: day
  value: units
every: day
horizon: 28
time_zone: Europe/Berlin
inputs: { columns: [price] }
hierarchy: [region, store]
policy:
  order: { lead_time: 3, review: 7, service_level: 95%, pack: 6 }
`;

const broken: readonly (readonly [what: string, from: string, to: string, says: readonly RegExp[]])[] = [
  [
    "a misspelt key",
    "horizon: 28",
    "horizont: 28",
    [/:11:1 horizont is not a key; did you mean horizon\?/, /horizon is missing/],
  ],
  ["an unknown step", "every: day", "every: daily", [/:10:1 every must be one of 15m, 30m, hour, day/]],
  ["a misspelt zone", "Europe/Berlin", "Europe/Berln", [/:12:1 time_zone must be a time zone; did you mean Europe\/Berlin\?/]],
  [
    "costs and a service level",
    "service_level: 95%",
    "service_level: 95%, overstock: 1",
    [/policy\.order must be either understock and overstock/],
  ],
  [
    "a share as a number",
    "service_level: 95%",
    "service_level: 0.95",
    [/policy\.order\.service_level is a percentage; write 95%/],
  ],
  ["one cost alone", "service_level: 95%", "understock: 1", [/policy\.order must be either understock and overstock/]],
  [
    "an order beyond the horizon",
    "review: 7",
    "review: 30",
    [/:16:3 lead_time and review are 33 steps, the horizon only 28; raise the horizon/],
  ],
  ["cover beside an order", "policy:", "policy:\n  cover: 3", [/:16:3 cover does not go with an order/]],
  ["a column in two roles", "columns: [price]", "columns: [units]", [/:13:21 units is the value already/]],
  ["a group that is the value", "[region, store]", "[day]", [/:14:13 day is the time already/]],
  ["features", "every: day", "every: day\nfeatures: { text: [subject] }", [/:11:1 features is not a key/]],
  ["a horizon of nothing", "horizon: 28", "horizon: 0", [/horizon must be at least 1/]],
  [
    "a default in words",
    "policy:",
    "policy:\n  otherwise: default\n  default: many",
    [/policy\.default must be a number such as 12 or 0\.5/],
  ],
];

test("every problem of the file is told with its place and the nearest spelling", async () => {
  await mkdir(join(folder, "use-cases"), { recursive: true });
  await writeFile(join(folder, "inlay.yaml"), "project: shop\nsystems: { exports: { type: files, path: ./exports } }\n");
  const problemsOf = async (text: string): Promise<readonly string[]> => {
    await writeFile(join(folder, "use-cases", "sales.yaml"), text);
    return loadProject({ folder }).then(
      () => [],
      (error: unknown) => {
        assert.ok(isFailure(error, "PROJECT_INVALID"), String(error));
        return error.problems.map(({ pointer, detail }) => `${pointer} ${detail}`);
      },
    );
  };
  assert.deepEqual(await problemsOf(yaml), [], "the control has none");
  for (const [what, from, to, says] of broken) {
    assert.ok(yaml.includes(from), from);
    const problems = await problemsOf(yaml.replace(from, to));
    assert.equal(problems.length, says.length, `${what}: ${problems.join("\n")}`);
    for (const pattern of says)
      assert.ok(
        problems.some((problem) => pattern.test(problem)),
        `${what}: ${problems.join("\n")}`,
      );
  }
});
