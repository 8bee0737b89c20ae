/**
 * The learner for records with a text and columns, where both act together: boosted trees over the columns and over what a text learner says that reads
 * the texts alone, out of fold for the rows of training (stacking; Wolpert: Stacked Generalization, Neural Networks 1992). The text learner that adds up
 * what words and columns say is kept unless the trees beat it on unseen rows.
 */
import type { Classifier, ClassifierData, FitOptions } from "../model.ts";
import { activeFields, recipeDefaults } from "../recipe/settings.ts";
import type { Field } from "../recipe/settings.ts";
import { triedOf, wins } from "../select/paired-gain.ts";
import { logLosses } from "../select/wins-by-log-loss.ts";
import { outcomesOf, refuseWeights } from "./outcomes.ts";
import { fitTabular } from "./tabular.ts";
import { fitText, textDefaults } from "./text.ts";
import type { TextSettings } from "./text.ts";
import { scoreName, scoredClasses, textTreesClassifier, withScores } from "./text-trees-classifier.ts";

export interface TextTreesSettings extends Omit<TextSettings, "labelSeparator"> {
  /** `always`: the trees, whether they are better or not. */
  readonly trees?: "auto" | "always";
}

/** Each class is a column more, and a tree a round: of more classes the text learner alone is taken. */
const mostClasses = 10;

/** Whether a recipe has what this learner is for: a text, and a column beside it. */
export function hasTextAndColumns(recipe: TextSettings["recipe"]): boolean {
  const kinds = activeFields({ ...recipeDefaults, ...recipe }).map(({ kind }) => kind);
  return kinds.includes("text") && kinds.some((kind) => kind !== "text" && kind !== "vector");
}

/**
 * Fits the text learner, and for up to ten classes a second one for the texts alone and trees over it and the columns, each of which may take half of the
 * budget again. They are kept where their log-loss on unseen rows is lower by more than one standard error of the difference.
 *
 * @throws RangeError as `fitText` does, and where trees are wanted of more than ten classes or without a column; the signal's reason when aborted
 */
export async function fitTextTrees(
  { trees: wanted = "auto", ...settings }: TextTreesSettings,
  data: ClassifierData,
  options: FitOptions,
): Promise<Classifier> {
  const { classes, labels } = outcomesOf(data, undefined);
  refuseWeights(data);
  const { onProgress, onUnseen, onTried, ...rest } = options;
  const canTrees = classes.length <= mostClasses && hasTextAndColumns(settings.recipe);
  if (!canTrees && wanted === "always") {
    throw new RangeError(`trees: need a text, a column beside it and at most ${mostClasses} classes, got ${classes.length}`);
  }
  if (!canTrees) return fitText(settings, data, options);
  const unseen = { text: new Float32Array(0), words: new Float32Array(0), trees: new Float32Array(0) };
  const part = (name: keyof typeof unseen, from: number, to: number): FitOptions => ({
    ...rest,
    onProgress: (share, doing) => onProgress?.(from + (to - from) * share, doing),
    onUnseen: (all) => (unseen[name] = all.slice()),
  });
  const budget = (settings.budget ?? textDefaults.budget) / 2;
  const { recipe } = settings;
  const isText = ({ kind }: Field): boolean => kind === "text" || kind === "vector";
  const text = wanted === "always" ? null : await fitText(settings, data, part("text", 0, 0.4));
  const words = await fitText(
    { ...settings, recipe: { ...recipe, fields: recipe.fields.filter(isText) }, budget },
    data,
    part("words", 0.4, 0.6),
  );
  const columns = recipe.fields.filter((field) => !isText(field));
  const scores = scoredClasses(classes).map((name) => ({ name: scoreName(name), kind: "number" as const }));
  const trees = await fitTabular(
    {
      recipe: { ...recipe, fields: [...columns, ...scores] },
      learner: "trees",
      budget,
      ...(settings.folds !== undefined && { folds: settings.folds }),
    },
    { ...data, table: withScores(data.table, unseen.words, classes) },
    part("trees", 0.6, 1),
  );
  const judged = Uint32Array.from(labels.keys()).filter((row) => !Number.isNaN(unseen.words[row * classes.length]!));
  const lossesOf = (all: Float32Array): Float64Array => logLosses(all, judged, labels, classes.length);
  const isKept = text && !wins(lossesOf(unseen.trees), lossesOf(unseen.text), null);
  onTried?.(
    triedOf(
      [
        ...(text ? [{ learner: text.kind, losses: lossesOf(unseen.text) }] : []),
        { learner: "trees-text", losses: lossesOf(unseen.trees) },
      ],
      null,
    ),
  );
  onUnseen?.(isKept ? unseen.text : unseen.trees);
  return isKept ? text : textTreesClassifier(words, trees);
}
