/**
 * The decision, as a pure function: the same record under the same versions gives the same decision through every door, and again when
 * it is replayed. Deadline, breaker, clock and log stand around it.
 *
 *   rules first -> model, if it answered, is sure, knows the record and may decide -> otherwise
 *
 * `otherwise` is where a decision goes that the model does not take: `review` to a person; `rules` to the rules of today, and to the
 * default or a person where none holds; `default` to the default. Where there is no model at all, or it did not answer, the rules of today are
 * asked first whatever `otherwise` says: they decided before there was a model.
 */
import { formatPercent } from "#base/text";
import type { Cause, Decision, Path } from "#records/decision";
import type { DecidingPolicy } from "#records/use-case";
import type { Answer, Opinion } from "#stages/decide/ask-model";
import type { CompiledRule } from "#stages/decide/rules";
import { firstRule } from "#stages/decide/rules";
import type { Sureness } from "#stages/decide/sureness";

/** Everything beside the record that a decision depends on. */
export interface Ladder {
  readonly policy: DecidingPolicy;
  readonly rulesFirst: readonly CompiledRule[];
  readonly rules: readonly CompiledRule[];
  readonly sureness: Sureness;
  /** Typicality below which the model does not decide. */
  readonly unfamiliarBelow: number;
}

export type Verdict = Pick<
  Decision,
  | "outcome"
  | "confidence"
  | "path"
  | "cause"
  | "explanation"
  | "alternatives"
  | "prediction_set"
  | "interval"
  | "forecast"
  | "typicality"
  | "reasons"
>;

/** Whether a rule before the model decides, so that the model need not be asked. */
export function decideByRulesFirst(ladder: Ladder, record: Readonly<Record<string, unknown>>): Verdict | undefined {
  const rule = firstRule(ladder.rulesFirst, record);
  return rule && byRule(rule, "rules_first", "rule_matched", "", null);
}

/** The verdict once the model was asked; `no_model` where there is none. */
export function decide(ladder: Ladder, record: Readonly<Record<string, unknown>>, answer: Answer | "no_model"): Verdict {
  if (typeof answer === "string") return withoutModel(ladder, record, answer);
  const doubt = answer.nothing ?? doubtOf(ladder, answer);
  if (doubt === undefined) {
    return {
      outcome: ladder.sureness.outcome(answer),
      path: "model",
      cause: "confident",
      explanation: ladder.sureness.reason(answer),
      ...told(answer),
    };
  }
  return otherwise(ladder, record, doubt, answer);
}

function doubtOf(ladder: Ladder, answer: Opinion): { cause: Cause; why: string } | undefined {
  const { policy, sureness } = ladder;
  if (policy.autonomy === "observe" || policy.autonomy === "shadow") {
    return { cause: "autonomy", why: `with autonomy ${policy.autonomy} the model is asked but does not decide` };
  }
  const unfamiliar = unfamiliarity(ladder, answer.typicality);
  if (unfamiliar !== undefined) return { cause: "unfamiliar", why: unfamiliar };
  const why = sureness.doubt(answer);
  return why === undefined ? undefined : { cause: "unsure", why };
}

function unfamiliarity({ unfamiliarBelow, policy }: Ladder, typicality: number): string | undefined {
  if (typicality === 0) return "nothing in the record is known to the model";
  if (typicality >= unfamiliarBelow) return undefined;
  return `of the records that the model learnt from only ${formatPercent(typicality)} are as unlike the others; it does not decide below ${"unfamiliar_below" in policy ? policy.unfamiliar_below : formatPercent(unfamiliarBelow)}`;
}

function otherwise(
  ladder: Ladder,
  record: Readonly<Record<string, unknown>>,
  doubt: { cause: Cause; why: string },
  answer: Opinion,
): Verdict {
  const { policy } = ladder;
  if (policy.otherwise === "rules") {
    const rule = firstRule(ladder.rules, record);
    if (rule) return byRule(rule, "rules", doubt.cause, doubt.why, answer);
  }
  if (policy.otherwise !== "review" && policy.default !== undefined) return byDefault(policy.default, doubt, answer);
  return byReview(doubt, answer);
}

const absences: Record<Exclude<Answer, Opinion> | "no_model", string> = {
  no_model: "no model is deployed",
  deadline: "the model did not answer in time",
  model_failed: "the model failed",
  no_history: "the history of the record could not be read in time",
  breaker_open: "the model failed repeatedly and is left alone for a while",
};

function withoutModel(ladder: Ladder, record: Readonly<Record<string, unknown>>, cause: keyof typeof absences): Verdict {
  const why = absences[cause];
  const rule = firstRule(ladder.rules, record);
  if (rule) return byRule(rule, "rules", cause, why, null);
  const { policy } = ladder;
  return policy.otherwise !== "review" && policy.default !== undefined
    ? byDefault(policy.default, { cause, why }, null)
    : byReview({ cause, why }, null);
}

function byRule(rule: CompiledRule, path: Path, cause: Cause, why: string, answer: Opinion | null): Verdict {
  const reason = rule.because ?? `the rule ${rule.when} holds`;
  return { outcome: rule.then, path, cause, explanation: why === "" ? reason : `${why}; ${reason}`, ...told(answer) };
}

function byDefault(outcome: string, { cause, why }: { cause: Cause; why: string }, answer: Opinion | null): Verdict {
  return { outcome, path: "default", cause, explanation: `${why}; the default applies`, ...told(answer) };
}

function byReview({ cause, why }: { cause: Cause; why: string }, answer: Opinion | null): Verdict {
  return { outcome: null, path: "review", cause, explanation: `${why}; a person decides`, ...told(answer) };
}

/** What the model said stands in the decision, also where it did not decide. */
function told(opinion: Opinion | null): Omit<Verdict, "outcome" | "path" | "cause" | "explanation"> {
  return {
    confidence: opinion?.alternatives[0]?.confidence ?? null,
    alternatives: [...(opinion?.alternatives ?? [])],
    interval: opinion?.interval ?? null,
    forecast: opinion?.forecast ?? null,
    prediction_set: [...(opinion?.predictionSet ?? [])],
    typicality: opinion?.typicality ?? null,
    reasons: [...(opinion?.reasons ?? [])],
  };
}
