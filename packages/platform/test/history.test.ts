/** History: what was known of a record before its time is the same for a training row and for a decision, whatever system the facts are in. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { isFailure } from "#base/errors";
import type { Connection } from "#connectors/connector";
import { files } from "#connectors/files/files";
import { postgres } from "#connectors/postgres/postgres";
import { sqlite } from "#connectors/sqlite/sqlite";
import { openArtifacts } from "#files/artifacts";
import { valueAt } from "#learn/data/table";
import { seeded } from "#learn/math/random";
import type { ClassifyUseCase } from "#records/use-case";
import { classifySchema } from "#records/use-case";
import { addHistory } from "#stages/history/add-history";
import { openHistoryLookup } from "#stages/history/look-up-history";
import type { Subject } from "#stages/history/look-up-history";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { openTables } from "#tables/tables";
import { createDatabase, withPool } from "./support/database.ts";

const folder = await mkdtemp(join(tmpdir(), "inlay-history-"));
const artifacts = await openArtifacts(join(folder, "artifacts"));
const tables = openTables({ folder: join(folder, "tables") });
const clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0 };
const day = 86_400_000;

interface Order {
  readonly customer: string | null;
  readonly shop: string;
  readonly at: number | null;
  readonly total: number | null;
  readonly status: string | null;
}
interface Case {
  readonly id: number;
  readonly customer: string | null;
  readonly shop: string;
  readonly at: number | null;
}

// Customers with awkward names and 64-bit numbers; orders at the very instants of the cases, at the edge of the window, and of nobody.
const random = seeded(11);
const customers = ["9007199254740993", "7", "07", "Zoë 🦊", "o'brien; --", 'say "hi", x', " 7", "A", "a"];
const noon = Date.UTC(2024, 5, 1, 12);
const cases = Array.from({ length: 120 }, (_, id): Case => ({
  id,
  customer: id % 13 === 0 ? null : customers[id % customers.length]!,
  shop: id % 2 === 0 ? "north" : "south",
  at: id === 50 ? null : noon + random.below(60) * day + (id % 3) * 1000,
}));
const orders = Array.from({ length: 900 }, (_, at): Order => {
  const of = cases[random.below(cases.length)]!;
  const edge = [0, -30 * day, -30 * day - 1000, 1000, -1000, day][at % 6]!;
  return {
    customer: of.customer,
    shop: random.next() < 0.5 ? "north" : "south",
    at: of.at === null || at % 97 === 0 ? null : of.at + edge,
    total: random.next() < 0.1 ? null : (random.next() - 0.3) * 10 ** random.below(12),
    status: random.next() < 0.1 ? null : ["paid", "late", "lost"][random.below(3)]!,
  };
});

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
/** The same instant as a clock in India shows it. */
const abroad = (at: number | null): string | null =>
  at === null ? null : `${new Date(at + 5.5 * 3_600_000).toISOString().slice(0, -1)}+05:30`;

const csvOf = (value: unknown): string => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
const lines = (rows: readonly (readonly unknown[])[]): string => rows.map((row) => row.map(csvOf).join(",")).join("\n");
await mkdir(join(folder, "exports"));
await writeFile(
  join(folder, "exports", "cases.csv"),
  `id,customer,shop,made_at,label\n${lines(cases.map((one) => [one.id, one.customer, one.shop, iso(one.at), one.id % 2 === 0 ? "yes" : "no"]))}\n`,
);
await writeFile(
  join(folder, "exports", "orders.csv"),
  `customer,shop,made_at,total,status\n${lines(orders.map((one) => [one.customer, one.shop, iso(one.at), one.total, one.status]))}\n`,
);
const db = new DatabaseSync(join(folder, "shop.db"));
db.exec("CREATE TABLE cases (id INTEGER, customer TEXT, shop TEXT, made_at DATETIME, label TEXT)");
db.exec("CREATE TABLE orders (customer TEXT, shop TEXT, made_at TEXT, total REAL, status TEXT)");
for (const one of cases)
  db.prepare("INSERT INTO cases VALUES (?, ?, ?, ?, ?)").run(
    one.id,
    one.customer,
    one.shop,
    iso(one.at),
    one.id % 2 === 0 ? "yes" : "no",
  );
for (const one of orders)
  db.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?)").run(one.customer, one.shop, abroad(one.at), one.total, one.status);
db.close();

const database = await createDatabase();
if (database) {
  await withPool(database, async (pool) => {
    await pool.query(
      "CREATE TABLE cases (id bigint, customer text, shop varchar(10), made_at timestamp, label text);" +
        "CREATE TABLE orders (customer text, shop text, made_at timestamptz, total float8, status text)",
    );
    for (const one of cases)
      await pool.query("INSERT INTO cases VALUES ($1, $2, $3, $4, $5)", [
        one.id,
        one.customer,
        one.shop,
        iso(one.at),
        one.id % 2 === 0 ? "yes" : "no",
      ]);
    for (const one of orders)
      await pool.query("INSERT INTO orders VALUES ($1, $2, $3, $4, $5)", [
        one.customer,
        one.shop,
        abroad(one.at),
        one.total,
        one.status,
      ]);
  });
}
after(async () => {
  await database?.drop();
  await rm(folder, { recursive: true });
});

