/** Readiness on planted data: what is planted is found, what is clean is left alone, and what cannot be trained on is named. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFailure } from "#base/errors";
import { files } from "#connectors/files/files";
import { openArtifacts } from "#files/artifacts";
import { seeded } from "#learn/math/random";
import { splitByChance } from "#learn/select/split";
import type { Finding, ReadinessReport } from "#records/readiness-report";
import type { Snapshot } from "#records/snapshot";
import { classifySchema } from "#records/use-case";
import type { ClassifyUseCase } from "#records/use-case";
import { labelledRows, prepare } from "#stages/prepare/prepare";
import { formatReport } from "#stages/readiness/format-report";
import { checkNearCopies } from "#stages/readiness/near-copies";
import { readiness } from "#stages/readiness/readiness";
import type { ReadinessDeps } from "#stages/readiness/readiness";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { openTables } from "#tables/tables";

const now = Date.UTC(2026, 5, 1);
const clock = { now: () => now, monotonic: () => now };
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-readiness-"));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Ticket {
  id: string;
  opened_at: string;
  subject: string;
  product: string;
  code: string;
  closed_by: string;
  team: string;
}

/** Clean tickets: words and products that are telling, and wrong often enough; nothing else. */
function cleanTickets(count = 2000): Ticket[] {
  const random = seeded(3);
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const words = {
    network: ["vpn", "wifi", "router"],
    accounts: ["password", "invoice", "login"],
    hardware: ["laptop", "screen", "printer"],
  };
  const teams = Object.keys(words) as (keyof typeof words)[];
  return Array.from({ length: count }, (_, at) => {
    const team = pick(teams);
    const usual = random.next() < 0.75 ? team : pick(teams);
    return {
      id: String(at + 1),
      opened_at: new Date(Date.UTC(2025, 0, 1) + at * 5_400_000).toISOString(),
      subject: `${pick(words[usual])} ${pick(["broken", "slow", "missing"])} ${pick(["again", "today", "since monday"])} number ${random.below(9999)}`,
      product: `${usual}-${random.below(3)}`,
      code: `c${random.below(40)}`,
      closed_by: "",
      team,
    };
  });
}

const audit = (tickets: readonly Ticket[], more: object = {}): Promise<ReadinessReport> =>
  withSnapshot(tickets, more, (deps, snapshot, useCase) => readiness(deps, snapshot, useCase));

/** Runs `work` on a snapshot of the tickets. */
async function withSnapshot<T>(
  tickets: readonly Ticket[],
  more: object,
  work: (deps: ReadinessDeps, snapshot: Snapshot, useCase: ClassifyUseCase) => Promise<T>,
): Promise<T> {
  const useCase = classifySchema.parse({
    use_case: "ticket-routing",
    task: "classify",
    goal: { kpi: "moves", direction: "decrease" },
    source: { system: "exports", query: "select * from tickets", key: "id", time: "opened_at", label: "team" },
    features: { text: ["subject"], category: ["product", "code", "closed_by"] },
    ...more,
  });
  const quote = (text: string): string => (text === "" ? "" : `"${text.replaceAll('"', '""')}"`);
  const head = ["id", "opened_at", "subject", "product", "code", "closed_by", "team"] as const;
  await writeFile(
    join(folder, "tickets.csv"),
    `${head.join(",")}\n${tickets.map((ticket) => head.map((name) => quote(ticket[name])).join(",")).join("\n")}\n`,
  );
  const tables = openTables({ folder: join(folder, "tmp") });
  const artifacts = await openArtifacts(join(folder, "artifacts"));
  const connection = files.open("exports", { type: "files", path: folder, timeout: "1m" }, folder);
  try {
    const snapshot = await takeSnapshot({ connection, artifacts, tables, clock, tempFolder: join(folder, "tmp") }, useCase);
    return await work({ tables, artifacts, clock }, snapshot, useCase);
  } finally {
    await connection.close();
  }
}

const concerns = (report: ReadinessReport): Finding[] => report.findings.filter(({ verdict }) => verdict !== "pass");
const about = (report: ReadinessReport, check: string, column?: string): Finding | undefined =>
  concerns(report).find((finding) => finding.check === check && (column === undefined || finding.column === column));

test("clean data has no concern but the column that is empty", async () => {
  const report = await audit(cleanTickets());
  assert.deepEqual(
    concerns(report).map(({ check, column }) => [check, column]),
    [["empty", "closed_by"]],
  );
  assert.match(formatReport(report), /ticket-routing: warn/);
});

