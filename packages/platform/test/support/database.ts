/** Databases of the local PostgreSQL, one for each test that wants one. */
import { randomUUID } from "node:crypto";
import { Client, Pool } from "pg";

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A database that is dropped again; undefined where no server answers. */
export async function createDatabase(): Promise<TestDatabase | undefined> {
  const name = `inlay_test_${randomUUID().replaceAll("-", "")}`;
  const server = "postgres://root@127.0.0.1:5432";
  const run = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: `${server}/postgres`, connectionTimeoutMillis: 1000 });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  try {
    await run(`create database ${name}`);
  } catch {
    return undefined;
  }
  return { url: `${server}/${name}`, drop: () => run(`drop database ${name} with (force)`) };
}

/** With a connection to it that is closed again. */
export async function withPool<T>({ url }: TestDatabase, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
