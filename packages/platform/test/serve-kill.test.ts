/**
 * The whole server as users run it, `inlay serve`, under load: killed again and again, its database killed under it. Every decision that
 * a client was answered is in PostgreSQL afterwards, once.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { seeded } from "#learn/math/random";
import { silentLog } from "#base/log";
import { openState } from "#store/state";
import type { State } from "#store/state";
import { program, programEnv } from "./support/program.ts";

let folder: string;
let state: State;
let secret: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-serve-"));
  await mkdir(join(folder, "use-cases"));
  await mkdir(join(folder, "exports"));
  await writeFile(join(folder, "exports", "tickets.csv"), "id,subject,team\n1,hello,desk\n");
  await writeFile(join(folder, "inlay.yaml"), "project: helpdesk\nsystems:\n  exports: { type: files, path: ./exports }\n");
  await writeFile(
    join(folder, "use-cases", "routing.yaml"),
    `use_case: routing
task: classify
goal: { kpi: tickets moved to another team, direction: decrease }
source: { system: exports, query: select * from tickets, key: id, label: team }
features: { text: [subject] }
policy:
  otherwise: rules
  rules: [{ when: 'record.subject.contains("vpn")', then: network }]
`,
  );
  // Held here, so that the database outlives the servers that are killed.
  state = await openState({ folder: join(folder, ".inlay"), databaseUrl: undefined, log: silentLog });
  const made = await promisify(execFile)(process.execPath, [...program, "keys", "create", "load", "--json"], {
    cwd: folder,
    env: programEnv,
  });
  secret = (JSON.parse(made.stdout) as { secret: string }).secret;
});

after(async () => {
  await state.close();
  await rm(folder, { recursive: true, force: true });
});

/** Serves and asks without a pause until `end` is done; gives what was answered. */
async function underLoad(end: (kill: (signal: NodeJS.Signals) => Promise<void>) => Promise<void>): Promise<string[]> {
  const server = spawn(process.execPath, [...program, "serve", "--port", "0"], {
    cwd: folder,
    env: programEnv,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exit = once(server, "exit");
  let url: string | undefined;
  for await (const line of createInterface(server.stdout)) if ((url = /http:\/\/[\d.:]+/.exec(line)?.[0])) break;
  assert.ok(url, "serve ended without an address");
  const ids: string[] = [];
  let ended = false;
  const asking = Array.from({ length: 16 }, async () => {
    while (!ended) {
      try {
        const response = await fetch(`${url}/v1/use-cases/routing/decisions`, {
          method: "POST",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
          body: '{"record":{"subject":"vpn is down"}}',
        });
        assert.equal(response.status, 200, await response.clone().text());
        ids.push(((await response.json()) as { id: string }).id);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // the connection broke: not answered
        if (server.exitCode !== null || server.signalCode !== null) return;
      }
    }
  });
  try {
    await end(async (signal) => {
      server.kill(signal);
      await exit;
    });
  } finally {
    ended = true;
    await Promise.all(asking);
    server.kill("SIGTERM");
    await exit;
  }
  return ids;
}

/** How many of these decisions PostgreSQL holds, once it holds them all or ten seconds have passed. */
async function stored(ids: readonly string[]): Promise<number> {
  for (let waited = 0; ; waited += 100) {
    const { rows } = await state.pool.query<{ n: number }>(
      "select count(*)::int as n from inlay.decisions where id = any($1::uuid[])",
      [ids],
    );
    if (rows[0]!.n === ids.length || waited > 10_000) return rows[0]!.n;
    await delay(100);
  }
}

test("a server that is killed under load, ten times, loses no answered decision and records none twice", async (t) => {
  const random = seeded(3);
  const answered: string[] = [];
  for (let round = 0; round < 10; round++) {
    const ids = await underLoad(async (kill) => {
      await delay(100 + random.next() * 300);
      await kill("SIGKILL");
    });
    answered.push(...ids);
  }
  const last = await underLoad(() => delay(200)); // finds what the killed ones left
  t.diagnostic(`${answered.length} decisions answered before 10 kills`);
  assert.ok(answered.length > 200, `only ${answered.length}`);
  assert.equal(new Set(answered).size, answered.length);
  assert.equal(await stored([...answered, ...last]), answered.length + last.length);
});

test("a database that is killed under load costs no answer", { skip: process.platform === "win32" && "no kill" }, async () => {
  const answered = await underLoad(async () => {
    await delay(300);
    const { rows } = await state.pool.query<{ pid: number }>(
      "select (regexp_match(pg_read_file('postmaster.pid'), '^\\d+'))[1]::int as pid",
    );
    process.kill(rows[0]!.pid, "SIGKILL");
    await delay(2500); // it comes back meanwhile
  });
  assert.ok(answered.length > 200, `only ${answered.length}`);
  // On a slow machine the database may be back only after the server has stopped: then the next one finds what is in the spool.
  const last = await underLoad(() => delay(200));
  assert.equal(await stored([...answered, ...last]), answered.length + last.length);
});
