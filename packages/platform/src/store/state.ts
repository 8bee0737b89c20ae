/** The state database: a server of yours, or the embedded one; migrated, with a pool. */
import type { Pool } from "pg";
import type { Log } from "#base/log";
import { openEmbeddedPostgres } from "#store/embedded-postgres";
import { migrate } from "#store/migrate";
import { openPool } from "#store/pool";

export interface State {
  readonly pool: Pool;
  readonly url: string;
  close(): Promise<void>;
}

/** @throws STATE_UNREACHABLE, STATE_START_FAILED, STATE_OWNED, STATE_NEWER */
export async function openState({
  folder,
  databaseUrl,
  log,
}: {
  folder: string;
  databaseUrl: string | undefined;
  log: Log;
}): Promise<State> {
  const embedded = databaseUrl === undefined ? await openEmbeddedPostgres({ folder, log }) : undefined;
  const url = databaseUrl ?? embedded!.url;
  const pool = openPool({ url, log });
  const close = async (): Promise<void> => {
    await pool.end();
    await embedded?.close();
  };
  try {
    await migrate(pool);
  } catch (error) {
    await close();
    throw error;
  }
  return { pool, url, close };
}
