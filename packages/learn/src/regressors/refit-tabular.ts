/**
 * A model of numbers fitted again on more or newer rows, with what the last fit found out: which learner does best, links, penalty and settings, the
 * weight of each part, how wide intervals are and how unusual records may be. Levels, scales, weights and trees are new. All fits on folds are
 * spared: one fit is left of each part.
 */
import { rowWeights } from "../data/row-weights.ts";
import { fitWithPenalty } from "../linear/search-penalty.ts";
import type { Regressor, RegressorData, RegressorOptions, SavedModel } from "../model.ts";
import { fitColumnTails } from "../recipe/column-tails.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import { refitSettings } from "../recipe/settings.ts";
import type { RefitSettings } from "../recipe/settings.ts";
import { fitTargetMeansOfAll } from "../recipe/target-means.ts";
import { codesBefore, fitTreeColumns, openTreeColumns } from "../recipe/tree-columns.ts";
import { fitTrees } from "../trees/boost.ts";
import { columnsOfFit } from "../trees/columns.ts";
import { recoded } from "../trees/ensemble.ts";
import { goalOf, linksOf } from "./link.ts";
import type { Link } from "./link.ts";
import { readTabularRegression } from "./load-tabular.ts";
import { checkTargets, fieldMeans, rangeOf } from "./tabular.ts";
import { tabularRegressor } from "./tabular-regressor.ts";
import type { LinearPart, TreesPart } from "./tabular-regressor.ts";

/**
 * The same settings, last model, rows and seed give the same model; with the rows and the seed of the last fit, the last model.
 *
 * @throws RangeError where the columns are not those of the last model, outcomes do not fit it, or it does not say what was found out; Error where it
 *   is none of numbers; the signal's reason when aborted
 */
export async function refitTabularRegressor(
  last: SavedModel,
  settings: RefitSettings,
  data: RegressorData,
  { seed, threads = 0, signal, onProgress }: Omit<RegressorOptions, "onTried">,
): Promise<Regressor> {
  const { recipe: before, columns: columnsBefore, linear, trees, spread, novelty } = readTabularRegression(last);
  const penalty = linear?.penalty ?? null;
  if ((linear && penalty === null) || trees?.settings === null) {
    throw new RangeError("the last model does not say what its fit found out");
  }
  signal?.throwIfAborted();
  const { targets, table } = data;
  checkTargets(data, spread.coverage);
  const counts = rowWeights(data.weights, table.rows);
  const links = linksOf(targets);
  const linkNow = ({ name }: Link): Link => {
    const found = links.find((link) => link.name === name);
    if (found) return found;
    throw new RangeError("the last model takes outcomes for amounts, and some are below 0 now");
  };
  const recipeSettings = refitSettings(before.settings, settings);
  const recipe = await fitRecipe(recipeSettings, table, { signal, weights: counts });
  const columns = fitTreeColumns(recipeSettings, table);
  const encoded = columns.encode(table);
  const means =
    columnsBefore.means.length === 0
      ? null
      : fitTargetMeansOfAll(columns.fitted, { ...data, weights: counts, outcomes: [targets] }, seed);

  let linearPart: LinearPart | null = null;
  if (linear && penalty !== null) {
    onProgress?.(0, "fitting a linear model");
    const link = linkNow(linear.link);
    const { loss, target } = goalOf(link, targets);
    const weights = await fitWithPenalty(loss, penalty, { rows: await recipe.encode(table, { signal }), target, counts }, signal);
    linearPart = { ...linear, link, weights, means: fieldMeans(recipe, columns, weights, table) };
  }
  let treesPart: TreesPart | null = null;
  if (trees) {
    const link = linkNow(trees.link);
    const { loss, target } = goalOf(link, targets);
    const ensemble = await fitTrees(
      { ...trees.settings, loss },
      {
        rows: table.rows,
        columns: columnsOfFit(encoded, means?.ofFit ?? null, 0),
        target,
        ...(counts && { weights: counts }),
      },
      { seed, threads, signal, onProgress: (share) => onProgress?.(0.3 + share * 0.7, "growing trees") },
    );
    treesPart = { ...trees, link, ensemble };
  }
  signal?.throwIfAborted();
  onProgress?.(1, "trained");
  const codes = [...codesBefore(columns, columnsBefore), null]; // the last is the value, a number
  return tabularRegressor({
    recipe,
    columns: means ? openTreeColumns(columns.fitted, means.fitted) : columns,
    linear: linearPart,
    trees: treesPart,
    range: rangeOf(targets),
    spread: { ...spread, trees: spread.trees && recoded(spread.trees, codes) },
    tails: fitColumnTails(encoded),
    novelty,
  });
}
