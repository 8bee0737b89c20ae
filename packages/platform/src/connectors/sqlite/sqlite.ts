/** A SQLite file as a system. Every piece of work runs in a process of its own, which is killed when it must stop. */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { failure } from "#base/errors";
import { formatDuration, parseDuration } from "#base/text";
import type { Connection, Connector, Reading, TableDescription } from "#connectors/connector";
import type { ScalarTable } from "#learn/data/table";
import type { SystemSettings } from "#records/project";
import type { Field } from "#records/snapshot";
import type { Answer, Request } from "./messages.ts";

export const sqlite: Connector<Extract<SystemSettings, { type: "sqlite" }>> = {
  type: "sqlite",
  open: (name, settings, folder) => connection(name, resolve(folder, settings.path), parseDuration(settings.timeout)!),
};

function connection(system: string, path: string, timeoutMs: number): Connection {
  const running = new Set<Work>();
  /** Processes that have answered a `find` and wait for the next. */
  const waiting: ChildProcess[] = [];
  const start = (request: Request, signal: AbortSignal | undefined): Work => {
    if (!existsSync(path)) throw failure("SYSTEM_UNREACHABLE", { system, reason: `there is no file ${path}` });
    const work = startWork(system, startProcess(), request, timeoutMs, signal, () => running.delete(work));
    running.add(work);
    return work;
  };
  const once = async (request: Request, signal?: AbortSignal): Promise<unknown> => {
    const work = start(request, signal);
    try {
      const answer = await work.next();
      return answer.kind === "done" ? answer.value : undefined;
    } finally {
      work.stop();
    }
  };

  return {
    system,
    describe: async (options = {}) => (await once({ kind: "describe", path }, options.signal)) as TableDescription[],
    columns: async (query, options = {}) => {
      const fields = (await once({ kind: "columns", path, query, asText: [] }, options.signal)) as Field[];
      return refuseTwice(system, fields);
    },

    async read(query, options = {}): Promise<Reading> {
      const { signal, asText = [], batchRows = 10_000 } = options;
      const work = start({ kind: "read", path, query, asText, batchRows }, signal);
      try {
        const first = await work.next();
        const fields = refuseTwice(system, first.kind === "fields" ? first.fields : []);
        return { fields, batches: () => batches(work) };
      } catch (error) {
        work.stop();
        throw error;
      }
    },

    async find(query, where, { signal, asText = [] } = {}) {
      if (!existsSync(path)) throw failure("SYSTEM_UNREACHABLE", { system, reason: `there is no file ${path}` });
      let child = waiting.pop();
      while (child && !child.connected) child = waiting.pop();
      child ??= startProcess();
      const work = startWork(system, child, { kind: "find", path, query, asText, where }, timeoutMs, signal, () =>
        running.delete(work),
      );
      running.add(work);
      try {
        const answer = await work.next();
        work.leave();
        if (waiting.length < processesKept) waiting.push(child);
        else child.kill("SIGKILL");
        if (answer.kind !== "done") throw new Error("the process answered something else");
        return answer.value as ScalarTable;
      } finally {
        work.stop();
      }
    },

    async upsert(target, rows) {
      await once({ kind: "upsert", path, target, rows }).catch((error: unknown) => {
        throw failure(
          "WRITE_FAILED",
          { target: `${system}.${target.table}`, reason: (error as Error).message },
          { cause: error },
        );
      });
      return { written: rows.rows };
    },

    async close() {
      for (const work of running) work.stop();
      for (const child of waiting.splice(0)) child.kill("SIGKILL");
    },
  };
}

async function* batches(work: Work): AsyncGenerator<ScalarTable> {
  try {
    for (;;) {
      work.ask();
      const answer = await work.next();
      if (answer.kind !== "batch") return;
      yield answer.table;
    }
  } finally {
    work.stop();
  }
}

interface Work {
  /** The next answer; throws what went wrong. */
  next(): Promise<Answer>;
  ask(): void;
  stop(): void;
  /** The process is left alone from now on, and lives. */
  leave(): void;
}

/** Processes that are kept for the next `find`. */
const processesKept = 2;

function startProcess(): ChildProcess {
  const source = import.meta.url.endsWith(".ts");
  return fork(new URL(source ? "./query-process.ts" : "./query-process.js", import.meta.url), {
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning", ...(source ? ["--conditions=inlay-source"] : [])],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

/** Starts a process on a request. The time limit and the signal kill it. */
function startWork(
  system: string,
  child: ChildProcess,
  request: Request,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  onEnd: () => void,
): Work {
  const cancelled = (): Error => failure("CANCELLED", { what: `The query for ${system}` });
  if (signal?.aborted) {
    child.kill("SIGKILL");
    throw cancelled();
  }
  let failed: Error | undefined;
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  const answers: Answer[] = [];
  const fail = (error: Error): void => {
    failed ??= error;
    waiting?.reject(failed);
    waiting = undefined;
    stop();
  };
  const timer = setTimeout(() => fail(failure("QUERY_TIMEOUT", { system, limit: formatDuration(timeoutMs) })), timeoutMs);
  const onAbort = (): void => fail(cancelled());
  signal?.addEventListener("abort", onAbort);
  let left = false;
  const leave = (): void => {
    left = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    for (const event of ["message", "error", "exit"]) child.removeAllListeners(event);
    onEnd();
  };
  const stop = (): void => {
    if (left) return;
    leave();
    child.on("error", () => {}); // it ends anyway
    child.kill("SIGKILL");
  };
  child.on("message", (answer: Answer) => {
    if (answer.kind === "failed") return fail(queryError(system, answer.message, answer.code));
    if (waiting) waiting.resolve(answer);
    else answers.push(answer);
    waiting = undefined;
  });
  child.on("error", (error) => fail(failure("SYSTEM_UNREACHABLE", { system, reason: error.message })));
  child.on("exit", () => fail(failure("SYSTEM_UNREACHABLE", { system, reason: "the process that reads it ended" })));
  child.send(request);
  return {
    ask: () => void (child.connected && child.send("next")),
    stop,
    leave,
    next: () =>
      new Promise((resolve, reject) => {
        const answer = answers.shift();
        if (answer) resolve(answer);
        else if (failed) reject(failed);
        else waiting = { resolve, reject };
      }),
  };
}

function queryError(system: string, message: string, code: number | null): Error {
  if (/not authorized|prohibited|readonly|query_only/.test(message)) return failure("QUERY_REFUSED", { system, reason: message });
  if (message.startsWith('near ";"')) return failure("QUERY_REFUSED", { system, reason: "it has more than one statement" });
  const corrupt = code === 26 || code === 11 || code === 14; // SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_CANTOPEN
  return failure(corrupt ? "SYSTEM_UNREACHABLE" : "QUERY_FAILED", { system, reason: message });
}

function refuseTwice(system: string, fields: readonly Field[]): Field[] {
  const twice = fields.find(({ name }, index) => fields.findIndex((field) => field.name === name) !== index);
  if (!twice) return [...fields];
  throw failure("QUERY_REFUSED", { system, reason: `it returns two columns named ${twice.name}; name one of them with AS` });
}
