/**
 * A message over HTTP, signed as Standard Webhooks have it: `webhook-id`, `webhook-timestamp` and `webhook-signature`, which is `v1,` and the base64 of
 * HMAC-SHA256 over `id.timestamp.body`. No address and no secret is ever part of what is thrown, logged or stored.
 */
import { createHmac } from "node:crypto";
import { failure } from "#base/errors";
import type { NoticeBody } from "#records/notice";

export interface Endpoint {
  readonly url: URL;
  /** While a secret is replaced there are two: the message is signed by each. */
  readonly secrets: readonly Buffer[];
}

/** What a receiver said to a message. */
export type Answer =
  | { readonly delivered: true }
  | { readonly problem: string; readonly again: boolean; readonly afterMs: number | null };

const timeLimitMs = 15_000;
const prefix = "whsec_";

/** @throws RECEIVER_INVALID, naming the receiver and what is wrong, never a value */
export function parseEndpoint(receiver: string, { url, secret }: { readonly url: string; readonly secret: string }): Endpoint {
  const invalid = (reason: string, fix: string): Error => failure("RECEIVER_INVALID", { receiver, reason, fix });
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !["http:", "https:"].includes(parsed.protocol))
    throw invalid(
      "its url is no http or https address",
      "Set the variable to the whole address, for example https://example.com/hooks/inlay.",
    );
  const secrets = secret.split(/\s+/).filter((one) => one !== "");
  const keys = secrets.map((one) => Buffer.from(one.startsWith(prefix) ? one.slice(prefix.length) : "", "base64"));
  if (keys.length === 0 || keys.some(({ length }) => length < 24 || length > 64))
    throw invalid(
      "its secret is none of Standard Webhooks",
      `Write ${prefix} and the base64 of 24 to 64 random bytes; \`openssl rand -base64 32\` makes such.`,
    );
  return { url: parsed, secrets: keys };
}

/** The signatures of a message, separated by spaces. `timestamp` in seconds. */
export function signatureOf(secrets: readonly Buffer[], id: string, timestamp: number, body: string): string {
  return secrets.map((key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`).join(" ");
}

/** Sends a message once. What cannot succeed by being sent again says so. */
export async function post(
  { url, secrets }: Endpoint,
  { id, body, now, signal }: { id: string; body: NoticeBody; now: number; signal?: AbortSignal | undefined },
): Promise<Answer> {
  const text = JSON.stringify(body);
  const timestamp = Math.floor(now / 1000);
  const limit = AbortSignal.timeout(timeLimitMs);
  try {
    const answer = await fetch(withoutPassword(url), {
      method: "POST",
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: {
        "content-type": "application/json",
        "user-agent": "inlay",
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": signatureOf(secrets, id, timestamp, text),
        ...(url.username !== "" && {
          authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString("base64")}`,
        }),
      },
      body: text,
    });
    await answer.body?.cancel();
    if (answer.ok) return { delivered: true };
    const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
    const afterMs = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 86_400) * 1000 : null;
    // 410 says that nobody listens there any more.
    return { problem: `answered ${answer.status}`, again: answer.status !== 410, afterMs };
  } catch (error) {
    if (signal?.aborted) throw error;
    if (limit.aborted) return { problem: `no answer within ${timeLimitMs / 1000} s`, again: true, afterMs: null };
    const { code } = ((error as Error).cause ?? error) as { code?: string };
    return { problem: `not reached (${code ?? "no connection"})`, again: true, afterMs: null };
  }
}

function withoutPassword(url: URL): URL {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain;
}
