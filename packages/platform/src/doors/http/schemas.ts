/** The nouns as the API shows them, under the names that the OpenAPI document and the generated client use. */
import { z } from "zod";
import { decisionSchema } from "#records/decision";
import type { Decision } from "#records/decision";
import { deploymentSchema } from "#records/deployment";
import { modelVersionSchema } from "#records/model-version";
import { outcomeSchema } from "#records/outcome";
import { readinessReportSchema } from "#records/readiness-report";
import { reviewSchema } from "#records/review";
import { snapshotSchema } from "#records/snapshot";

export const decisionId = z.uuid().toLowerCase().describe("Id of the decision");

/** Text that a person or a system sends and a database keeps. */
export function plainText(max: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\0]*$/, "must not hold NUL characters");
}

/** What was or is decided: one of the outcomes by its name, or a number. */
export const givenOutcome = z.union([plainText(200), z.number()]);

export const useCaseName = plainText(63)
  .describe("Name of the use case")
  .meta({ examples: ["ticket-routing"] });

/** What a caller is told of its decision: all but its own record and what only matters inside. */
export const decisionAnswer = decisionSchema
  .pick({
    id: true,
    use_case: true,
    key: true,
    outcome: true,
    confidence: true,
    path: true,
    cause: true,
    explanation: true,
    alternatives: true,
    prediction_set: true,
    interval: true,
    forecast: true,
    typicality: true,
    reasons: true,
    model_version: true,
    autonomy: true,
    decided_at: true,
    latency_ms: true,
  })
  .meta({ id: "Decision", description: "What was decided for one record, and why" });

export type DecisionAnswer = z.infer<typeof decisionAnswer>;

export function answerOf(decision: Decision): DecisionAnswer {
  return {
    id: decision.id,
    use_case: decision.use_case,
    key: decision.key,
    outcome: decision.outcome,
    confidence: decision.confidence,
    path: decision.path,
    cause: decision.cause,
    explanation: decision.explanation,
    alternatives: decision.alternatives,
    prediction_set: decision.prediction_set,
    interval: decision.interval,
    forecast: decision.forecast,
    typicality: decision.typicality,
    reasons: decision.reasons,
    model_version: decision.model_version,
    autonomy: decision.autonomy,
    decided_at: decision.decided_at,
    latency_ms: decision.latency_ms,
  };
}

export const recordedDecision = decisionSchema.meta({
  id: "RecordedDecision",
  description: "A decision with the record it was made on and the policy it was made under",
});
export const review = reviewSchema.meta({ id: "Review", description: "A decision waiting for, or changed by, a person" });
export const outcome = outcomeSchema.meta({ id: "Outcome", description: "What turned out to be true for one decision" });
export const modelVersion = modelVersionSchema.meta({
  id: "ModelVersion",
  description: "A trained model with its evaluation and the hashes of what it came from",
});
export const deployment = deploymentSchema.meta({
  id: "Deployment",
  description: "Which model version decides, under which policy",
});
export const snapshot = snapshotSchema.meta({
  id: "Snapshot",
  description: "The frozen data that a model version was trained on",
});

export const decisionTrace = z
  .strictObject({
    decision: recordedDecision,
    review: review.nullable(),
    outcome: outcome.nullable(),
    deployment: deployment.nullable(),
    model_version: modelVersion.nullable(),
    readiness_report: readinessReportSchema.pick({ id: true, verdict: true, made_at: true }).nullable(),
    snapshot: snapshot.nullable(),
  })
  .meta({ id: "DecisionTrace", description: "A decision with everything it traces back to" });

export const servedUseCase = z
  .strictObject({
    use_case: z.string(),
    task: z
      .enum(["classify", "regress", "forecast", "detect"])
      .describe("Whether a decision is one of some outcomes, a number, what is to come, or whether something is unusual"),
    takes: z
      .enum(["records", "points"])
      .describe("What is sent to it: records, to /decisions, or points of series that are watched, to /points"),
    autonomy: z.enum(["observe", "shadow", "suggest", "veto", "act"]),
    version: z.int().nullable().describe("The deployed model version; null where rules and people decide alone"),
    outcomes: z.array(z.string()).describe("What a decision can be; empty where it is a number"),
    fields: z
      .array(z.strictObject({ name: z.string(), kind: z.enum(["text", "category", "number", "time"]) }))
      .describe("The fields that a record brings; all may be missing"),
    key: z
      .string()
      .nullable()
      .describe("The field that names the record; optional. null of points, and where its series names it"),
  })
  .meta({ id: "UseCase", description: "A use case as it is served" });
