/**
 * What was acknowledged is never lost and never there twice: processes that record decisions are killed at random moments, and what they
 * printed is compared with what PostgreSQL holds after the next start. The control acknowledges before it writes and must lose some.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "#base/clock";
import { isFailure } from "#base/errors";
import { uuidv7 } from "#base/id";
import { silentLog } from "#base/log";
import { openDecisionLog } from "#stages/decide/decision-log";
import { openSpool, spoolDefaults } from "#stages/decide/spool";
import { openState } from "#store/state";
import type { State } from "#store/state";
import { seeded } from "#learn/math/random";
import { decisionOf } from "./support/decision.ts";

const recorder = fileURLToPath(new URL("./support/recorder.ts", import.meta.url));
let folder: string;
let state: State;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-durability-"));
  state = await openState({ folder: join(folder, ".inlay"), databaseUrl: undefined, log: silentLog });
});
after(async () => {
  await state.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a recorder, kills it after a random while, and gives the ids that it had acknowledged. */
async function recordAndKill(spool: string, mode: "safe" | "early", afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--conditions=inlay-source", recorder, spool, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ids: string[] = [];
  const lines = createInterface(child.stdout);
  const ready = Promise.withResolvers<void>();
  lines.on("line", (line) => (line === "ready" ? ready.resolve() : ids.push(line)));
  await ready.promise;
  await delay(afterMs);
  child.kill("SIGKILL");
  await Promise.all([once(child, "exit"), once(lines, "close")]);
  return ids.filter((id) => id.length === 36);
}

async function killMany(
  count: number,
  mode: "safe" | "early",
  seed: number,
): Promise<{ acknowledged: string[]; lost: number; kills: number }> {
  const spool = join(folder, `spool-${mode}`);
  const random = seeded(seed);
  const acknowledged: string[] = [];
  let kills = 0;
  const killer = async (): Promise<void> => {
    while (kills++ < count) acknowledged.push(...(await recordAndKill(spool, mode, random.next() * 40)));
  };
  await Promise.all([killer(), killer(), killer()]);
  const log = await openDecisionLog({ folder: spool, pool: state.pool, clock: systemClock, log: silentLog });
  await log.flush();
  await log.close();
  const { rows } = await state.pool.query<{ n: number }>(
    "select count(*)::int as n from inlay.decisions where id = any($1::uuid[])",
    [acknowledged],
  );
  return { acknowledged, lost: acknowledged.length - rows[0]!.n, kills: count };
}

test("200 kills under load lose no acknowledged decision and record none twice", async (t) => {
  const { acknowledged, lost } = await killMany(200, "safe", 1);
  t.diagnostic(`${acknowledged.length} decisions acknowledged before 200 kills`);
  assert.ok(acknowledged.length > 200, `only ${acknowledged.length} were acknowledged`);
  assert.equal(new Set(acknowledged).size, acknowledged.length);
  assert.equal(lost, 0);
  assert.deepEqual(await readdir(join(folder, "spool-safe")), [], "what was replayed is gone");
});

test("control: acknowledged before it is written, some are lost", async (t) => {
  // How many depends on the machine: between few kills there may be none.
  let [lost, kills] = [0, 0];
  while (lost === 0 && kills < 400) {
    const round = await killMany(40, "early", 2 + kills);
    lost += round.lost;
    kills += round.kills;
  }
  t.diagnostic(`${lost} lost in ${kills} kills`);
  assert.ok(lost > 0);
});

test("a torn last line is left out, and everything before it is read", async () => {
  const at = join(folder, "torn");
  const spool = await openSpool(at);
  for (const line of ["one", "two", "three"]) await spool.append([line]);
  await spool.close();
  const [name] = await readdir(at);
  const path = join(at, name!);
  const whole = await readFile(path);
  for (let length = whole.length - 1; length > whole.length - 15; length--) {
    await writeFile(path, whole);
    await truncate(path, length);
    const again = await openSpool(at);
    assert.deepEqual((await again.read(again.start(), 1e6)).lines, ["one", "two"]);
    await again.append(["four"]);
    assert.deepEqual((await again.read((await again.read(again.start(), 1e6)).next, 1e6)).lines, ["four"]);
    await again.close();
    for (const other of await readdir(at)) if (other !== name) await rm(join(at, other));
  }
});

