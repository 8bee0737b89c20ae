/** Programs that a bench runs: one round of a peer or of ours in a process of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a program to its end; the answer is the last line that it printed, as JSON. */
export async function lastLine<Result>(command: string, args: readonly string[]): Promise<Result> {
  const { stdout } = await execute(command, args, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}

/** The Python that has a module; null where none does. */
export async function pythonWith(module: string): Promise<string | null> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const found = await execute(python, ["-c", `import ${module}`]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}
