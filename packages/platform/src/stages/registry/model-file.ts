/** A fitted model as a content-addressed artifact: saved once, opened only when its content still has its hash. */
import type { Artifacts } from "#files/artifacts";
import { failure } from "#base/errors";
import { loadClassifier } from "#learn/classifiers/load";
import { isRegressor, loadRegressor } from "#learn/regressors/load";
import { decodeModel, encodeModel } from "#learn/tensors";
import { loadForecaster } from "#learn/forecasters/load";
import { loadOutliers } from "#learn/outliers/outliers";
import { outliersKind } from "#learn/outliers/outliers-model";
import type { Classifier, Forecaster, Outliers, Regressor, SavedModel } from "#learn/model";

/** A model of records: `"classes" in model` tells a classifier, `"range" in model` one of a number; what is neither looks for the unusual. */
export type Model = Classifier | Regressor | Outliers;

/** Saves the model; the hash is its name from then on. */
export async function saveModel(artifacts: Artifacts, model: Model | Forecaster): Promise<string> {
  return artifacts.put(encodeModel(model.save()));
}

/** @throws ARTIFACT_MISSING, ARTIFACT_CORRUPT (the hash does not match), ARTIFACT_FORMAT (not a model that this version reads) */
export async function openModel(artifacts: Artifacts, hash: string): Promise<Model> {
  return open(artifacts, hash, (saved) => {
    if (saved.header.kind === outliersKind) return loadOutliers(saved);
    return isRegressor(saved) ? loadRegressor(saved) : loadClassifier(saved);
  });
}

/** The same of a model that looks ahead. */
export async function openForecaster(artifacts: Artifacts, hash: string): Promise<Forecaster> {
  return open(artifacts, hash, loadForecaster);
}

/** The same as it was saved, whatever it is. */
export async function openSaved(artifacts: Artifacts, hash: string): Promise<SavedModel> {
  return open(artifacts, hash, (saved) => saved);
}

async function open<Opened>(artifacts: Artifacts, hash: string, load: (saved: SavedModel) => Opened): Promise<Opened> {
  const bytes = await artifacts.read(hash);
  try {
    return load(decodeModel(bytes));
  } catch (cause) {
    throw failure("ARTIFACT_FORMAT", { hash, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
