/** LISTEN on a connection of its own that comes back when it breaks. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

export interface Listener {
  close(): Promise<void>;
}

/** Calls `notified` for every notification, and after every reconnection, since some may have been missed meanwhile. */
export function listen(url: string, channel: string, notified: () => void): Listener {
  const stop = new AbortController();
  let client: pg.Client | undefined;

  async function listenAlways(): Promise<void> {
    while (!stop.signal.aborted) {
      client = new pg.Client({
        connectionString: url,
        application_name: "inlay listener",
        keepAlive: true,
        connectionTimeoutMillis: 5000,
      });
      const ended = new Promise<void>((resolve) => client!.once("end", resolve));
      client.on("error", () => {});
      client.on("notification", notified);
      try {
        await client.connect();
        await client.query(`listen ${pg.escapeIdentifier(channel)}`);
        notified();
        await ended;
      } catch {
        client.connection.stream.destroy();
      }
      await delay(250, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  const always = listenAlways();
  return {
    async close() {
      stop.abort();
      // Not `end()`: it waits for an answer that a connection in the making, or a server that is away, does not give.
      client?.connection.stream.destroy();
      await always;
    },
  };
}
