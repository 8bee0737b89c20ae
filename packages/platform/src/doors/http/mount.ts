/** From declared routes to served ones: every route is admitted, parsed and answered in the same way. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { plainWords, problemsOf } from "#doors/http/explain-issue";
import { jsonPointer } from "#doors/http/json-body";
import type { Operation, Route } from "#doors/http/operation";
import { requestInvalid } from "#doors/http/problems";
import type { ApiKey } from "#records/api-key";

export type Admit = (operation: Operation, request: FastifyRequest, reply: FastifyReply) => Promise<ApiKey>;

/** @throws an error where a route does not say who may call it, so that a server with an unguarded route is never built */
export function mount(app: FastifyInstance, routes: readonly Route[], admit: Admit): void {
  for (const { operation, handle } of routes) {
    requireAccess(operation);
    const { params, query, body, answer } = operation;
    const contentType = answer.mediaType ?? "application/json; charset=utf-8";
    app.route({
      method: operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      onRequest: async (request, reply) => {
        request.caller = await admit(operation, request, reply);
      },
      handler: async (request, reply) => {
        reply.header("content-type", contentType);
        reply.header("cache-control", "no-store");
        reply.header("x-content-type-options", "nosniff");
        const result = await handle({
          params: params && parse(params, request.params, "path"),
          query: query && parse(query, request.query, "query"),
          body: body && parse(body, request.body, ""),
          caller: request.caller,
          url: request.url,
          header: (name) => single(request.headers[name]),
          reply: {
            status: (code) => void reply.code(code),
            header: (name, value) => void reply.header(name, value),
          },
        });
        if (answer.status !== 200) reply.code(answer.status);
        return answer.mediaType === undefined ? JSON.stringify(result) : result;
      },
    });
  }
}

function requireAccess({ id, access, path }: Operation): void {
  const guarded = access === "open" || (typeof access === "object" && typeof access.verb === "string");
  if (!guarded) throw new Error(`the route ${id} does not say who may call it`);
  if (access === "open") return;
  const parameter = { use_case: "{name}", decision: "{id}", alarm: "{id}", own: "", all: "" }[access.of];
  if (!path.includes(parameter)) throw new Error(`the route ${id} is guarded by ${parameter}, which ${path} does not have`);
}

/** @throws REQUEST_INVALID with a problem for each thing that does not fit */
function parse<T>(schema: z.ZodType<T>, value: unknown, where: "path" | "query" | ""): T {
  const parsed = schema.safeParse(value, { error: plainWords });
  if (parsed.success) return parsed.data;
  if (where === "" && value === undefined) throw requestInvalid([{ pointer: "", detail: "is missing" }]);
  const at = (path: readonly PropertyKey[]): string =>
    where === "" ? jsonPointer(path) : `${where}:${path.map(String).join(".")}`;
  throw requestInvalid(parsed.error.issues.flatMap((issue) => problemsOf(issue, at)));
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(", ") : header;
}
