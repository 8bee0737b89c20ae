/**
 * The table `inlay.snapshots`: which snapshots were taken. The rows themselves are in the artifact store, under the hash. A
 * record never changes: the same data taken again is the snapshot that there is.
 */
import type { Pool } from "pg";
import { failure } from "#base/errors";
import type { Snapshot } from "#records/snapshot";

/** Records it, and returns what is recorded for this use case and hash: this one, or the one from when it was first taken. */
export async function saveSnapshot(pool: Pool, snapshot: Snapshot): Promise<Snapshot> {
  const { use_case, hash, taken_at } = snapshot;
  await pool.query(
    "insert into inlay.snapshots (hash, use_case, taken_at, body) values ($1, $2, $3, $4) on conflict (use_case, hash) do nothing",
    [hash, use_case, taken_at, JSON.stringify(snapshot)],
  );
  const { rows } = await pool.query<Stored>("select body from inlay.snapshots where use_case = $1 and hash = $2", [
    use_case,
    hash,
  ]);
  return rows[0]!.body;
}

/**
 * By its hash, or by the first characters of it as long as only one hash begins so; throws SNAPSHOT_UNKNOWN. Where several use
 * cases have the same data, the record made last.
 */
export async function findSnapshot(pool: Pool, hash: string): Promise<Snapshot> {
  const { rows } = await pool.query<Stored>(
    "select distinct on (hash) body from inlay.snapshots where starts_with(hash, $1) order by hash, seq desc limit 2",
    [hash],
  );
  const [found, another] = rows;
  if (!found) throw failure("SNAPSHOT_UNKNOWN", { hash, use_case: "USE_CASE" });
  if (another) {
    throw failure("SNAPSHOT_UNKNOWN", { hash: `${hash}: several begin so`, use_case: found.body.use_case });
  }
  return found.body;
}

/** The one recorded last for the use case; undefined where there is none. */
export async function latestSnapshot(pool: Pool, useCase: string): Promise<Snapshot | undefined> {
  const { rows } = await pool.query<Stored>("select body from inlay.snapshots where use_case = $1 order by seq desc limit 1", [
    useCase,
  ]);
  return rows[0]?.body;
}

interface Stored {
  readonly body: Snapshot;
}
