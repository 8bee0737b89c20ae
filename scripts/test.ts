/**
 * `npm test`: types, lint and format of the whole tree, then every test. With arguments, only the test files whose path holds
 * one of them: `npm test -- spool floors`.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);
const bin = (name: string): string => join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);

if (wanted.length === 0) {
  check("types", bin("tsc"), ["--noEmit"]);
  check("lint", bin("oxlint"), ["--type-aware"]);
  check("format", bin("oxfmt"), ["--check"]);
}
const files = globSync(["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"], {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
}).filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error(`No test file has ${wanted.join(" or ")} in its path.`);
  process.exit(1);
}
check("tests", process.execPath, [
  "--conditions=inlay-source",
  "--disable-warning=ExperimentalWarning",
  "--test",
  "--test-concurrency=2",
  "--test-timeout=180000",
  ...files.sort(),
]);

/** Runs one check to its end; the first that fails ends the run with its exit code. */
function check(name: string, command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) {
    console.error(`${name}: failed`);
    process.exit(status ?? 1);
  }
}