test("the label under another name is found and dropped; keeping it keeps the warning", async () => {
  const tickets = cleanTickets().map((ticket) => ({ ...ticket, code: `queue-${ticket.team}` }));
  const found = about(await audit(tickets), "leak", "code");
  assert.deepEqual(found?.remedy, { kind: "drop_columns", columns: ["code"] });
  const kept = about(await audit(tickets, { leaks: { keep: ["code"] } }), "leak", "code");
  assert.equal(kept?.verdict, "warn");
  assert.equal(kept?.remedy, null);
});

test("a column that is filled only afterwards is found", async () => {
  const tickets = cleanTickets().map((ticket, at) => ({ ...ticket, closed_by: at < 1850 ? `agent-${at % 7}` : "" }));
  assert.deepEqual(about(await audit(tickets), "leak", "closed_by")?.remedy, { kind: "drop_columns", columns: ["closed_by"] });
});

test("tags, addresses and footers in texts are found, ordinary words are not", async () => {
  const tickets = cleanTickets().map((ticket, at) => ({
    ...ticket,
    subject:
      at % 10 < 8
        ? `[${ticket.team}-desk] ${ticket.subject}\nSent to ${ticket.team}@northgate.example\nThis is the ${ticket.team} list, do not reply.`
        : ticket.subject,
  }));
  const found = about(await audit(tickets), "leak", "subject");
  assert.ok(found?.remedy?.kind === "remove_text");
  for (const mark of ["[network-desk]", "network@northgate.example", "this is the network list, do not reply."]) {
    assert.ok(found.remedy.texts.includes(mark), `${mark} in ${found.remedy.texts.join(", ")}`);
  }
  assert.ok(!found.remedy.texts.some((text) => ["vpn", "wifi", "router"].includes(text)));
});

test("times that cannot be, copies, broken characters and rare outcomes are counted", async () => {
  const tickets = cleanTickets();
  tickets[0] = { ...tickets[0]!, opened_at: "0102-02-02T00:00:00Z" };
  tickets[1] = { ...tickets[1]!, opened_at: "2028-10-04T00:00:00Z" };
  tickets[2] = { ...tickets[2]!, team: "legal" };
  tickets[3] = { ...tickets[4]!, id: "4" };
  tickets[5] = { ...tickets[5]!, subject: "dr\u00c3\u00bccken" };
  const report = await audit(tickets);
  const times = concerns(report).filter(({ check }) => check === "time");
  assert.equal(
    times.reduce((sum, { affected_rows: rows }) => sum + rows!, 0),
    2,
  );
  assert.equal(about(report, "duplicate")?.affected_rows, 1);
  assert.equal(about(report, "encoding")?.affected_rows, 1);
  assert.deepEqual(about(report, "label")?.examples, ["legal"]);
});

test("declared checks hold or block, each with its numbers", async () => {
  const report = await audit(cleanTickets(), {
    readiness: [
      { column: "id", unique: true },
      { rows: ">= 1000" },
      { rows: "<= 1000" },
      { column: "closed_by", complete: "50%" },
      { column: "team", values: ["network", "accounts"] },
      { column: "code", pattern: "c\\d+" },
      { column: "id", range: [1, 1500] },
      { fresh: "2d" },
      { column: "gone", complete: "1%" },
    ],
  });
  const verdicts = report.findings.slice(0, 9).map(({ check, verdict }) => [check, verdict]);
  assert.deepEqual(verdicts, [
    ["unique", "pass"],
    ["rows", "pass"],
    ["rows", "block"],
    ["complete", "block"],
    ["values", "block"],
    ["pattern", "pass"],
    ["range", "block"],
    ["fresh", "block"],
    ["column", "block"],
  ]);
  assert.deepEqual(report.findings[4]!.examples, ["hardware"]);
  assert.equal(report.findings[6]!.affected_rows, 500);
  assert.equal(report.verdict, "block");
  for (const finding of concerns(report)) assert.ok(finding.fix, finding.detail);
});

test("columns may have any name, those of the audit's own queries too", async () => {
  const report = await audit(cleanTickets(300), {
    source: {
      system: "exports",
      query: "select id, opened_at, subject, product as outcome, code as half, closed_by as n, team from tickets",
      key: "id",
      time: "opened_at",
      label: "team",
    },
    features: { text: ["subject"], category: ["outcome", "half", "n"] },
  });
  assert.equal(about(report, "label"), undefined);
  assert.deepEqual(
    concerns(report).map(({ column }) => column),
    ["n"],
  );
});

