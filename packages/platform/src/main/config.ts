/** What the environment says: the only place that reads `process.env`. Defaults, then .env beside inlay.yaml, then the environment. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { failure } from "#base/errors";
import type { Level } from "#base/log";

export interface Config {
  /** The project's folder: named, or the nearest that holds an inlay.yaml, from where the command was called upwards. */
  readonly folder: string;
  /** Where relative paths on the command line start. */
  readonly calledFrom: string;
  /** A PostgreSQL for the state; undefined: the embedded one in `.inlay/`. */
  readonly databaseUrl: string | undefined;
  readonly logLevel: Level;
  /** For `${NAME}` in project files. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

export function readConfig(env: Readonly<Record<string, string | undefined>>, cwd: string, project: string | undefined): Config {
  const calledFrom = env["INLAY_CALLED_FROM"] ?? cwd;
  const folder = project === undefined ? nearestProject(calledFrom) : resolve(calledFrom, project);
  const file = join(folder, ".env");
  const secrets: Record<string, string | undefined> = { ...(existsSync(file) && parseEnv(readFileSync(file, "utf8"))), ...env };
  const level = secrets["INLAY_LOG_LEVEL"] ?? "warn";
  if (!isLevel(level))
    throw failure("USAGE", { problem: `INLAY_LOG_LEVEL is ${level}`, hint: "Use debug, info, warn or error." });
  return { folder, calledFrom, databaseUrl: secrets["INLAY_DATABASE_URL"], logLevel: level, secrets };
}

function nearestProject(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "inlay.yaml"))) return folder;
    if (dirname(folder) === folder) return from;
  }
}

function isLevel(text: string): text is Level {
  return ["debug", "info", "warn", "error"].includes(text);
}
