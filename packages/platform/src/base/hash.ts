import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of text or bytes, as 64 lower-case hexadecimal digits: the name of everything that is content-addressed. */
export function sha256(content: string | Uint8Array): string {
  return hash("sha256", content, "hex");
}

/** SHA-256 of a file, streamed. */
export async function sha256File(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digest.update(chunk as Uint8Array);
  return digest.digest("hex");
}

/**
 * JSON with object keys in code-unit order and without `undefined`, so that equal values have equal text (RFC 8785 for the
 * values we store: no lone surrogates, no numbers beyond double).
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** Hash of a JSON value that does not depend on the order of its keys. */
export function hashJson(value: unknown): string {
  return sha256(canonicalJson(value));
}
