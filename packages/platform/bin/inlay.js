#!/usr/bin/env node
// Starts Inlay on Node 24: on this Node if it is new enough, else on the one that was installed beside it.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const main = "../dist/packages/platform/src/main/bin.js";
if (Number(process.versions.node.split(".")[0]) >= 24) {
  process.removeAllListeners("warning"); // node:sqlite still calls itself experimental on every start
  process.on(
    "warning",
    (warning) => warning.name === "ExperimentalWarning" || console.error(`${warning.name}: ${warning.message}`),
  );
  await import(main);
} else {
  const platform = process.platform === "win32" ? "win" : process.platform;
  let node;
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/package.json`);
    node = join(dirname(manifest), process.platform === "win32" ? "bin/node.exe" : "bin/node");
  } catch {
    process.stderr.write(`Inlay needs Node 24; this is Node ${process.versions.node}. Install Node 24 and try again.\n`);
    process.exit(3);
  }
  const child = spawn(
    node,
    ["--disable-warning=ExperimentalWarning", fileURLToPath(new URL(main, import.meta.url)), ...process.argv.slice(2)],
    { stdio: "inherit" },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
