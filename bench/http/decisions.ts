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
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import type { Listening } from "./payload.ts";
import { path, payload } from "./payload.ts";

const rounds = 3;
const secondsEach = 5;
const connections = 64;

interface Server extends Listening {
  readonly process: ChildProcess;
}

export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface HttpDecisionsResult {
  readonly echo: Load;
  readonly inlay: Load;
  /** Median over the rounds of ours through theirs. */
  readonly throughputRatio: number;
  /** Ours at half of its own throughput. */
  readonly atHalfLoad: Load;
}

export async function measureHttpDecisions(): Promise<HttpDecisionsResult> {
  const folder = await mkdtemp(join(tmpdir(), "inlay-bench-"));
  const servers: Server[] = [];
  try {
    const echo = await start("echo-server.ts", folder);
    servers.push(echo);
    const inlay = await start("inlay-server.ts", folder);
    servers.push(inlay);
    await load(echo, 2);
    await load(inlay, 2);
    const echoRounds: Load[] = [];
    const inlayRounds: Load[] = [];
    for (let round = 0; round < rounds; round++) {
      echoRounds.push(await load(echo, secondsEach));
      inlayRounds.push(await load(inlay, secondsEach));
    }
    const ours = middle(inlayRounds);
    return {
      echo: middle(echoRounds),
      inlay: ours,
      throughputRatio: median(inlayRounds.map((one, at) => one.requestsPerSecond / echoRounds[at]!.requestsPerSecond)),
      atHalfLoad: await load(inlay, secondsEach, Math.round(ours.requestsPerSecond / 2)),
    };
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
async function load({ url, key }: Server, seconds: number, rate?: number): Promise<Load> {
  const result = await autocannon({
    url: url + path,
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: payload,
    connections,
    duration: seconds,
    ...(rate !== undefined && { overallRate: rate }),
  });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx + result.errors} requests were not answered with 200`);
  return { requestsPerSecond: result.requests.average, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}

/** The round with the median throughput. */
function middle(loads: readonly Load[]): Load {
  return loads.toSorted((a, b) => a.requestsPerSecond - b.requestsPerSecond)[Math.floor(loads.length / 2)]!;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
