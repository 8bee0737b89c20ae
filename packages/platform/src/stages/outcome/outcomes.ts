/** What turned out to be right, one outcome for a decision. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import type { Decision } from "#records/decision";
import type { Outcome } from "#records/outcome";

interface OutcomeRow extends Omit<Outcome, "recorded_at"> {
  readonly recorded_at: Date;
}

const columns = "decision_id, use_case, outcome, recorded_at, recorded_by";

/**
 * Records the outcome of a decision. The same outcome again changes nothing; another one only with `replaces`.
 *
 * @throws OUTCOME_CONFLICT
 */
export async function recordOutcome(
  { pool, clock }: { pool: Pool; clock: Clock },
  decision: Decision,
  recorded: { outcome: string; replaces?: boolean; by: string },
): Promise<Outcome> {
  const { rows } = await pool.query<OutcomeRow>(
    `insert into inlay.outcomes as o (${columns}) values ($1, $2, $3, $4, $5)
     on conflict (decision_id) do update
       set outcome = excluded.outcome, recorded_at = excluded.recorded_at, recorded_by = excluded.recorded_by
       where $6 and o.outcome <> excluded.outcome
     returning ${columns}`,
    [decision.id, decision.use_case, recorded.outcome, new Date(clock.now()), recorded.by, recorded.replaces ?? false],
  );
  if (rows[0]) return toOutcome(rows[0]);
  const there = (await findOutcome(pool, decision.id))!;
  if (there.outcome === recorded.outcome) return there;
  throw failure("OUTCOME_CONFLICT", { id: decision.id, recorded: there.outcome });
}

/** The outcome of that decision, or null. */
export async function findOutcome(pool: Pool, decisionId: string): Promise<Outcome | null> {
  const { rows } = await pool.query<OutcomeRow>(`select ${columns} from inlay.outcomes where decision_id = $1`, [decisionId]);
  return rows[0] ? toOutcome(rows[0]) : null;
}

function toOutcome(row: OutcomeRow): Outcome {
  return { ...row, recorded_at: row.recorded_at.toISOString() };
}
