/** A fitted model as a content-addressed artifact: saved once, opened only when its content still has its hash. */
import type { Artifacts } from "#files/artifacts";
import { failure } from "#base/errors";
import { loadClassifier } from "#learn/classifiers/load";
import { isRegressor, loadRegressor } from "#learn/regressors/load";
import { decodeModel, encodeModel } from "#learn/tensors";
import { loadOutliers } from "#learn/outliers/outliers";
import { outliersKind } from "#learn/outliers/outliers-model";
import type { Classifier, Outliers, Regressor } from "#learn/model";

/** A model of records: `"classes" in model` tells a classifier, `"range" in model` one of a number; what is neither looks for the unusual. */
export type Model = Classifier | Regressor | Outliers;

/** Saves the model; the hash is its name from then on. */
export async function saveModel(artifacts: Artifacts, model: Model): Promise<string> {
  return artifacts.put(encodeModel(model.save()));
}

/** @throws ARTIFACT_MISSING, ARTIFACT_CORRUPT (the hash does not match), ARTIFACT_FORMAT (not a model that this version reads) */
export async function openModel(artifacts: Artifacts, hash: string): Promise<Model> {
  const bytes = await artifacts.read(hash);
  try {
    const saved = decodeModel(bytes);
    if (saved.header.kind === outliersKind) return loadOutliers(saved);
    return isRegressor(saved) ? loadRegressor(saved) : loadClassifier(saved);
  } catch (cause) {
    throw failure("ARTIFACT_FORMAT", { hash, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