test("one outcome only, an empty table and a dropped column are each named once and clearly", async () => {
  const oneClass = await audit(cleanTickets().map((ticket) => ({ ...ticket, team: "network" })));
  assert.match(about(oneClass, "label")!.detail, /team has only the outcome "network"/);
  assert.equal(oneClass.verdict, "block");
  await assert.rejects(audit([]), (error) => isFailure(error, "DATA_UNSUITABLE") && /returns no rows/.test(error.message));
  await assert.rejects(
    audit(cleanTickets(10), {
      source: {
        system: "exports",
        query: "select id, opened_at, subject, team from tickets",
        key: "id",
        time: "opened_at",
        label: "team",
      },
    }),
    (error) => isFailure(error, "DATA_UNSUITABLE") && /product/.test(error.message),
  );
});

/** Clean tickets with long subjects, and after them copies of every tenth but for a word; every other copy under another team. */
function copiedTickets(): { tickets: Ticket[]; source: string[] } {
  const random = seeded(21);
  const originals = cleanTickets().map((ticket) => ({
    ...ticket,
    subject: `${ticket.subject} ${Array.from({ length: 20 }, () => `w${random.below(2000)}`).join(" ")}`,
  }));
  const copies = originals
    .filter((_, at) => at % 10 === 0)
    .map((ticket, at) => ({
      ...ticket,
      id: String(5000 + at),
      opened_at: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString(),
      subject: `Fwd: ${ticket.subject}`,
      team: at % 2 === 0 ? ticket.team : ticket.team === "network" ? "accounts" : "network",
    }));
  return {
    tickets: [...originals, ...copies],
    source: [...originals.keys(), ...copies.keys().map((at) => 10 * at)].map(String),
  };
}

test("near copies and what contradicts itself are counted, with examples", async () => {
  const { tickets } = copiedTickets();
  const report = await audit(tickets);
  const copies = about(report, "near-copy", "subject")!;
  assert.equal(copies.affected_rows, 200);
  assert.match(copies.detail, /^200 rows have nearly .* \(9\.1 %; 0 word for word\), in 200 groups; the largest has 2 rows$/);
  assert.equal(copies.examples.length, 3);
  const contradictions = about(report, "contradiction", "team")!;
  assert.deepEqual([contradictions.affected_rows, contradictions.verdict], [100, "warn"]);
  for (const example of contradictions.examples) assert.match(example, /^(\w+) and (?!\1)\w+: \w/);
  assert.equal(about(report, "duplicate"), undefined, "no row is there twice to the letter");

  const agreeing = await audit(tickets.map((ticket) => ({ ...ticket, team: ticket.product.split("-")[0]! })));
  assert.equal(about(agreeing, "near-copy")?.affected_rows, 200);
  assert.equal(about(agreeing, "contradiction"), undefined);
  const unread = await audit(tickets, { features: { category: ["product", "code"] } });
  assert.equal(about(unread, "near-copy"), undefined, "texts that are no feature are not looked at");
});

test("of more rows than it may look at, near copies are sought in a sample, and it says so", async () => {
  const [found, again] = await withSnapshot(copiedTickets().tickets, {}, async ({ tables, artifacts }, snapshot, useCase) => {
    const path = await artifacts.verifiedPath(snapshot.hash);
    const subject = { tables, path, snapshot, useCase, now, signal: undefined };
    return [await checkNearCopies(subject, { sampleRows: 1500 }), await checkNearCopies(subject, { sampleRows: 1500 })] as const;
  });
  assert.match(found[0]!.detail, /^in a sample of 1,[45]\d\d of 2,200 rows, \d+ rows have nearly the text/);
  assert.ok(found[0]!.affected_rows! > 40 && found[0]!.affected_rows! < 200);
  assert.deepEqual(found, again);
});

