/** Decisions: ask for them, read them with all they trace back to, say what turned out to be right. */
import { z } from "zod";
import { failure, isFailure } from "#base/errors";
import { requestInvalid } from "#doors/http/problems";
import type { Call, Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import {
  answerOf,
  decisionAnswer,
  decisionId,
  decisionTrace,
  givenOutcome,
  outcome,
  plainText,
  useCaseName,
} from "#doors/http/schemas";
import type { Loop } from "#flows/close-the-loop/loop";
import type { DecisionPoint } from "#flows/decide-and-act/decision-point";
import type { Decision } from "#records/decision";
import { exampleDecision, exampleId, exampleRecord, exampleTrace } from "#doors/http/examples";

const maxRecords = 1000;

// The decision point checks the fields against the use case; here it is enough that a record is an object.
const record = z
  .custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "must be an object of fields",
  )
  .meta({ type: "object", additionalProperties: true, description: "Fields by name; GET /v1/use-cases/{name} lists them" });

const decideBody = z
  .strictObject({
    record: record.optional().describe("The one record to decide"),
    records: z
      .array(record)
      .min(1)
      .max(maxRecords)
      .optional()
      .describe(`Or many, at most ${maxRecords}: all are decided or none`),
  })
  .refine((body) => (body.record === undefined) !== (body.records === undefined), "must have either `record` or `records`")
  .meta({ minProperties: 1, maxProperties: 1 });

const useCaseParams = z.strictObject({ name: useCaseName });
const decisionParams = z.strictObject({ id: decisionId });

const decide: Operation<z.infer<typeof useCaseParams>, unknown, z.infer<typeof decideBody>> = {
  id: "decide",
  method: "POST",
  path: "/v1/use-cases/{name}/decisions",
  access: { verb: "decide", of: "use_case" },
  tag: "Decisions",
  summary: "Decide one record or many",
  description:
    "Answers once the decision is recorded durably. With `record` the answer is the decision; with `records` it is a list in the same order. " +
    "A decision without an outcome waits for a person and is among the open reviews.",
  params: useCaseParams,
  headers: [
    {
      name: "Idempotency-Key",
      description:
        "Any name of this request, new for every new request: repeating it returns the recorded decisions and decides nothing again",
      schema: { type: "string", pattern: "^[!-~]{1,255}$" },
    },
  ],
  body: decideBody,
  examples: {
    one: { record: exampleRecord },
    many: { records: [exampleRecord, { ...exampleRecord, subject: "Invoice missing" }] },
  },
  answer: {
    status: 200,
    description: "The decision, or the decisions in the order of the records",
    schema: z.union([
      decisionAnswer,
      z
        .strictObject({ decisions: z.array(decisionAnswer) })
        .meta({ id: "Decisions", description: "Decisions in the order of the records" }),
    ]),
    example: exampleDecision,
  },
  problems: [
    "USE_CASE_UNKNOWN",
    "POINTS_NEEDED",
    "RECORD_INVALID",
    "IDEMPOTENCY_CONFLICT",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE",
    "SPOOL_FULL",
  ],
};

const readDecision: Operation<z.infer<typeof decisionParams>> = {
  id: "getDecision",
  method: "GET",
  path: "/v1/decisions/{id}",
  access: { verb: "read", of: "decision" },
  tag: "Decisions",
  summary: "A decision with everything it traces back to",
  description:
    "The record as it was decided on, the review and the outcome so far, and the deployment, model version, readiness report and snapshot behind it.",
  params: decisionParams,
  answer: { status: 200, description: "The decision and its trace", schema: decisionTrace, example: exampleTrace },
  problems: ["DECISION_UNKNOWN", "STATE_UNREACHABLE"],
};

const similarQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(5).describe("At most so many rows"),
});

const similarRows: Operation<z.infer<typeof decisionParams>, z.infer<typeof similarQuery>> = {
  id: "getSimilar",
  method: "GET",
  path: "/v1/decisions/{id}/similar",
  access: { verb: "read", of: "decision" },
  tag: "Decisions",
  summary: "Rows the model learnt from that are most like this record",
  description:
    "By key and outcome alone: what else is in a row shows the system it came from, to whoever may read it there. Takes about a second for 30,000 texts.",
  params: decisionParams,
  query: similarQuery,
  answer: {
    status: 200,
    description: "The rows, most alike first",
    schema: z
      .strictObject({
        decision_id: z.uuid(),
        use_case: z.string(),
        model_version: z.int().nullable().describe("null where no model was asked; then there are no rows"),
        rows: z.array(
          z.strictObject({ key: z.string(), outcome: z.string(), similarity: z.number().describe("Cosine, in [0, 1]") }),
        ),
      })
      .meta({ id: "SimilarRows", description: "Rows of the snapshot that are most like the record of a decision" }),
    example: {
      decision_id: exampleId,
      use_case: "ticket-routing",
      model_version: 3,
      rows: [{ key: "T-4711", outcome: "network", similarity: 0.83 }],
    },
  },
  problems: ["DECISION_UNKNOWN", "STATE_UNREACHABLE"],
};

const otherQuery = z.strictObject({
  outcome: plainText(200).describe('How the model should have decided; of numbers a bound such as "<= 3"'),
  change: z
    .union([plainText(200), z.array(plainText(200))])
    .optional()
    .describe("Fields that may be changed; all numbers and categories where none is named"),
});

