/** The table of alarms. They grow while they go on, and a person says once, or again, what they were worth. */
import type { Pool, PoolClient } from "pg";
import { failure } from "#base/errors";
import { UUID } from "#base/id";
import type { Alarm, Mark } from "#records/alarm";
import type { Marked } from "#stages/watch/feedback";

/** Marks that are heeded. */
const mostMarks = 10_000;

export interface AlarmQuery {
  readonly useCases?: readonly string[] | undefined;
  /** Only those that go on, or that have ended. */
  readonly open?: boolean | undefined;
  readonly mark?: Mark | "none" | undefined;
  /** Only those that began at this instant or later. */
  readonly since?: string | undefined;
  /** The id that the page comes after. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Newest first. @throws REQUEST_INVALID where `after` is no id */
export async function listAlarms(pool: Pool, query: AlarmQuery): Promise<{ alarms: Alarm[]; next: string | null }> {
  if (query.after !== undefined && !UUID.test(query.after)) {
    const problem = { pointer: "/after", detail: "must be the `next` of a page" };
    throw failure("REQUEST_INVALID", { problems: `${problem.pointer} ${problem.detail}` }, { problems: [problem] });
  }
  const { rows } = await pool.query<{ body: Alarm }>(
    `select body from inlay.alarms
     where ($1::text[] is null or use_case = any($1)) and ($2::boolean is null or open = $2)
       and ($3::text is null or coalesce(mark, 'none') = $3) and ($4::timestamptz is null or start_at >= $4)
       and ($5::uuid is null or (start_at, id) < (select start_at, id from inlay.alarms where id = $5))
     order by start_at desc, id desc limit $6`,
    [query.useCases ?? null, query.open ?? null, query.mark ?? null, query.since ?? null, query.after ?? null, query.limit + 1],
  );
  const alarms = rows.slice(0, query.limit).map(({ body }) => body);
  return { alarms, next: rows.length > query.limit ? (alarms.at(-1)?.id ?? null) : null };
}

/** @throws ALARM_UNKNOWN */
export async function findAlarm(db: Pool | PoolClient, id: string): Promise<Alarm> {
  const { rows } = UUID.test(id)
    ? await db.query<{ body: Alarm }>("select body from inlay.alarms where id = $1", [id])
    : { rows: [] };
  if (rows[0]) return rows[0].body;
  throw failure("ALARM_UNKNOWN", { id });
}

export interface AlarmDay {
  /** In UTC: `2026-03-02`. */
  readonly day: string;
  readonly alarms: number;
  readonly useful: number;
  readonly noise: number;
}

/** Alarms by the day they began, from an instant on, days without any left out; and how many go on, whenever they began. */
export async function countAlarms(pool: Pool, useCase: string, since: string): Promise<{ days: AlarmDay[]; open: number }> {
  const [counted, going] = await Promise.all([
    pool.query<AlarmDay>(
      `select to_char(start_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*)::int as alarms,
         count(*) filter (where mark = 'useful')::int as useful, count(*) filter (where mark = 'noise')::int as noise
       from inlay.alarms where use_case = $1 and start_at >= $2 group by 1 order by 1`,
      [useCase, since],
    ),
    pool.query<{ open: number }>("select count(*)::int as open from inlay.alarms where use_case = $1 and open", [useCase]),
  ]);
  return { days: counted.rows, open: going.rows[0]!.open };
}

/** Alarms that go on, or that ended after this instant: what new parts may belong to. Oldest first. */
export async function recentAlarms(client: PoolClient, useCase: string, endedAfter: number): Promise<Alarm[]> {
  const { rows } = await client.query<{ body: Alarm }>(
    "select body from inlay.alarms where use_case = $1 and (open or end_at >= $2) order by start_at, id",
    [useCase, new Date(endedAfter)],
  );
  return rows.map(({ body }) => body);
}

/** Ends alarms of series that nothing is expected of any more: nothing was added to them since `before`, epoch milliseconds. They are the answer. */
export async function endLeftBehind(client: PoolClient, useCase: string, before: number): Promise<Alarm[]> {
  const { rows } = await client.query<{ body: Alarm }>(
    `update inlay.alarms set open = false, body = body || jsonb_build_object('open', false, 'parts',
       (select jsonb_agg(part || '{"open": false}') from jsonb_array_elements(body->'parts') as part))
     where use_case = $1 and open and end_at < $2 returning body`,
    [useCase, new Date(before)],
  );
  return rows.map(({ body }) => body);
}

/** Adds alarms and puts them in place of those there are. */
export async function writeAlarms(client: PoolClient, alarms: readonly Alarm[]): Promise<void> {
  if (alarms.length === 0) return;
  await client.query(
    `insert into inlay.alarms (id, use_case, start_at, end_at, open, mark, raised_at, body)
     select (body->>'id')::uuid, body->>'use_case', (body->>'start')::timestamptz, (body->>'end')::timestamptz, (body->>'open')::boolean,
            body->'mark'->>'as', (body->>'raised_at')::timestamptz, body
     from jsonb_array_elements($1::jsonb) as body
     on conflict (id) do update set start_at = excluded.start_at, end_at = excluded.end_at, open = excluded.open, mark = excluded.mark,
       body = excluded.body`,
    [JSON.stringify(alarms)],
  );
}

/** What people said of alarms, and when, from an instant on; the latest where there is a great deal. Epoch milliseconds. */
export async function marksSince(client: PoolClient, useCase: string, since: number): Promise<Marked[]> {
  const { rows } = await client.query<Omit<Marked, "at"> & { at: string }>(
    `select body->>'series_id' as series_id, body->>'kind' as kind, mark, body->'mark'->>'at' as at from inlay.alarms
     where use_case = $1 and mark is not null and start_at >= $2 order by start_at desc limit ${mostMarks}`,
    [useCase, new Date(since)],
  );
  return rows.map(({ at, ...row }) => ({ ...row, at: Date.parse(at) }));
}
