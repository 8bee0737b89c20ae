/** What makes up a label that is a number is found before training, whatever stands beside it; honest columns, however telling, are left alone. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { files } from "#connectors/files/files";
import { openArtifacts } from "#files/artifacts";
import { seeded } from "#learn/math/random";
import type { Finding } from "#records/readiness-report";
import { useCaseSchema } from "#records/use-case";
import { readiness } from "#stages/readiness/readiness";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { openTables } from "#tables/tables";

const clock = { now: () => Date.UTC(2026, 5, 1), monotonic: () => 0 };
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-leaking-sums-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Leak findings on the table `records` of the folder. */
async function leaks(
  label: string,
  features: object,
  more: { time?: string; key?: string; keep?: string[] } = {},
): Promise<Finding[]> {
  const { time, key = "id", keep = [] } = more;
  const useCase = useCaseSchema.parse({
    use_case: "numbers",
    task: "regress",
    goal: { kpi: "errors", direction: "decrease" },
    source: { system: "exports", query: "select * from records", key, label, ...(time && { time }) },
    features,
    leaks: { keep },
    policy: { confident_at: { within: 1 } },
  });
  const tables = openTables({ folder: join(folder, "tmp") });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const connection = files.open("exports", { type: "files", path: folder, timeout: "1m" }, folder);
  try {
    const snapshot = await takeSnapshot({ connection, artifacts, tables, clock, tempFolder: join(folder, "tmp") }, useCase);
    const report = await readiness({ tables, artifacts, clock }, snapshot, useCase);
    return report.findings.filter(({ check }) => check === "leak");
  } finally {
    await connection.close();
  }
}

const head = "id,opened_at,closed_at,net,freight,price,quantity,discount,size,total,amount,days";
const random = seeded(11);

/** Orders of a company: `total`, `amount` and `days` are made of other columns. */
function order(at: number): string {
  const opened = Date.UTC(2025, 0, 1) + at * 5_400_000;
  const days = Math.ceil(20 * random.next() ** 2);
  const closed = opened + days * 86_400_000 - Math.floor(80_000_000 * random.next());
  const net = Math.round(100_000 * random.next() ** 3) / 100;
  const freight = at % 3 === 0 ? "" : Math.round(40_000 * random.next()) / 100;
  const [price, quantity] = [Math.round(10_000 * random.next() + 1) / 100, 1 + random.below(20)];
  const size = 100 * random.next();
  const iso = (time: number): string => new Date(time).toISOString();
  return [
    at + 1,
    iso(opened),
    iso(closed),
    net,
    freight,
    price,
    quantity,
    random.below(30),
    size.toFixed(2),
    (net + Number(freight)).toFixed(2),
    (price * quantity).toFixed(2),
    days,
  ].join(",");
}

const columns = { number: ["net", "freight", "price", "quantity", "discount", "size"], time: ["opened_at", "closed_at"] };
const writeOrders = (): Promise<void> =>
  writeFile(join(folder, "records.csv"), [head, ...Array.from({ length: 1500 }, (_, at) => order(at))].join("\n") + "\n");

test("a sum, a product and the time between two instants are found, named together and dropped", async () => {
  await writeOrders();
  const [sum, ...others] = await leaks("total", columns);
  assert.match(sum?.detail ?? "", /^total is net \+ freight: /);
  assert.deepEqual(sum?.remedy, { kind: "drop_columns", columns: ["net", "freight"] });
  assert.deepEqual([sum.column, others.length], [null, 0]);
  const products = await leaks("amount", columns);
  assert.deepEqual(
    products.map(({ remedy }) => remedy),
    [{ kind: "drop_columns", columns: ["price", "quantity"] }],
  );
  assert.match(products[0]!.detail, /^amount goes with price × quantity: /);
  const [between] = await leaks("days", columns, { time: "opened_at" });
  assert.match(between?.detail ?? "", /^days can be calculated from opened_at and closed_at, as a sum with weights: /);
  assert.deepEqual(between?.remedy, { kind: "drop_columns", columns: ["closed_at"] }, "when the record came to be is known");
});

