/**
 * An encoder in a process of its own, so that a calculation of some hundred milliseconds holds up no request, and a model that breaks its runtime
 * breaks nothing else: the process is started again at the next text. Its files must then still be the same.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { failure } from "#base/errors";
import { formatDuration } from "#base/text";
import { batchesOf } from "./batches.ts";
import type { Encoder } from "./encoder.ts";
import { encoderPackage } from "./encoder.ts";
import type { Answer, Request } from "./messages.ts";

export interface OpenEncoderOptions {
  /** The project's folder: paths begin there, and packages are looked for there first. */
  readonly folder: string;
  /** The hash that it must have. */
  readonly hash?: string | undefined;
  /** Longest time for opening it and for one batch. */
  readonly openTimeoutMs?: number;
  readonly batchTimeoutMs?: number;
  /** Requests that may wait for their turn. */
  readonly maxWaiting?: number;
}

/** @throws ENCODER_MISSING, ENCODER_INVALID, ENCODER_CHANGED (it has another hash), ENCODER_FAILED */
export async function openEncoder(source: string, options: OpenEncoderOptions): Promise<Encoder> {
  const { openTimeoutMs = 120_000, batchTimeoutMs = 60_000, maxWaiting = 256 } = options;
  const place = source === encoderPackage ? source : resolve(options.folder, source);
  const broken = (reason: string): Error => failure("ENCODER_FAILED", { source, reason });
  let child: ChildProcess | undefined;
  let before: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closed = false;

  /** The answer of the process; one that does not come ends it. */
  async function say(to: ChildProcess, request: Request, limitMs: number): Promise<Answer> {
    const { promise, resolve: settle, reject } = Promise.withResolvers<Answer>();
    const onExit = (code: number | null, signal: string | null): void =>
      reject(broken(closed ? "it was closed" : `its process ended (${signal ?? `exit code ${code}`})`));
    const timer = setTimeout(() => {
      reject(broken(`it took longer than ${formatDuration(limitMs)}`));
      to.kill("SIGKILL");
    }, limitMs);
    hold(to, true);
    to.once("message", settle).once("exit", onExit);
    to.send(request, (error) => error && reject(broken(error.message)));
    try {
      return checked(await promise);
    } finally {
      clearTimeout(timer);
      to.off("message", settle).off("exit", onExit);
      hold(to, false);
    }
  }

  function checked(answer: Answer): Answer {
    if (answer.kind === "missing") throw failure("ENCODER_MISSING", { source, reason: answer.reason, fix: answer.fix });
    if (answer.kind === "invalid") throw failure("ENCODER_INVALID", { source, reason: answer.reason });
    if (answer.kind === "failed") throw broken(answer.reason);
    return answer;
  }

  async function start(hash: string | undefined): Promise<{ hash: string; size: number }> {
    const started = startProcess();
    child = started;
    started.once("exit", () => child === started && (child = undefined));
    try {
      const opened = await say(started, { kind: "open", place, packagesFrom: options.folder }, openTimeoutMs);
      if (opened.kind !== "opened") throw broken("it answers out of turn");
      if (hash !== undefined && opened.hash !== hash) throw failure("ENCODER_CHANGED", { source, hash, actual: opened.hash });
      return opened;
    } catch (error) {
      await end(started);
      throw error;
    }
  }

  const { hash, size } = await start(options.hash);

  async function encodeBatch(texts: readonly string[]): Promise<Float32Array> {
    if (closed) throw broken("it was closed");
    if (!child?.connected) await start(hash);
    const answer = await say(child!, { kind: "encode", texts }, batchTimeoutMs);
    if (answer.kind === "encoded" && answer.vectors.length === texts.length * size) return answer.vectors;
    throw broken("it gives vectors of another size than before");
  }

  return {
    source,
    hash,
    size,
    async encode(texts, { signal, onProgress } = {}) {
      if (waiting >= maxWaiting) throw broken(`${waiting} requests wait for it already`);
      const all = new Float32Array(texts.length * size);
      let done = 0;
      waiting++;
      try {
        for (const batch of batchesOf(texts)) {
          signal?.throwIfAborted();
          const turn = before.then(() => encodeBatch(batch.map((at) => texts[at]!)));
          before = turn.catch(() => {});
          const vectors = await turn;
          batch.forEach((at, place) => all.set(unit(vectors.subarray(place * size, (place + 1) * size)), at * size));
          onProgress?.((done += batch.length) / texts.length);
        }
        return all;
      } finally {
        waiting--;
      }
    },
    async close() {
      closed = true;
      if (child) await end(child);
    },
  };
}

/** Scaled to length 1; all 0 stays so. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Whether the process keeps this one from ending: only while an answer is waited for. */
function hold(child: ChildProcess, does: boolean): void {
  if (does) child.ref();
  else child.unref();
  if (does) child.channel?.ref();
  else child.channel?.unref();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  hold(child, true);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function startProcess(): ChildProcess {
  const source = import.meta.url.endsWith(".ts");
  const child = fork(new URL(source ? "./encoder-process.ts" : "./encoder-process.js", import.meta.url), {
    serialization: "advanced",
    env: {},
    execArgv: [
      "--permission",
      "--allow-fs-read=*",
      "--allow-addons", // the runtime of ONNX is one
      "--disable-warning=ExperimentalWarning",
      "--disable-warning=SecurityWarning",
      ...(source ? ["--conditions=inlay-source"] : []),
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.on("error", () => {}); // of a message on its way to a process that has ended
  return child;
}
