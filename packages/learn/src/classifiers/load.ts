/** Saved classifiers back to life, by the kind in their header. */
import type { Classifier, SavedModel } from "../model.ts";
import { loadTabular } from "./load-tabular.ts";
import { loadText } from "./load-text.ts";
import { loadTextTrees } from "./load-text-trees.ts";

const loaders: Readonly<Record<string, (saved: SavedModel) => Classifier>> = {
  "text-linear": loadText,
  "text-network": loadText,
  linear: loadTabular,
  trees: loadTabular,
  "trees-linear": loadTabular,
  "trees-text": loadTextTrees,
};

/** @throws Error where the kind is unknown or the parts do not fit together */
export function loadClassifier(saved: SavedModel): Classifier {
  const load = Object.hasOwn(loaders, saved.header.kind) ? loaders[saved.header.kind] : undefined;
  if (!load) throw new Error(`no loader for a model of kind ${saved.header.kind}; known: ${Object.keys(loaders).join(", ")}`);
  return load(saved);
}