test("a part that nearly is the label does not hide what makes it up with it, nor a copy of the label what makes it up beside it", async () => {
  const rows = Array.from({ length: 1500 }, (_, at) => {
    const [net, tax] = [100 * random.next(), 8 * random.next()].map((amount) => Math.round(100 * amount) / 100) as [
      number,
      number,
    ];
    const [a, b] = [net / 3, net + tax - net / 3];
    return [at, net, tax, (net + tax).toFixed(2), (net + tax).toFixed(2), a.toFixed(4), b.toFixed(4), random.next()].join(",");
  });
  await writeFile(join(folder, "records.csv"), `id,net,tax,gross,copy,first,second,size\n${rows.join("\n")}\n`);
  const dropped = async (features: string[]): Promise<string[]> => {
    const found = await leaks("gross", { number: features });
    return found.flatMap(({ remedy }) => (remedy?.kind === "drop_columns" ? remedy.columns : [])).sort();
  };
  assert.deepEqual([...new Set(await dropped(["net", "tax", "size"]))], ["net", "tax"]);
  assert.deepEqual([...new Set(await dropped(["copy", "first", "second", "size"]))], ["copy", "first", "second"]);
});

test("what is kept is not dropped, and the warning stays", async () => {
  await writeOrders();
  const [some] = await leaks("total", columns, { keep: ["net"] });
  assert.deepEqual(some?.remedy, { kind: "drop_columns", columns: ["freight"] });
  const [all] = await leaks("total", columns, { keep: ["net", "freight"] });
  assert.deepEqual([all?.verdict, all?.remedy], ["warn", null]);
});

test("the label in bands is found; a category that tells much of it, and a name of each row, are left alone", async () => {
  const rows = Array.from({ length: 1500 }, (_, at) => {
    const days = 60 * random.next();
    const band = `${5 * Math.floor(days / 5)} to ${5 * Math.floor(days / 5) + 5} days`;
    const speed = days + 6 * (random.next() - 0.5) > 30 ? "slow" : "fast"; // explains three quarters
    return [at, band, speed, `order ${at}`, days.toFixed(2)].join(",");
  });
  await writeFile(join(folder, "records.csv"), `id,band,speed,name,days\n${rows.join("\n")}\n`);
  const found = await leaks("days", { category: ["band", "speed", "name"] });
  assert.deepEqual(
    found.map(({ column, remedy }) => [column, remedy]),
    [["band", { kind: "drop_columns", columns: ["band"] }]],
  );
  assert.match(found[0]!.detail, /^band alone gives days away: its levels explain 99\.\d % /);
});

test("an honest relation is left alone, however strong", async () => {
  await writeFile(
    join(folder, "records.csv"),
    `id,a,b,c,y\n${Array.from({ length: 1500 }, (_, at) => {
      const [a, b, c] = [random.next(), random.next(), random.next()];
      const noise = 0.21 * (random.next() - 0.5); // R2 0.978 of a + b + c
      return [at, a, b, c, a + b + c + noise].join(",");
    }).join("\n")}\n`,
  );
  assert.deepEqual(await leaks("y", { number: ["a", "b", "c"] }), []);
});

const shared = join(dirname(fileURLToPath(import.meta.url)), "../../../../shared/data/tabular");
const skip = existsSync(shared) ? false : "the folder shared/data is not beside the repository";

async function writeShared(name: string): Promise<void> {
  const bytes = await readFile(join(shared, name));
  const lines = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trimEnd().split("\n");
  await writeFile(join(folder, "records.csv"), lines.map((line, at) => `${at === 0 ? "id" : at},${line}\n`).join(""));
}

test("the planted sum of the bike rentals is found, and nothing in the houses of California", { skip }, async () => {
  await writeShared("bike_sharing_hourly/train.csv");
  const weather = ["temp", "atemp", "hum", "windspeed", "day", "hr"];
  const bikes = await leaks("bikers", { number: ["casual", ...weather, "registered"] });
  assert.deepEqual(
    bikes.map(({ remedy }) => remedy),
    [{ kind: "drop_columns", columns: ["casual", "registered"] }],
  );
  assert.match(bikes[0]!.detail, /^bikers is casual \+ registered: .* 100\.00 %/);
  assert.deepEqual(await leaks("bikers", { number: weather }), []);

  await writeShared("california_housing/train.csv.gz");
  const rooms = ["longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households"];
  assert.deepEqual(await leaks("median_house_value", { number: [...rooms, "median_income"] }), []);
  assert.deepEqual(await leaks("households", { number: [...rooms.slice(0, 6), "median_income"] }), []);
});
