/** Holidays of a country, of its regions, and of the region of each series: as the library says, frozen with the snapshot. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "#base/clock";
import type { Clock } from "#base/clock";
import { isFailure } from "#base/errors";
import { stepText } from "#base/steps";
import type { Every } from "#base/steps";
import { openPublicHolidays } from "#calendars/public-holidays";
import type { PublicHolidays } from "#calendars/public-holidays";
import { files } from "#connectors/files/files";
import { openArtifacts } from "#files/artifacts";
import { openChecker } from "#flows/check-project/open-checker";
import { loadProject } from "#project/load-project";
import { holidayNames } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { ReadinessReport } from "#records/readiness-report";
import type { Snapshot } from "#records/snapshot";
import { useCaseSchema } from "#records/use-case";
import { holidayColumns } from "#stages/prepare/holiday-columns";
import { preparePanel } from "#stages/prepare/panel";
import type { PreparedPanel } from "#stages/prepare/panel";
import { readiness } from "#stages/readiness/readiness";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { trainForecast } from "#stages/train/train-forecast";
import { openTables } from "#tables/tables";

const dayMs = 86_400_000;
const now = Date.UTC(2026, 10, 20, 12);
const clock: Clock = { now: () => now, monotonic: () => systemClock.monotonic() };

let folder: string;
/** Null where the package is not installed. */
let library: PublicHolidays | null;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-holidays-"));
  await mkdir(join(folder, "exports"));
  library = await openPublicHolidays(import.meta.dirname).catch((error: unknown) => {
    assert.ok(isFailure(error, "PACKAGE_MISSING"), String(error));
    return null;
  });
});
after(() => rm(folder, { recursive: true, force: true }));
const installed = (name: string, run: () => Promise<void> | void): void =>
  void test(name, async (t) => (library ? run() : t.skip("date-holidays is not installed")));

interface Seen {
  readonly useCase: ForecastUseCase;
  readonly snapshot: Snapshot;
  readonly report: ReadinessReport;
  readonly prepared: PreparedPanel;
  /** As the use case is, or would be otherwise. */
  prepare(other?: object): Promise<PreparedPanel>;
}

async function see(csv: string, more: object, plan?: string): Promise<Seen> {
  const useCase = useCaseSchema.parse({
    use_case: "sales",
    task: "forecast",
    goal: { kpi: "stock", direction: "decrease" },
    every: "day",
    horizon: 40,
    train: { budget: "0s" },
    source: { system: "exports", query: "select * from sales", series: ["shop"], time: "day", value: "units" },
    ...more,
  });
  assert.ok(useCase.task === "forecast");
  for (const [name, text] of [
    ["sales", csv],
    ["plan", plan ?? "shop\n"],
  ] as const)
    await writeFile(join(folder, "exports", `${name}.csv`), text);
  const tables = openTables({ folder: join(folder, "tmp") });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const connection = files.open("exports", { type: "files", path: "./exports", timeout: "1m" }, folder);
  const open = async (): Promise<PublicHolidays> => library!;
  const deps = { connection, artifacts, tables, clock, tempFolder: join(folder, "tmp"), openPublicHolidays: open };
  let snapshot: Snapshot;
  try {
    snapshot = await takeSnapshot(deps, useCase);
  } finally {
    await connection.close();
  }
  const prepare = (other: object = {}): Promise<PreparedPanel> =>
    preparePanel({ tables, artifacts }, snapshot, { ...useCase, ...other });
  const report = await readiness({ tables, artifacts, clock }, snapshot, useCase);
  return { useCase, snapshot, report, prepare, prepared: await prepare() };
}

/** Days of the column with this name that are set, of the past and to come. */
function daysOf({ panel }: PreparedPanel, name: string, series?: number, every: Every = "day"): string[] {
  const on: string[] = [];
  const say = (start: number, values: Float64Array): void => {
    for (const [at, value] of values.entries()) if (value > 0) on.push(stepText(every, start + at));
  };
  if (series === undefined) {
    const column = panel.calendar!.find((one) => one.name === name)!;
    say(column.start, column.values);
    return on;
  }
  const input = panel.inputs!.find((one) => one.name === name)!;
  const [from, to] = [panel.offsets[series]!, panel.offsets[series + 1]!];
  const horizon = input.ahead.length / panel.starts.length;
  say(panel.starts[series]!, input.history.subarray(from, to));
  say(panel.starts[series]! + to - from, input.ahead.subarray(series * horizon, (series + 1) * horizon));
  return on;
}

