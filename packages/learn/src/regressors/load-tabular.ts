/**
 * A saved model of numbers back to life. Nothing of the header is trusted: every value is checked for type and range before it is used, and the parts
 * must fit each other.
 */
import type { Regressor, SavedModel } from "../model.ts";
import { openRecipe } from "../recipe/recipe.ts";
import { columnTails, fittedField, recipeSettings, targetMeans, treeField } from "../recipe/saved-recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import { openTreeColumns } from "../recipe/tree-columns.ts";
import { ascending, list, number, oneOf, record, tensor } from "../saved/values.ts";
import type { EnsembleColumn, TreeEnsemble } from "../trees/ensemble.ts";
import { chosenSettings, loadEnsemble } from "../trees/saved-ensemble.ts";
import type { Link } from "./link.ts";
import type { Spread } from "./spread.ts";
import { kindOf, regressorFormat, tabularRegressor } from "./tabular-regressor.ts";
import type { LinearPart, TabularRegression, TreesPart } from "./tabular-regressor.ts";

/** @throws Error naming the part of the saved model that is not as it must be */
export function loadTabularRegressor(saved: SavedModel): Regressor {
  return tabularRegressor(readTabularRegression(saved));
}

/** @throws Error naming the part of the saved model that is not as it must be */
export function readTabularRegression({ header, tensors }: SavedModel): TabularRegression {
  const { kind } = header;
  if (header.format !== regressorFormat) {
    throw new Error(`a ${kind} model of format ${header.format}; this version reads ${regressorFormat}`);
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
  const [least, most, ...rest] = list(header["range"], "range", number);
  if (least === undefined || most === undefined || rest.length > 0 || least >= most) {
    throw new Error("range: must be two numbers, the lesser first");
  }

  let linear: LinearPart | null = null;
  if (header["linear"] !== undefined) {
    const saved = record(header["linear"], "linear");
    linear = {
      weights: tensor(tensors, "weights", Float64Array, recipe.featureCount + 1),
      penalty: saved["penalty"] === undefined ? null : notNegative(saved["penalty"], "linear.penalty"),
      means: tensor(tensors, "means", Float64Array, columns.fitted.length),
      link: link(saved["link"], "linear.link"),
      weight: notNegative(saved["weight"], "linear.weight"),
    };
  }
  let trees: TreesPart | null = null;
  if (header["trees"] !== undefined) {
    const saved = record(header["trees"], "trees");
    const ensemble = loadEnsemble(saved["ensemble"], tensors);
    const linkOfTrees = link(saved["link"], "trees.link");
    checkEnsemble(ensemble, columns.kinds, linkOfTrees.name === "log" ? "poisson" : "squared", "trees");
    const settings = saved["settings"] === undefined ? null : chosenSettings(saved["settings"]);
    trees = { ensemble, settings, link: linkOfTrees, weight: notNegative(saved["weight"], "trees.weight") };
  }
  if (!trees && !linear) throw new Error(`kind: ${kind} without linear and trees`);
  if (kind !== kindOf({ trees, linear })) throw new Error(`kind: ${kind} does not name what is in it`);
  return {
    recipe,
    columns,
    linear,
    trees,
    range: [least, most],
    spread: spreadOf(header["spread"], tensors, columns.kinds.slice(0, columns.plain)),
    tails,
    novelty: ascending(tensors, "novelty"),
  };
}

function spreadOf(value: unknown, tensors: SavedModel["tensors"], kinds: readonly EnsembleColumn[]): Spread {
  const saved = record(value, "spread");
  const trees = saved["ensemble"] === undefined ? null : loadEnsemble(saved["ensemble"], tensors, "spread");
  if (trees) checkEnsemble(trees, [...kinds, { kind: "number", levels: 0 }], "poisson", "spread");
  const coverage = number(saved["coverage"], "spread.coverage");
  if (!(coverage > 0 && coverage < 1)) throw new Error("spread.coverage: must lie between 0 and 1");
  return {
    trees,
    scale: notNegative(saved["scale"], "spread.scale"),
    below: notNegative(saved["below"], "spread.below"),
    above: notNegative(saved["above"], "spread.above"),
    coverage,
  };
}

function checkEnsemble(
  { columns, loss }: TreeEnsemble,
  kinds: readonly EnsembleColumn[],
  wanted: TreeEnsemble["loss"]["name"],
  where: string,
): void {
  const asRead = columns.every(({ kind, levels }, at) => kinds[at]?.kind === kind && kinds[at].levels === levels);
  if (!asRead || columns.length !== kinds.length) throw new Error(`${where}: its columns must be those that the fields give`);
  if (loss.name !== wanted) throw new Error(`${where}: its loss must be ${wanted}, is ${loss.name}`);
}

function link(value: unknown, where: string): Link {
  const saved = record(value, where);
  const name = oneOf(saved["name"], ["identity", "log"], `${where}.name`);
  const scale = number(saved["scale"], `${where}.scale`);
  if (scale <= 0) throw new Error(`${where}.scale: must be greater than 0`);
  return name === "log" ? { name, scale } : { name, scale, center: number(saved["center"], `${where}.center`) };
}

function notNegative(value: unknown, where: string): number {
  const found = number(value, where);
  if (found >= 0) return found;
  throw new Error(`${where}: must not be negative`);
}
