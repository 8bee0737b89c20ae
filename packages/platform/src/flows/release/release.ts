/** Model versions, which of them is deployed, and what of them leaves the house. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import type { Artifacts } from "#files/artifacts";
import { hasOnnx, onnxOf } from "#learn/export/onnx";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import type { Snapshot } from "#records/snapshot";
import type { UseCase } from "#records/use-case";
import { alarmCard } from "#stages/registry/alarm-card";
import { deploy, listDeployments, rollback } from "#stages/registry/deployments";
import { forecastCard } from "#stages/registry/forecast-card";
import { modelCard } from "#stages/registry/model-card";
import { openSaved } from "#stages/registry/model-file";
import { findModelVersion, listModelVersions } from "#stages/registry/model-store";
import { numberCard } from "#stages/registry/number-card";
import { findSnapshot } from "#stages/snapshot/snapshot-store";

export interface Release {
  models(useCase: string): Promise<readonly ModelVersion[]>;
  model(useCase: string, version: number): Promise<ModelVersion>;
  deployments(useCase: string): Promise<readonly Deployment[]>;
  /** One transaction; running servers follow within a second. GATE_FAILED where the version did not pass. */
  deploy(useCase: string, version: number, by: string): Promise<Deployment>;
  /** The version for other programs: `onnx`, a model file; `card`, Markdown for people. ARTIFACT_* where its file is not whole. */
  export(useCase: string, version: number, format: ExportFormat): Promise<Uint8Array>;
  /** Back to the version before the active one; NOTHING_TO_ROLL_BACK where there is none. */
  rollback(useCase: string, by: string): Promise<Deployment>;
}

export const exportFormats = ["onnx", "card"] as const;
export type ExportFormat = (typeof exportFormats)[number];

interface Deps {
  readonly artifacts: Artifacts;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly project: Project;
}

export function openRelease({ artifacts, pool, clock, project }: Deps): Release {
  return {
    models: async (useCase) => listModelVersions(pool, known(useCase).use_case),
    model: async (useCase, version) => findModelVersion(pool, known(useCase).use_case, version),
    deployments: async (useCase) => listDeployments(pool, known(useCase).use_case),
    deploy: async (useCase, version, by) => {
      const { policy, task } = known(useCase);
      const found = await findModelVersion(pool, useCase, version);
      if (found.evaluation.task !== task) {
        throw failure("MODEL_OF_OTHER_TASK", { use_case: useCase, version, trained: found.evaluation.task, task });
      }
      return deploy({ pool, clock }, found, policy, by);
    },
    async export(name, number, format) {
      const useCase = known(name);
      const version = await findModelVersion(pool, name, number);
      if (format === "card") return Buffer.from(cardOf(version, useCase, await findSnapshot(pool, version.snapshot)));
      if (version.evaluation.task === "detect") throw failure("EXPORT_UNKNOWN", { kind: version.learner, format });
      const saved = await openSaved(artifacts, version.artifact);
      if (!hasOnnx(saved)) throw failure("EXPORT_UNKNOWN", { kind: saved.header.kind, format });
      return onnxOf(saved, { use_case: name, version: String(number), artifact: version.artifact });
    },
    rollback: async (useCase, by) => rollback({ pool, clock }, known(useCase).use_case, by),
  };

  /** @throws MODEL_OF_OTHER_TASK */
  function cardOf(version: ModelVersion, useCase: UseCase, snapshot: Snapshot): string {
    const { evaluation } = version;
    if (evaluation.task === "detect" && useCase.task === "detect") return alarmCard({ version, evaluation, useCase, snapshot });
    if (evaluation.task === "forecast" && useCase.task === "forecast")
      return forecastCard({ version, evaluation, useCase, snapshot });
    if (useCase.task === "classify" || useCase.task === "regress") {
      if (evaluation.task === "regress") return numberCard({ version, evaluation, useCase, snapshot });
      if (evaluation.task === "classify") return modelCard({ version, evaluation, useCase, snapshot });
    }
    const { use_case: name, task } = useCase;
    throw failure("MODEL_OF_OTHER_TASK", { use_case: name, version: version.version, trained: evaluation.task, task });
  }

  function known(name: string): UseCase {
    return findUseCase(project, name);
  }
}
