/**
 * The embedded server under everything that may happen to it: several processes, kills of each of them, folders that are moved, copied,
 * closed or served elsewhere. Processes are real ones; after each test none is left.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import type { ErrorCode } from "#base/errors";
import { isFailure } from "#base/errors";
import { silentLog } from "#base/log";
import { openState } from "#store/state";
import type { State } from "#store/state";
import { claimFolder, keepMark } from "#store/owner-mark";

const program = fileURLToPath(new URL("./support/state-process.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const onLinux = { skip: process.platform !== "linux" && "processes are looked up in /proc" };
const asRoot = { skip: !isRoot && "only root can become another user" };
/** A program of another user must be able to read this repository. */
const asAnother = {
  skip: asRoot.skip || (!isOpenToAll(program) && "this repository lies in a folder that other users cannot enter"),
};

/** A project whose data folder was made once: each test starts from a copy, without initdb. */
let template: string;
let root: string;
let folder: string;
const children = new Set<ChildProcess>();

before(async () => {
  root = await mkdtemp(join(tmpdir(), "inlay-embedded-"));
  await chmod(root, 0o755);
  template = join(root, "template");
  await (await open(template)).close();
});
after(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(root, "project-"));
  await chmod(folder, 0o755);
  folder = await copyProject(template, join(folder, ".inlay"));
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await eventually(async () => (await processesOf(folder)).length === 0, "no process of the project is left");
});

const open = (at: string): Promise<State> => openState({ folder: at, databaseUrl: undefined, log: silentLog });

async function copyProject(from: string, to: string): Promise<string> {
  await promisify(execFile)("cp", ["-a", from, to]);
  return to;
}

interface Answer {
  readonly url?: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Another process with the same project. */
async function startProcess(at: string, uid?: number): Promise<{ answer: Answer; child: ChildProcess; close(): Promise<void> }> {
  const as = uid === undefined ? [] : [String(uid), String(uid)];
  const child = spawn(process.execPath, ["--conditions=inlay-source", program, at, ...as], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.add(child);
  const exit = once(child, "exit").then(() => children.delete(child));
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), exit.then(() => [])])) as [string?];
  assert.ok(line, "the process ended without a word");
  const close = async (): Promise<void> => {
    child.stdin.end();
    await exit;
  };
  return { answer: JSON.parse(line) as Answer, child, close };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Servers, and shells beside them, whose words name the folder. */
async function processesOf(at: string): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (words.includes(join(at, "postgres")) && !words.includes("initdb")) found.push(pid);
  }
  return found;
}

async function serverPid(at: string): Promise<number> {
  return Number((await readFile(join(at, "postgres", "postmaster.pid"), "utf8")).split("\n")[0]);
}

async function eventually(check: () => Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; !(await check()); waited += 20) {
    assert.ok(waited < 15_000, `it did not happen: ${what}`);
    await delay(20);
  }
}

const count = async ({ pool }: State): Promise<number> =>
  (await pool.query<{ n: number }>("select count(*)::int as n from public.marks")).rows[0]!.n;

test("a clean stop leaves no process, and what was written is there at the next start", onLinux, async () => {
  const first = await open(folder);
  await first.pool.query("create table public.marks (mark text); insert into public.marks values ('kept')");
  assert.ok((await processesOf(folder)).length > 0, "control: the server is seen while it runs");
  await first.close();
  await eventually(async () => (await processesOf(folder)).length === 0, "the server is gone");
  const second = await open(folder);
  assert.equal(await count(second), 1);
  assert.equal(second.url, first.url);
  await second.close();
});

test("it listens on loopback with a password, keeps what is committed, and hides the password from other users", async () => {
  const state = await open(folder);
  const { rows } = await state.pool.query(
    "select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories', 'fsync', 'wal_level', 'data_checksums', 'server_encoding', 'TimeZone') order by name",
  );
  assert.deepEqual(Object.fromEntries(rows.map(({ name, setting }) => [name, setting])), {
    TimeZone: "UTC",
    data_checksums: "on",
    fsync: "on",
    listen_addresses: "127.0.0.1",
    server_encoding: "UTF8",
    unix_socket_directories: "",
    wal_level: "logical",
  });
  const stranger = new pg.Client({ connectionString: state.url.replace(/:[^:@]+@/, ":wrong@") });
  await assert.rejects(stranger.connect(), { code: "28P01" });
  assert.equal((await stat(join(folder, "connection.json"))).mode & 0o077, 0);
  await state.close();
});

test("the server does not see the environment of the process that starts it", onLinux, async () => {
  process.env["INLAY_TEST_SECRET"] = "canary";
  const state = await open(folder);
  delete process.env["INLAY_TEST_SECRET"];
  const environment = await readFile(`/proc/${await serverPid(folder)}/environ`, "utf8");
  assert.match(environment, /TZ=UTC/, "control: it can be read");
  assert.doesNotMatch(environment, /canary/);
  await state.close();
});

