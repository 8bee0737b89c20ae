/** The table of model versions. Rows are added and read, never changed. */
import type { Pool, PoolClient } from "pg";
import { failure } from "#base/errors";
import type { ForecastEvaluation } from "#records/forecast-evaluation";
import type { DetectEvaluation } from "#records/detect-evaluation";
import type { ClassifyEvaluation, Evaluation, ModelVersion, RegressEvaluation } from "#records/model-version";
import { jsonText } from "#store/json-text";
import { transaction } from "#store/pool";

/** Adds a version under the next free number of its use case; two trainings at once get two numbers. */
export async function addModelVersion(pool: Pool, draft: Omit<ModelVersion, "version">): Promise<ModelVersion> {
  return transaction(pool, async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtextextended('inlay.model_versions ' || $1, 0))", [draft.use_case]);
    const { rows } = await client.query<{ next: number }>(
      "select coalesce(max(version), 0) + 1 as next from inlay.model_versions where use_case = $1",
      [draft.use_case],
    );
    const version: ModelVersion = { ...draft, version: rows[0]!.next };
    await client.query(
      "insert into inlay.model_versions (use_case, version, artifact, trained_at, body) values ($1, $2, $3, $4, $5)",
      [version.use_case, version.version, version.artifact, version.trained_at, jsonText(version)],
    );
    return version;
  });
}

/** All versions of a use case, newest first. */
export async function listModelVersions(pool: Pool, useCase: string): Promise<ModelVersion[]> {
  const { rows } = await pool.query<{ body: StoredVersion }>(
    "select body from inlay.model_versions where use_case = $1 order by version desc",
    [useCase],
  );
  return rows.map((row) => whole(row.body));
}

/** As it may be stored: an earlier Inlay did not know all of it, and all of its versions decided between outcomes. */
type StoredVersion = Omit<ModelVersion, "encoder" | "tried" | "evaluation"> & {
  readonly encoder?: ModelVersion["encoder"];
  readonly tried?: ModelVersion["tried"];
  readonly evaluation:
    | DetectEvaluation
    | Stored<RegressEvaluation, "importance" | "effects" | "drift">
    | Stored<ClassifyEvaluation, Later>
    | ForecastEvaluation;
};
type Stored<Whole, Missing extends keyof Whole> = Omit<Whole, Missing> & Partial<Pick<Whole, Missing>>;
type Later = "task" | "auc" | "costs" | "slices" | "importance" | "effects" | "drift";

function whole(body: StoredVersion): ModelVersion {
  const { evaluation } = body;
  const unknown = { importance: [], effects: [], drift: null };
  const known: Evaluation =
    evaluation.task === "detect" || evaluation.task === "forecast"
      ? evaluation
      : evaluation.task === "regress"
        ? { ...unknown, ...evaluation }
        : { ...unknown, auc: null, costs: null, slices: [], ...evaluation, task: "classify" };
  return { encoder: null, tried: null, ...body, evaluation: known };
}

/** @throws MODEL_UNKNOWN */
export async function findModelVersion(db: Pool | PoolClient, useCase: string, version: number): Promise<ModelVersion> {
  const { rows } = await db.query<{ body: StoredVersion }>(
    "select body from inlay.model_versions where use_case = $1 and version = $2",
    [useCase, version],
  );
  if (!rows[0]) throw failure("MODEL_UNKNOWN", { use_case: useCase, version });
  return whole(rows[0].body);
}
