/** Model versions and which of them is deployed. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import type { UseCase } from "#records/use-case";
import { deploy, listDeployments, rollback } from "#stages/registry/deployments";
import { findModelVersion, listModelVersions } from "#stages/registry/model-store";

export interface Release {
  models(useCase: string): Promise<readonly ModelVersion[]>;
  model(useCase: string, version: number): Promise<ModelVersion>;
  deployments(useCase: string): Promise<readonly Deployment[]>;
  /** One transaction; running servers follow within a second. GATE_FAILED where the version did not pass. */
  deploy(useCase: string, version: number, by: string): Promise<Deployment>;
  /** Back to the version before the active one; NOTHING_TO_ROLL_BACK where there is none. */
  rollback(useCase: string, by: string): Promise<Deployment>;
}

interface Deps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly project: Project;
}

export function openRelease({ pool, clock, project }: Deps): Release {
  return {
    models: async (useCase) => listModelVersions(pool, known(useCase).use_case),
    model: async (useCase, version) => findModelVersion(pool, known(useCase).use_case, version),
    deployments: async (useCase) => listDeployments(pool, known(useCase).use_case),
    deploy: async (useCase, version, by) => {
      const { policy } = known(useCase);
      return deploy({ pool, clock }, await findModelVersion(pool, useCase, version), policy, by);
    },
    rollback: async (useCase, by) => rollback({ pool, clock }, known(useCase).use_case, by),
  };

  function known(name: string): UseCase {
    return findUseCase(project, name);
  }
}