const days = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => new Date(from + at * dayMs).toISOString().slice(0, 10));
/** The year until yesterday of shops in a region each. */
const year = days(now - 12 * 3_600_000 - 365 * dayMs, 365);
const shops = (regions: readonly string[]): string =>
  [
    "day,shop,land,units",
    ...year.flatMap((day, at) => regions.map((land, shop) => `${day},${shop},${land},${10 + (at % 7)}`)),
  ].join("\n");

test("the day before, the day after and the bridge to a weekend are told beside the holiday, in the zone that is declared", () => {
  const ascension = Date.UTC(2026, 4, 14) / dayMs; // a Thursday
  const said = (every: Every, zone: string, from: string, to: string): string[] => {
    const stretch = every === "day" ? dayMs : 3_600_000;
    const [start, end] = [Date.parse(from) / stretch, Date.parse(to) / stretch];
    const columns = holidayColumns({ days: new Set([ascension]), weekend: [6, 7] }, { every, zone, start, end });
    return columns.flatMap(({ name, values }) =>
      [...values].flatMap((one, at) => (one ? [`${stepText(every, start + at)} ${name}`] : [])),
    );
  };
  assert.deepEqual(said("day", "UTC", "2026-05-11", "2026-05-18"), [
    "2026-05-14 holiday",
    "2026-05-13 day before a holiday",
    "2026-05-15 day after a holiday",
    "2026-05-15 bridge day",
  ]);
  const hours = said("hour", "Europe/Berlin", "2026-05-13", "2026-05-16").filter((one) => one.endsWith("Z holiday"));
  assert.deepEqual([hours.length, hours[0], hours.at(-1)], [24, "2026-05-13T22:00Z holiday", "2026-05-14T21:00Z holiday"]);
  assert.deepEqual(holidayNames("week"), ["holiday"]);
});

installed(
  "places are found by code and by name, feasts of several days have all of their days, whatever the clock of the machine",
  () => {
    const code = (text: string, country?: string): string => library!.find(text, country).code;
    assert.deepEqual(
      [
        code("de"),
        code("DE-BY"),
        code("BY", "DE"),
        code("Bayern", "DE"),
        code("DE-BY", "DE"),
        code("Rheinland-Pfalz", "DE"),
        code("US-LA-NO"),
      ],
      ["DE", "DE-BY", "DE-BY", "DE-BY", "DE-BY", "DE-RP", "US-LA-NO"],
    );
    const on = (place: string, of: number): string[] =>
      library!.holidays(library!.find(place), of, of).map(({ day }) => stepText("day", day));
    const [bavaria, berlin] = [on("DE-BY", 2026), on("DE-BE", 2026)];
    for (const day of ["2026-01-06", "2026-06-04", "2026-11-01"]) assert.ok(bavaria.includes(day) && !berlin.includes(day), day);
    assert.ok(berlin.includes("2026-03-08") && !bavaria.includes("2026-03-08"), "Women's Day is one in Berlin");
    const feast = on("TR", 2026).filter((day) => day >= "2026-05-20" && day <= "2026-06-05");
    assert.deepEqual(feast, ["2026-05-27", "2026-05-28", "2026-05-29", "2026-05-30"]);
    assert.deepEqual(
      [library!.find("SA").weekend, library!.find("DE").weekend],
      [
        [5, 6],
        [6, 7],
      ],
    );
    for (const [text, country, says] of [
      ["XX", undefined, /XX is no country whose holidays are known/],
      ["Germny", undefined, /Did you mean DE \(Germany\)\?/],
      ["DE-XX", undefined, /DE-XX is no part of DE whose holidays are known[\s\S]*DE-BB, DE-BE/],
      ["Bayrn", "DE", /DE-Bayrn is no part of DE/],
    ] as const)
      assert.throws(
        () => library!.find(text, country),
        (error) => isFailure(error, "PLACE_UNKNOWN") && says.test(`${error.message}\n${error.fix}`),
      );
  },
);

