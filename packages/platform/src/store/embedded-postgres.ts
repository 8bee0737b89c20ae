/**
 * A real PostgreSQL in the project's `.inlay` folder, shared by all Inlay processes of that project.
 *
 * Whoever comes first starts the server; PostgreSQL's own lock on its data folder decides where two come at once, and the others
 * connect. All are equal: every process keeps one connection that holds a shared advisory lock, and the one that closes gives it up
 * and tries for the exclusive one. Who gets that is the last, and stops the server; a process that comes in between waits for its
 * shared lock, sees the server go, and starts it again. Processes that are killed are covered by the pipe in `postgres-server`,
 * other machines and containers by the mark in `owner-mark`.
 *
 * When the server dies, every process tries to bring it back, on the same port, for as long as it takes.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { systemClock } from "#base/clock";
import type { Clock } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import type { Log } from "#base/log";
import { claimFolder, keepMark } from "#store/owner-mark";
import { postgresBinaries } from "#store/postgres-binaries";
import { dataFolder, makeDataFolder } from "#store/postgres-data";
import {
  clearStaleLock,
  holdAlive,
  logSince,
  logTail,
  runningServer,
  startServer,
  stopServer,
  trimLog,
} from "#store/postgres-server";
import { writeOnce, writeWhole } from "#store/write-once";

export interface EmbeddedPostgres {
  /** With the password; stays the same until it is closed. */
  readonly url: string;
  /** Stops the server unless another process uses it. */
  close(): Promise<void>;
}

