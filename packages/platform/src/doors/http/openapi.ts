/** The OpenAPI 3.1 document, made from the declared operations and nothing else. */
import { z } from "zod";
import type { ErrorCode } from "#base/errors";
import { errorTable } from "#base/errors";
import type { AnswerForm, HeaderField, Operation } from "#doors/http/operation";
import { operations } from "#doors/http/operations";
import { alarmWebhook } from "#doors/http/webhooks";
import type { Webhook } from "#doors/http/webhooks";
import { problemMediaType, problemSchema, statusOfCode, template } from "#doors/http/problems";

type Json = { [key: string]: unknown };

/** What can go wrong with any request. */
const always: readonly ErrorCode[] = ["REQUEST_INVALID", "REQUEST_TIMEOUT", "HEADERS_TOO_LARGE", "INTERNAL"];
/** What can go wrong with any request that needs a key. */
const guarded: readonly ErrorCode[] = [
  "KEY_MISSING",
  "KEY_REFUSED",
  "KEY_SCOPE",
  "RATE_LIMITED",
  "OVERLOADED",
  "STATE_UNREACHABLE",
];

/** What can go wrong with any request that has a body. */
const withBody: readonly ErrorCode[] = ["BODY_TOO_LARGE", "MEDIA_TYPE"];

export function openApiDocument(): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describe(operation, schemas);
  }
  jsonSchema(problemSchema, schemas, "output");
  const webhook = describeWebhook(alarmWebhook, schemas);
  return {
    openapi: "3.1.1",
    info: {
      title: "Inlay",
      version: "1",
      description:
        "Decisions for the systems you already run: from the model where it is sure, from your rules, or from a person. " +
        "Every route below `/v1` needs an API key: `Authorization: Bearer <key>`, made with `inlay keys create`. " +
        "What goes wrong is answered as `application/problem+json` (RFC 9457) with a stable `code` and what to do about it.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    tags: [
      { name: "Decisions", description: "Ask, read back, and say what turned out to be right" },
      { name: "Reviews", description: "What waits for a person" },
      { name: "Alarms", description: "Series that are watched, and what was unusual in them" },
      { name: "Use cases", description: "What can be decided" },
      { name: "Models", description: "What was trained, and what decides" },
      { name: "Operation", description: "Probes, metrics and problems" },
    ],
    paths,
    webhooks: { [alarmWebhook.name]: { post: webhook } },
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key, made with `inlay keys create`" } },
    },
  };
}

function describe(operation: Operation, schemas: Json): Json {
  const { access, params, query, headers, body, examples, answer } = operation;
  const parameters = [
    ...(params ? fields(params, "path", schemas) : []),
    ...(query ? fields(query, "query", schemas) : []),
    ...(headers ?? []).map(({ name, description, schema }) => ({ name, in: "header", required: false, description, schema })),
  ];
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: access === "open" ? operation.description : `${operation.description}\n\n${whoMay(access)}`,
    security: access === "open" ? [] : [{ key: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: jsonSchema(body, schemas, "input"),
            examples: Object.fromEntries(Object.entries(examples ?? {}).map(([name, value]) => [name, { value }])),
          },
        },
      },
    }),
    responses: { ...answers(answer, schemas), ...problems(operation) },
  };
}

function describeWebhook({ summary, description, headers, body, example }: Webhook, schemas: Json): Json {
  return {
    tags: ["Alarms"],
    summary,
    description,
    parameters: headers.map((header) => ({ ...header, in: "header", required: true })),
    requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body, schemas, "output"), example } } },
    responses: { "2XX": { description: "It came" }, "410": { description: "It is not wanted any more" } },
  };
}

function whoMay(access: Exclude<Operation["access"], "open">): string {
  const verb = access.verb === "any" ? "any valid key" : `a key with \`${access.verb}\``;
  const scope = {
    use_case: " for this use case",
    decision: " for the decision's use case",
    alarm: " for the alarm's use case",
    own: "",
    all: " for all use cases",
  };
  return `Needs ${verb}${scope[access.of]}.`;
}

function answers({ status, also = [], description, schema, mediaType, example, headers = [] }: AnswerForm, schemas: Json): Json {
  const content = schema
    ? { "application/json": { schema: jsonSchema(schema, schemas, "output"), ...(example !== undefined && { example }) } }
    : { [(mediaType ?? "text/plain").split(";")[0]!]: { schema: { type: "string" } } };
  const answer = { description, ...(headers.length > 0 && { headers: byName(headers) }), content };
  return Object.fromEntries([status, ...also].map((code) => [String(code), answer]));
}

function byName(headers: readonly HeaderField[]): Json {
  return Object.fromEntries(headers.map(({ name, description, schema }) => [name, { description, schema }]));
}

/** One response a status, which says every problem that has it. */
function problems({ access, method, problems: own }: Operation): Json {
  const codes = [...always, ...(access === "open" ? [] : guarded), ...(method === "POST" ? withBody : []), ...own];
  const byStatus = Map.groupBy(new Set(codes), statusOfCode);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((code) => `- \`${code}\`: ${template(errorTable[code].message)}`).join("\n"),
        ...(ofStatus.some((code) => errorTable[code].retry) && {
          headers: { "Retry-After": { description: "Seconds to wait before trying again", schema: { type: "integer" } } },
        }),
        content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  );
}

function fields(object: z.ZodType, where: "path" | "query", schemas: Json): Json[] {
  const { properties = {}, required = [] } = jsonSchema(object, schemas, "output") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: where === "path" || (required.includes(name) && schema["default"] === undefined),
    description,
    schema,
  }));
}

/** The JSON Schema of a zod schema. Named schemas go to `schemas` and are referred to, so that each is described once. */
function jsonSchema(schema: z.ZodType, schemas: Json, io: "input" | "output"): Json {
  const {
    $defs,
    $schema: _,
    ...own
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema: one }) => {
      delete one["id"];
      // Answers may get more fields; requests with a field that is not known are refused.
      if (io === "output" && one["additionalProperties"] === false) delete one["additionalProperties"];
    },
  }) as Json & { $defs?: Json };
  const refer = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
  for (const [name, one] of Object.entries($defs ?? {})) schemas[name] = refer(one);
  return refer(own) as Json;
}
