// Runs a script of this repository on a fresh machine: `node scripts/run.mjs FILE [ARG ...]`.
// Plain JavaScript without dependencies, so that any Node >= 20 can start it. It installs what the lock file says when that
// has changed since the last install, then hands over to the Node 24 that came with it (or to this Node if it is new enough).
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);

install();
const child = spawn(
  node24(),
  ["--conditions=inlay-source", "--disable-warning=ExperimentalWarning", join(root, script), ...args],
  {
    stdio: "inherit",
    env: { ...process.env, INLAY_CALLED_FROM: process.env.INIT_CWD ?? process.cwd() },
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));

/**
 * Installs what the lock file names, unless the last complete install was of this very lock file. `npm install --no-save` and not
 * `npm ci`: the latter refuses a lock file from which a registry that lacks some platform's optional binaries has left them out.
 */
function install() {
  const stamp = join(root, "node_modules", ".inlay-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  process.stderr.write("Installing dependencies (once)...\n");
  const npm = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ["npm", []];
  const done = spawnSync(
    npm[0],
    [...npm[1], "install", "--no-save", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      // Its install script would download what is only for graphics cards.
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
      stdio: ["ignore", "ignore", "inherit"],
      shell: npm[0] === "npm" && process.platform === "win32",
    },
  );
  if (done.status !== 0) {
    process.stderr.write("`npm install` failed; its message is above.\n");
    process.exit(done.status ?? 1);
  }
  writeFileSync(stamp, wanted);
}

/** Path of a Node >= 24: the one installed beside us, else the one we run on. */
function node24() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  try {
    const manifest = createRequire(join(root, "package.json")).resolve(`node-${platform}-${process.arch}/package.json`);
    return join(dirname(manifest), process.platform === "win32" ? "bin/node.exe" : "bin/node");
  } catch {
    if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
    process.stderr.write(
      `Inlay needs Node 24 and the npm registry has none for ${process.platform}-${process.arch}. Install Node 24 and try again.\n`,
    );
    process.exit(1);
  }
}
