/**
 * Errors as RFC 9457 problems. HTTP statuses exist here and nowhere else: each code of the error table has one, by its own row
 * below or by who can mend it. A problem never says more than the table does; causes go to the log under the trace id.
 */
import { z } from "zod";
import type { Culprit, ErrorCode, InlayError, Problem } from "#base/errors";
import { errorTable, failure, isFailure } from "#base/errors";

const statusOf: Partial<Record<ErrorCode, number>> = {
  USE_CASE_UNKNOWN: 404,
  SYSTEM_UNKNOWN: 404,
  SNAPSHOT_UNKNOWN: 404,
  MODEL_UNKNOWN: 404,
  DECISION_UNKNOWN: 404,
  REVIEW_UNKNOWN: 404,
  ALARM_UNKNOWN: 404,
  KEY_UNKNOWN: 404,
  PROBLEM_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  METHOD_UNKNOWN: 405,
  KEY_MISSING: 401,
  KEY_REFUSED: 401,
  KEY_SCOPE: 403,
  REQUEST_TIMEOUT: 408,
  NOT_WATCHED: 409,
  POINTS_NEEDED: 409,
  RECORDS_NEEDED: 409,
  GATE_FAILED: 409,
  MODEL_OF_OTHER_TASK: 409,
  NO_FORECASTS: 409,
  NOTHING_TO_ROLL_BACK: 409,
  REVIEW_CLOSED: 409,
  OUTCOME_CONFLICT: 409,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE: 415,
  RECORD_INVALID: 422,
  POINTS_INVALID: 422,
  SERIES_TOO_MANY: 422,
  OUTCOME_UNKNOWN: 422,
  FIELD_UNCHANGEABLE: 422,
  SERIES_UNKNOWN: 422,
  WHAT_IF_REFUSED: 422,
  NUMBERS_NEEDED: 422,
  BOUND_NEEDED: 422,
  USUALNESS_ALONE: 422,
  OUTCOME_NO_NUMBER: 422,
  IDEMPOTENCY_CONFLICT: 422,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
};

const statusByCulprit: Record<Culprit, number> = { user: 400, operator: 503, us: 500 };

/** Faults of the operation whose words are for callers too; the words of all others may name hosts, files and databases. */
const spokenAloud: ReadonlySet<ErrorCode> = new Set(["OVERLOADED", "SPOOL_FULL"]);

/** Where a problem that retrying can mend does not know better. */
const retryAfterSeconds = 1;

export function statusOfCode(code: ErrorCode): number {
  return statusOf[code] ?? statusByCulprit[errorTable[code].who];
}

export const problemSchema = z
  .strictObject({
    type: z
      .string()
      .describe("Stable name of the kind of problem; GET it for what it means")
      .meta({ examples: ["/problems/record-invalid"] }),
    title: z.string().describe("The kind of problem in words"),
    status: z.int().describe("The HTTP status again"),
    detail: z.string().describe("What is wrong with this request"),
    instance: z.string().describe("The path that was asked for"),
    code: z
      .enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]])
      .describe("The same name as in the log, the CLI and the docs"),
    fix: z.string().describe("What to do about it"),
    errors: z
      .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe("Each problem by itself. A pointer is a JSON pointer into the body, or path:NAME, query:NAME, header:NAME"),
    trace_id: z.string().describe("The trace of this request, from its traceparent or made here; the log knows it"),
  })
  .meta({
    id: "Problem",
    description: "RFC 9457 problem details",
    examples: [
      {
        type: "/problems/record-invalid",
        title: "Record invalid",
        status: 422,
        detail: "The record does not fit ticket-routing:\n/record/subject must be text, got number",
        instance: "/v1/use-cases/ticket-routing/decisions",
        code: "RECORD_INVALID",
        fix: "Send the fields that /v1/use-cases/ticket-routing lists.",
        errors: [{ pointer: "/record/subject", detail: "must be text, got number" }],
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
      },
    ],
  });

export type ProblemDetails = z.infer<typeof problemSchema>;

