/**
 * Connections to the state database: a pool that survives a lost server and says STATE_UNREACHABLE where there is none, and
 * transactions. Types are node-postgres's own: `bigint` and `numeric` come as text, since a number would lose digits; counts are asked
 * for as `::int`.
 */
import pg from "pg";
import type { Pool, PoolClient } from "pg";
import { failure } from "#base/errors";
import type { Log } from "#base/log";

/** Errors of PostgreSQL after which the same transaction may succeed: serialization failure, deadlock. */
const retryable = new Set(["40001", "40P01"]);

/** The server refuses connections (class 28: password, 3D000: no such database), is full, stops, starts or lost the connection. */
const awayState = /^(08|28|57P0[1-5]|53300|3D000)/;
/** What the operating system and the client library say. */
const awayCode =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ERR_INVALID_URL|ENOENT|EACCES)/;
const awayMessage = /^(Connection terminated|timeout e|Query read timeout|Client has encountered a connection error)/;

export function openPool({ url, log, max = 8 }: { url: string; log: Log; max?: number }): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: "inlay",
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 60_000,
    // A server that stands still answers no timeout of its own.
    query_timeout: 70_000,
    keepAlive: true,
  });
  // Without a handler, an idle connection that breaks would end the process. One that the pool itself ends is no loss.
  pool.on("error", (error) => {
    if (!pool.ending) log("warn", "state:connection:lost", { error: error.message });
  });
  const query = pool.query.bind(pool) as (...words: unknown[]) => Promise<unknown>;
  pool.query = (async (...words: unknown[]) => query(...words).catch(rethrow)) as Pool["query"];
  return pool;
}

/** Runs `work` in one transaction; rolls back when it throws; tries again, at most three times, where two transactions collided. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect().catch(rethrow);
    let broken = false;
    try {
      await client.query("begin");
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback").catch(() => (broken = true));
      if (attempt < 4 && retryable.has((error as { code?: string }).code ?? "")) continue;
      return rethrow(error);
    } finally {
      client.release(broken);
    }
  }
}

/** @throws STATE_UNREACHABLE where the error says that there is no connection, else the error itself */
export function rethrow(cause: unknown): never {
  const { code = "", message = "" } = cause as { code?: string; message?: string };
  if (!awayState.test(code) && !awayCode.test(code) && !awayMessage.test(message)) throw cause;
  throw failure("STATE_UNREACHABLE", { reason: message || code, folder: ".inlay" }, { cause });
}