test("rows are prepared with the groups that keep copies on one side of a split by chance", async () => {
  const { tickets, source } = copiedTickets();
  const sourceOf = new Map(tickets.map(({ subject }, at) => [subject, source[at]!]));
  const rows = await withSnapshot(tickets, {}, async (deps, snapshot, useCase) =>
    prepare(deps, snapshot, useCase, await readiness(deps, snapshot, useCase)),
  );
  const subjects = rows.table.columns["subject"]!;
  assert.ok(subjects.type === "string" && rows.groups);
  const torn = (groups: Uint32Array | undefined): number => {
    const { train, test: held } = splitByChance(rows.labels, 0.2, 1, groups);
    const learnt = new Set(Array.from(train, (row) => sourceOf.get(subjects.values[row]!)));
    return held.filter((row) => learnt.has(sourceOf.get(subjects.values[row]!))).length;
  };
  assert.equal(torn(rows.groups), 0);
  assert.ok(torn(undefined) > 30, "the control tears them apart");
  const untold = await withSnapshot(tickets, { features: { category: ["product"] } }, async (deps, snapshot, useCase) =>
    prepare(deps, snapshot, useCase, await readiness(deps, snapshot, useCase)),
  );
  assert.equal(untold.groups, null);
  const twice = [...cleanTickets(60), ...cleanTickets(60)];
  const named = await withSnapshot(twice, { features: { category: ["product"] } }, async (deps, snapshot, useCase) =>
    prepare(deps, snapshot, useCase, await readiness(deps, snapshot, useCase)),
  );
  const split = splitByChance(named.labels, 0.2, 1, named.groups!);
  const learnt = new Set(Array.from(split.train, (row) => named.keys[row]));
  assert.ok(split.test.length > 0 && split.test.every((row) => !learnt.has(named.keys[row])), "rows of one key lie on one side");
});

test("a time that is text without a zone is UTC, wherever the machine is", async () => {
  const [zone, tickets] = [process.env["TZ"], cleanTickets(20)];
  const query =
    "select id, strftime(opened_at, '%Y-%m-%d %H:%M:%S') as opened_at, subject, product, code, closed_by, team from tickets";
  const source = { system: "exports", query, key: "id", time: "opened_at", label: "team" };
  process.env["TZ"] = "Asia/Tokyo";
  try {
    const { times } = await withSnapshot(tickets, { source }, labelledRows);
    assert.equal(new Date(0).getHours(), 9, "the control is elsewhere");
    assert.deepEqual(
      times,
      Float64Array.from(tickets, ({ opened_at: at }) => Date.parse(at)),
    );
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
});

test("a stop while near copies are sought is a cancellation", async () => {
  const { tickets } = copiedTickets();
  await withSnapshot(tickets, {}, async (deps, snapshot, useCase) => {
    const report = await readiness(deps, snapshot, useCase);
    const stopped = prepare({ ...deps, signal: AbortSignal.abort() }, snapshot, useCase, report);
    await assert.rejects(stopped, (error) => isFailure(error, "CANCELLED"));
  });
});

const weighted = {
  source: { system: "exports", query: "select * from tickets", key: "id", time: "opened_at", label: "team", weight: "code" },
  features: { category: ["product"] },
};

test("weights are read in shares of their mean; rows without one count as the others on average, and readiness says so", async () => {
  const tickets = cleanTickets(400).map((ticket, at) => ({ ...ticket, code: ["6", "2", "", "0"][at % 4]! }));
  const { rows, report } = await withSnapshot(tickets, weighted, async (deps, snapshot, useCase) => {
    const found = await readiness(deps, snapshot, useCase);
    const late = { key: null, outcome: "network", decided_at: "2026-05-01T00:00:00Z", record: { product: "network-1" } };
    return { report: found, rows: await prepare(deps, snapshot, useCase, found, [late]) };
  });
  assert.deepEqual([...rows.weights!.subarray(0, 4), rows.weights!.at(-1)], [1.5, 0.5, 1, 1, 1]);
  assert.equal(rows.weights!.length, 401);
  const found = about(report, "weight", "code")!;
  assert.deepEqual([found.verdict, found.affected_rows], ["warn", 200]);
  assert.match(found.detail, /^200 rows have no positive number in code; such rows count as much as the others on average$/);
  const whole = await audit(
    tickets.map((ticket) => ({ ...ticket, code: "0.5" })),
    weighted,
  );
  assert.equal(about(whole, "weight"), undefined);
  const none = await audit(
    tickets.map((ticket) => ({ ...ticket, code: "many" })),
    weighted,
  );
  assert.equal(about(none, "weight", "code")?.verdict, "block");
});

test("a weight that the learner of texts would not heed is refused", () => {
  const asked = (features: object, learner: string): boolean =>
    classifySchema.safeParse({
      use_case: "ticket-routing",
      task: "classify",
      goal: { kpi: "moves", direction: "decrease" },
      source: weighted.source,
      features,
      train: { learner },
    }).success;
  const texts = { text: ["subject"], category: ["product"] };
  assert.deepEqual(
    ["auto", "text-linear", "trees-text", "trees-linear"].map((learner) => asked(texts, learner)),
    [false, false, false, true],
  );
  assert.ok(asked(weighted.features, "auto"));
});
