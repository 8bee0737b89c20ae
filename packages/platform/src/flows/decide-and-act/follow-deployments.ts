/**
 * Follows what is deployed: told at once by NOTIFY, and asking every half second besides, since a notification can be lost. What was
 * seen last is kept in a file, so that a start without PostgreSQL serves what was deployed.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Log } from "#base/log";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import { activeDeployments, deploymentChannel } from "#stages/registry/deployments";
import { findModelVersion } from "#stages/registry/model-store";
import { listen } from "#store/listen";

export interface ActiveDeployment {
  readonly deployment: Deployment;
  /** The deployed version, then the one before it. */
  readonly versions: readonly ModelVersion[];
}

export interface Following {
  /** Whether the last look reached PostgreSQL. */
  connected(): boolean;
  close(): Promise<void>;
}

interface Deps {
  readonly pool: Pool;
  readonly stateUrl: string;
  readonly folder: string;
  readonly log: Log;
}

const lookEveryMs = 500;

/** Calls `changed` with what is active, once before it returns and after every change; calls never overlap. */
export async function followDeployments(
  { pool, stateUrl, folder, log }: Deps,
  changed: (active: ReadonlyMap<string, ActiveDeployment>) => Promise<void>,
): Promise<Following> {
  const file = join(folder, "deployments.json");
  const stop = new AbortController();
  let connected = false;
  let seen: string | undefined;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    let active: ActiveDeployment[];
    try {
      const deployments = await activeDeployments(pool);
      connected = true;
      const ids = deployments.map(({ id }) => id).join();
      if (ids === seen) return;
      active = await Promise.all(
        deployments.map(async (deployment) => ({ deployment, versions: await versionsOf(pool, deployment) })),
      );
      await keep(file, active);
      seen = ids;
    } catch (error) {
      if (connected) log("warn", "state:away", { error });
      connected = false;
      if (seen !== undefined) return;
      active = await remembered(file);
      seen = active.map(({ deployment }) => deployment.id).join();
    }
    await changed(new Map(active.map((one) => [one.deployment.use_case, one])));
    log("info", "deployments:active", {
      versions: Object.fromEntries(active.map(({ deployment }) => [deployment.use_case, deployment.version])),
    });
  }

  function lookAgain(): void {
    looking = looking.then(look).catch((error: unknown) => log("error", "deployments:follow", { error }));
  }

  async function lookAlways(): Promise<void> {
    while (!stop.signal.aborted) {
      await delay(lookEveryMs, undefined, { signal: stop.signal }).catch(() => {});
      if (!stop.signal.aborted) lookAgain();
      await looking;
    }
  }

  await look();
  const listener = listen(stateUrl, deploymentChannel, lookAgain);
  const always = lookAlways();

  return {
    connected: () => connected,
    async close() {
      stop.abort();
      await Promise.all([always, listener.close()]);
      await looking;
    },
  };
}

async function versionsOf(pool: Pool, { use_case, version, previous_version }: Deployment): Promise<ModelVersion[]> {
  const numbers = previous_version === null ? [version] : [version, previous_version];
  return Promise.all(numbers.map((number) => findModelVersion(pool, use_case, number)));
}

async function keep(file: string, active: readonly ActiveDeployment[]): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(active));
  await rename(`${file}.new`, file);
}

async function remembered(file: string): Promise<ActiveDeployment[]> {
  const text = await readFile(file, "utf8").catch(() => "[]");
  return JSON.parse(text) as ActiveDeployment[];
}
