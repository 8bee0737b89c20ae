/** A use case that looks ahead, from the sales of a shop to the order that a person confirms, and what it sold then. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "pg";
import { systemClock } from "#base/clock";
import type { Clock } from "#base/clock";
import { isFailure } from "#base/errors";
import { postgres } from "#connectors/postgres/postgres";
import { sqlite } from "#connectors/sqlite/sqlite";
import { versionText } from "#doors/cli/commands/build";
import { decisionText } from "#doors/cli/commands/decide";
import { forecast } from "#doors/cli/commands/forecast";
import { openOutput } from "#doors/cli/output";
import type { Services } from "#doors/cli/services";
import type { ForecastPage } from "#flows/look-ahead/look-ahead";
import { openBuilder } from "#flows/build-model/open-builder";
import { forecastChangesSchema, forecastPageSchema } from "#flows/look-ahead/look-ahead";
import type { ForecastEvaluation } from "#records/forecast-evaluation";
import { modelVersionSchema } from "#records/model-version";
import type { Decision } from "#records/decision";
import { openArtifacts } from "#files/artifacts";
import { whatIfSchema } from "#flows/look-ahead/what-if";
import type { WhatIf } from "#flows/look-ahead/what-if";
import { loadProject } from "#project/load-project";
import { preparePanel } from "#stages/prepare/panel";
import type { PreparedPanel } from "#stages/prepare/panel";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { trainForecast } from "#stages/train/train-forecast";
import { openTables } from "#tables/tables";
import type { TestServer } from "./support/http-server.ts";
import { eventually, openTestServer } from "./support/http-server.ts";
import { shop } from "./support/shop.ts";
import { shopProject, useCase, writePostgres, writeProject, writeSqlite } from "./support/shop-system.ts";

const dayMs = 86_400_000;
/** The day after the last one of the sales. */
const today = Date.UTC(2026, 3, 10, 8);
const sold = shop(today - dayMs);
/** Moved by the tests that look at a model that has grown old. */
let now = today;
const clock: Clock = { now: () => now, monotonic: () => systemClock.monotonic() };

let server: TestServer;
let database: string;
let evaluation: ForecastEvaluation;
before(async () => {
  server = await openTestServer({
    clock,
    project: shopProject(sold),
  });
  database = join(server.folder, "..", "shop.db");
  const { evaluation: found } = await server.release.model(useCase, 1);
  assert.ok(found.task === "forecast");
  evaluation = found;
});
after(() => server.close());

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly link: string | undefined;
}

async function call<T = Record<string, unknown>>(method: "GET" | "POST", url: string, payload?: object): Promise<Answer<T>> {
  const headers = { authorization: `Bearer ${server.keys.all}` };
  const answer = await server.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<T>(), link: answer.headers["link"]?.toString() };
}

