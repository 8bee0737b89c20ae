/** The program: signals, streams and environment in, exit code out. */
import process from "node:process";
import { runCli } from "#doors/cli/cli";
import { commands } from "#doors/cli/commands";
import { readConfig } from "#main/config";
import { openServices } from "#main/services";
import { version } from "#main/version";

// The first Ctrl-C asks the work to stop and clean up; the second ends the process.
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  });
}
// A reader that went away (`inlay ... | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(
  {
    stdout: process.stdout,
    stderr: process.stderr,
    commands,
    version,
    open: ({ project }) => openServices(readConfig(process.env, process.cwd(), project)),
    reportFault: (error) => process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
  },
  process.argv.slice(2),
  interrupt.signal,
);
