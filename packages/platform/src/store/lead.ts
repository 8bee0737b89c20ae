/** One of several processes does what only one may do: it holds a lock of PostgreSQL for as long as its connection lasts. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

const lookMs = 2000;

/**
 * Waits until no other process leads under this name, then does `work`; its signal is aborted with ours, or when the connection to PostgreSQL breaks, since
 * another may lead then. Ends with the work, or with the signal.
 *
 * @throws what `work` throws, and an error where PostgreSQL cannot be asked or the connection breaks
 */
export async function whileLeading(
  url: string,
  name: string,
  signal: AbortSignal,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const client = new pg.Client({
    connectionString: url,
    application_name: "inlay leader",
    keepAlive: true,
    connectionTimeoutMillis: 5000,
  });
  client.on("error", () => {});
  client.once("end", () => lost.abort());
  const leading = AbortSignal.any([signal, lost.signal]);
  try {
    await client.connect();
    while (!leading.aborted) {
      const { rows } = await client.query<{ led: boolean }>("select pg_try_advisory_lock(hashtextextended($1, 0)) as led", [
        `inlay.leader ${name}`,
      ]);
      if (rows[0]!.led) {
        await work(leading);
        break;
      }
      await delay(lookMs, undefined, { signal: leading }).catch(() => {});
    }
    if (lost.signal.aborted && !signal.aborted) throw new Error("the connection to PostgreSQL ended");
  } finally {
    // Not `end()`: it waits for an answer that a server that is away does not give.
    client.connection.stream.destroy();
  }
}