async function decide(record: object): Promise<Decision> {
  const { status, body } = await call<Decision>("POST", `/v1/use-cases/${useCase}/decisions`, { record });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function pageOf(query: string): Promise<ForecastPage> {
  const { status, body } = await call("GET", `/v1/use-cases/${useCase}/forecast?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return forecastPageSchema.parse(body);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test("it is judged on the last steps beside seasonal naive, by steps ahead and by group, and knows the last day", async () => {
  const { model, baselines, series } = evaluation;
  assert.ok(model.mae < baselines.seasonal_naive.mae, JSON.stringify(evaluation));
  assert.deepEqual([evaluation.seen_until, evaluation.horizon, evaluation.origins], ["2026-04-09", 28, 1]);
  assert.equal(evaluation.split_at, "2026-03-13T00:00:00.000Z");
  assert.deepEqual([series.learnt, series.ended], [8, 2], "what is sold no more is over");
  assert.equal(evaluation.ahead[0]!.from, 1);
  assert.equal(evaluation.ahead.at(-1)!.to, 28);
  assert.equal(
    evaluation.ahead.reduce((total, { rows }) => total + rows, 0),
    evaluation.test_rows,
  );
  const columns = new Set(evaluation.groups.map(({ column }) => column));
  assert.deepEqual([...columns].sort(), ["item", "region", "store"]);
  const version = await server.release.model(useCase, 1);
  modelVersionSchema.parse(version);
  assert.deepEqual(
    version.gates.map(({ gate, passed }) => [gate, passed]),
    [["beats seasonal-naive", true]],
  );
  assert.match(versionText(version), /seasonal naive[\s\S]*It has seen everything until 2026-04-09[\s\S]*It combines/);
  const card = Buffer.from(await server.release.export(useCase, 1, "card")).toString();
  for (const fact of ["seasonal naive", "steps ahead", "units", "2026-04-09"]) assert.ok(card.includes(fact), fact);
  assert.ok(!/NaN|Infinity|undefined/.test(card), card);
});

test("what is sold out is the least that would have been sold, and is not judged on", () => {
  const judged = sold.sales.filter(({ day, item, sold_out: out }) => item === "bread" && !out && day >= "2026-03-13").length;
  const bread = evaluation.groups.find(({ column, value }) => column === "item" && value === "bread")!;
  assert.equal(bread.rows, judged);
});

test("an order is a multiple of the pack, covers lead time and review, and its reasons add up to it", async () => {
  const decision = await decide({ store: 1, item: "bread", on_hand: 20, on_order: 12 });
  assert.deepEqual([decision.path, decision.cause, decision.key], ["model", "confident", "1 / bread"]);
  const { forecast, interval, reasons } = decision;
  const { order } = forecast!;
  assert.deepEqual([forecast!.from, forecast!.until, forecast!.seen_until], ["2026-04-10", "2026-04-19", "2026-04-09"]);
  assert.equal(decision.outcome, String(order!.quantity));
  assert.equal(order!.quantity % 6, 0);
  assert.ok(Math.abs(order!.level - 5 / 6) < 1e-9, "the critical ratio of the costs");
  assert.ok(interval!.lower <= interval!.value && interval!.value <= interval!.upper && interval!.coverage === 0.8);
  const rounding = 0.5 * (reasons.length + 1);
  assert.ok(Math.abs(sum(reasons.map(({ weight }) => weight)) - order!.quantity) <= rounding, JSON.stringify(reasons));
  const fields = new Set(reasons.map(({ field }) => field));
  for (const field of ["level", "season", "reserve", "stock"]) assert.ok(fields.has(field), field);

  const empty = await decide({ store: 1, item: "bread" });
  const saved = empty.forecast!.order!.quantity - order!.quantity;
  assert.ok(saved >= 32 - 6 && saved <= 32 + 6, `what is there and on its way is not ordered again: ${saved}`);
  const full = await decide({ store: 1, item: "bread", on_hand: 10_000 });
  assert.equal(full.outcome, "0");
  assert.match(
    decisionText({ ...decision, policy_hash: "", record: {}, deployment: null, decided_by: "" }),
    /seen until 2026-04-09/,
  );
});

test("a record may say from when on; what the model does not reach goes to a person with the cause", async () => {
  const later = await decide({ store: "2", item: "milk", day: "2026-04-20" });
  assert.deepEqual([later.path, later.forecast?.from, later.forecast?.until], ["model", "2026-04-20", "2026-04-29"]);
  for (const [day, what] of [
    ["2026-05-05", /2026-05-05 to 2026-05-14 is asked for, the model looks ahead from 2026-04-10 to 2026-05-07: train it again/],
    ["2026-04-01", /2026-04-01 to 2026-04-10 is asked for/],
  ] as const) {
    const far = await decide({ store: "2", item: "milk", day });
    assert.deepEqual([far.path, far.cause, far.outcome], ["review", "out_of_reach", null]);
    assert.match(far.explanation, what);
  }
  const unknown = await decide({ store: 9, item: "milk" });
  assert.deepEqual([unknown.path, unknown.cause], ["review", "unfamiliar"]);
  assert.match(unknown.explanation, /no series 9 \/ milk was learnt from/);
  const { status, body } = await call<{ errors: { pointer: string; detail: string }[] }>(
    "POST",
    `/v1/use-cases/${useCase}/decisions`,
    { record: { store: 1, itm: "milk", day: "next week", on_hand: "20" } },
  );
  assert.equal(status, 422);
  assert.deepEqual(
    body.errors.map(({ pointer, detail }) => `${pointer} ${detail}`),
    [
      "/record/itm is not a field; did you mean item?",
      "/record/item is missing; it names the series",
      "/record/day must be a day such as 1970-01-01, a date, or an instant in RFC 3339",
      "/record/on_hand must be a number, write it without quotes",
    ],
  );
});

test("a model that has grown old says so, covers what is left, and leaves it to a person once that is too little", async () => {
  const narrow = (await decide({ store: 1, item: "bread" })).interval!;
  now = today + 14 * dayMs;
  const old = await decide({ store: 1, item: "bread" });
  assert.deepEqual([old.path, old.forecast?.from, old.forecast?.seen_until], ["model", "2026-04-24", "2026-04-09"]);
  assert.ok(old.interval!.upper - old.interval!.lower >= narrow.upper - narrow.lower, "later is no surer");
  assert.equal((await pageOf("limit=1")).steps_old, 14);
  now = today + 20 * dayMs;
  const done = await decide({ store: 1, item: "bread" });
  assert.deepEqual([done.path, done.cause], ["review", "out_of_reach"]);
  now = today;
});

test("forecasts come in pages, by series, with the past beside them, as numbers and nothing else", async () => {
  const all = await pageOf("limit=200");
  assert.equal(all.next, null);
  const first = await call<ForecastPage>("GET", `/v1/use-cases/${useCase}/forecast?limit=4`);
  assert.equal(first.body.series.length, 4);
  assert.match(first.link ?? "", /after=4.*rel="next"/);
  const second = await pageOf(`limit=4&after=${first.body.next}`);
  assert.deepEqual(
    [...first.body.series, ...second.series].map(({ series }) => series),
    all.series.slice(0, 8).map(({ series }) => series),
  );
  const one = await pageOf("series=store%3D1,item%3Dbread&history=30");
  const [bread] = one.series;
  assert.equal(one.series.length, 1);
  assert.equal(bread!.steps.length, 28);
  const last = sold.sales.filter(({ store, item }) => store === "1" && item === "bread").slice(-30);
  assert.deepEqual(
    bread!.history.map(({ step, value }) => [step, value]),
    last.map(({ day, units }) => [day, units]),
  );
  for (const { lower, mean, upper } of bread!.steps) assert.ok(lower <= mean && mean <= upper && lower >= 0);
  const wrong = await call("GET", `/v1/use-cases/${useCase}/forecast?series=stor%3D1`);
  assert.deepEqual([wrong.status, wrong.body["code"]], [422, "SERIES_UNKNOWN"]);
  assert.match(JSON.stringify(wrong.body), /stor is no column of its series; did you mean store\?/);
});

test("sums come first and are the sums of what they are made of", async () => {
  const { series } = await pageOf("limit=200");
  const means = (wanted: (key: Readonly<Record<string, string | null>>) => boolean): number =>
    sum(series.filter(({ key }) => wanted(key)).map((one) => one.sum.mean));
  assert.equal(series[0]!.series, "total");
  assert.equal(evaluation.series.sums, 5);
  const [total, north] = [series[0]!.sum.mean, series.find(({ series: name }) => name === "north in total")!.sum.mean];
  assert.ok(Math.abs(means(({ item }) => item !== null) - total) < 1e-3 * total);
  assert.ok(Math.abs(means(({ item, region }) => item !== null && region === "north") - north) < 1e-3 * north);
  const history = await pageOf("series=region%3Dnorth&limit=1&history=10");
  const [day] = history.series[0]!.history.slice(-1);
  const units = sum(sold.sales.filter((sale) => sale.day === day!.step && sale.region === "north").map((sale) => sale.units));
  assert.equal(day!.value, units);
});

test("a new item is forecast, one that is sold no more is for a person, one that sells now and then goes on", async () => {
  const gone = await decide({ store: 1, item: "gone" });
  assert.deepEqual([gone.path, gone.cause], ["review", "unfamiliar"]);
  assert.match(gone.explanation, /no series 1 \/ gone was learnt from, or it is over/);
  assert.equal((await decide({ store: 1, item: "lamp" })).path, "model");
  const fresh = await pageOf("series=item%3Dfresh,store%3D1");
  const daily = sum(fresh.series[0]!.steps.map(({ mean }) => mean)) / 28;
  assert.ok(daily > 8 && daily < 25, `${daily} a day, 12 on working days and 24 on weekends were sold for two weeks`);
});

test("a planned promotion is seen coming", async () => {
  const promoted = new Set(
    sold.plan.filter(({ store, item, promo }) => store === "1" && item === "milk" && promo).map(({ day }) => day),
  );
  const { series } = await pageOf("series=item%3Dmilk,store%3D1");
  const on = series[0]!.steps.filter(({ step }) => promoted.has(step)).map(({ mean }) => mean);
  const off = series[0]!.steps.filter(({ step }) => !promoted.has(step)).map(({ mean }) => mean);
  assert.ok(on.length > 0 && sum(on) / on.length > 1.5 * (sum(off) / off.length), `${on.join()} against ${off.join()}`);
});

test("what if milk were cheaper, or promoted: the difference by step and in sum, and nothing is recorded", async () => {
  const recorded = async (): Promise<unknown> => {
    const { rows } = await server.state.pool.query(
      "select (select count(*) from inlay.snapshots), (select count(*) from inlay.model_versions)",
    );
    return [rows, await pageOf("limit=200")];
  };
  const before = await recorded();
  const ask = async (body: object): Promise<WhatIf> => {
    const { status, body: answer } = await call("POST", `/v1/use-cases/${useCase}/forecast/what-if`, body);
    assert.equal(status, 200, JSON.stringify(answer));
    return whatIfSchema.parse(answer);
  };
  const milk = { store: "1", item: "milk" };
  const stands = (await pageOf("series=store%3D1,item%3Dmilk")).series[0]!;
  const plain = stands.steps[3]!;
  const promoted = await ask({ changes: { promo: true, price: 0.8 }, series: milk, from: plain.step, until: plain.step });
  const [only] = promoted.series;
  assert.deepEqual([promoted.count, promoted.outside, only!.steps.length], [1, 0, 1]);
  assert.equal(only!.steps[0]!.planned, plain.mean);
  assert.ok(only!.steps[0]!.difference > 30, `a promotion triples 30: ${only!.steps[0]!.difference}`);
  assert.ok(only!.steps[0]!.lower <= only!.steps[0]!.what_if && only!.steps[0]!.what_if <= only!.steps[0]!.upper);
  assert.deepEqual(promoted.sum, only!.sum);

  const all = await ask({ changes: { price: "-10%" }, limit: 2 });
  assert.deepEqual([all.count, all.series.length, all.from, all.until], [8, 2, "2026-04-10", "2026-05-07"]);
  assert.ok(Math.abs(all.series[0]!.sum.difference) >= Math.abs(all.series[1]!.sum.difference));
  const range = all.series[0]!.inputs[0]!;
  assert.ok(Math.abs(range.what_if!.greatest - 0.9 * range.planned!.greatest) < 1e-5);
  assert.ok(Math.abs(all.sum.what_if - all.sum.planned - all.sum.difference) < 1);
  const far = await ask({ changes: { price: 5 }, series: milk });
  assert.deepEqual([far.outside, far.series[0]!.inputs[0]!.seen], [1, { least: 0.8, greatest: 1.2 }]);
  assert.ok(all.series.every(({ inputs }) => inputs[0]!.unplanned === 0));
  const same = await ask({ changes: { price: "+0%" } });
  assert.deepEqual([same.sum.difference, same.outside], [0, 0], "nothing else than planned changes nothing");

  for (const [body, code, says] of [
    [{ changes: { prise: 1 } }, "WHAT_IF_REFUSED", /prise is no input of version 1[\s\S]*Did you mean price\?/],
    [{ changes: {} }, "WHAT_IF_REFUSED", /no input is named[\s\S]*price, promo/],
    [
      { changes: { price: "cheap" } },
      "WHAT_IF_REFUSED",
      /price must be a number, true or false, or a change such as -10%, got cheap/,
    ],
    [{ changes: { price: 1 }, from: "2026-06-01" }, "WHAT_IF_REFUSED", /2026-06-01 lies outside[\s\S]*2026-04-10 to 2026-05-07/],
    [
      { changes: { price: 1 }, from: "2026-04-20", until: "2026-04-12" },
      "WHAT_IF_REFUSED",
      /end with 2026-04-12, before 2026-04-20/,
    ],
    [{ changes: { price: 1 }, series: { item: "beer" } }, "SERIES_UNKNOWN", /none has item=beer/],
  ] as const) {
    const { status, body: answer } = await call("POST", `/v1/use-cases/${useCase}/forecast/what-if`, body);
    assert.deepEqual([status, answer["code"]], [422, code]);
    assert.match(`${String(answer["detail"])}\n${String(answer["fix"])}`, says);
  }
  const { status } = await call("POST", `/v1/use-cases/${useCase}/forecast/what-if`, { changes: { price: null } });
  assert.equal(status, 400);
  assert.deepEqual(await recorded(), before);
});

test("a person orders otherwise; once it is known what was sold, it is said whether that was better", async () => {
  const decision = await decide({ store: 2, item: "bread", on_hand: 0 });
  const quantity = decision.forecast!.order!.quantity;
  await server.loop.closeReview(decision.id, {
    action: "override",
    outcome: String(quantity + 60),
    reason: "a fair",
    by: "test",
  });
  assert.deepEqual((await server.loop.valueAdded(useCase)).decisions, 0, "nothing is known yet");
  const { status } = await call("POST", `/v1/decisions/${decision.id}/outcome`, { outcome: quantity + 60 });
  assert.equal(status, 200);
  await eventually(async () => (await server.loop.valueAdded(useCase)).decisions === 1);
  const value = await server.loop.valueAdded(useCase);
  assert.equal(value.measure, "cost of the order");
  assert.deepEqual([value.model, value.person, value.better], [60 * 5, 0, 1]);

  const far = await decide({ store: 2, item: "milk", day: "2026-05-07" });
  assert.equal(far.cause, "out_of_reach");
  await eventually(async () => {
    const { reviews } = await server.loop.listReviews({ status: "open", limit: 200 });
    return reviews.some(({ id, suggestion }) => id === far.id && suggestion === null);
  });
});

test("history that was restated is taken as it is now; a refit keeps the choices, and it is said what moved", async () => {
  const newer = shop(today - dayMs);
  const days = [0, 1, 2].map((at) => new Date(today + at * dayMs).toISOString().slice(0, 10));
  const added = days.flatMap((day) =>
    newer.plan
      .filter((one) => one.day === day && one.item !== "lamp")
      .map(({ store, item, price, promo }) => {
        return { day, region: store === "1" ? "north" : "south", store, item, units: 60, price, promo, sold_out: false };
      }),
  );
  const restated = newer.sales.map((sale) => (sale.day === "2026-04-08" ? { ...sale, units: sale.units + 1 } : sale));
  writeSqlite(database, { sales: [...restated, ...added], plan: newer.plan });
  now = today + 3 * dayMs;
  try {
    const { version, snapshot } = await server.builder.train(useCase, { refit: true });
    assert.deepEqual([version.version, version.refit_of], [2, 1]);
    assert.ok(version.evaluation.task === "forecast" && version.evaluation.seen_until === "2026-04-12");
    assert.notEqual(snapshot.hash, (await server.release.model(useCase, 1)).snapshot);
    const { status, body } = await call("GET", `/v1/use-cases/${useCase}/forecast/changes?version=2&limit=100`);
    assert.equal(status, 200, JSON.stringify(body));
    const changes = forecastChangesSchema.parse(body);
    assert.deepEqual([changes.version_before, changes.from, changes.until], [1, "2026-04-13", "2026-05-07"]);
    const bread = changes.changes.find(({ series }) => series === "2 / bread")!;
    assert.ok(bread.now > bread.before, "three days of 60 where 10 were usual");
    for (const { before: was, now: is, moved } of changes.changes)
      assert.ok(Math.abs(sum(moved.map(({ by }) => by)) - (is - was)) < 1e-3 * Math.max(1, Math.abs(is)), JSON.stringify(moved));
    // The version that is deployed decides as before.
    assert.equal((await pageOf("limit=1")).model_version, 1);
  } finally {
    now = today;
    writeSqlite(database, sold);
  }
});

test("choices are kept for what they were made of, and nothing else", async () => {
  const file = join(server.folder, "..", "use-cases", `${useCase}.yaml`);
  const yaml = await readFile(file, "utf8");
  const refit = async (changed: string): Promise<unknown> => {
    await writeFile(file, changed);
    const project = await loadProject({ folder: join(server.folder, "..") });
    const folder = join(server.folder, "again");
    const artifacts = await openArtifacts(join(server.folder, "artifacts"));
    const builder = openBuilder({
      project,
      pool: server.state.pool,
      artifacts,
      tables: openTables({ folder }),
      clock,
      tempFolder: folder,
      codeVersion: "0.1.0",
      threads: 0,
      connect: () => sqlite.open("shop", { type: "sqlite", path: "./shop.db", timeout: "1m" }, project.folder),
      openEncoder: () => Promise.reject(new Error("no encoder")),
      openPublicHolidays: () => Promise.reject(new Error("no holidays")),
    });
    return builder.train(useCase, { refit: true });
  };
  try {
    for (const [from, to, says] of [
      ["horizon: 28", "horizon: 14", /the horizon was 28 in the last version and is now 14/],
      ["every: day", "every: week", /every was day in the last version and is now week/],
      ["[price, promo]", "[price]", /what is known ahead was price, promo in the last version and is now price/],
      ["[region, store]", "[]", /the columns of the series was region, store, item in the last version and is now store, item/],
    ] as const)
      await assert.rejects(
        refit(yaml.replace(from, to)),
        (error) => isFailure(error, "DATA_UNSUITABLE") && says.test(error.message),
      );
  } finally {
    await writeFile(file, yaml);
  }
});

test("the same sales in PostgreSQL are the same panel and the same forecasts", async (t) => {
  const name = `inlay_shop_${process.pid}`;
  const admin = new Client({ connectionString: "postgres://postgres@127.0.0.1:5432/postgres", connectionTimeoutMillis: 1000 });
  try {
    await admin.connect();
  } catch {
    return t.skip("no PostgreSQL on 127.0.0.1:5432");
  }
  const folder = await mkdtemp(join(tmpdir(), "inlay-shop-"));
  try {
    await admin.query(`create database ${name}`);
    const url = `postgres://postgres@127.0.0.1:5432/${name}`;
    const client = new Client({ connectionString: url });
    await client.connect();
    await writePostgres(client, sold);
    await client.end();
    await writeProject(folder, sold);
    const project = await loadProject({ folder });
    const tables = openTables({ folder: join(folder, "tmp") });
    const artifacts = await openArtifacts(join(folder, "artifacts"));
    const connection = postgres.open("shop", { type: "postgres", url, timeout: "1m" }, folder);
    const deps = { connection, artifacts, tables, clock, tempFolder: join(folder, "tmp") };
    const snapshot = await takeSnapshot(deps, project.useCases[useCase]!);
    await connection.close();
    const { snapshot: hash } = await server.release.model(useCase, 1);
    assert.deepEqual(
      snapshot.beside?.map(({ rows }) => rows),
      [sold.plan.length],
    );
    assert.equal(snapshot.rows, sold.sales.length);
    const own = project.useCases[useCase]!;
    assert.ok(own.task === "forecast");
    const there = await preparePanel({ tables, artifacts }, snapshot, own);
    await artifacts.put(await (await openArtifacts(join(server.folder, "artifacts"))).verifiedPath(hash));
    const { rows } = await server.state.pool.query<{ body: typeof snapshot }>(
      "select body from inlay.snapshots where hash = $1",
      [hash],
    );
    for (const { hash: other } of rows[0]!.body.beside ?? [])
      await artifacts.put(await (await openArtifacts(join(server.folder, "artifacts"))).verifiedPath(other));
    const here = await preparePanel({ tables, artifacts }, rows[0]!.body, own);
    assert.deepEqual(there, here);
    const forecasts = async (prepared: PreparedPanel): Promise<unknown[]> => {
      const { model } = await trainForecast({ clock, threads: 0 }, { useCase: own, prepared }, {});
      return Array.from({ length: model.count }, (_, series) => model.forecast(series));
    };
    const said = await forecasts(here);
    assert.deepEqual(await forecasts(there), said);
    assert.equal(said.length, 13);
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
    await rm(folder, { recursive: true, force: true });
  }
});

