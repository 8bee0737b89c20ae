/**
 * A route as data: method, path, who may call it, what goes in, what comes out and what can go wrong, beside the function that
 * answers. The server mounts it, the OpenAPI document describes it, and both read the same declaration.
 */
import type { z } from "zod";
import type { ErrorCode } from "#base/errors";
import type { ApiKey, Verb } from "#records/api-key";

/**
 * Who may call. `open`: anyone. Otherwise a key with the verb (`any`: whatever its verbs) for
 * - `use_case`: the use case `{name}` in the path
 * - `decision`: the use case of the decision `{id}` in the path; a stranger's decision is answered like one that does not exist
 * - `alarm`: the use case of the alarm `{id}` in the path; a stranger's alarm is answered like one that does not exist
 * - `own`: the handler answers for the key's use cases alone
 * - `all`: the key must not be limited to some use cases
 */
export type Access = "open" | { readonly verb: Verb | "any"; readonly of: "use_case" | "decision" | "alarm" | "own" | "all" };

export interface Operation<Params = unknown, Query = unknown, Body = unknown> {
  /** The operationId: what a client's method is called. */
  readonly id: string;
  readonly method: "GET" | "POST";
  /** With `{name}` for a parameter, as in OpenAPI. */
  readonly path: `/${string}`;
  readonly access: Access;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Request headers beyond authorization and content type. */
  readonly headers?: readonly HeaderField[];
  /** Examples of the body by name. */
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly answer: AnswerForm;
  /** What can go wrong beyond what every route shares: a bad request, a bad key, too many requests, a fault of ours. */
  readonly problems: readonly ErrorCode[];
}

export interface HeaderField {
  readonly name: string;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A JSON answer by its schema, or any other by its media type. `also`: further statuses with the same schema. */
export interface AnswerForm {
  readonly status: 200 | 201;
  readonly also?: readonly number[];
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly mediaType?: string;
  readonly example?: unknown;
  readonly headers?: readonly HeaderField[];
}

/** One request, parsed and admitted. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The key that asks; on an open route nobody. */
  readonly caller: ApiKey;
  /** Path and query as they came. */
  readonly url: string;
  header(name: string): string | undefined;
  readonly reply: {
    status(code: number): void;
    header(name: string, value: string): void;
  };
}

/** What a handler returns is sent as JSON, or as it is where the answer has another media type. */
export interface Route {
  readonly operation: Operation;
  readonly handle: (call: Call) => unknown;
}

export function route<Params, Query, Body>(
  operation: Operation<Params, Query, Body>,
  handle: (call: Call<Params, Query, Body>) => unknown,
): Route {
  // What the schemas parse is what the handler takes; the list of routes need not know the types.
  return { operation, handle: handle as (call: Call) => unknown };
}