const timeout = "60s";
const systems: Readonly<Record<string, { open: () => Connection; skip: string | false }>> = {
  files: { open: () => files.open("shop", { type: "files", path: "exports", timeout }, folder), skip: false },
  sqlite: { open: () => sqlite.open("shop", { type: "sqlite", path: "shop.db", timeout }, folder), skip: false },
  postgres: {
    open: () => postgres.open("shop", { type: "postgres", url: database!.url, timeout }, folder),
    skip: database ? false : "no PostgreSQL on 127.0.0.1:5432",
  },
};

const from = "select customer, shop, made_at, total, status from orders";
const declared = {
  orders_30d: { from, match: "customer", time: "made_at", window: "30d", value: "count" },
  total_30d: { from, match: "customer", time: "made_at", window: "30d", value: { sum: "total" } },
  mean_ever: { from, match: "customer", time: "made_at", value: { mean: "total" } },
  most_30d: { from, match: "customer", time: "made_at", window: "30d", value: { max: "total" } },
  least_ever: { from, match: "customer", time: "made_at", value: { min: "total" } },
  last_status: { from, match: "customer", time: "made_at", value: { last: "status" } },
  last_total: { from, match: "customer", time: "made_at", window: "30d", value: { last: "total" } },
  statuses: { from, match: "customer", time: "made_at", window: "30d", value: { distinct: "status" } },
  days_since: { from, match: "customer", time: "made_at", value: "since" },
  here_30d: { from, match: { customer: "customer", shop: "shop" }, time: "made_at", window: "30d", value: "count" },
  everybody_1d: { from, time: "made_at", window: "1d", value: "count" },
} as const;

const useCase: ClassifyUseCase = classifySchema.parse({
  use_case: "orders-to-come",
  task: "classify",
  goal: { kpi: "orders", direction: "increase" },
  source: {
    system: "shop",
    query: "select id, customer, shop, made_at, label from cases",
    key: "id",
    time: "made_at",
    label: "label",
  },
  features: { number: Object.keys(declared).filter((name) => name !== "last_status"), category: ["shop", "last_status"] },
  history: declared,
});

/** The facts that count, by the rule as the documentation says it. */
function known({ customer, shop, at }: Case): Record<string, number | string | null> {
  const before = orders.filter((order) => order.at !== null && at !== null && order.at < at);
  const own = customer === null ? [] : before.filter((order) => order.customer === customer);
  const recent = (facts: readonly Order[], days: number): Order[] => facts.filter((order) => order.at! >= at! - days * day);
  const totals = (facts: readonly Order[]): number[] => facts.flatMap(({ total }) => total ?? []);
  const nobody = customer === null || at === null;
  const latest = own.reduce((most, order) => Math.max(most, order.at!), -Infinity);
  return {
    orders_30d: nobody ? null : recent(own, 30).length,
    most_30d: nobody || totals(recent(own, 30)).length === 0 ? null : Math.max(...totals(recent(own, 30))),
    least_ever: nobody || totals(own).length === 0 ? null : Math.min(...totals(own)),
    statuses: nobody ? null : new Set(recent(own, 30).flatMap(({ status }) => status ?? [])).size,
    days_since: nobody || own.length === 0 ? null : (at - latest) / day,
    here_30d: nobody ? null : recent(own, 30).filter((order) => order.shop === shop).length,
    everybody_1d: at === null ? null : recent(before, 1).length,
  };
}

const snapshots = new Map<string, Record<string, unknown>[]>();
for (const [name, { open, skip }] of Object.entries(systems)) {
  test(`${name}: only facts before a row's own time, in the window and of the same customer count`, { skip }, async () => {
    const rows = await snapshotRows(open);
    assert.equal(rows.length, cases.length);
    for (const row of rows) {
      const expected = known(cases[Number(row["id"])]!);
      assert.deepEqual(pick(row, Object.keys(expected)), expected, `case ${String(row["id"])}`);
    }
    snapshots.set(name, rows);
    // The control: the same rule with facts of the instant itself, or without its window, says something else.
    const lax = cases.filter(
      ({ customer, at }) =>
        orders.some((order) => order.customer === customer && order.at === at) && at !== null && customer !== null,
    );
    assert.ok(lax.length > 20, "orders were planted at the very instants of the cases");
  });

  test(
    `${name}: a decision sees what a training row of the same record and time saw, alone and among others`,
    { skip },
    async () => {
      const rows = snapshots.get(name)!;
      const lookup = openHistoryLookup(open, useCase);
      try {
        const asked = rows.filter((row) => row["made_at"] !== null);
        const subjects = asked.map((row): Subject => ({
          match: { customer: row["customer"] as string | null, shop: row["shop"] as string },
          at: row["made_at"] as number,
        }));
        const together = await lookup.of(subjects);
        together.forEach((said, at) =>
          assert.deepEqual(said, pick(asked[at]!, Object.keys(declared)), `case ${String(asked[at]!["id"])}`),
        );
        const some = [0, 17, 60, 61, 62].map((at) => lookup.of([subjects[at]!]));
        assert.deepEqual(
          (await Promise.all(some)).flat(),
          [0, 17, 60, 61, 62].map((at) => together[at]),
          "at once",
        );
        assert.deepEqual(await lookup.of([subjects[17]!]), [together[17]], "alone");
        const nobody = { match: { customer: "' OR '1'='1", shop: "north" }, at: noon };
        const [said] = await lookup.of([nobody]);
        assert.deepEqual(pick(said!, ["orders_30d", "total_30d", "days_since", "here_30d"]), {
          orders_30d: 0,
          total_30d: 0,
          days_since: null,
          here_30d: 0,
        });
        assert.deepEqual(await lookup.of([]), []);
      } finally {
        await lookup.close();
      }
    },
  );
}

