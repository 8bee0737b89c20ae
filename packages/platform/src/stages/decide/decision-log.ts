/**
 * Where decisions go: durable in the spool before they are answered, then drained into PostgreSQL. While PostgreSQL is away the spool
 * grows and answers go on. A crash replays what was not drained; an id is stored once.
 *
 * Each process writes into a folder of its own, named by host and process. What a process that died left is drained by the
 * next that starts.
 */
import { appendFile, mkdir, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { uuidv7 } from "#base/id";
import type { Log } from "#base/log";
import type { Decision } from "#records/decision";
import { addDecisions, findStoredDecision } from "#stages/decide/decision-store";
import { openSpool, spoolDefaults } from "#stages/decide/spool";
import type { Place, SpoolSettings } from "#stages/decide/spool";

export interface DecisionLog {
  /** Resolves when all are durable on this machine. @throws SPOOL_FULL, SPOOL_FAILED */
  record(decisions: readonly Decision[]): Promise<void>;
  /** Recorded here or stored in PostgreSQL; null otherwise. */
  find(id: string): Promise<Decision | null>;
  /** Recorded and not yet stored in PostgreSQL. */
  pending(): { decisions: number; bytes: number };
  /** Resolves when all that was recorded before the call is stored. */
  flush(): Promise<void>;
  /** Stops draining, after one more try; what is left is drained at the next start. */
  close(): Promise<void>;
}

interface Deps {
  readonly folder: string;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly spool?: SpoolSettings;
}

/** Bytes that go to PostgreSQL in one statement. */
const batchBytes = 500_000;
/** Between two statements, so that draining leaves the processor to answers. */
const pauseMs = 50;
const longestPauseMs = 2_000;

export async function openDecisionLog({ folder, pool, clock, log, spool: settings = spoolDefaults }: Deps): Promise<DecisionLog> {
  await mkdir(folder, { recursive: true });
  const own = join(folder, `${hostname()}-${process.pid}-${uuidv7(clock)}`);
  const spool = await openSpool(own, settings);
  const undrained = new Map<string, Place>();
  let drained: Place = spool.start();
  let closing = false;
  let wake = Promise.withResolvers<void>();
  const stop = new AbortController();
  const orphans = drainOrphans();
  const draining = drainAlways();

  async function drainAlways(): Promise<void> {
    for (let pause = pauseMs; !closing;) {
      if (undrained.size === 0) await wake.promise;
      if (closing) break;
      try {
        await drainOnce();
        pause = pauseMs;
      } catch (error) {
        log("warn", "decisions:drain:waiting", { error, pending: undrained.size });
        pause = Math.min(pause * 2, longestPauseMs);
      }
      await delay(pause, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  async function drainOnce(): Promise<void> {
    const { lines, next } = await spool.read(drained, batchBytes);
    if (lines.length === 0) return;
    await store(lines);
    drained = next;
    for (const line of lines) undrained.delete(idOf(line));
    await spool.release(drained);
  }

  /** One line that PostgreSQL refuses must not hold up the others: it is kept in a file of its own. */
  async function store(lines: readonly string[]): Promise<void> {
    try {
      await addDecisions(pool, lines);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (lines.length > 1) {
        const middle = Math.ceil(lines.length / 2);
        await store(lines.slice(0, middle));
        await store(lines.slice(middle));
        return;
      }
      await appendFile(join(folder, "refused.jsonl"), `${lines[0]}\n`);
      log("error", "decision:refused", { id: idOf(lines[0]!), error });
    }
  }

  async function drainOrphans(): Promise<void> {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (path === own || !isOrphan(name)) continue;
      for (let pause = pauseMs; !closing; pause = Math.min(pause * 2, longestPauseMs)) {
        try {
          await drainFolder(path);
          break;
        } catch (error) {
          log("warn", "decisions:replay:waiting", { folder: name, error });
          await delay(pause, undefined, { signal: stop.signal }).catch(() => {});
        }
      }
    }
  }

  async function drainFolder(path: string): Promise<void> {
    const left = await openSpool(path, settings);
    try {
      let count = 0;
      for (let at = left.start(); ;) {
        const { lines, next } = await left.read(at, batchBytes);
        if (lines.length === 0) break;
        await store(lines);
        count += lines.length;
        at = next;
      }
      if (count > 0) log("info", "decisions:replayed", { count });
    } finally {
      await left.close();
    }
    await rm(path, { recursive: true, force: true });
  }

  return {
    async record(decisions) {
      const places = await spool.append(decisions.map((decision) => JSON.stringify(decision)));
      for (let at = 0; at < decisions.length; at++) undrained.set(decisions[at]!.id, places[at]!);
      wake.resolve();
      wake = Promise.withResolvers();
    },

    async find(id) {
      const place = undrained.get(id);
      if (place) {
        try {
          return JSON.parse(await spool.readAt(place)) as Decision;
        } catch {
          // Drained and released in this moment: it is in PostgreSQL.
        }
      }
      return findStoredDecision(pool, id);
    },

    pending: () => ({ decisions: undrained.size, bytes: spool.bytes() }),

    async flush() {
      await orphans;
      const last = [...undrained.keys()];
      for (let wait = 0; wait < 600 && last.some((id) => undrained.has(id)); wait++) await delay(50);
    },

    async close() {
      closing = true;
      stop.abort();
      wake.resolve();
      await Promise.all([draining, orphans]);
      await drainOnce().catch(() => {});
      await spool.close();
      if (undrained.size === 0) await rm(own, { recursive: true, force: true });
    },
  };
}

/** Spooled lines begin with the id: `{"id":"..."`. */
function idOf(line: string): string {
  return line.slice(7, 43);
}

/** Left by a process of this machine that does not run any more. */
function isOrphan(name: string): boolean {
  const [, host, pid] = /^(.*)-(\d+)-[0-9a-f]{8}-[0-9a-f-]{27}$/.exec(name) ?? [];
  if (host !== hostname() || pid === undefined) return false;
  if (Number(pid) === process.pid) return true; // in a container, every process before us had our number
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Classes 22 (data), 23 (constraint) and 54 (limits) of SQLSTATE: the same line would be refused again. */
function isDataError(error: unknown): boolean {
  return /^(22|23|54)/.test((error as { code?: string }).code ?? "");
}
