/** The table of decisions. Rows come from the spool, many at a time, each once. */
import type { Pool } from "pg";
import type { Decision } from "#records/decision";

/**
 * Adds decisions, given as the lines of JSON they lie in the spool with, and opens a review for each that waits for a person; all in
 * one statement, so all or none. What is there already stays as it is.
 */
export async function addDecisions(pool: Pool, lines: readonly string[]): Promise<void> {
  await pool.query(
    `with incoming as materialized (select body from jsonb_array_elements($1::jsonb) as body),
     added as (
       insert into inlay.decisions (id, use_case, key, path, outcome, model_version, decided_at, body)
       select (body->>'id')::uuid, body->>'use_case', body->>'key', body->>'path', body->>'outcome',
              (body->>'model_version')::int, (body->>'decided_at')::timestamptz, body
       from incoming
       on conflict (id) do nothing)
     insert into inlay.reviews (id, use_case, status, suggestion, opened_at)
     select (body->>'id')::uuid, body->>'use_case', 'open', coalesce(body->'alternatives'->0->>'outcome', body->'forecast'->'order'->>'quantity', body->'interval'->>'value'), (body->>'decided_at')::timestamptz
     from incoming where body->>'path' = 'review'
     on conflict (id) do nothing`,
    [`[${lines.join(",")}]`],
  );
}

/** The decision of that id, or null. */
export async function findStoredDecision(pool: Pool, id: string): Promise<Decision | null> {
  const { rows } = await pool.query<{ body: Decision }>("select body from inlay.decisions where id = $1", [id]);
  // Decisions that were stored before there were numbers have no interval, and before there were forecasts none of those.
  return rows[0] ? { ...rows[0].body, interval: rows[0].body.interval ?? null, forecast: rows[0].body.forecast ?? null } : null;
}
