/**
 * What people and events said of decisions, as labels to learn from: closed reviews, accepted or overridden, and recorded outcomes, which
 * count more. What the model or a rule decided alone is no label: a model that learns from itself only grows surer.
 *
 * They are frozen as an artifact before they are used, so that a version can be trained again from the same.
 */
import type { Pool } from "pg";
import type { Artifacts } from "#files/artifacts";

export interface FeedbackRow {
  readonly id: string;
  readonly key: string | null;
  readonly outcome: string;
  readonly decided_at: string;
  /** The record as it was decided on. */
  readonly record: Readonly<Record<string, unknown>>;
}

export interface Feedback {
  /** Of the artifact that holds the rows, as JSON lines. */
  readonly hash: string;
  /** By time. */
  readonly rows: readonly FeedbackRow[];
}

/** At most so many are learnt from, the newest. */
const limit = 200_000;

/** null where nothing was said yet. */
export async function freezeFeedback(
  { pool, artifacts }: { pool: Pool; artifacts: Artifacts },
  useCase: string,
): Promise<Feedback | null> {
  const { rows: found } = await pool.query<Omit<FeedbackRow, "decided_at"> & { decided_at: Date }>(
    `select d.id, d.key, coalesce(o.outcome, r.outcome) as outcome, d.decided_at, d.body->'record' as record
     from inlay.decisions d
       left join inlay.outcomes o on o.decision_id = d.id
       left join inlay.reviews r on r.id = d.id and r.status <> 'open'
     where d.use_case = $1 and coalesce(o.outcome, r.outcome) is not null
     order by d.decided_at desc, d.id desc limit $2`,
    [useCase, limit],
  );
  if (found.length === 0) return null;
  const rows = found.reverse().map(({ id, key, outcome, decided_at: at, record }) => ({
    id,
    key,
    outcome,
    decided_at: at.toISOString(),
    record,
  }));
  const hash = await artifacts.put(Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join("")));
  return { hash, rows };
}