export interface ProblemAnswer {
  readonly body: ProblemDetails;
  readonly headers: Readonly<Record<string, string>>;
}

/** Longest part of a path that stands for something. */
export const maxParamLength = 128;

export const problemMediaType = "application/problem+json";

/** `RECORD_INVALID` -> `/problems/record-invalid`. */
export function problemType(code: ErrorCode): string {
  return `/problems/${code.toLowerCase().replaceAll("_", "-")}`;
}

/** `RECORD_INVALID` -> `Record invalid`. */
export function problemTitle(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words[0]!.toUpperCase() + words.slice(1);
}

/** A message or fix of the error table as it is shown unfilled: `{name}` stands for what it will say, `{{name}}` for itself. */
export function template(text: string): string {
  return text.replaceAll(/\{(\{\w+\})\}/g, "$1").replaceAll("\n", " ");
}

/** The problem that answers an error, without anything that is not for the caller. */
export function problemOf(error: InlayError, instance: string, traceId: string): ProblemAnswer {
  const { code } = error;
  const status = statusOfCode(code);
  const hidden = error.who !== "user" && code !== "INTERNAL" && !spokenAloud.has(code);
  return {
    body: {
      type: problemType(code),
      title: problemTitle(code),
      status,
      detail: hidden ? "Inlay cannot do this at the moment" : error.message,
      instance,
      code,
      fix: hidden ? `Whoever runs Inlay finds the cause in the log under ${traceId}.` : error.fix,
      ...(error.problems.length > 0 && { errors: [...error.problems] }),
      trace_id: traceId,
    },
    headers: {
      "content-type": problemMediaType,
      "cache-control": "no-store",
      ...(status === 401 && {
        "www-authenticate": `Bearer realm="inlay"${code === "KEY_REFUSED" ? ', error="invalid_token"' : ""}`,
      }),
      ...(error.retry && status !== 500 && { "retry-after": String(error.fields["retry_after"] ?? retryAfterSeconds) }),
    },
  };
}

/** What was thrown, as an error of the table: ours as it is, the HTTP machinery's by its code, anything else as INTERNAL. */
export function toInlayError(
  thrown: unknown,
  request: { method: string; path: string; contentType: string; traceId: string; bodyLimit: string },
): InlayError {
  if (isFailure(thrown)) return thrown;
  switch (codeOf(thrown)) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return failure("BODY_TOO_LARGE", { limit: request.bodyLimit });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return failure("MEDIA_TYPE", { type: shown(request.contentType) });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return requestInvalid([{ pointer: "header:content-length", detail: "is not the length of the body" }]);
    case "FST_ERR_BAD_URL":
      return requestInvalid([{ pointer: "path", detail: "is not validly percent-encoded" }]);
    case "FST_ERR_MAX_PARAM_LENGTH":
      return requestInvalid([{ pointer: "path", detail: `has a part that is longer than ${maxParamLength} characters` }]);
    case "FST_ERR_NOT_FOUND":
      return failure("ROUTE_UNKNOWN", { method: request.method, path: request.path });
    case "ECONNRESET":
      return requestInvalid([{ pointer: "", detail: "ended before it was complete" }]);
    default:
      return isRefusal(thrown)
        ? requestInvalid([{ pointer: "", detail: "cannot be read" }])
        : failure("INTERNAL", { trace: request.traceId }, { cause: thrown });
  }
}

/** What Fastify itself answers with a 4xx is the request's fault, also where no case above knows it yet. */
function isRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof Error && "statusCode" in thrown && typeof thrown.statusCode === "number")) return false;
  return String(codeOf(thrown)).startsWith("FST_ERR_") && thrown.statusCode >= 400 && thrown.statusCode < 500;
}

export function requestInvalid(problems: readonly Problem[]): InlayError {
  return failure(
    "REQUEST_INVALID",
    { problems: problems.map(({ pointer, detail }) => `${pointer === "" ? "the body" : pointer} ${detail}`).join("\n") },
    { problems },
  );
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}

/** A header's value, short enough to be repeated. */
function shown(value: string): string {
  return value === "" ? "(none)" : value.slice(0, 80);
}
