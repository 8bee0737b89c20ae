/** Makes what is published: `packages/platform/dist`, compiled, with the files that are read at run time beside the code. */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "packages/platform/dist");
rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
const besides = ["packages/platform/src/**/*.sql", "packages/console/src/**/*", "examples/*/**/*.yaml", "spec/*.json"];
for (const file of globSync(besides, { cwd: root })) {
  mkdirSync(join(dist, dirname(file)), { recursive: true });
  cpSync(join(root, file), join(dist, file), { recursive: true });
}
for (const file of ["LICENSE", "README.md"]) cpSync(join(root, file), join(root, "packages/platform", file));