installed("holidays of a country reach from the first step to the end of the horizon, and stay what they were", async () => {
  const { snapshot, prepared, prepare } = await see(shops(["BY", "BE"]), { holidays: { country: "DE", region: "BE" } });
  const told = daysOf(prepared, "holiday");
  assert.deepEqual(told.slice(0, 4), ["2025-12-25", "2025-12-26", "2026-01-01", "2026-03-08"]);
  assert.deepEqual(told.slice(-2), ["2026-12-25", "2026-12-26"]);
  assert.deepEqual(daysOf(prepared, "day before a holiday").slice(-1), ["2026-12-24"]);
  assert.ok(daysOf(prepared, "bridge day").includes("2026-05-15"));
  const [frozen] = snapshot.beside!;
  assert.equal(frozen!.library, library!.library);
  assert.equal(frozen!.query, "DE-BE 2024 to 2027");
  // What was frozen needs no library.
  assert.deepEqual(daysOf(await prepare(), "holiday"), told);
  for (const holidays of ["DE-BY", { column: "land", country: "DE" }, { query: "select 1" }])
    await assert.rejects(
      prepare({ holidays }),
      (error) => isFailure(error, "DATA_UNSUITABLE") && /others than those that the snapshot was taken with/.test(error.message),
    );
  const other = await see(shops(["BY", "BE"]), { holidays: "DE-BY" });
  assert.notEqual(other.snapshot.hash, snapshot.hash, "the hash of the snapshot stands for its holidays too");
});

installed(
  "each series has the holidays of its own region, one that is only planned too; without a region those of the country",
  async () => {
    const plan = ["day,shop,land,price", "2026-12-01,9,BE,1"].join("\n");
    const more = {
      holidays: { country: "DE", column: "land" },
      inputs: { columns: ["price"], query: "select * from plan" },
    };
    const csv = shops(["BY", "BE", ""])
      .replace("units\n", "units,price\n")
      .replaceAll(/(,\d+)$/gm, "$1,1");
    const { prepared, report } = await see(csv, more, plan);
    const { keys } = prepared.panel;
    assert.deepEqual(keys[0]!.values, ["0", "1", "2", "9"]);
    const [bavaria, berlin, none, planned] = [0, 1, 2, 3].map((series) => daysOf(prepared, "holiday", series));
    assert.ok(bavaria!.includes("2026-06-04") && !berlin!.includes("2026-06-04"));
    assert.ok(berlin!.includes("2026-03-08") && !bavaria!.includes("2026-03-08"));
    assert.ok(!none!.includes("2026-03-08") && !none!.includes("2026-06-04") && none!.includes("2026-10-03"));
    assert.deepEqual(planned, ["2026-12-25", "2026-12-26"]);
    const told = report.findings.find(({ check }) => check === "place");
    assert.match(told?.detail ?? "", /^1 of 3 series have no land: they have the holidays of DE$/);
    const lost = shops(["BY", "Bavria"]);
    await assert.rejects(
      see(lost, { holidays: { country: "DE", column: "land" } }),
      (error) => isFailure(error, "PLACE_UNKNOWN") && /DE-Bavria is no part of DE/.test(error.message),
    );
  },
);

