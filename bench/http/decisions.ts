/**
 * Decisions over HTTP against a bare fastify echo of the same payload: what the key, the validation, the model with its reasons and
 * the durable log cost together. Each server is a process of its own, this one makes the load; they are measured in turn, several
 * times, so that a busy machine disturbs both alike.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "../harness.ts";
import { measureOpenLoop } from "./open-loop.ts";
import type { Listening } from "./payload.ts";
import { path, payloads } from "./payload.ts";
import type { Payload } from "./payload.ts";

const rounds = 3;
const secondsEach = 5;
const connections = 64;

interface Server extends Listening {
  readonly process: ChildProcess;
}

export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
}

export interface HttpDecisionsResult {
  readonly payload: Payload;
  /** A round each. */
  readonly echo: readonly Load[];
  readonly inlay: readonly Load[];
  /** At half of our own throughput, requests evenly spread, in steady state; a round each. */
  readonly p99AtHalfLoadMs: { readonly echo: readonly number[]; readonly inlay: readonly number[] };
}

export async function measureHttpDecisions(): Promise<HttpDecisionsResult[]> {
  const folder = await mkdtemp(join(tmpdir(), "inlay-bench-"));
  const servers: Server[] = [];
  try {
    const echo = await start("echo-server.ts", folder);
    servers.push(echo);
    const inlay = await start("inlay-server.ts", folder);
    servers.push(inlay);
    const results: HttpDecisionsResult[] = [];
    for (const payload of payloads) {
      await load(echo, payload, 2);
      await load(inlay, payload, 2);
      const echoRounds: Load[] = [];
      const inlayRounds: Load[] = [];
      for (let round = 0; round < rounds; round++) {
        echoRounds.push(await load(echo, payload, secondsEach));
        inlayRounds.push(await load(inlay, payload, secondsEach));
      }
      const half = median(inlayRounds.map((one) => one.requestsPerSecond)) / 2;
      await drained(inlay);
      const p99AtHalfLoadMs = { echo: [] as number[], inlay: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        p99AtHalfLoadMs.echo.push(await p99(echo, payload, half));
        p99AtHalfLoadMs.inlay.push(await p99(inlay, payload, half));
      }
      results.push({ payload, echo: echoRounds, inlay: inlayRounds, p99AtHalfLoadMs });
    }
    return results;
  } finally {
    await Promise.all(servers.map(stop));
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(script: string, folder: string): Promise<Server> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=inlay-source", "--disable-warning=ExperimentalWarning", file, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "exit").then(() => Promise.reject(new Error(`${script} ended before it listened`))),
  ])) as [string];
  return { ...(JSON.parse(line) as Listening), process: child };
}

async function stop({ process: child }: Server): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** @throws where a single request was not answered with 200: a fast refusal is no throughput */
async function load({ url, key }: Server, { body }: Payload, seconds: number): Promise<Load> {
  const result = await autocannon({
    url: url + path,
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body,
    connections,
    duration: seconds,
  });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx + result.errors} requests were not answered with 200`);
  return { requestsPerSecond: result.requests.average, p50Ms: result.latency.p50 };
}

/** Waits until what full load left in the log has gone to the database. */
async function drained({ url, key }: Server): Promise<void> {
  for (let left = Infinity; left > 0;) {
    await delay(200);
    const response = await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${key}` } });
    const status = (await response.json()) as { details: { undrained_decisions: string } };
    left = Number(status.details.undrained_decisions);
  }
}

async function p99({ url, key }: Server, { body }: Payload, requestsPerSecond: number): Promise<number> {
  const latencies = await measureOpenLoop({
    url: url + path,
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body,
    connections,
    requestsPerSecond,
    seconds: secondsEach,
  });
  return latencies[Math.floor(latencies.length * 0.99)]!;
}