test("a flipped bit ends the reading there, and nothing is misread", async () => {
  const at = join(folder, "flipped");
  const spool = await openSpool(at);
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  for (const line of lines) await spool.append([line]);
  await spool.close();
  const path = join(at, (await readdir(at))[0]!);
  const whole = await readFile(path);
  const random = seeded(3);
  for (let round = 0; round < 200; round++) {
    const damaged = Buffer.from(whole);
    damaged[random.below(whole.length)]! ^= 1 << random.below(8);
    await writeFile(path, damaged);
    const again = await openSpool(at);
    const read = (await again.read(again.start(), 1e6)).lines;
    assert.deepEqual(read, lines.slice(0, read.length));
    await again.close();
  }
});

test("a spool at its limit refuses, keeps what it has, and takes more once there is room", async () => {
  const spool = await openSpool(join(folder, "full"), { ...spoolDefaults, limitBytes: 100, segmentBytes: 20 });
  await spool.append(["x".repeat(60)]);
  await assert.rejects(spool.append(["y".repeat(60)]), (error) => isFailure(error, "SPOOL_FULL"));
  const { lines, next } = await spool.read(spool.start(), 1e6);
  assert.deepEqual(lines, ["x".repeat(60)]);
  await spool.append(["z".repeat(10)]);
  await spool.release(next);
  await spool.append(["y".repeat(60)]);
  await spool.close();
});

test("a line that PostgreSQL refuses is set aside and the others are stored", async () => {
  const at = join(folder, "refused");
  const log = await openDecisionLog({ folder: at, pool: state.pool, clock: systemClock, log: silentLog });
  const ids = Array.from({ length: 50 }, () => uuidv7(systemClock));
  await log.record(ids.map((id, n) => decisionOf(id, n === 20 ? { model_version: 1e300 } : {})));
  await log.flush();
  await log.close();
  const { rows } = await state.pool.query<{ id: string }>("select id from inlay.decisions where id = any($1::uuid[])", [ids]);
  assert.equal(rows.length, 49);
  assert.match(await readFile(join(at, "refused.jsonl"), "utf8"), new RegExp(ids[20]!));
});

test("a decision is found at once, before and after it is stored, and its review is open", async () => {
  const log = await openDecisionLog({ folder: join(folder, "found"), pool: state.pool, clock: systemClock, log: silentLog });
  const id = uuidv7(systemClock);
  const decision = decisionOf(id, { path: "review", cause: "unsure", outcome: null });
  await log.record([decision]);
  assert.deepEqual(await log.find(id), decision);
  await log.flush();
  assert.deepEqual(await log.find(id), decision);
  const { rows } = await state.pool.query("select status, suggestion from inlay.reviews where id = $1", [id]);
  assert.deepEqual(rows, [{ status: "open", suggestion: "network" }]);
  assert.equal(await log.find(uuidv7(systemClock)), null);
  await log.close();
});

test("what another process wrote behind our back in the folder is not taken for a spool", async () => {
  const at = join(folder, "strange");
  const first = await openDecisionLog({ folder: at, pool: state.pool, clock: systemClock, log: silentLog });
  await first.close();
  await appendFile(join(at, "notes.txt"), "hello");
  const file = await open(join(at, "notes.txt"));
  await file.close();
  const second = await openDecisionLog({ folder: at, pool: state.pool, clock: systemClock, log: silentLog });
  await second.flush();
  await second.close();
  assert.equal(await readFile(join(at, "notes.txt"), "utf8"), "hello");
});
