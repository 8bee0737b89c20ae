/** Errors of PostgreSQL and of the network as errors of ours: who can mend it, and where it is. */
import { DatabaseError } from "pg";
import { failure, InlayError } from "#base/errors";
import { formatDuration } from "#base/text";
import { place } from "./allowed-query.ts";
import type { Target } from "./session.ts";

/** The error to throw. `sql` is the user's text, to say line and column; only where positions of the server refer to it. */
export function systemError(target: Target, error: unknown, sql?: string): Error {
  if (error instanceof InlayError) return error;
  const { system } = target;
  const reason = withoutPassword(error instanceof Error ? error.message || error.name : String(error), target.url);
  // An AggregateError of several addresses has an empty message and the reasons inside.
  if (error instanceof AggregateError) return systemError(target, error.errors[0], sql);
  if (!(error instanceof DatabaseError)) return failure("SYSTEM_UNREACHABLE", { system, reason });
  const code = error.code ?? "";
  if (code === "57014") return failure("QUERY_TIMEOUT", { system, limit: formatDuration(target.timeoutMs) });
  if (code === "25006") return failure("QUERY_REFUSED", { system, reason });
  if (code.startsWith("28") || code === "3D000" || code === "42501") return failure("SYSTEM_REFUSED", { system, reason });
  if (code.startsWith("08") || code === "53300" || /^57P0[1-5]$/.test(code))
    return failure("SYSTEM_UNREACHABLE", { system, reason });
  const at = sql !== undefined && error.position !== undefined ? place(sql, Number(error.position) - 1) : "";
  return failure("QUERY_FAILED", { system, reason: `${at}${reason}` });
}

function withoutPassword(text: string, url: string): string {
  const password = /^[^:]+:\/\/[^:/@]*:([^@]+)@/.exec(url)?.[1];
  if (password === undefined) return text;
  return text.replaceAll(password, "***").replaceAll(decode(password), "***");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
