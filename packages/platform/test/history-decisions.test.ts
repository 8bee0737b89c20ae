/** Decisions with history: it is read for them, recorded with them, and where it does not come the ladder decides. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "pg";
import { systemClock } from "#base/clock";
import { isFailure } from "#base/errors";
import { postgres } from "#connectors/postgres/postgres";
import { askHistory } from "#flows/decide-and-act/ask-history";
import { openChecker } from "#flows/check-project/open-checker";
import { connectors } from "#main/connectors";
import { seeded } from "#learn/math/random";
import { loadProject } from "#project/load-project";
import type { Decision } from "#records/decision";
import type { RecordUseCase } from "#records/use-case";
import { openBreaker } from "#stages/decide/breaker";
import { openHistoryLookup } from "#stages/history/look-up-history";
import type { TestServer } from "./support/http-server.ts";
import { eventually, openTestServer } from "./support/http-server.ts";

const useCase = "reorder";
const day = 86_400_000;
const first = Date.UTC(2026, 0, 1);
const iso = (at: number): string => new Date(at).toISOString();

const random = seeded(5);

/** Visits of customers who mostly order again where they ordered at least twice in the 30 days before; the visit itself says nothing of it. */
const orders = Array.from({ length: 200 }, (_, customer) =>
  Array.from({ length: customer % 5 }, (__, at) => ({
    customer,
    at: first + (customer % 60) * day - (at + 1) * 3 * day,
    total: 10 + at,
  })),
).flat();
const visits = Array.from({ length: 600 }, (_, id) => {
  const customer = id % 200;
  const at = first + (customer % 60) * day + (id % 3) * 1000;
  const recent = orders.filter((order) => order.customer === customer && order.at < at && order.at >= at - 30 * day).length;
  return {
    id,
    customer,
    at,
    channel: ["web", "shop", "phone"][(id % 7) % 3]!,
    again: recent >= 2 === random.next() < 0.85 ? "yes" : "no",
  };
});
const csv = (rows: readonly object[]): string =>
  `${Object.keys(rows[0]!).join(",")}\n${rows.map((row) => Object.values(row).join(",")).join("\n")}\n`;
const ordersCsv = (more: readonly { customer: number; at: number; total: number }[] = []): string =>
  csv([...orders, ...more].map(({ customer, at, total }) => ({ customer, ordered_at: iso(at), total })));

const useCaseFile = `use_case: ${useCase}
task: classify
goal: { kpi: orders, direction: increase }
source:
  system: shop
  query: select id, customer, visited_at, channel, again from visits
  key: id
  time: visited_at
  label: again
history:
  orders_30d:
    from: select customer, ordered_at, total from orders
    match: customer
    time: ordered_at
    window: 30d
    value: count
  total_30d:
    from: select customer, ordered_at, total from orders
    match: customer
    time: ordered_at
    window: 30d
    value: { sum: total }
features: { category: [channel], number: [orders_30d, total_30d] }
train: { budget: 0s }
policy:
  autonomy: act
  deadline: 10s
  confident_at: { precision: 60% }
  otherwise: default
  default: "no"
  rules_first:
    - { when: "record.orders_30d == 4.0", then: "yes", because: four orders }
`;

let orderFile: string;
async function write(folder: string): Promise<void> {
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "use-cases"));
  orderFile = join(folder, "exports", "orders.csv");
  await writeFile(orderFile, ordersCsv());
  await writeFile(
    join(folder, "exports", "visits.csv"),
    csv(visits.map(({ id, customer, at, channel, again }) => ({ id, customer, visited_at: iso(at), channel, again }))),
  );
  await writeFile(join(folder, "inlay.yaml"), "project: history-test\nsystems:\n  shop: { type: files, path: ./exports }\n");
  await writeFile(join(folder, "use-cases", `${useCase}.yaml`), useCaseFile);
}

let inlay: TestServer;
before(async () => {
  inlay = await openTestServer({ project: { useCase, write } });
});
after(() => inlay.close());

const cli = { caller: "cli" };
const decide = async (record: object, context: { caller: string; idempotencyKey?: string } = cli): Promise<Decision> =>
  (await inlay.decisionPoint.decide(useCase, [record], context))[0]!;
const visit = (id: number): object => {
  const { customer, at, channel } = visits[id]!;
  return { id, customer, visited_at: iso(at), channel };
};

