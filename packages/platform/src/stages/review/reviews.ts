/** Decisions that wait for a person, or that a person changed. A review is closed once; of two who close it at once, one wins. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import { UUID } from "#base/id";
import type { Decision } from "#records/decision";
import type { Review } from "#records/review";

export interface ReviewQuery {
  readonly useCases?: readonly string[];
  readonly status?: Review["status"];
  readonly after?: string;
  readonly limit: number;
}

interface ReviewRow extends Omit<Review, "opened_at" | "closed_at"> {
  readonly opened_at: Date;
  readonly closed_at: Date | null;
}

const columns = "id, use_case, status, suggestion, outcome, reason, opened_at, closed_at, closed_by";

/** Oldest first. `next` is the id that the next page comes after; null at the end. @throws REQUEST_INVALID where `after` is no id */
export async function listReviews(pool: Pool, query: ReviewQuery): Promise<{ reviews: Review[]; next: string | null }> {
  if (query.after !== undefined && !UUID.test(query.after)) throw invalid("/after", "must be the `next` of a page");
  const { rows } = await pool.query<ReviewRow>(
    `select ${columns} from inlay.reviews
     where ($1::text[] is null or use_case = any($1)) and ($2::text is null or status = $2)
       and ($3::uuid is null or (opened_at, id) > (select opened_at, id from inlay.reviews where id = $3))
     order by opened_at, id limit $4`,
    [query.useCases ?? null, query.status ?? null, query.after ?? null, query.limit + 1],
  );
  const reviews = rows.slice(0, query.limit).map(toReview);
  return { reviews, next: rows.length > query.limit ? (reviews.at(-1)?.id ?? null) : null };
}

/** The review of that id, or null. */
export async function findReview(pool: Pool, id: string): Promise<Review | null> {
  const { rows } = await pool.query<ReviewRow>(`select ${columns} from inlay.reviews where id = $1`, [id]);
  return rows[0] ? toReview(rows[0]) : null;
}

export interface Closing {
  readonly action: "accept" | "override";
  readonly outcome?: string;
  readonly reason?: string;
  readonly by: string;
}

/**
 * Closes the review of a decision; a decision that was not sent to review gets one, closed.
 *
 * @throws REVIEW_CLOSED, what `standard` throws (it gives an outcome as it is kept), REQUEST_INVALID (nothing to accept, or an override without outcome or reason)
 */
export async function closeReview(
  { pool, clock }: { pool: Pool; clock: Clock },
  decision: Decision,
  closing: Closing,
  standard: (outcome: string) => string,
): Promise<Review> {
  const number = decision.forecast?.order?.quantity ?? decision.interval?.value;
  const suggestion = decision.outcome ?? decision.alternatives[0]?.outcome ?? number?.toString() ?? null;
  const outcome = closing.action === "accept" ? (closing.outcome ?? suggestion) : closing.outcome;
  if (outcome === undefined || outcome === null) {
    const detail =
      closing.action === "accept"
        ? "there is no suggestion to accept; override it with an outcome"
        : "an override needs an outcome";
    throw invalid("/outcome", detail);
  }
  if (closing.action === "accept" && outcome !== suggestion)
    throw invalid("/outcome", `accepting means ${suggestion}; to decide otherwise, override`);
  if (closing.action === "override" && !closing.reason?.trim()) throw invalid("/reason", "an override needs a reason");
  const written = standard(outcome);
  const now = new Date(clock.now());
  const { rows } = await pool.query<ReviewRow>(
    `insert into inlay.reviews as r (id, use_case, status, suggestion, outcome, reason, opened_at, closed_at, closed_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (id) do update set status = excluded.status, outcome = excluded.outcome, reason = excluded.reason,
       closed_at = excluded.closed_at, closed_by = excluded.closed_by
     where r.status = 'open'
     returning ${columns}`,
    [
      decision.id,
      decision.use_case,
      closing.action === "accept" ? "accepted" : "overridden",
      suggestion,
      written,
      closing.reason ?? null,
      new Date(decision.decided_at),
      now,
      closing.by,
    ],
  );
  if (rows[0]) return toReview(rows[0]);
  const closed = await findReview(pool, decision.id);
  throw failure("REVIEW_CLOSED", {
    id: decision.id,
    by: closed?.closed_by ?? "somebody",
    at: closed?.closed_at ?? "another time",
  });
}

function invalid(pointer: string, detail: string): Error {
  return failure("REQUEST_INVALID", { problems: `${pointer} ${detail}` }, { problems: [{ pointer, detail }] });
}

function toReview(row: ReviewRow): Review {
  return {
    id: row.id,
    use_case: row.use_case,
    status: row.status,
    suggestion: row.suggestion,
    outcome: row.outcome,
    reason: row.reason,
    opened_at: row.opened_at.toISOString(),
    closed_at: row.closed_at?.toISOString() ?? null,
    closed_by: row.closed_by,
  };
}
