/** W3C Trace Context: the trace that a request belongs to, from its `traceparent` or begun here. */
import { randomUUID } from "node:crypto";

const traceparent = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

/** 32 lower-case hexadecimal digits. */
export function traceIdOf(header: string | string[] | undefined): string {
  const match = typeof header === "string" && !header.startsWith("ff") ? traceparent.exec(header) : null;
  return match?.[1] ?? randomUUID().replaceAll("-", "");
}