test("the model learns from history, and a decision is made on it and recorded with it though nobody sends it", async () => {
  const decisions = await inlay.decisionPoint.decide(
    useCase,
    [0, 1, 2, 3, 4].map((id) => visit(id)),
    cli,
  );
  assert.deepEqual(
    decisions.map(({ record }) => [record["orders_30d"], record["total_30d"]]),
    [0, 1, 2, 3, 4].map((n) => [n, n * 10 + (n * (n - 1)) / 2]),
  );
  assert.deepEqual(
    decisions.map(({ outcome, path }) => [outcome, path]),
    [
      ["no", "model"],
      ["no", "model"],
      ["yes", "model"],
      ["yes", "model"],
      ["yes", "rules_first"],
    ],
  );
  assert.ok(decisions[3]!.reasons.some(({ field }) => field === "orders_30d" || field === "total_30d"));
  const alone = await decide(visit(3));
  assert.deepEqual([alone.record, alone.confidence], [decisions[3]!.record, decisions[3]!.confidence], "alone as among others");
});

test("the time is the record's own where it brings one, else now; nothing is known of the future", async () => {
  const { customer, channel } = visits[3]!;
  const known = async (record: object): Promise<unknown> => (await decide(record)).record["orders_30d"];
  assert.equal(await known({ customer, channel }), 0, "now: the orders are older than the window");
  assert.equal(await known({ customer, channel, visited_at: iso(visits[3]!.at - 5 * day) }), 2);
  assert.equal(await known({ customer, channel, visited_at: "2099-01-01T00:00:00Z" }), 0);
  assert.equal(await known({ channel, visited_at: iso(visits[3]!.at) }), null, "of nobody nothing is known");
  await assert.rejects(decide({ customer, channel, visited_at: "yesterday" }), (error) => isFailure(error, "RECORD_INVALID"));
});

test("each record of a long batch gets the history that it gets alone", async () => {
  const ids = Array.from({ length: 250 }, (_, at) => (at * 7) % visits.length);
  const decisions = await inlay.decisionPoint.decide(
    useCase,
    ids.map((id) => visit(id)),
    cli,
  );
  assert.deepEqual(
    decisions.map(({ record }) => record["customer"]),
    ids.map((id) => String(visits[id]!.customer)),
  );
  for (const at of [0, 99, 100, 199, 200, 249]) assert.deepEqual(decisions[at]!.record, (await decide(visit(ids[at]!))).record);
});

test("a column that is computed cannot be sent, and is not asked for", async () => {
  await assert.rejects(
    decide({ ...visit(3), orders_30d: 9 }),
    (error) => isFailure(error, "RECORD_INVALID") && error.problems[0]?.detail === "is computed from history; leave it out",
  );
  assert.deepEqual(inlay.decisionPoint.useCases()[0]!.fields, [
    { name: "channel", kind: "category" },
    { name: "customer", kind: "category" },
  ]);
});

test("facts that come are seen by the next decision; a repeated request keeps the answer it had", async () => {
  const context = { caller: "crm", idempotencyKey: "visit-7" };
  const record = { ...visit(3), visited_at: iso(visits[3]!.at + 60_000) };
  const before = await decide(record, context);
  assert.equal(before.record["orders_30d"], 3);
  await writeFile(orderFile, ordersCsv([{ customer: 3, at: visits[3]!.at + 1000, total: 1 }]));
  assert.equal((await decide(record)).record["orders_30d"], 4);
  assert.deepEqual(await decide(record, context), before);
  await assert.rejects(decide({ ...record, customer: 4 }, context), (error) => isFailure(error, "IDEMPOTENCY_CONFLICT"));
  await writeFile(orderFile, ordersCsv());
});

test("with the facts away the ladder decides and says why; when they are back the model does", async () => {
  await rename(orderFile, `${orderFile}.away`);
  try {
    const decision = await decide(visit(2));
    assert.deepEqual([decision.path, decision.cause, decision.outcome], ["default", "no_history", "no"]);
    assert.equal(decision.explanation, "the history of the record could not be read in time; the default applies");
    assert.equal(decision.record["orders_30d"], null);
  } finally {
    await rename(`${orderFile}.away`, orderFile);
  }
  await eventually(async () => (await decide(visit(2))).path === "model");
});

test("what happened before is not offered as a change, unless it is asked for", async () => {
  const { id } = await decide(visit(0));
  const { loop } = inlay;
  assert.equal((await loop.counterfactual(id, "yes")).changes, null, "the channel alone changes nothing");
  const asked = await loop.counterfactual(id, "yes", ["orders_30d", "total_30d"]);
  assert.ok(asked.changes && asked.changes.length > 0);
});