test("other use cases have no forecasts, and other tasks no value to add", async () => {
  await assert.rejects(server.lookAhead.forecast("nothing", { limit: 1 }), (error) => isFailure(error, "USE_CASE_UNKNOWN"));
  const similar = await call<{ rows: unknown[] }>(
    "GET",
    `/v1/decisions/${(await decide({ store: 1, item: "milk" })).id}/similar`,
  );
  assert.deepEqual(similar.body.rows, []);
});

test("the command prints many series, draws one with its past, and writes all of them", async () => {
  const printed: string[] = [];
  const written = new Map<string, string>();
  const run = async (given: Readonly<Record<string, string | true>>): Promise<string> => {
    printed.length = 0;
    await forecast.run({
      args: { "use-case": useCase },
      options: {
        flag: (name) => given[name] === true,
        text: (name) => (typeof given[name] === "string" ? given[name] : undefined),
        list: () => [],
      },
      out: openOutput({ stdout: { write: (text) => printed.push(text) }, stderr: { write: () => {} } }, false),
      signal: new AbortController().signal,
      services: {
        lookAhead: async () => server.lookAhead,
        writeFile: async (path: string, content: Uint8Array) => void written.set(path, Buffer.from(content).toString()),
      } as unknown as Services,
    });
    return printed.join("");
  };
  const all = await run({});
  assert.match(all, /^shop-demand version 1, which has seen everything until 2026-04-09\.\n\nseries +2026-04-10 +80 % of cases/);
  assert.match(all, /\n1 \/ bread +\d/);
  const one = await run({ series: "store=1,item=bread" });
  assert.match(one, /1 \/ bread: • what was, o what is expected, ░ where 80 % of values lie\n\n *[\d.]+ \|/);
  assert.equal(one.match(/^2026-\d\d-\d\d +\d/gm)?.length, 28, "a line for each day");
  assert.match(await run({ out: "forecast.csv" }), /Wrote forecast\.csv: 13 series/);
  const [head, ...rows] = written.get("forecast.csv")!.trim().split("\n");
  assert.equal(head, "region,store,item,day,expected,lower,upper");
  assert.equal(rows.length, 13 * 28);
  for (const row of rows) assert.match(row, /^\w*,\d?,\w*,2026-\d\d-\d\d,[\d.]+,[\d.]+,[\d.]+$/);
  assert.match(await run({ changes: true }), /version 1 has no version before it to compare with/);
  const other = await run({
    "what-if": "promo=true,price=-50%",
    series: "store=1,item=milk",
    from: "2026-04-13",
    until: "2026-04-14",
  });
  assert.match(other, /^What if promo=true,price=-50% from 2026-04-13 until 2026-04-14\? By shop-demand version 1/);
  assert.match(other, /\n2026-04-13 +[\d.]+ +[\d.]+ +\+[\d.]+ +[\d.]+ to [\d.]+\n/);
  assert.match(other, /! price was 0\.8 to 1\.2 so far, and never 0\.6/);
  assert.doesNotMatch(other, /not planned/);
  assert.match(await run({ "what-if": "price=1" }), /8 series in sum: [\d,]+ as planned[\s\S]*Nothing was recorded/);
  for (const wrong of [{ from: "2026-04-13" }, { "what-if": "price" }])
    await assert.rejects(run(wrong), (error) => isFailure(error, "USAGE"));
  for (const series of ["bread", "store", "=1"])
    await assert.rejects(run({ series }), (error) => isFailure(error, "USAGE") && /takes values by column/.test(error.message));
  await assert.rejects(
    run({ series: "store=7" }),
    (error) => isFailure(error, "SERIES_UNKNOWN") && /none has store=7/.test(error.message),
  );
});
