/** What was decided for one record, and why. Immutable: reviews and outcomes are joined to it, never written into it. */
import { z } from "zod";

/** Who decided: a rule before the model, the model, the fallback rules, a person to come, or the default. */
export const paths = ["rules_first", "model", "rules", "review", "default"] as const;

/** Why the decision took its path. */
export const causes = [
  "rule_matched", // a rule before the model held
  "confident", // the model was sure enough
  "unsure", // its confidence was below the threshold
  "unfamiliar", // the record is unlike all that the model learnt from
  "no_model", // nothing is deployed, or no stored version could be loaded
  "deadline", // the model was not done in time
  "model_failed", // the model raised an error
  "breaker_open", // it failed too often just now and is left alone for a while
  "no_history", // what the record's history holds could not be read, or not in time
  "autonomy", // the stage of the use case lets the model watch, not decide
] as const;

export const reasonSchema = z.strictObject({
  field: z.string(),
  value: z.string().describe("The word, category or number that weighed"),
  weight: z.number().describe("Positive: spoke for the outcome; negative: against it"),
});

export const alternativeSchema = z.strictObject({
  outcome: z.string(),
  confidence: z.number(),
});

export const intervalSchema = z.strictObject({
  value: z.number().describe("What the model says"),
  lower: z.number(),
  upper: z.number(),
  coverage: z.number().describe("Share of outcomes that lie in such intervals"),
});

export const decisionSchema = z.strictObject({
  id: z.uuid(),
  use_case: z.string(),
  key: z.string().nullable().describe("The record's key, where it brought one"),
  outcome: z.string().nullable().describe("null while it waits for a person"),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("Calibrated probability of the model's choice; null of numbers, and where no model was asked"),
  path: z.enum(paths),
  cause: z.enum(causes),
  explanation: z.string().describe("The cause in words"),
  alternatives: z
    .array(alternativeSchema)
    .describe("The model's best three, best first; what it would have said where it did not decide"),
  prediction_set: z
    .array(z.string())
    .describe("Outcomes that hold the truth in nine of ten records, best first; empty where no model was asked"),
  interval: intervalSchema
    .nullable()
    .describe("The model's number and the interval about it; null where outcomes are no numbers, or no model was asked"),
  typicality: z
    .number()
    .nullable()
    .describe("Share of training rows that are as unlike the others as this record; null where no model was asked"),
  reasons: z.array(reasonSchema).describe("What weighed most for the model's best, strongest first"),
  model_version: z.int().nullable(),
  deployment: z.uuid().nullable(),
  policy_hash: z.string(),
  autonomy: z.enum(["observe", "shadow", "suggest", "veto", "act"]),
  record: z.record(z.string(), z.unknown()).describe("The record as it was decided on, after standardising"),
  decided_at: z.iso.datetime(),
  decided_by: z.string().describe("Id of the API key, or `cli`"),
  latency_ms: z.number(),
});

export type Path = (typeof paths)[number];
export type Cause = (typeof causes)[number];
export type Reason = z.infer<typeof reasonSchema>;
export type Alternative = z.infer<typeof alternativeSchema>;
export type Interval = z.infer<typeof intervalSchema>;
export type Decision = z.infer<typeof decisionSchema>;
