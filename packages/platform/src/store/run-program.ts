/** Runs one of PostgreSQL's programs: as the user it asks for, and without the environment of this process, which may hold secrets. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { failure } from "#base/errors";
import type { ServerUser } from "#store/postgres-binaries";

/** All that the programs see of the environment. */
export const bareEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/** @throws STATE_START_FAILED with what the program wrote to its standard error */
export async function runProgram(program: string, words: readonly string[], user?: ServerUser): Promise<void> {
  let said = "";
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"], cwd: "/", env: bareEnvironment, ...user });
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    if (code === 0) return;
    said = said.trim() || `${program} ended with ${code ?? signal}`;
  } catch (error) {
    said = error instanceof Error ? error.message : String(error);
  }
  throw failure("STATE_START_FAILED", { reason: said, log: "not written yet" });
}
