/**
 * Which version decides. A deployment is a row that is added; the newest row of a use case is the active one, so a rollback is a
 * new row too and the history stays. Each change is one transaction that ends with a NOTIFY on `deploymentChannel`.
 */
import type { Pool, PoolClient } from "pg";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure } from "#base/errors";
import { hashJson } from "#base/hash";
import { uuidv7 } from "#base/id";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import { failedGates, passesGates } from "#records/model-version";
import type { Policy } from "#records/use-case";
import { findModelVersion } from "#stages/registry/model-store";
import { transaction } from "#store/pool";

/** Its payload is the name of the use case. */
export const deploymentChannel = "inlay_deployments";

interface Deps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/**
 * Puts a version behind a use case, under the policy as it is now.
 *
 * @throws MODEL_UNKNOWN, GATE_FAILED (the version did not pass its gate and stays out)
 */
export async function deploy(deps: Deps, version: ModelVersion, policy: Policy, by: string): Promise<Deployment> {
  if (!passesGates(version)) {
    const { use_case: name, version: number } = version;
    throw failure("GATE_FAILED", { use_case: name, version: number, failed: failedGates(version) });
  }
  return transaction(deps.pool, async (client) => {
    await lock(client, version.use_case);
    const active = await newestDeployment(client, version.use_case);
    return add(deps, client, {
      use_case: version.use_case,
      version: version.version,
      previous_version: active && active.version !== version.version ? active.version : (active?.previous_version ?? null),
      policy,
      kind: "deploy",
      deployed_by: by,
    });
  });
}

/**
 * Makes the version active again that the active one replaced, under the policy it had then.
 *
 * @throws NOTHING_TO_ROLL_BACK
 */
export async function rollback(deps: Deps, useCase: string, by: string): Promise<Deployment> {
  return transaction(deps.pool, async (client) => {
    await lock(client, useCase);
    const active = await newestDeployment(client, useCase);
    if (!active || active.previous_version === null) throw failure("NOTHING_TO_ROLL_BACK", { use_case: useCase });
    const before = await newestDeployment(client, useCase, active.previous_version);
    if (!before) throw failure("NOTHING_TO_ROLL_BACK", { use_case: useCase });
    await findModelVersion(client, useCase, before.version);
    return add(deps, client, {
      use_case: useCase,
      version: before.version,
      previous_version: before.previous_version,
      policy: before.policy,
      kind: "rollback",
      deployed_by: by,
    });
  });
}

/** The active deployment of every use case that has one. */
export async function activeDeployments(pool: Pool): Promise<Deployment[]> {
  const { rows } = await pool.query<{ body: Deployment }>(
    "select distinct on (use_case) body from inlay.deployments order by use_case, seq desc",
  );
  return rows.map((row) => row.body);
}

/** The deployments of a use case, newest first: the first is the active one. */
export async function listDeployments(pool: Pool | PoolClient, useCase: string): Promise<Deployment[]> {
  const { rows } = await pool.query<{ body: Deployment }>(
    "select body from inlay.deployments where use_case = $1 order by seq desc limit 1000",
    [useCase],
  );
  return rows.map((row) => row.body);
}

/** The deployment of that id, or null. */
export async function findDeployment(pool: Pool, id: string): Promise<Deployment | null> {
  const { rows } = await pool.query<{ body: Deployment }>("select body from inlay.deployments where id = $1", [id]);
  return rows[0]?.body ?? null;
}

/** Deployments of one use case happen one after the other. */
async function lock(client: PoolClient, useCase: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('inlay.deployments ' || $1, 0))", [useCase]);
}

/** The active deployment of a use case, or the last one of a version. */
export async function newestDeployment(client: PoolClient, useCase: string, version?: number): Promise<Deployment | undefined> {
  const { rows } = await client.query<{ body: Deployment }>(
    "select body from inlay.deployments where use_case = $1 and ($2::int is null or version = $2) order by seq desc limit 1",
    [useCase, version ?? null],
  );
  return rows[0]?.body;
}

async function add(
  { clock }: Deps,
  client: PoolClient,
  draft: Omit<Deployment, "id" | "policy_hash" | "deployed_at">,
): Promise<Deployment> {
  const deployment: Deployment = {
    ...draft,
    id: uuidv7(clock),
    policy_hash: hashJson(draft.policy),
    deployed_at: instant(clock),
  };
  await client.query("insert into inlay.deployments (id, use_case, version, deployed_at, body) values ($1, $2, $3, $4, $5)", [
    deployment.id,
    deployment.use_case,
    deployment.version,
    deployment.deployed_at,
    JSON.stringify(deployment),
  ]);
  await client.query("select pg_notify($1, $2)", [deploymentChannel, deployment.use_case]);
  return deployment;
}