test("a project with history that cannot be is told all of it, with the nearest names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "inlay-history-check-"));
  try {
    await write(folder);
    const file = join(folder, "use-cases", `${useCase}.yaml`);
    const problemsOf = async (text: string): Promise<string> => {
      await writeFile(file, text);
      return loadProject({ folder }).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
    };
    assert.match(await problemsOf(useCaseFile.replace("  time: visited_at\n", "")), /history needs source\.time/);
    assert.match(await problemsOf(useCaseFile.replace("[orders_30d, ", "[")), /orders_30d is not used/);
    assert.match(
      await problemsOf(useCaseFile.replace("value: count", "value: cuont")),
      /history\.orders_30d\.value must be one of count, since/,
    );
    assert.match(await problemsOf(useCaseFile.replace("{ sum: total }", "{ summ: total }")), /did you mean sum\?/);
    assert.match(await problemsOf(useCaseFile.replace("    match: customer\n", "    match: again\n")), /again is the label/);
    assert.match(
      await problemsOf(useCaseFile.replace("    match: customer\n    time: ordered_at\n    window: 30d", "    time: ordered_at")),
      /a window, or a match/,
    );
    await writeFile(
      file,
      useCaseFile.replaceAll("time: ordered_at", "time: orderd_at").replaceAll("match: customer", "match: custmer"),
    );
    const checker = openChecker({
      load: () => loadProject({ folder }),
      connect: ({ systems }, system) => connectors.find(({ type }) => type === "files")!.open(system, systems[system]!, folder),
      receiver: ({ notify }, name) => notify[name]!,
      broker: () => assert.fail("no broker"),
      openEncoder: () => () => assert.fail("no encoder"),
      openPublicHolidays: () => () => assert.fail("no holidays"),
    });
    const { ok, checks } = await checker.check();
    assert.equal(ok, false);
    const told = checks.filter((check) => !check.ok).map(({ subject, detail, fix }) => `${subject} | ${detail} | ${fix}`);
    assert.ok(
      told.some((line) => line.includes("history.orders_30d.match") && line.includes("Did you mean customer?")),
      told.join("\n"),
    );
    assert.ok(
      told.some((line) => line.includes("names orderd_at (did you mean ordered_at?)")),
      told.join("\n"),
    );
    await writeFile(file, useCaseFile);
    assert.deepEqual(
      (await checker.check()).checks.filter((check) => !check.ok),
      [],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

const server = "postgres://postgres@127.0.0.1:5432";
const hasServer = await execute("postgres", "SELECT 1").then(
  () => true,
  () => false,
);

test(
  "a table that answers late never holds up a decision",
  { skip: hasServer ? false : "no PostgreSQL on 127.0.0.1:5432" },
  async () => {
    const database = `inlay_history_${randomUUID().slice(0, 8)}`;
    await execute("postgres", `CREATE DATABASE ${database}`);
    const folder = await mkdtemp(join(tmpdir(), "inlay-history-late-"));
    const locker = new Client({ connectionString: `${server}/${database}` });
    const settings = { type: "postgres", url: `${server}/${database}`, timeout: "60s" } as const;
    await write(folder);
    const loaded = (await loadProject({ folder })).useCases[useCase] as RecordUseCase;
    const lookup = openHistoryLookup((name) => postgres.open(name, settings, folder), loaded);
    try {
      await execute(
        database,
        "CREATE TABLE orders (customer bigint, ordered_at timestamptz, total numeric); INSERT INTO orders VALUES (3, now(), 2)",
      );
      const failures: string[] = [];
      const breaker = openBreaker(systemClock);
      const record = { row: {}, key: null, match: { customer: "3" }, at: null };
      const ask = (deadlineMs: number): ReturnType<typeof askHistory> =>
        askHistory(
          { clock: systemClock, breaker, lookup, deadlineMs, onFailure: (error) => failures.push((error as Error).message) },
          loaded,
          [record, { ...record, match: { customer: "4; DROP TABLE orders" } }],
        );
      await locker.connect();
      await locker.query("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
      assert.equal(await ask(300), null);
      assert.deepEqual(failures, ["the history did not come within 300 ms"]);
      await locker.query("ROLLBACK");
      assert.deepEqual(await ask(30_000), [
        { orders_30d: 1, total_30d: 2 },
        { orders_30d: 0, total_30d: 0 },
      ]);
    } finally {
      await locker.end();
      await lookup.close();
      await execute("postgres", `DROP DATABASE ${database} WITH (FORCE)`);
      await rm(folder, { recursive: true });
    }
  },
);

async function execute(database: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: `${server}/${database}` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
