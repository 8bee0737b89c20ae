/**
 * A saved tabular model back to life. Nothing of the header is trusted: every value is checked for type and range before it is used, and the
 * parts must fit each other.
 */
import type { Classifier, SavedModel } from "../model.ts";
import { openRecipe } from "../recipe/recipe.ts";
import { columnTails, fittedField, recipeSettings, targetMeans, treeField } from "../recipe/saved-recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import { openTreeColumns } from "../recipe/tree-columns.ts";
import { ascending, list, number, record, tensor, text } from "../saved/values.ts";
import { chosenSettings, loadEnsemble } from "../trees/saved-ensemble.ts";
import { leadOf } from "./load-text.ts";
import { kindOf, tabularClassifier, tabularFormat } from "./tabular-classifier.ts";
import type { TabularChoices, TabularModel } from "./tabular-classifier.ts";

/** @throws Error naming the part of the saved model that is not as it must be */
export function loadTabular(saved: SavedModel): Classifier {
  return tabularClassifier(readTabularModel(saved));
}

/** @throws Error naming the part of the saved model that is not as it must be */
export function readTabularModel({ header, tensors }: SavedModel): TabularModel {
  const { kind } = header;
  if (header.format !== tabularFormat) {
    throw new Error(`a ${kind} model of format ${header.format}; this version reads ${tabularFormat}`);
  }
  const classes = list(header["classes"], "classes", text);
  if (classes.length < 2 || classes.some((name, at) => at > 0 && classes[at - 1]! >= name)) {
    throw new Error("classes: must be at least two distinct names, sorted");
  }
  const settings = recipeSettings(record(header["recipe"], "recipe"));
  const fields = list(header["fields"], "fields", fittedField);
  if (fields.length !== activeFields(settings).length)
    throw new Error("fields: must be one for each field of the recipe that is read");
  const hashes = tensor(tensors, "hashes", Uint32Array);
  if (new Set(hashes).size !== hashes.length || hashes.includes(0)) throw new Error("tensor hashes: must be distinct and not 0");
  const recipe = openRecipe(settings, { fields, hashes, idf: tensor(tensors, "idf", Float32Array, hashes.length) });
  const treeFields = list(header["columns"], "columns", treeField);
  const means = list(header["means"], "means", (value, where) => targetMeans(value, where, treeFields));
  const columns = openTreeColumns(treeFields, means);
  const tails = list(header["tails"], "tails", columnTails);
  if (tails.length !== columns.plain) throw new Error("tails: must be one for each column");

  const trees = header["trees"] === undefined ? null : loadEnsemble(header["trees"], tensors);
  const asRead = trees?.columns.map(
    (column, at) => columns.kinds[at]?.kind === column.kind && columns.kinds[at].levels === column.levels,
  );
  if (trees && (asRead!.includes(false) || trees.columns.length !== columns.kinds.length)) {
    throw new Error("trees.columns: must be those that the fields give");
  }
  if (trees && trees.start.length !== (classes.length === 2 ? 1 : classes.length)) {
    throw new Error("trees: must have one output for two classes, else one for each");
  }
  const weights = kind === "trees" ? null : tensor(tensors, "weights", Float32Array, (recipe.featureCount + 1) * classes.length);
  if (kind !== kindOf({ trees, weights })) throw new Error(`kind: ${kind} does not name what is in it`);
  const [s0, s1, s2, ...rest] = list(header["slopes"], "slopes", number);
  if (s0 === undefined || s1 === undefined || s2 === undefined || rest.length > 0)
    throw new Error("slopes: must be three numbers");
  return {
    classes,
    recipe,
    weights,
    columns,
    trees,
    tails,
    novelty: ascending(tensors, "novelty"),
    calibration: {
      slopes: [s0, s1, s2],
      constants: tensor(tensors, "constants", Float32Array, classes.length),
      shifts: tensor(tensors, "shifts", Float32Array, classes.length),
      lead: leadOf(tensors),
      networkSlope: number(header["secondSlope"], "secondSlope"),
      base: tensor(tensors, "base", Float32Array, classes.length),
    },
    choices: header["choices"] === undefined ? null : choicesOf(header["choices"], { weights, trees }),
  };
}

function choicesOf(value: unknown, { weights, trees }: Pick<TabularModel, "weights" | "trees">): TabularChoices {
  const saved = record(value, "choices");
  return {
    penalty: weights && number(saved["penalty"], "choices.penalty"),
    trees: trees && chosenSettings(saved["trees"]),
  };
}
