/**
 * What is known of each series that is watched, as bytes of the detector, under the version that made it. It is read and written in the
 * transaction that writes the alarms it led to, so another process goes on exactly where one ended.
 */
import type { PoolClient } from "pg";

export interface SeriesState {
  readonly id: string;
  /** The deployment under which the last point came; null: none came since training. */
  readonly deployment: string | null;
  /** Epoch milliseconds; null before the first point. */
  readonly last: number | null;
  /** Of the last point that was not missing. */
  readonly valued: number | null;
  readonly state: Uint8Array;
  /** Of a series that says how far apart the values of a row are: what is known of the rows before; null of others. */
  readonly row_state: Uint8Array | null;
  readonly recent: Uint8Array | null;
}

interface Row extends Omit<SeriesState, "last" | "valued"> {
  readonly last_at: Date | null;
  readonly valued_at: Date | null;
}

/** Rows in one statement. */
const chunk = 2000;

/** Until the transaction ends, nobody else advances the series of the use case. */
export async function lockSeries(client: PoolClient, useCase: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('inlay.series_states ' || $1, 0))", [useCase]);
}

export async function countStates(client: PoolClient, useCase: string, version: number): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from inlay.series_states where use_case = $1 and version = $2",
    [useCase, version],
  );
  return rows[0]!.count;
}

/** The states of these series that there are. */
export async function readStates(
  client: PoolClient,
  useCase: string,
  version: number,
  ids: readonly string[],
): Promise<SeriesState[]> {
  const { rows } = await client.query<Row>(
    `select id, deployment, last_at, valued_at, state, row_state, recent from inlay.series_states
     where use_case = $1 and version = $2 and id = any($3)`,
    [useCase, version, ids],
  );
  // Bytes of their own: a Buffer of the driver is a view of many.
  return rows.map(({ last_at: last, valued_at: valued, state, row_state: rowState, recent, ...row }) => ({
    ...row,
    state: new Uint8Array(state),
    row_state: rowState && new Uint8Array(rowState),
    recent: recent && new Uint8Array(recent),
    last: last && last.getTime(),
    valued: valued && valued.getTime(),
  }));
}

/** Adds states and puts them in place of those there are. */
export async function writeStates(
  client: PoolClient,
  useCase: string,
  version: number,
  states: readonly SeriesState[],
): Promise<void> {
  const instant = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
  for (let from = 0; from < states.length; from += chunk) {
    const part = states.slice(from, from + chunk);
    await client.query(
      `insert into inlay.series_states (use_case, version, id, deployment, last_at, valued_at, state, row_state, recent)
       select $1, $2, * from unnest($3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::bytea[], $8::bytea[], $9::bytea[])
       on conflict (use_case, version, id) do update set deployment = excluded.deployment, last_at = excluded.last_at,
         valued_at = excluded.valued_at, state = excluded.state, row_state = excluded.row_state, recent = excluded.recent`,
      [
        useCase,
        version,
        part.map(({ id }) => id),
        part.map(({ deployment }) => deployment),
        part.map(({ last }) => instant(last)),
        part.map(({ valued }) => instant(valued)),
        part.map(({ state }) => Buffer.from(state)),
        part.map(({ row_state: rowState }) => rowState && Buffer.from(rowState)),
        part.map(({ recent }) => recent && Buffer.from(recent)),
      ],
    );
  }
}

/** Forgets the states of all versions but these two. */
export async function keepStates(client: PoolClient, useCase: string, version: number, before: number | null): Promise<void> {
  await client.query("delete from inlay.series_states where use_case = $1 and version <> $2 and version is distinct from $3", [
    useCase,
    version,
    before,
  ]);
}

/** The time of the last point of each series, by id. Epoch milliseconds. */
export async function lastPoints(client: PoolClient, useCase: string, version: number): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; last: number }>(
    "select id, extract(epoch from last_at)::float8 * 1000 as last from inlay.series_states where use_case = $1 and version = $2 and last_at is not null",
    [useCase, version],
  );
  return new Map(rows.map(({ id, last }) => [id, Math.round(last)]));
}

/** Series whose last point came before `before` and whose last value after `since`, at most `limit`. Epoch milliseconds. */
export async function silentSeries(
  client: PoolClient,
  useCase: string,
  version: number,
  { before, since, limit }: { before: number; since: number; limit: number },
): Promise<{ id: string; last: number; deployment: string | null }[]> {
  const { rows } = await client.query<{ id: string; last_at: Date; deployment: string | null }>(
    `select id, last_at, deployment from inlay.series_states where use_case = $1 and version = $2 and last_at < $3 and valued_at > $4
     order by last_at, id limit $5`,
    [useCase, version, new Date(before), new Date(since), limit],
  );
  return rows.map(({ last_at: last, ...row }) => ({ ...row, last: last.getTime() }));
}