test("of many that start at once, one starts the server, all use it, and the last that closes stops it", onLinux, async () => {
  const processes = await Promise.all(Array.from({ length: 4 }, () => startProcess(folder)));
  const own = await Promise.all([open(folder), open(folder)]);
  assert.equal(new Set([...processes.map(({ answer }) => answer.url), ...own.map(({ url }) => url)]).size, 1);
  await Promise.all([...processes.map(({ close }) => close()), own[0].close()]);
  assert.equal((await own[1].pool.query("select 1")).rowCount, 1, "the one that is left still has its server");
  await own[1].close();
  assert.deepEqual(await processesOf(folder), []);
});

test("all that close at the same moment leave no process", onLinux, async () => {
  for (let round = 0; round < 5; round++) {
    const states = await Promise.all([open(folder), open(folder), open(folder)]);
    await Promise.all(states.map((state) => state.close()));
    assert.deepEqual(await processesOf(folder), []);
  }
});

test("one that opens while the last one closes gets a server", async () => {
  for (let round = 0; round < 5; round++) {
    const first = await open(folder);
    const [second] = await Promise.all([open(folder), first.close()]);
    assert.equal((await second.pool.query("select 1")).rowCount, 1);
    await second.close();
  }
});

test("kill -9 of the server: it comes back on the same address, and the pool works again", onLinux, async () => {
  const state = await open(folder);
  await state.pool.query("create table public.marks (mark text); insert into public.marks values ('kept')");
  const before = await serverPid(folder);
  process.kill(before, "SIGKILL");
  await eventually(async () => (await serverPid(folder).catch(() => before)) !== before, "another server runs");
  await eventually(async () => (await count(state).catch(() => 0)) === 1, "the pool reads again");
  await state.close();
});

test("kill -9 of the server while it is closed leaves no process", onLinux, async () => {
  for (let round = 0; round < 5; round++) {
    const state = await open(folder);
    process.kill(await serverPid(folder), "SIGKILL");
    await state.close();
    await eventually(async () => (await processesOf(folder)).length === 0, "nothing is left");
  }
});

test("kill -9 of every Inlay process: the server ends by itself, and the next start works", onLinux, async () => {
  const processes = await Promise.all([startProcess(folder), startProcess(folder)]);
  const state = await open(folder);
  await state.pool.query("create table public.marks (mark text); insert into public.marks values ('kept')");
  await Promise.all(processes.map(({ child }) => kill(child)));
  assert.equal(await count(state), 1, "while one process is left the server stays");
  await state.close();
  const last = await startProcess(folder);
  await kill(last.child);
  await eventually(async () => (await processesOf(folder)).length === 0, "the server is gone");
  const again = await open(folder);
  assert.equal(await count(again), 1);
  await again.close();
});

test("a start right after kill -9 takes over or starts anew", onLinux, async () => {
  for (let round = 0; round < 5; round++) {
    const { child } = await startProcess(folder);
    child.kill("SIGKILL");
    const state = await open(folder);
    assert.equal((await state.pool.query("select 1")).rowCount, 1);
    await state.close();
  }
});

test("a lock that a dead server left and another program's process id are told apart", onLinux, async () => {
  const pidFile = join(folder, "postgres", "postmaster.pid");
  await writeFile(pidFile, `${process.pid}\n${join(folder, "postgres")}\n1700000000\n1\n\n127.0.0.1\n  1 1\nready\n`);
  if (isRoot) await chown(pidFile, 65534, 65534);
  const state = await open(folder);
  assert.notEqual(await serverPid(folder), process.pid);
  await state.close();
});

test("a port that another program took is left to it", async () => {
  const file = join(folder, "connection.json");
  const address = JSON.parse(await readFile(file, "utf8")) as { port: number };
  const other = createServer((socket) => socket.end("not a database\n")).listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  await writeFile(file, JSON.stringify({ ...address, port }));
  const state = await open(folder);
  assert.notEqual(new URL(state.url).port, String(port));
  await state.close();
  other.close();
});

test("a copied project has a state of its own, also while the first one runs", async () => {
  const first = await open(folder);
  await first.pool.query("create table public.marks (mark text)");
  const copy = await copyProject(template, join(root, "copy"));
  const second = await open(copy);
  assert.notEqual(second.url, first.url);
  assert.equal((await second.pool.query("select to_regclass('public.marks') as found")).rows[0]!.found, null);
  await second.close();
  await first.close();
});

test("a moved project keeps its state", async () => {
  const first = await open(folder);
  await first.pool.query("create table public.marks (mark text); insert into public.marks values ('kept')");
  await first.close();
  const moved = `${folder}-moved`;
  await rename(folder, moved);
  const second = await open(moved);
  assert.equal(await count(second), 1);
  await second.close();
});

