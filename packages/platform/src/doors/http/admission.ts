/**
 * Who comes in. In this order, cheapest first and before a byte of the body is read: is there room, is there a key, is it valid,
 * has it asked too often, may it do this here. What is not clearly allowed is refused.
 */
import type { FastifyRequest } from "fastify";
import type { ApiKeys } from "#access/api-keys";
import { failure, isFailure } from "#base/errors";
import type { Access, Operation } from "#doors/http/operation";
import type { RateLimiter } from "#doors/http/rate-limit";
import type { DecisionPoint } from "#flows/decide-and-act/decision-point";
import type { Watcher } from "#flows/watch-series/watcher";
import type { ApiKey } from "#records/api-key";

interface Deps {
  readonly keys: Pick<ApiKeys, "verify">;
  readonly decisionPoint: Pick<DecisionPoint, "find">;
  readonly watcher: Pick<Watcher, "alarm">;
  readonly rateLimiter: RateLimiter | undefined;
}

/** Stands for the caller on open routes: it may nothing. */
export const nobody: ApiKey = {
  id: "",
  name: "",
  verbs: [],
  use_cases: [],
  created_at: "1970-01-01T00:00:00.000Z",
  expires_at: null,
  revoked_at: null,
};

/**
 * The key that asks, once it is known to be allowed to.
 *
 * @throws KEY_MISSING, KEY_REFUSED, KEY_SCOPE, RATE_LIMITED; DECISION_UNKNOWN, REVIEW_UNKNOWN or ALARM_UNKNOWN for what is of a use case that
 *   the key may not see, exactly as for what does not exist
 */
export async function admit(
  { keys, decisionPoint, watcher, rateLimiter }: Deps,
  operation: Operation,
  request: FastifyRequest,
  onLimit: (header: string, value: string) => void,
): Promise<ApiKey> {
  const { access } = operation;
  if (access === "open") return nobody;
  const key = await keys.verify(bearerToken(request.headers.authorization));
  if (rateLimiter) rateLimiter.take(key.id, onLimit);
  requireVerb(key, access);
  const params = request.params as { name?: string; id?: string };
  switch (access.of) {
    case "use_case":
      requireScope(key, access, params.name ?? "");
      break;
    case "all":
      if (key.use_cases.length > 0) throw failure("KEY_SCOPE", { verb: access.verb, target: "all use cases" });
      break;
    case "decision":
      if (key.use_cases.length > 0) await requireOwnDecision(decisionPoint, key, access, operation, params.id ?? "");
      break;
    case "alarm":
      if (key.use_cases.length > 0) await requireOwnAlarm(watcher, key, access, operation, params.id ?? "");
      break;
    case "own":
      break;
  }
  return key;
}

type Guarded = Exclude<Access, "open">;

function bearerToken(header: string | undefined): string {
  if (header === undefined || header === "") throw failure("KEY_MISSING", {});
  const match = /^Bearer +([\x21-\x7e]{1,200}) *$/i.exec(header);
  if (!match) throw failure("KEY_REFUSED", { reason: "the header is not `Authorization: Bearer <key>`" });
  return match[1]!;
}

function requireVerb(key: ApiKey, { verb }: Guarded): void {
  if (verb !== "any" && !key.verbs.includes(verb)) throw failure("KEY_SCOPE", { verb, target: "anything" });
}

function requireScope(key: ApiKey, { verb }: Guarded, useCase: string): void {
  if (key.use_cases.length > 0 && !key.use_cases.includes(useCase))
    throw failure("KEY_SCOPE", { verb: verb === "any" ? "read" : verb, target: useCase });
}

async function requireOwnDecision(
  decisionPoint: Deps["decisionPoint"],
  key: ApiKey,
  access: Guarded,
  operation: Operation,
  id: string,
): Promise<void> {
  // An id that is none is refused with a reason when the parameters are parsed.
  if (operation.params && !operation.params.safeParse({ id }).success) return;
  const unknown = operation.problems.includes("REVIEW_UNKNOWN")
    ? failure("REVIEW_UNKNOWN", { id })
    : failure("DECISION_UNKNOWN", { id });
  try {
    requireScope(key, access, (await decisionPoint.find(id.toLowerCase())).use_case);
  } catch (error) {
    throw isFailure(error, "KEY_SCOPE", "DECISION_UNKNOWN") ? unknown : error;
  }
}

async function requireOwnAlarm(
  watcher: Deps["watcher"],
  key: ApiKey,
  access: Guarded,
  operation: Operation,
  id: string,
): Promise<void> {
  if (operation.params && !operation.params.safeParse({ id }).success) return;
  try {
    requireScope(key, access, (await watcher.alarm(id.toLowerCase())).use_case);
  } catch (error) {
    throw isFailure(error, "KEY_SCOPE") ? failure("ALARM_UNKNOWN", { id }) : error;
  }
}
