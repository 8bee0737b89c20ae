/**
 * The package as published: packed, installed into an empty folder, and used as the README says, from a SQLite database of the
 * user's own to a served decision. The installation takes what npm has in its cache; without it and without a registry the test is
 * skipped with that reason.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "inlay-package-"));
const env = { ...process.env, NODE_OPTIONS: "", INLAY_CALLED_FROM: undefined } as NodeJS.ProcessEnv;
let unavailable: string | undefined;

before(() => {
  const packed = spawnSync("npm", ["pack", "-w", "inlay", "--pack-destination", folder], { cwd: root, encoding: "utf8", env });
  assert.equal(packed.status, 0, packed.stderr);
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  writeFileSync(join(folder, "package.json"), '{ "name": "my-project", "private": true }\n');
  const installed = spawnSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", archive], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  if (/ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED/.test(installed.stderr))
    unavailable = "no registry and nothing in npm's cache";
  else assert.equal(installed.status, 0, installed.stderr);
  writeTickets(join(folder, "helpdesk.db"));
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("a stranger goes from a database to a served decision", async (t) => {
  if (unavailable) return t.skip(unavailable);
  const proposed = inlay("init", "./helpdesk.db", "--json") as { useCase: string };
  const name = proposed.useCase;
  const useCase = readFileSync(join(folder, "use-cases", `${name}.yaml`), "utf8");
  assert.match(useCase, /label: team/, "the column that a person would pick");

  inlay("check");
  const version = inlay("train", name, "--json") as { version: number; evaluation: { model: { accuracy: number } } };
  assert.ok(version.evaluation.model.accuracy > 0.8, `accuracy ${version.evaluation.model.accuracy}`);
  inlay("models", "deploy", name);
  const record = { subject: "vpn does not connect", body: "the tunnel and the gateway are unreachable since the morning" };
  const [decided] = inlay("decide", name, JSON.stringify(record), "--json") as { outcome: string; path: string }[];
  assert.deepEqual([decided?.outcome, decided?.path], ["network", "model"]);
  const { secret } = inlay("keys", "create", "stranger", "--json") as { secret: string };

  const port = await freePort();
  const server = spawn(join(folder, "node_modules/.bin/inlay"), ["serve", "--port", String(port)], { cwd: folder, env });
  try {
    await Promise.race([
      once(createInterface(server.stdout), "line"),
      once(server, "exit").then(([code]) => assert.fail(`serve ended with ${String(code)}`)),
    ]);
    const response = await fetch(`http://127.0.0.1:${port}/v1/use-cases/${name}/decisions`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ record }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal(((await response.json()) as { outcome: string }).outcome, "network");
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGINT");
    await ended;
  }
});

/** Runs the installed command as `npx inlay` would, with whatever Node starts it. */
function inlay(...args: string[]): unknown {
  const done = spawnSync(join(folder, "node_modules/.bin/inlay"), args, { cwd: folder, encoding: "utf8", env });
  assert.equal(done.status, 0, `inlay ${args.join(" ")}: ${done.stderr}\n${done.stdout}`);
  return args.includes("--json") ? JSON.parse(done.stdout) : undefined;
}

/** A help desk's tickets: four teams with words of their own, noise words that all use, a year of time. */
function writeTickets(path: string): void {
  const words: Record<string, string[]> = {
    network: ["vpn", "wifi", "tunnel", "gateway", "firewall", "switch", "connect"],
    hardware: ["laptop", "screen", "keyboard", "battery", "printer", "dock", "cable"],
    accounts: ["password", "login", "locked", "reset", "permission", "expired", "user"],
    software: ["install", "license", "update", "crash", "excel", "plugin", "version"],
  };
  const noise = ["please", "since", "morning", "urgent", "again", "colleague", "office", "help", "does", "not", "work", "the"];
  const database = new DatabaseSync(path);
  database.exec(
    "create table tickets (id integer primary key, opened_at timestamp, subject text, body text, priority text, team text)",
  );
  const insert = database.prepare("insert into tickets (opened_at, subject, body, priority, team) values (?, ?, ?, ?, ?)");
  const teams = Object.keys(words);
  let state = 7;
  const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  const pick = (from: readonly string[], count: number): string =>
    Array.from({ length: count }, () => from[next(from.length)]).join(" ");
  database.exec("begin");
  for (let at = 0; at < 1200; at++) {
    const team = teams[next(teams.length)]!;
    const opened = new Date(Date.UTC(2025, 0, 1) + at * 7 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
    const own = words[team]!;
    insert.run(
      opened,
      `${pick(own, 2)} ${pick(noise, 2)}`,
      `${pick(noise, 5)} ${pick(own, 3)} ${pick(noise, 3)}`,
      pick(["P1", "P2", "P3"], 1),
      team,
    );
  }
  database.exec("commit");
  database.close();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
