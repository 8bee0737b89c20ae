import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { projectFileSchema } from "../../packages/platform/src/records/project.ts";
import { classifySchema } from "../../packages/platform/src/records/use-case.ts";
import { buildMailroom } from "./build.ts";
import type { MailroomSummary } from "./build.ts";

let folder: string;
let summary: MailroomSummary;
let mailroom: DatabaseSync;
const progress: [done: number, total: number][] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mailroom-"));
  const path = join(folder, "mailroom.db");
  summary = await buildMailroom({ path, onProgress: (done, total) => progress.push([done, total]) });
  mailroom = new DatabaseSync(path, { readOnly: true });
});

after(async () => {
  mailroom.close();
  await rm(folder, { recursive: true });
});

/** The first column of the first row. */
const number = (sql: string): number => Number(Object.values(mailroom.prepare(sql).get() ?? {})[0]);

test("holds every mail once, with its sender", () => {
  assert.deepEqual(summary, { messages: 6046, assigned: 4890, undated: 25, senders: 2560, mailboxes: 36 });
  assert.equal(number("select count(*) from messages"), 6046);
  assert.equal(number("select count(*) from messages join senders on senders.id = sender_id"), 6046);
  assert.equal(number("select count(*) from pragma_foreign_key_check"), 0);
  assert.deepEqual(progress.at(-1), [6046, 6046]);
});

test("keeps the lists as they are: many, of very different size", () => {
  assert.equal(number("select count(list_id) from messages"), 3051);
  assert.equal(number("select count(*) from messages where list_id like '%<fork.%'"), 1162);
  const beenThere = new Set<string>();
  for (const { headers } of mailroom.prepare("select headers from messages").iterate())
    for (const [, list] of String(headers).matchAll(/^x-beenthere: (.*)$/gm)) beenThere.add(list!);
  assert.equal(beenThere.size, 25);
});

test("files spam as junk whatever list it came through, list mail by its list, and mail to persons nowhere", () => {
  const rows = mailroom
    .prepare(
      "select name, count(message_id) as mails from mailboxes left join assignments on mailbox_id = id group by name order by mails desc, name",
    )
    .all()
    .map((row) => [row["name"], row["mails"]]);
  assert.deepEqual(rows.slice(0, 9), [
    ["junk", 1896],
    ["fork", 1060],
    ["ilug", 544],
    ["rpm-zzzlist", 397],
    ["razor-users", 213],
    ["spamassassin-talk", 168],
    ["zzzzteana", 131],
    ["exmh-workers", 118],
    ["exmh-users", 111],
  ]);
  assert.equal(rows.filter(([, mails]) => Number(mails) < 10).length, 20);
  assert.deepEqual(rows.at(-1), ["postmaster", 0]);
});

test("keeps dates that cannot be or cannot be read", () => {
  const years = mailroom
    .prepare("select substr(received_at, 1, 4) as year, count(*) as mails from messages group by year order by year")
    .all()
    .map((row) => [row["year"], row["mails"]]);
  assert.deepEqual(years, [
    [null, 25],
    ["0102", 62],
    ["1980", 4],
    ["1993", 1],
    ["1997", 1],
    ["1998", 1],
    ["1999", 1],
    ["2000", 4],
    ["2001", 146],
    ["2002", 5797],
    ["2003", 1],
    ["2020", 2],
    ["2028", 1],
  ]);
  assert.equal(
    number("select count(*) from messages a join messages b on b.id = a.id + 1 where a.received_at > b.received_at"),
    0,
  );
});

test("keeps what gives the mailbox away", () => {
  const tagged =
    "join assignments on message_id = messages.id join mailboxes on mailboxes.id = mailbox_id where name = 'ilug' and";
  assert.ok(number(`select count(*) from messages ${tagged} subject like '%[ILUG]%'`) > 500);
  assert.ok(number(`select count(*) from messages ${tagged} body like '%http://www.linux.ie/mailman/listinfo/ilug%'`) > 400);
});

test("gives the same bytes for the same corpus", async () => {
  const again = join(folder, "again.db");
  await buildMailroom({ path: again });
  assert.equal(sha256(await readFile(again)), sha256(await readFile(join(folder, "mailroom.db"))));
});

test("leaves the old database in place when the corpus is missing or empty", async () => {
  const path = join(folder, "old", "mailroom.db");
  const empty = join(folder, "empty");
  await mkdir(join(folder, "old"));
  await mkdir(empty);
  await writeFile(path, "old");
  await assert.rejects(buildMailroom({ path, source: join(folder, "missing") }), { code: "ENOENT" });
  await assert.rejects(buildMailroom({ path, source: empty }), /holds no mail/);
  assert.equal(await readFile(path, "utf8"), "old");
  assert.deepEqual(await readdir(join(folder, "old")), ["mailroom.db"]);
});

test("has project files that fit their schemas and the database", async () => {
  const read = async (file: string): Promise<unknown> => parse(await readFile(join(import.meta.dirname, file), "utf8"));
  const project = projectFileSchema.parse(await read("inlay.yaml"));
  const useCase = classifySchema.parse(await read("use-cases/mail-routing.yaml"));
  assert.ok(useCase.source.system in project.systems);
  const query = mailroom.prepare(useCase.source.query);
  const columns = new Set(query.columns().map((column) => column.name));
  const { source, features } = useCase;
  for (const wanted of [
    source.key,
    source.time!,
    source.label,
    ...features.text,
    ...features.category,
    ...features.number,
    ...features.time,
  ])
    assert.ok(columns.has(wanted), `the query has no column ${wanted}`);
  assert.equal(query.all().length, 4890);
  const known = mailroom.prepare("select 1 from mailboxes where name = ?");
  for (const rule of [...useCase.policy.rules_first, ...useCase.policy.rules])
    assert.ok(known.get(rule.then), `${rule.then} is no mailbox`);
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test("the demo shows one mail for each of the three ways: the model, a rule, a person", async () => {
  await mkdir(join(folder, "demo"));
  await copyFile(join(folder, "mailroom.db"), join(folder, "demo", "mailroom.db"));
  const bin = fileURLToPath(new URL("../../packages/platform/src/main/bin.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      "--conditions=inlay-source",
      "--disable-warning=ExperimentalWarning",
      bin,
      "demo",
      "--once",
      "--json",
      "--port",
      "0",
      "--folder",
      "demo",
    ],
    { cwd: folder, env: { ...process.env, INLAY_CALLED_FROM: folder, INLAY_PROJECT: undefined }, maxBuffer: 1e8 },
  );
  const { decisions } = JSON.parse(stdout) as { decisions: { outcome: string | null; path: string; cause: string }[] };
  assert.deepEqual(
    decisions.map(({ outcome, path }) => [outcome, path]),
    [
      ["junk", "model"],
      ["postmaster", "rules_first"],
      [null, "review"],
    ],
  );
  assert.ok(
    ["unsure", "unfamiliar"].includes(decisions[2]!.cause),
    "the model was asked, and would not: a quick question goes to a person",
  );
});