test("a folder that another machine serves is refused by name, and taken over once that machine is silent", async () => {
  await claimFolder(folder, "elsewhere");
  const leave = keepMark(folder, "elsewhere");
  await assert.rejects(open(folder), (error) => isFailure(error, "STATE_OWNED") && error.message.includes(String(process.pid)));
  await leave(false);
  await claimFolder(folder, "here", 500);
  assert.match(await readFile(join(folder, "owner.json"), "utf8"), /"here"/);
});

async function failsToOpen(at: string, pattern: RegExp): Promise<void> {
  await assert.rejects(open(at), (error) => {
    assert.ok(isFailure(error, "STATE_START_FAILED"), String(error));
    assert.match(error.message, pattern);
    return true;
  });
}

test("a folder that is a file is said in one message", async () => {
  const path = join(root, "a-file");
  await writeFile(path, "");
  await failsToOpen(path, /EEXIST|ENOTDIR/);
});

test("a password that is not the one of the data is said while the server runs, and found out when it starts", async () => {
  const path = join(folder, "connection.json");
  const address = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...address, password: "another" }));
  await failsToOpen(folder, /does not hold the password/);
});

test(
  "data that are open to all are refused with the server's own words",
  { skip: process.platform === "win32" && "no modes" },
  async () => {
    await chmod(join(folder, "postgres"), 0o777);
    await failsToOpen(folder, /invalid permissions/);
  },
);

test("data of another version are refused with the server's own words", async () => {
  await writeFile(join(folder, "postgres", "PG_VERSION"), "17\n");
  await failsToOpen(folder, /version 17/);
});

const nobody = 65534;

test("as a normal user: starts, and is told where a folder is not his", asAnother, async () => {
  const home = await mkdtemp(join(root, "home-"));
  await chown(home, nobody, nobody);
  const own = await startProcess(join(home, ".inlay"), nobody);
  assert.match(own.answer.url ?? own.answer.message, /^postgres:/);
  await own.close();
  const closed = await startProcess(join(root, "not-mine"), nobody);
  assert.equal(closed.answer.code, "STATE_START_FAILED");
  assert.match(closed.answer.message, /EACCES.*not-mine/);
  const ofRoot = await startProcess(folder, nobody);
  assert.equal(ofRoot.answer.code, "STATE_START_FAILED");
  assert.match(ofRoot.answer.message, /EACCES/);
  const empty = await mkdtemp(join(root, "home-"));
  await chown(empty, 12345, 12345);
  const nameless = await startProcess(join(empty, ".inlay"), 12345);
  assert.match(nameless.answer.message, /12345 has no entry in \/etc\/passwd/);
});

test("as root on what a normal user made: the server runs as that user, who can go on afterwards", asAnother, async () => {
  const home = await mkdtemp(join(root, "home-"));
  await chown(home, nobody, nobody);
  const at = join(home, ".inlay");
  await (await startProcess(at, nobody)).close();
  // Its port is taken, so that root writes another one down: in a file that the user must be able to read.
  const { port } = JSON.parse(await readFile(join(at, "connection.json"), "utf8")) as { port: number };
  const other = createServer((socket) => socket.end("not a database\n")).listen(port, "127.0.0.1");
  await once(other, "listening");
  const state = await open(at);
  await state.close();
  other.close();
  const again = await startProcess(at, nobody);
  assert.match(again.answer.url ?? again.answer.message, /^postgres:/);
  await again.close();
});

test("as root behind closed folders: the data lie where the server can reach them, and follow the project", asRoot, async () => {
  const closed = await mkdtemp(join(tmpdir(), "inlay-closed-"));
  const first = await open(join(closed, ".inlay"));
  await first.pool.query("create table public.marks (mark text); insert into public.marks values ('kept')");
  const data = (await readFile(join(closed, ".inlay", "postgres-folder.txt"), "utf8")).trim();
  await first.close();
  await rename(closed, `${closed}-moved`);
  const moved = await open(join(`${closed}-moved`, ".inlay"));
  assert.equal(await count(moved), 1, "moved");
  await copyProject(`${closed}-moved`, closed);
  const copied = await open(join(closed, ".inlay"));
  assert.notEqual(copied.url, moved.url);
  await moved.close();
  await copied.close();
  for (const at of [closed, `${closed}-moved`]) await rm(at, { recursive: true });
  const other = await mkdtemp(join(tmpdir(), "inlay-closed-"));
  await (await open(join(other, ".inlay"))).close();
  await assert.rejects(readFile(join(data, "PG_VERSION")), { code: "ENOENT" }, "a temporary project takes its data with it");
  await rm(other, { recursive: true });
});

/** Whether every folder above a file may be entered by everyone. */
function isOpenToAll(file: string): boolean {
  const folder = dirname(file);
  return folder === file || ((statSync(folder).mode & 0o001) !== 0 && isOpenToAll(folder));
}
