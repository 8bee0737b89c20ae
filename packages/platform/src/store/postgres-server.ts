/**
 * The server's process: started on its own, so that Ctrl-C does not reach it and it outlives the process that started it, as others
 * may be connected.
 *
 * What keeps it from outliving all of them is a named pipe, `alive`, which every Inlay process of the project holds open for writing.
 * A shell beside the server reads it and comes to its end when the last writer is gone, however it went, also by `kill -9`: then it
 * shuts the server down. The kernel does the counting; there is no heartbeat and no timeout. Where there are no named pipes
 * (Windows, some mounted folders) a killed process leaves the server running, and the next that starts takes it over.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { lstat, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { failure } from "#base/errors";
import type { PostgresBinaries, ServerUser } from "#store/postgres-binaries";
import { bareEnvironment, runProgram } from "#store/run-program";

/** Given on every start, so that a project made by an earlier version gets them too. `fsync` stays on. */
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "64MB",
  wal_level: "logical",
  max_wal_size: "512MB",
  timezone: "UTC",
  logging_collector: "off",
  log_min_messages: "warning",
};

/** $0 and $@ are the server and its words; descriptor 0 is the pipe. */
const guarded = `exec 3<&0 </dev/null
"$0" "$@" 3<&- & server=$!
{ read -r _ <&3; kill -INT "$server"; } & guard=$!
wait "$server"; code=$?
kill "$guard" 2>/dev/null; exit "$code"`;

/** The pipe, held open by this process until it is closed or the process ends. */
export interface Alive {
  readonly path: string;
  close(): Promise<void>;
}

/** @returns undefined where there are no named pipes */
export async function holdAlive(folder: string): Promise<Alive | undefined> {
  const path = join(folder, "alive");
  if (process.platform === "win32") return undefined;
  const isPipe = async (): Promise<boolean> => (await lstat(path).catch(() => undefined))?.isFIFO() ?? false;
  if (!(await isPipe())) await runProgram("mkfifo", ["-m", "600", path]).catch(() => {});
  if (!(await isPipe())) return undefined;
  const handle = await open(path, constants.O_RDWR); // both ways, so that opening does not wait for the other end
  return { path, close: () => handle.close() };
}

/** @returns a promise of the exit code, null where it could not be started or was killed */
export function startServer(
  { data, port, log, alive }: { data: string; port: number; log: string; alive: Alive | undefined },
  { postgres, user }: PostgresBinaries,
): Promise<number | null> {
  const output = openSync(log, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  const input = alive ? openSync(alive.path, constants.O_RDONLY) : undefined;
  try {
    const words = [
      "-D",
      data,
      "-p",
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ];
    const child = spawn(
      input === undefined ? postgres : "/bin/sh",
      input === undefined ? words : ["-c", guarded, postgres, ...words],
      {
        detached: true,
        stdio: [input ?? "ignore", output, output],
        cwd: "/",
        env: bareEnvironment,
        ...user,
      },
    );
    child.unref();
    return once(child, "exit").then(
      ([code]) => code as number | null,
      () => null,
    );
  } finally {
    closeSync(output);
    if (input !== undefined) closeSync(input);
  }
}

/** What a running server says of itself in `postmaster.pid`; undefined where none runs. Its process may have died since. */
export async function runningServer(data: string): Promise<{ pid: number; port: number } | undefined> {
  const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 && isAlive(pid) ? { pid, port } : undefined;
}

/**
 * Removes a `postmaster.pid` whose process id now belongs to another program, as happens where a container starts anew on old data.
 * PostgreSQL itself only sees that some process has that id, and refuses to start.
 */
export async function clearStaleLock(data: string): Promise<void> {
  const server = await runningServer(data);
  if (!server) return;
  const name = await readFile(`/proc/${server.pid}/comm`, "utf8").catch(() => undefined);
  if (name !== undefined && name.trim() !== "postgres") await rm(join(data, "postmaster.pid"), { force: true });
}

/** Fast shutdown: open transactions are rolled back, everything that was committed is kept. Returns when the process is gone. */
export async function stopServer(data: string, { pgCtl, user }: { pgCtl: string; user: ServerUser }): Promise<void> {
  const server = await runningServer(data);
  if (!server) return;
  if (process.platform === "win32") {
    await runProgram(pgCtl, ["stop", "-D", data, "-m", "fast", "-w", "-t", "60"], user);
    return;
  }
  process.kill(server.pid, "SIGINT");
  for (let waited = 0; isAlive(server.pid); waited += 20) {
    if (waited > 60_000)
      throw failure("STATE_START_FAILED", { reason: `the server (process ${server.pid}) does not stop`, log: data });
    await delay(20);
  }
}

/** The last lines of the log, for a message. */
export async function logTail(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trim().split("\n").slice(-3).join(" / ") || "it wrote no log";
}

/** What was written to the log behind its first `from` bytes. */
export async function logSince(log: string, from: number): Promise<string> {
  return (await readFile(log).catch(() => Buffer.alloc(0))).toString("utf8", from);
}

/** Keeps the log from growing for ever: past ten megabytes it starts anew at the next start of the server. @returns its size in bytes */
export async function trimLog(log: string): Promise<number> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  if (size <= 10_000_000) return size;
  await rm(log);
  return 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
