/**
 * The outbox: messages wait in the state database until their receiver has them, however often the process that sends them ends. Whoever sends one
 * takes it for a while; where nothing is heard of it by then, another does.
 */
import type { Pool, PoolClient } from "pg";
import { UUID } from "#base/id";
import type { Notice, NoticeAlarm, NoticeBody } from "#records/notice";
import type { NewNotice } from "#stages/notify/notices";

/** Delivered ones are kept so long, to be looked up. */
const keptMs = 30 * 86_400_000;

/** A message that is taken to be sent. */
export interface Due {
  readonly id: string;
  readonly receiver: string;
  readonly body: NoticeBody;
  /** How often it was tried before. */
  readonly attempts: number;
}

/** In the transaction of the caller. */
export async function addNotices(client: PoolClient, notices: readonly NewNotice[], now: number): Promise<void> {
  for (const { id, receiver, alarm, body } of notices)
    await client.query(
      `insert into inlay.notices (id, receiver, use_case, alarm, type, body, made_at, status, next_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $7) on conflict (id) do nothing`,
      [id, receiver, alarm.use_case, alarm.id, body.type, JSON.stringify(body), new Date(now)],
    );
}

/** These alarms as they were told last, by receiver and alarm. */
export async function lastTold(
  client: PoolClient,
  alarms: readonly string[],
): Promise<(receiver: string, alarm: string) => NoticeAlarm | null> {
  const { rows } = await client.query<{ receiver: string; alarm: string; told: NoticeAlarm }>(
    `select distinct on (alarm, receiver) alarm, receiver, body->'data'->'alarm' as told from inlay.notices
     where alarm = any($1) order by alarm, receiver, seq desc`,
    [alarms],
  );
  const told = new Map(rows.map((row) => [`${row.receiver} ${row.alarm}`, row.told]));
  return (receiver, alarm) => told.get(`${receiver} ${alarm}`) ?? null;
}

/**
 * Takes messages that are due, oldest first, for `leaseMs`: nobody else sends them meanwhile. Of an alarm a receiver is told in order, so a message
 * waits for those before it.
 */
export async function takeDue(
  pool: Pool,
  { receivers, now, leaseMs, limit }: { receivers: readonly string[]; now: number; leaseMs: number; limit: number },
): Promise<Due[]> {
  const { rows } = await pool.query<Due & { seq: string }>(
    `update inlay.notices set attempts = attempts + 1, next_at = $2
     where id in (
       select id from inlay.notices as n where status = 'waiting' and next_at <= $1 and receiver = any($3)
         and not exists (select from inlay.notices as b where b.alarm = n.alarm and b.receiver = n.receiver and b.status = 'waiting' and b.seq < n.seq)
       order by seq limit $4 for update skip locked)
     returning id, seq, receiver, body, attempts - 1 as attempts`,
    [new Date(now), new Date(now + leaseMs), receivers, limit],
  );
  return rows.sort((a, b) => Number(a.seq) - Number(b.seq));
}

/** What became of an attempt: delivered; to be tried again `at`; or given up where that is null. */
export type Result = { readonly delivered: true } | { readonly problem: string; readonly at: number | null };

export async function recordResult(pool: Pool, id: string, result: Result, now: number): Promise<void> {
  const isDelivered = "delivered" in result;
  const at = isDelivered ? null : result.at;
  await pool.query(
    "update inlay.notices set status = $2, next_at = $3, problem = $4, done_at = $5 where id = $1 and status = 'waiting'",
    [
      id,
      isDelivered ? "delivered" : at === null ? "dead" : "waiting",
      at === null ? null : new Date(at),
      isDelivered ? null : result.problem,
      at === null ? new Date(now) : null,
    ],
  );
}

/** Dead ones wait again, of this id or all of a receiver. How many they were. */
export async function reviveNotices(
  pool: Pool,
  which: { readonly id: string } | { readonly receiver: string },
  now: number,
): Promise<number> {
  const [column, value] = "id" in which ? ["id", which.id] : ["receiver", which.receiver];
  if (column === "id" && !UUID.test(value)) return 0;
  const { rowCount } = await pool.query(
    `update inlay.notices set status = 'waiting', attempts = 0, next_at = $2, done_at = null where ${column} = $1 and status = 'dead'`,
    [value, new Date(now)],
  );
  return rowCount ?? 0;
}

/** Newest first. */
export async function listNotices(
  pool: Pool,
  { status, limit }: { status?: Notice["status"] | undefined; limit: number },
): Promise<Notice[]> {
  const { rows } = await pool.query<Omit<Notice, "made_at" | "next_at"> & { made_at: Date; next_at: Date | null }>(
    `select id, receiver, use_case, alarm, type, made_at, status, attempts, next_at, problem from inlay.notices
     where ($1::text is null or status = $1) order by made_at desc, seq desc limit $2`,
    [status ?? null, limit],
  );
  return rows.map((row) => ({ ...row, made_at: row.made_at.toISOString(), next_at: row.next_at && row.next_at.toISOString() }));
}

/** How many messages of a use case have not come to their receivers: yet, and for good. */
export async function countUndelivered(pool: Pool, useCase: string): Promise<{ waiting: number; dead: number }> {
  const { rows } = await pool.query<{ waiting: number; dead: number }>(
    `select count(*) filter (where status = 'waiting')::int as waiting, count(*) filter (where status = 'dead')::int as dead
     from inlay.notices where use_case = $1 and status <> 'delivered'`,
    [useCase],
  );
  return rows[0]!;
}

/** Gives up what waits for receivers that are no more, and forgets what was delivered long ago, unless its alarm still goes on. */
export async function tidyNotices(pool: Pool, receivers: readonly string[], now: number): Promise<void> {
  await pool.query(
    `update inlay.notices set status = 'dead', next_at = null, problem = 'no such receiver any more', done_at = $2
     where status = 'waiting' and receiver <> all($1)`,
    [receivers, new Date(now)],
  );
  await pool.query(
    `delete from inlay.notices as n where status = 'delivered' and done_at < $1
       and not exists (select from inlay.alarms where id = n.alarm and open)`,
    [new Date(now - keptMs)],
  );
}
