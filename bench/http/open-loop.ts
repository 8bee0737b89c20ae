/**
 * Load at a fixed rate: requests are due at even intervals whether or not the server keeps up, and latency counts from when a request
 * was due (so a stall of the server is not hidden by waiting politely; Tene: How NOT to Measure Latency). A generator that
 * sends a second's worth in a burst would measure its own queue.
 */
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface OpenLoop {
  /** POST of `body` to this address. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

/** Milliseconds from due to answered, sorted. @throws where an answer is not 200 */
export async function measureOpenLoop(load: OpenLoop): Promise<Float64Array> {
  const { hostname, port, pathname } = new URL(load.url);
  const headers = { host: `${hostname}:${port}`, "content-length": String(Buffer.byteLength(load.body)), ...load.headers };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`POST ${pathname} HTTP/1.1\r\n${head.join("")}\r\n${load.body}`);
  const total = Math.round(load.requestsPerSecond * load.seconds);
  const latencies = new Float64Array(total);
  const free: Socket[] = [];
  const dueOf = new Map<Socket, number>();
  let answered = 0;
  let failure: Error | undefined;

  const sockets = await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, "connect");
      free.push(socket);
      let text = "";
      socket.setEncoding("latin1");
      socket.on("data", (chunk: string) => {
        text += chunk;
        const length = wholeAnswer(text);
        if (length === undefined) return;
        if (!text.startsWith("HTTP/1.1 200")) failure = new Error(`not answered with 200: ${text.slice(0, 200)}`);
        text = text.slice(length);
        latencies[answered++] = performance.now() - dueOf.get(socket)!;
        free.push(socket);
      });
      socket.on("error", (error) => (failure = error));
      return socket;
    }),
  );
  const start = performance.now();
  for (let next = 0; answered < total && !failure;) {
    const now = performance.now();
    while (next < total && free.length > 0) {
      const due = start + (next * 1000) / load.requestsPerSecond;
      if (due > now) break;
      const socket = free.shift()!;
      dueOf.set(socket, due);
      socket.write(request);
      next++;
    }
    await delay(1); // not a busy loop: it would take a core from what is measured
  }
  for (const socket of sockets) socket.destroy();
  if (failure) throw failure;
  return latencies.sort();
}

/** Length of the answer that the text begins with, once it is all there. */
function wholeAnswer(text: string): number | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1];
  if (length === undefined) throw new Error("an answer without a length");
  return text.length >= end + 4 + Number(length) ? end + 4 + Number(length) : undefined;
}