const otherDecision: Operation<z.infer<typeof decisionParams>, z.infer<typeof otherQuery>> = {
  id: "getCounterfactual",
  method: "GET",
  path: "/v1/decisions/{id}/counterfactual",
  access: { verb: "read", of: "decision" },
  tag: "Decisions",
  summary: "What would have to be different for another outcome",
  description:
    "Changes of at most three numbers or categories, to values that training rows had. It says what the model goes by, not what would happen in the world.",
  params: decisionParams,
  query: otherQuery,
  answer: {
    status: 200,
    description: "The nearest record that the model decides so",
    schema: z
      .strictObject({
        decision_id: z.uuid(),
        use_case: z.string(),
        model_version: z.int().nullable().describe("null where no model was asked; then nothing can be said"),
        outcome: z.string(),
        changes: z
          .array(
            z.strictObject({
              field: z.string(),
              from: z.union([z.string(), z.number()]).nullable(),
              to: z.union([z.string(), z.number()]),
            }),
          )
          .nullable()
          .describe("None where the model decides so already; null where nothing that may be changed is enough"),
        confidence: z.number().nullable().describe("Of the outcome, with the changes made; null of numbers"),
        value: z.number().nullable().describe("Of numbers: what the model says with the changes made"),
      })
      .meta({ id: "Counterfactual", description: "What would have to be different in a record for another outcome" }),
    example: {
      decision_id: exampleId,
      use_case: "customer-churn",
      model_version: 3,
      outcome: "stays",
      changes: [{ field: "contract", from: "monthly", to: "one year" }],
      confidence: 0.81,
      value: null,
    },
  },
  problems: [
    "DECISION_UNKNOWN",
    "OUTCOME_UNKNOWN",
    "FIELD_UNCHANGEABLE",
    "BOUND_NEEDED",
    "USUALNESS_ALONE",
    "ENCODER_CHANGED",
    "ENCODER_FAILED",
    "STATE_UNREACHABLE",
  ],
};

const outcomeBody = z.strictObject({
  outcome: givenOutcome.describe("What turned out to be right: of numbers the number"),
  replaces: z.boolean().optional().describe("true: correct the outcome recorded before"),
});

const recordOutcome: Operation<z.infer<typeof decisionParams>, unknown, z.infer<typeof outcomeBody>> = {
  id: "recordOutcome",
  method: "POST",
  path: "/v1/decisions/{id}/outcome",
  access: { verb: "review", of: "decision" },
  tag: "Decisions",
  summary: "Say what turned out to be right",
  description: "Sending the same outcome again changes nothing; a different one is refused unless `replaces` is true.",
  params: decisionParams,
  body: outcomeBody,
  examples: { right: { outcome: "network" }, number: { outcome: 12.5 } },
  answer: {
    status: 200,
    description: "The recorded outcome",
    schema: outcome,
    example: {
      decision_id: exampleId,
      use_case: "ticket-routing",
      outcome: "network",
      recorded_at: "2026-03-02T10:15:00.000Z",
      recorded_by: "k7f3a9x2",
    },
  },
  problems: [
    "DECISION_UNKNOWN",
    "OUTCOME_UNKNOWN",
    "OUTCOME_NO_NUMBER",
    "OUTCOME_CONFLICT",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE",
    "STATE_UNREACHABLE",
  ],
};

export const decisionOperations = { decide, readDecision, similarRows, otherDecision, recordOutcome };

interface Deps {
  readonly decisionPoint: DecisionPoint;
  readonly loop: Loop;
  /** Called with every decision that is answered. */
  readonly onDecision: (decision: Decision) => void;
}

export function decisionRoutes({ decisionPoint, loop, onDecision }: Deps): Route[] {
  return [
    route(decide, async ({ params, body, caller, ...call }) => {
      const key = idempotencyKey(call);
      const context = { caller: caller.id, ...(key !== undefined && { idempotencyKey: key }) };
      const one = body.record !== undefined;
      const decisions = await decisionPoint
        .decide(params.name, one ? [body.record] : body.records!, context)
        .catch((error: unknown) => Promise.reject(one ? aboutOneRecord(error) : error));
      for (const decision of decisions) onDecision(decision);
      return one ? answerOf(decisions[0]!) : { decisions: decisions.map(answerOf) };
    }),
    route(readDecision, async ({ params }) => loop.trace(params.id)),
    route(similarRows, async ({ params, query }) => loop.similar(params.id, query.limit)),
    route(otherDecision, async ({ params, query: { outcome: wanted, change } }) =>
      loop.counterfactual(params.id, wanted, change === undefined ? undefined : [change].flat()),
    ),
    route(recordOutcome, async ({ params, body, caller }) =>
      loop.recordOutcome(params.id, {
        outcome: String(body.outcome),
        by: caller.id,
        ...(body.replaces !== undefined && { replaces: body.replaces }),
      }),
    ),
  ];
}

/** @throws REQUEST_INVALID where it is there but not 1 to 255 visible ASCII characters */
function idempotencyKey(call: Pick<Call, "header">): string | undefined {
  const key = call.header("idempotency-key");
  if (key === undefined || /^[!-~]{1,255}$/.test(key)) return key;
  throw requestInvalid([{ pointer: "header:idempotency-key", detail: "must be 1 to 255 visible ASCII characters" }]);
}

/** The decision point speaks of `/records/0/subject`; who sent one record sent `/record/subject`. */
function aboutOneRecord(error: unknown): unknown {
  if (!isFailure(error, "RECORD_INVALID")) return error;
  const rename = (text: string): string => text.replaceAll("/records/0", "/record");
  return failure(
    "RECORD_INVALID",
    { use_case: error.fields["use_case"]!, problems: rename(String(error.fields["problems"])) },
    { cause: error, problems: error.problems.map(({ pointer, detail }) => ({ pointer: rename(pointer), detail })) },
  );
}
