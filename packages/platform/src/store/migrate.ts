/**
 * Forward-only migrations: numbered SQL files, each in a transaction, all under one advisory lock, so that any number of processes
 * may start at once. A file that has been applied must not change. A database with migrations that this version does not know is
 * accepted: each migration only adds (expand), so that the version before can go on beside it; a migration that takes something
 * away (contract) says so in its first line, `-- needs: N`, the oldest migration a running app must know.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { failure } from "#base/errors";
import { sha256 } from "#base/hash";
import { rethrow } from "#store/pool";

const folder = fileURLToPath(new URL("./migrations/", import.meta.url));
const lockId = 5_231_907;
const migrationsTable = `
create schema if not exists inlay;
create table inlay.migrations (
  id int primary key,
  name text not null,
  hash text not null,
  needs int not null,
  applied_at timestamptz not null default now()
)`;

interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
  readonly hash: string;
  readonly needs: number;
}

/** Brings the schema `inlay` up to date. @returns the numbers that were applied now. @throws STATE_NEWER, STATE_CHANGED, STATE_UNREACHABLE */
export async function migrate(pool: Pool, from: string = folder): Promise<number[]> {
  const migrations = await readMigrations(from);
  const client = await pool.connect().catch(rethrow);
  try {
    // Waiting for another process's migration, and one of our own, may take longer than a statement usually may.
    await client.query("set statement_timeout = 0");
    await client.query("select pg_advisory_lock($1)", [lockId]);
    // `if not exists` would ask for the right to create even where nothing is to be created.
    const { rows: tables } = await client.query<{ exists: boolean }>(
      "select to_regclass('inlay.migrations') is not null as exists",
    );
    if (!tables[0]!.exists) await client.query(migrationsTable);
    const { rows } = await client.query<{ id: number; hash: string; needs: number }>(
      "select id, hash, needs from inlay.migrations",
    );
    const newest = migrations.at(-1)?.id ?? 0;
    const tooNew = rows.find(({ needs }) => needs > newest);
    if (tooNew) throw failure("STATE_NEWER", { found: tooNew.id, known: newest });
    const applied = new Map(rows.map(({ id, hash }) => [id, hash]));
    const done: number[] = [];
    for (const { id, name, sql, hash, needs } of migrations) {
      if (applied.has(id)) {
        if (applied.get(id) !== hash) throw failure("STATE_CHANGED", { migration: name });
        continue;
      }
      await client.query("begin");
      try {
        await client.query(sql);
        await client.query("insert into inlay.migrations (id, name, hash, needs) values ($1, $2, $3, $4)", [
          id,
          name,
          hash,
          needs,
        ]);
        await client.query("commit");
      } catch (error) {
        await client.query("rollback");
        throw error;
      }
      done.push(id);
    }
    return done;
  } catch (error) {
    return rethrow(error);
  } finally {
    client.release(true); // with its connection go the lock and the timeout
  }
}

async function readMigrations(from: string): Promise<Migration[]> {
  const names = (await readdir(from)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(from, name), "utf8");
      return {
        id: Number(name.slice(0, 4)),
        name,
        sql,
        hash: sha256(sql),
        needs: Number(/^-- needs: (\d+)/.exec(sql)?.[1] ?? 0),
      };
    }),
  );
}
