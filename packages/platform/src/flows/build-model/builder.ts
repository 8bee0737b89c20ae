/**
 * From a use case to a model version: snapshot, readiness, prepare, train, register. Each step leaves a record that the next one
 * names by hash or id; a step that fails or is cancelled leaves nothing.
 */
import type { ModelVersion } from "#records/model-version";
import type { ReadinessReport } from "#records/readiness-report";
import type { Snapshot } from "#records/snapshot";

export interface Builder {
  /** Freezes what the source query returns now. */
  snapshot(useCase: string, options?: StepOptions): Promise<Snapshot>;
  /** Audits a snapshot: the named one, else the newest, else a new one. */
  readiness(useCase: string, options?: StepOptions & { snapshot?: string | undefined }): Promise<ReadinessReport>;
  /**
   * Trains on a snapshot (the named one, else a new one) and registers the result, whether it passes its gate or not.
   *
   * With `refit` the newest version's choices and calibration are kept, which is several times faster.
   *
   * @throws READINESS_BLOCKED unless `force`, DATA_UNSUITABLE, MODEL_UNKNOWN (nothing to refit), CANCELLED
   */
  train(useCase: string, options?: StepOptions & TrainOptions): Promise<BuiltModel>;
}

export interface TrainOptions {
  readonly snapshot?: string | undefined;
  readonly force?: boolean;
  readonly refit?: boolean;
}

export interface StepOptions {
  readonly onProgress?: (doing: string, share: number | null) => void;
  readonly signal?: AbortSignal;
}

export interface BuiltModel {
  readonly snapshot: Snapshot;
  readonly report: ReadinessReport;
  readonly version: ModelVersion;
}
