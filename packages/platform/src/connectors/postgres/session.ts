/**
 * One connection for one piece of work. Reading: `BEGIN READ ONLY` with pinned settings, ROLLBACK, and the connection is closed,
 * so whatever the query did to its session (a setting, an advisory lock, a temporary function) ends with it. Two timers guard
 * the query: the server's `statement_timeout`, and ours a little later, which sends a cancel request and then cuts the line.
 */
import { connect } from "node:net";
import { Client } from "pg";
import { formatDuration } from "#base/text";
import { failure } from "#base/errors";
import { systemError } from "./system-error.ts";

export interface Target {
  readonly system: string;
  readonly url: string;
  readonly timeoutMs: number;
}

export interface Session {
  readonly client: Client;
  /** Called once with the reason when the work must stop: the signal, the second timer, a lost connection. */
  onStop(listener: (reason: Error) => void): void;
  /** Asks the server to cancel what runs, and closes the connection. Safe to call at any time, and twice. */
  close(): Promise<void>;
}

const graceMs = 2000;

// What a value looks like as text must not depend on the settings of a role or a database.
const pinned = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 1;
  SET bytea_output = 'hex'; SET xmlbinary = 'base64'; SET lc_monetary = 'C'; SET client_encoding = 'UTF8'`;

/**
 * Connects and begins a transaction. Throws SYSTEM_UNREACHABLE, SYSTEM_REFUSED or CANCELLED. O(one round trip) after connecting.
 */
export async function openSession(target: Target, mode: "READ ONLY" | "READ WRITE", signal?: AbortSignal): Promise<Session> {
  const { system, timeoutMs } = target;
  const cancelled = (): Error => failure("CANCELLED", { what: `The query for ${system}` });
  if (signal?.aborted) throw cancelled();
  let client: Client;
  try {
    client = new Client({
      connectionString: target.url,
      application_name: "inlay",
      connectionTimeoutMillis: Math.min(timeoutMs, 10_000),
      keepAlive: true,
    });
  } catch {
    // The driver's error would carry the address, password included.
    throw failure("SYSTEM_UNREACHABLE", { system, reason: "its url is not the address of a PostgreSQL server" });
  }
  let stopped: Error | undefined;
  let listener: ((reason: Error) => void) | undefined;
  const stop = (reason: Error): void => {
    if (stopped) return;
    stopped = reason;
    listener?.(reason);
  };
  client.on("error", (error) => stop(systemError(target, error)));
  const onAbort = (): void => {
    stop(cancelled());
    void close();
  };
  const timer = setTimeout(() => {
    stop(failure("QUERY_TIMEOUT", { system, limit: formatDuration(timeoutMs) }));
    void close();
  }, timeoutMs + graceMs);
  timer.unref();
  signal?.addEventListener("abort", onAbort);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= shut());
  async function shut(): Promise<void> {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    if (isBusy(client)) {
      await requestCancel(client);
      socketOf(client).destroy();
    } else {
      await client.query("ROLLBACK").catch(() => {});
    }
    await client.end().catch(() => {});
  }

  try {
    await client.connect();
    await client.query(
      `${pinned}; SET statement_timeout = ${timeoutMs}; SET idle_in_transaction_session_timeout = ${timeoutMs + graceMs};
       SET lock_timeout = ${Math.min(timeoutMs, 10_000)}; BEGIN ${mode}`,
    );
  } catch (error) {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    void client.end().catch(() => {});
    throw stopped ?? systemError(target, error);
  }
  return {
    client,
    close,
    onStop(next) {
      listener = next;
      if (stopped) next(stopped);
    },
  };
}

/** Does `work` in a session of its own, which is closed whatever happens. Errors of the server become ours. */
export async function inSession<T>(
  target: Target,
  options: { mode: "READ ONLY" | "READ WRITE"; signal?: AbortSignal | undefined },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const session = await openSession(target, options.mode, options.signal);
  try {
    const stopped = new Promise<never>((_, reject) => session.onStop(reject));
    return await Promise.race([work(session.client), stopped]);
  } catch (error) {
    throw systemError(target, error);
  } finally {
    await session.close();
  }
}

/**
 * Cancel request of the protocol (message type 80877102) on a connection of its own. It is sent in the clear, as libpq before
 * version 17 does; it names the backend and its secret key and can do nothing but cancel.
 */
async function requestCancel(client: Client): Promise<void> {
  const { processID, secretKey, host, port } = client as unknown as Backend;
  if (!processID) return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80_877_102, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  await new Promise<void>((resolve) => {
    const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    socket.setTimeout(graceMs, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.end(message);
    socket.resume();
  });
}

/** What the driver's client knows beyond its published types. */
interface Backend {
  readonly processID: number | null;
  readonly secretKey: number;
  readonly host: string;
  readonly port: number;
  readonly readyForQuery: boolean;
  readonly connection: { readonly stream: { destroy(): void } };
}

const isBusy = (client: Client): boolean => !(client as unknown as Backend).readyForQuery;
const socketOf = (client: Client): { destroy(): void } => (client as unknown as Backend).connection.stream;