installed(
  "a shop in Bavaria and one in Berlin are forecast closed on the holidays of their own, and before them people shop",
  async () => {
    const closed = new Map(
      ["BY", "BE"].map((land) => [
        land,
        new Set(library!.holidays(library!.find(land, "DE"), 2022, 2027).map(({ day }) => stepText("day", day))),
      ]),
    );
    const end = Date.UTC(2026, 4, 20);
    const past = days(end - 900 * dayMs, 900);
    const unitsOf = (day: string, land: string): number => {
      const off = closed.get(land)!;
      const next = new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
      return off.has(day) ? 0 : 100 + (off.has(next) ? 40 : 0) + ((Date.parse(day) / dayMs) % 7);
    };
    const csv = [
      "day,shop,land,units",
      ...past.flatMap((day) => ["BY", "BE"].map((land) => `${day},${land},${land},${unitsOf(day, land)}`)),
    ];
    const { useCase, prepared } = await see(csv.join("\n"), { holidays: { country: "DE", column: "land" }, horizon: 28 });
    const { model } = await trainForecast({ clock, threads: 0 }, { useCase, prepared }, {});
    const corpusChristi = days(end, 28).indexOf("2026-06-04");
    const [berlin, bavaria] = [0, 1].map((series) => model.forecast(series)!.mean);
    assert.deepEqual(model.keys[0]!.values, ["BE", "BY"]);
    assert.ok(
      bavaria![corpusChristi]! < 20 && berlin![corpusChristi]! > 80,
      `${bavaria![corpusChristi]} and ${berlin![corpusChristi]}`,
    );
    assert.ok(bavaria![corpusChristi - 1]! > berlin![corpusChristi - 1]! + 20, "the day before");
  },
);

installed("steps longer than a day are told how many holidays they have", async () => {
  const { prepared } = await see(shops(["BY"]), { holidays: "DE", every: "month", horizon: 3 });
  const [column, ...others] = prepared.panel.calendar!;
  assert.deepEqual([column!.name, others.length], ["holiday", 0]);
  const told = new Map([...column!.values].map((count, at) => [stepText("month", column!.start + at), count]));
  assert.deepEqual(
    ["2025-12", "2026-02", "2026-04", "2026-05"].map((month) => told.get(month)),
    [2, 0, 2, 3],
  );
});

test("what a file may say of holidays, and one clear problem for each thing that it may not", async () => {
  await mkdir(join(folder, "use-cases"));
  await writeFile(join(folder, "inlay.yaml"), "project: shop\nsystems: { exports: { type: files, path: ./exports } }\n");
  const problemsOf = async (holidays: string, inputs = ""): Promise<string> => {
    await writeFile(
      join(folder, "use-cases", "sales.yaml"),
      `use_case: sales\ntask: forecast\ngoal: { kpi: stock, direction: decrease }\nsource: { system: exports, query: select * from sales, series: [shop], time: day, value: units }\nevery: day\nhorizon: 7\nholidays: ${holidays}\n${inputs}`,
    );
    return loadProject({ folder }).then(
      () => "",
      (error: Error) => error.message,
    );
  };
  for (const good of [
    "DE",
    "DE-BY",
    "{ country: DE, region: BY }",
    "{ column: land }",
    "{ country: DE, column: land }",
    "{ query: select day from days }",
  ])
    assert.equal(await problemsOf(good), "", good);
  for (const [bad, says] of [
    ["Germany", /a country or a region of it by its code, such as DE or DE-BY/],
    ["{ country: DE, region: BY, column: land }", /either country, with a region/],
    ["{ country: DE, query: select 1 }", /either country/],
    ["{ region: BY }", /either country/],
    ["{ countri: DE }", /countri is not a key of holidays; did you mean country\?/],
  ] as const)
    assert.match(await problemsOf(bad), says, bad);
  assert.match(
    await problemsOf("DE", "inputs: { columns: [holiday] }\n"),
    /holiday is what holidays add to what is known ahead already/,
  );
  if (!library) return;
  await writeFile(join(folder, "exports", "sales.csv"), shops(["BY"]));
  const tell = async (holidays: string): Promise<string> => {
    await problemsOf(holidays);
    const checker = openChecker({
      load: () => loadProject({ folder }),
      connect: (_, system) => files.open(system, { type: "files", path: "./exports", timeout: "1m" }, folder),
      openEncoder: () => () => assert.fail("no encoder"),
      openPublicHolidays: () => async () => library!,
      broker: () => assert.fail("no broker"),
      receiver: () => assert.fail("no receiver"),
    });
    const { checks } = await checker.check();
    return checks.map(({ subject, detail, fix }) => `${subject} ${detail} ${fix}`).join("\n");
  };
  assert.match(await tell("DE-BY"), /sales: holidays DE-BY, date-holidays/);
  assert.match(await tell("DE-XX"), /sales: holidays DE-XX is no part of DE/);
  assert.match(await tell("{ column: lnd }"), /holidays\.column the query returns no column lnd Did you mean land\?/);
});
