/** Answers to what is not HTTP enough to become a request: written straight to the socket, as a problem like any other. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { InlayError } from "#base/errors";
import { failure } from "#base/errors";
import { problemOf, requestInvalid } from "#doors/http/problems";

interface About {
  readonly traceId: string;
  readonly headerLimit: string;
  readonly timeLimit: string;
}

export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, about: About): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { body, headers } = problemOf(errorOf(error.code, about), "", about.traceId);
  const text = JSON.stringify(body);
  const head = { ...headers, "content-length": String(Buffer.byteLength(text)), connection: "close" };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${body.status} ${STATUS_CODES[body.status]}\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}

function errorOf(code: string | undefined, { headerLimit, timeLimit }: About): InlayError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return failure("HEADERS_TOO_LARGE", { limit: headerLimit });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return failure("REQUEST_TIMEOUT", { limit: timeLimit });
    default:
      return requestInvalid([{ pointer: "", detail: "is not part of a valid HTTP request" }]);
  }
}