interface Deps {
  /** The state folder, `.inlay`; it is made where there is none. */
  readonly folder: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** What `connection.json` holds: readable by this user alone. */
interface Address {
  readonly port: number;
  readonly password: string;
}

/** How a server took the attempt to connect: ours, not ready yet, not ours, nothing there, or it refused our password. */
type Answer = pg.Client | "not_ready" | "stranger" | "silent" | "refused";

const usersLock = 5_231_909;
const startLimitMs = 30_000;
/** Why a server may refuse to start and yet start a moment later: what a killed one left still ends, another was first, or took the port. */
const passing = /pre-existing shared memory|lock file|could not create any TCP/;

/**
 * Connects to the project's server, starting it where it does not run. First start 2 to 4 s (initdb), later ones some 0.2 s.
 *
 * @throws STATE_OWNED (the folder is served from another machine or container), STATE_START_FAILED (with the end of the log)
 */
export async function openEmbeddedPostgres({ folder, log, clock = systemClock }: Deps): Promise<EmbeddedPostgres> {
  const serverLog = join(folder, "postgres.log");
  try {
    return await openServer(folder, serverLog, log, clock);
  } catch (error) {
    if (isFailure(error) || !(error instanceof Error)) throw error;
    throw failure("STATE_START_FAILED", { reason: error.message, log: serverLog }, { cause: error });
  }
}

async function openServer(folder: string, serverLog: string, log: Log, clock: Clock): Promise<EmbeddedPostgres> {
  await mkdir(folder, { recursive: true });
  const binaries = await postgresBinaries(folder);
  const data = await dataFolder(folder, binaries.user, log);
  const addressFile = join(folder, "connection.json");
  await writeOnce(addressFile, JSON.stringify({ port: await freePort(), password: randomBytes(24).toString("base64url") }));
  let address = JSON.parse(await readFile(addressFile, "utf8")) as Address;
  await makeDataFolder(data, address.password, binaries);
  const alive = await holdAlive(folder);
  let leave: ((last: boolean) => Promise<void>) | undefined;
  let closing = false;
  let keeper: pg.Client | undefined;
  let reaching: Promise<void> = reach(true);
  try {
    await reaching;
  } catch (error) {
    await alive?.close();
    throw error;
  }
  leave = keepMark(folder);
  log("debug", "state:open", { port: address.port });

  /** Connects, and starts the server where none answers. The first time it may choose another port; later the port is known outside. */
  async function reach(first: boolean): Promise<void> {
    const since = clock.monotonic();
    let ended: Promise<void> | undefined; // while a server that was started here runs
    let claimed = !first;
    let refused = false; // the server that was started here said why it does not start
    for (let pause = 20; ; pause = Math.min(pause * 1.5, first ? 250 : 2_000)) {
      const running = await runningServer(data);
      const asked = first && running ? { ...address, port: running.port } : address;
      const answer = await ask(urlOf(asked), data);
      if (answer instanceof pg.Client) {
        address = asked;
        keep(answer);
        return;
      }
      if (closing && !ended) return;
      if (answer === "refused" && running)
        throw failure("STATE_START_FAILED", {
          reason: `${addressFile} does not hold the password that ${data} was made with`,
          log: serverLog,
        });
      if (answer !== "not_ready" && !ended && !claimed) {
        await claimFolder(folder);
        claimed = true;
        await clearStaleLock(data);
        continue;
      }
      if (answer !== "not_ready" && !ended && !running) {
        if (first && !(await isFree(address.port))) {
          address = { ...address, port: await freePort() };
          await writeWhole(addressFile, JSON.stringify(address));
        }
        const before = await trimLog(serverLog);
        ended = startServer({ data, port: address.port, log: serverLog, alive }, binaries).then(async (code) => {
          log(code === 0 ? "debug" : "warn", "state:server:ended", { code });
          // A server that another process started meanwhile writes into the same log, so its last lines need not be of this one.
          refused = code === 1 && !passing.test(await logSince(serverLog, before));
          ended = undefined;
        });
      }
      const late = answer !== "not_ready" && clock.monotonic() - since > startLimitMs;
      if (first && (refused || late)) throw failure("STATE_START_FAILED", { reason: await logTail(serverLog), log: serverLog });
      await delay(pause);
    }
  }

  /** Brings the server back when the connection breaks. */
  function keep(client: pg.Client): void {
    keeper = client;
    client.once("end", () => {
      keeper = undefined;
      if (closing) return;
      log("warn", "state:server:lost", { port: address.port });
      reaching = reach(false).then(
        () => log("info", "state:server:back", { port: address.port }),
        (error: unknown) => log("error", "state:server:gone", { error }),
      );
    });
  }

  return {
    url: urlOf(address),
    async close() {
      closing = true;
      await reaching;
      const last = keeper !== undefined && (await isLast(keeper));
      if (last) await stopServer(data, binaries);
      await keeper?.end().catch(() => {});
      await leave?.(last);
      await alive?.close();
    },
  };
}

function urlOf({ port, password }: Address): string {
  return `postgres://inlay:${password}@127.0.0.1:${port}/postgres`;
}

/** A connection that holds the shared lock, to a server that works on this data folder; else why there is none. */
async function ask(url: string, data: string): Promise<Answer> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "inlay keeper",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on("error", () => {}); // told by `end`
  try {
    await client.connect();
    if (await worksOn(client, data)) {
      await client.query("select pg_advisory_lock_shared($1)", [usersLock]);
      return client;
    }
    await client.end();
    return "stranger";
  } catch (error) {
    await client.end().catch(() => {});
    const { code = "" } = error as { code?: string };
    if (code.startsWith("28")) return "refused";
    return /^(57P0\d|53300)$/.test(code) ? "not_ready" : "silent";
  }
}

/** Whether the server sees a mark that is made in the folder: a copied project has the port and the password of the first. */
async function worksOn(client: pg.Client, data: string): Promise<boolean> {
  const mark = `inlay-${randomBytes(8).toString("hex")}`;
  await writeFile(join(data, mark), "", { flag: "wx" });
  try {
    const { rows } = await client.query<{ seen: boolean }>("select (pg_stat_file($1, true)).size is not null as seen", [mark]);
    return rows[0]!.seen;
  } finally {
    await rm(join(data, mark), { force: true });
  }
}

/** Gives up the shared lock and tries for the exclusive one: of several that close at once, the last gets it. */
async function isLast(keeper: pg.Client): Promise<boolean> {
  try {
    await keeper.query("select pg_advisory_unlock_shared($1)", [usersLock]);
    const { rows } = await keeper.query<{ last: boolean }>("select pg_try_advisory_lock($1) as last", [usersLock]);
    return rows[0]!.last;
  } catch {
    return false; // the server is gone
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
