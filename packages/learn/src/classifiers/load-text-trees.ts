/** A saved text classifier with trees over what it says, back to life: each part is checked as it is alone, then whether they fit each other. */
import type { Classifier, SavedModel } from "../model.ts";
import { record } from "../saved/values.ts";
import { loadTabular } from "./load-tabular.ts";
import { loadText } from "./load-text.ts";
import { scoreName, scoredClasses, textTreesClassifier, textTreesFormat } from "./text-trees-classifier.ts";

/** @throws Error naming the part of the saved model that is not as it must be */
export function loadTextTrees(saved: SavedModel): Classifier {
  const { kind, format } = saved.header;
  if (format !== textTreesFormat) throw new Error(`a ${kind} model of format ${format}; this version reads ${textTreesFormat}`);
  const text = loadText(partOf(saved, "text"));
  const trees = loadTabular(partOf(saved, "trees"));
  if (trees.classes.join("\0") !== text.classes.join("\0")) throw new Error("trees.classes: must be those of the text");
  const absent = scoredClasses(text.classes).filter((name) => !trees.features.includes(scoreName(name)));
  if (absent.length > 0) throw new Error(`trees.recipe: must read what the text says of ${absent.join(", ")}`);
  return textTreesClassifier(text, trees);
}

function partOf({ header, tensors }: SavedModel, name: "text" | "trees"): SavedModel {
  const own = record(header[name], name);
  const { kind, format } = own;
  if (typeof kind !== "string" || typeof format !== "number") throw new Error(`${name}: must name its kind and format`);
  const prefix = `${name}.`;
  return {
    header: { ...own, kind, format },
    tensors: Object.fromEntries(
      Object.entries(tensors).flatMap(([key, tensor]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), tensor] as const] : [],
      ),
    ),
  };
}
