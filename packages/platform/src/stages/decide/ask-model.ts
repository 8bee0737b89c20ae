/**
 * Asks a model inside the deadline, behind the breaker. A scorer in this process answers at once; one elsewhere gives a promise, which is
 * raced against the deadline, and what comes later is never used.
 */
import type { Clock } from "#base/clock";
import type { Row } from "#learn/data/table";
import type { Alternative, Cause, Interval, Reason } from "#records/decision";
import type { Breaker } from "#stages/decide/breaker";

/** What a model says about a record. */
export interface Opinion {
  /** Best first, at most three; empty where the outcome is a number. */
  readonly alternatives: readonly Alternative[];
  /** What weighed most for the best, strongest first. */
  readonly reasons: readonly Reason[];
  /** Outcomes that hold the truth as often as promised, best first; empty where nothing was promised. */
  readonly predictionSet: readonly string[];
  /** A number and the interval about it; null where outcomes are no numbers. */
  readonly interval: Interval | null;
  /** What deciding the first alternative costs on average; null where the policy says nothing of costs. */
  readonly expectedCost: number | null;
  /** The share of training rows that are as unlike the others as this record, in [0, 1]; 0: it holds nothing that the model knows. */
  readonly typicality: number;
}

export type Scorer = (row: Row) => Opinion | Promise<Opinion>;

/** The opinion, or why there is none. */
export type Answer = Opinion | Extract<Cause, "deadline" | "model_failed" | "breaker_open" | "no_history">;

export interface AskDeps {
  readonly clock: Clock;
  readonly breaker: Breaker;
  readonly deadlineMs: number;
  onFailure(error: unknown): void;
}

export function askModel(deps: AskDeps, scorer: Scorer, row: Row): Answer | Promise<Answer> {
  const { clock, breaker, deadlineMs } = deps;
  if (!breaker.permit()) return "breaker_open";
  const started = clock.monotonic();
  const settle = (opinion: Opinion): Answer => {
    if (clock.monotonic() - started > deadlineMs) {
      breaker.failed();
      return "deadline";
    }
    breaker.succeeded();
    return opinion;
  };
  const fail = (error: unknown): Answer => {
    breaker.failed();
    deps.onFailure(error);
    return "model_failed";
  };
  try {
    const said = scorer(row);
    return said instanceof Promise
      ? race(said, deadlineMs).then((opinion) => (opinion ? settle(opinion) : late(breaker)), fail)
      : settle(said);
  } catch (error) {
    return fail(error);
  }
}

function late(breaker: Breaker): Answer {
  breaker.failed();
  return "deadline";
}

/** undefined when the time is up. */
async function race(said: Promise<Opinion>, deadlineMs: number): Promise<Opinion | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), deadlineMs);
  });
  try {
    return await Promise.race([said, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