test("the systems agree to the last digit", () => {
  const [first, ...others] = [...snapshots.values()].map((rows) =>
    rows.map((row) => pick(row, ["id", ...Object.keys(declared)])).sort((a, b) => Number(a["id"]) - Number(b["id"])),
  );
  for (const other of others) assert.deepEqual(other, first);
});

test("a row never sees its own outcome, nor one that became known later: history over the very table that is learnt from", async () => {
  const closing = { from: "select customer, label, made_at + interval 10 day as known_at from cases", time: "known_at" };
  const history = {
    last_label: {
      from: "select customer, label, made_at from cases",
      match: "customer",
      time: "made_at",
      value: { last: "label" },
    },
    last_known: { ...closing, match: "customer", value: { last: "label" } },
  } as const;
  const of = { ...useCase, history, features: { ...useCase.features, number: [], category: ["last_label", "last_known"] } };
  let seen = 0;
  for (const row of await snapshotRows(systems["files"]!.open, of)) {
    const { customer, made_at: at } = row as { customer: string | null; made_at: number | null };
    const lastBy = (until: number): string | null => {
      const earlier = cases.filter((other) => other.customer === customer && other.at !== null && other.at < until);
      const latest = earlier.reduce((most, other) => Math.max(most, other.at!), -Infinity);
      const labels = earlier.filter((other) => other.at === latest).map(({ id }) => (id % 2 === 0 ? "yes" : "no"));
      return labels.sort().at(-1) ?? null;
    };
    const nobody = customer === null || at === null;
    assert.equal(row["last_label"], nobody ? null : lastBy(at), `case ${String(row["id"])}`);
    assert.equal(row["last_known"], nobody ? null : lastBy(at - 10 * day), `case ${String(row["id"])}`);
    if (row["last_label"] !== null && row["last_label"] !== row["label"]) seen++;
  }
  assert.ok(seen > 10, "the outcomes of a customer differ, so a leak would show");
});

test("what the facts lack is said at once, with the nearest name, and a time that is none is refused", async () => {
  const wrong = { ...declared.total_30d, time: "mad_at", value: { sum: "totl" } };
  await assert.rejects(
    snapshotRows(systems["files"]!.open, { ...useCase, history: { ...declared, total_30d: wrong } }),
    (error) =>
      isFailure(error, "DATA_UNSUITABLE") &&
      error.message.includes("history.total_30d.time names mad_at (did you mean made_at?)") &&
      error.message.includes("history.total_30d.value names totl (did you mean total?)"),
  );
  const numbered = { ...declared.total_30d, time: "total" };
  await assert.rejects(
    snapshotRows(systems["files"]!.open, { ...useCase, history: { ...declared, total_30d: numbered } }),
    (error) => isFailure(error, "DATA_UNSUITABLE") && error.message.includes("total, which is a number"),
  );
  const taken = { ...useCase, source: { ...useCase.source, query: `select *, 1 as orders_30d from cases` } };
  await assert.rejects(
    snapshotRows(systems["files"]!.open, taken),
    (error) => isFailure(error, "DATA_UNSUITABLE") && error.message.includes("orders_30d"),
  );
});

test("the same data gives the same snapshot, byte for byte", async () => {
  const take = async (): Promise<string> => (await snapshotOf(systems["files"]!.open, useCase)).hash;
  assert.equal(await take(), await take());
});

async function snapshotOf(open: () => Connection, of: ClassifyUseCase): ReturnType<typeof takeSnapshot> {
  const connection = open();
  try {
    return await takeSnapshot(
      {
        connection,
        artifacts,
        tables,
        clock,
        tempFolder: join(folder, "tmp"),
        addHistory: (rows, at) => addHistory({ tables, connect: open, folder: at }, of, rows),
      },
      of,
    );
  } finally {
    await connection.close();
  }
}

async function snapshotRows(open: () => Connection, of: ClassifyUseCase = useCase): Promise<Record<string, unknown>[]> {
  const { hash, fields } = await snapshotOf(open, of);
  const { rows, columns } = await tables.readParquet(await artifacts.verifiedPath(hash));
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(fields.map(({ name }) => [name, valueAt(columns[name]!, row)])),
  );
}

function pick(row: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
