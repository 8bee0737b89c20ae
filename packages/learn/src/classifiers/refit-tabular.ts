/**
 * A model of columns fitted again on more or newer rows, with what the last fit found out: which learner does best, the penalty of the regression,
 * settings and rounds of the trees, how scores become probabilities and how unusual records may be. Levels, scales, weights and trees are new. All
 * fits on folds are spared: one fit is left of each part.
 *
 * A tenth of the rows new, a whole fit with a budget of 30 s and this, AUC of held-out rows and how many times as long the fit took: telco 0.840 and
 * 0.840, 42 times; spambase 0.988 and 0.988, 17 times; lending 0.719 and 0.707, 14 times, where the whole fit chose another learner than the last
 * one had, as the next whole fit might again.
 */
import { rowWeights } from "../data/row-weights.ts";
import { fitWithPenalty } from "../linear/search-penalty.ts";
import type { Classifier, ClassifierData, FitOptions, SavedModel } from "../model.ts";
import { fitColumnTails } from "../recipe/column-tails.ts";
import { fitRecipe } from "../recipe/fit-recipe.ts";
import { refitSettings } from "../recipe/settings.ts";
import type { RefitSettings } from "../recipe/settings.ts";
import { fitTargetMeansOfAll } from "../recipe/target-means.ts";
import { fitTreeColumns, openTreeColumns } from "../recipe/tree-columns.ts";
import { fitTrees } from "../trees/boost.ts";
import { columnsOfFit } from "../trees/columns.ts";
import { readTabularModel } from "./load-tabular.ts";
import { outcomesOf, refuseOtherOutcomes } from "./outcomes.ts";
import { averagedOutcomes, familyOf, weightsOfClasses } from "./tabular.ts";
import { tabularClassifier } from "./tabular-classifier.ts";

/**
 * The same settings, last model, rows and seed give the same model; with the rows and the seed of the last fit, the last model. `onUnseen` is not
 * called: nothing was left out of the fit.
 *
 * @throws RangeError where outcomes or columns are not those of the last model, or it does not say what was found out; Error where it is none of
 *   columns; the signal's reason when aborted
 */
export async function refitTabular(
  last: SavedModel,
  settings: RefitSettings,
  data: ClassifierData,
  { seed, threads = 0, signal, onProgress }: Omit<FitOptions, "onUnseen" | "onTried">,
): Promise<Classifier> {
  const { recipe: before, columns: columnsBefore, classes, calibration, novelty, choices } = readTabularModel(last);
  if (!choices) throw new RangeError("the last model does not say what its fit found out");
  signal?.throwIfAborted();
  const { classes: now, labels } = outcomesOf(data, undefined);
  refuseOtherOutcomes(now, classes);
  const counts = rowWeights(data.weights, labels.length);
  const family = familyOf(classes.length);
  const target = Float64Array.from(labels);
  const recipeSettings = refitSettings(before.settings, settings);
  const recipe = await fitRecipe(recipeSettings, data.table, { signal, weights: counts });
  const columns = fitTreeColumns(recipeSettings, data.table);
  const encoded = columns.encode(data.table);
  const means =
    columnsBefore.means.length === 0
      ? null
      : fitTargetMeansOfAll(
          columns.fitted,
          { ...data, weights: counts, outcomes: averagedOutcomes(labels, classes.length) },
          seed,
        );

  onProgress?.(0, "fitting a regression");
  const weights =
    choices.penalty === null
      ? null
      : weightsOfClasses(
          await fitWithPenalty(
            family,
            choices.penalty,
            { rows: await recipe.encode(data.table, { signal }), target, counts },
            signal,
          ),
          classes.length,
        );
  const trees =
    choices.trees &&
    (await fitTrees(
      { ...choices.trees, loss: family },
      {
        rows: target.length,
        columns: columnsOfFit(encoded, means?.ofFit ?? null, 0),
        target,
        ...(counts && { weights: counts }),
      },
      { seed, threads, signal, onProgress: (share) => onProgress?.(0.3 + share * 0.7, "growing trees") },
    ));
  onProgress?.(1, "trained");
  return tabularClassifier({
    classes,
    recipe,
    weights,
    columns: means ? openTreeColumns(columns.fitted, means.fitted) : columns,
    trees,
    calibration,
    tails: fitColumnTails(encoded),
    novelty,
    choices,
  });
}
