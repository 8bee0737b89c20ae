/**
 * Which learner decides a use case, and its fit: texts are read by the text learner, with the columns beside them; records of columns alone go to
 * trees and regressions. `train.learner` names one instead.
 */
import { failure } from "#base/errors";
import { parseDuration } from "#base/text";
import { refitTabular } from "#learn/classifiers/refit-tabular";
import { refitText } from "#learn/classifiers/refit-text";
import { fitTabular } from "#learn/classifiers/tabular";
import type { TabularSettings } from "#learn/classifiers/tabular";
import { fitText } from "#learn/classifiers/text";
import { fitTextTrees, hasTextAndColumns } from "#learn/classifiers/text-trees";
import type { TextTreesSettings } from "#learn/classifiers/text-trees";
import type { TextSettings } from "#learn/classifiers/text";
import type { Classifier, ClassifierData, FitOptions, SavedModel } from "#learn/model";
import { activeFields, recipeDefaults } from "#learn/recipe/settings";
import { isRegressor } from "#learn/regressors/load";
import type { ClassifyUseCase, UseCase } from "#records/use-case";

export type LearnerSettings =
  | ({ readonly reads: "texts" } & TextSettings)
  | ({ readonly reads: "texts and columns" } & TextTreesSettings)
  | ({ readonly reads: "columns" } & TabularSettings);

const wishes = {
  "text-linear": { reads: "texts", network: "none" },
  "text-network": { reads: "texts", network: "always" },
  "trees-text": { reads: "texts and columns", network: "auto", trees: "always" },
  linear: { reads: "columns", learner: "linear" },
  trees: { reads: "columns", learner: "trees" },
  "trees-linear": { reads: "columns", learner: "both" },
} as const;

/** What the use case asks for; `auto` goes by what there is to read. */
export function learnerFor({ train, source }: ClassifyUseCase, recipe: TextSettings["recipe"]): LearnerSettings {
  const budget = parseDuration(train.budget)! / 1000;
  const { label_separator: separator } = source;
  const wish = train.learner === "auto" ? byFields(recipe, separator) : wishes[train.learner];
  if (wish.reads !== "texts") return { ...wish, recipe, budget };
  return { ...wish, recipe, budget, ...(separator !== undefined && { labelSeparator: separator }) };
}

/** Outcomes of several labels at once are told apart by the text learner alone. */
function byFields(
  recipe: TextSettings["recipe"],
  separator: string | undefined,
):
  | { readonly reads: "texts"; readonly network: "auto" }
  | { readonly reads: "texts and columns"; readonly network: "auto"; readonly trees: "auto" }
  | { readonly reads: "columns"; readonly learner: "auto" } {
  if (separator === undefined && hasTextAndColumns(recipe)) return { reads: "texts and columns", network: "auto", trees: "auto" };
  const readsText = activeFields({ ...recipeDefaults, ...recipe }).some(({ kind }) => kind === "text");
  return readsText ? { reads: "texts", network: "auto" } : { reads: "columns", learner: "auto" };
}

/** @throws the signal's reason when aborted; RangeError where settings and rows do not fit */
export function fitClassifier(learner: LearnerSettings, data: ClassifierData, options: FitOptions): Promise<Classifier> {
  if (learner.reads === "columns") return fitTabular(learner, data, options);
  return learner.reads === "texts" ? fitText(learner, data, options) : fitTextTrees(learner, data, options);
}

/** By the kind of the last model. */
const refits: Readonly<Record<string, typeof refitText | typeof refitTabular>> = {
  "text-linear": refitText,
  "text-network": refitText,
  linear: refitTabular,
  trees: refitTabular,
  "trees-linear": refitTabular,
};

/** Fits the last model again, with the choices and the calibration it has. @throws DATA_UNSUITABLE where that cannot be */
export async function refitClassifier(
  useCase: ClassifyUseCase,
  last: SavedModel,
  { recipe }: LearnerSettings,
  data: ClassifierData,
  options: FitOptions,
): Promise<Classifier> {
  const { kind } = last.header;
  if (isRegressor(last)) throw refitRefused(useCase, "the newest version gives numbers");
  const refit = Object.hasOwn(refits, kind) ? refits[kind]! : null;
  if (!refit) throw refitRefused(useCase, `the newest version is of the kind ${kind}, which is not fitted again`);
  try {
    return await refit(last, recipe, data, options);
  } catch (error) {
    throw error instanceof RangeError ? refitRefused(useCase, error.message, error) : error;
  }
}

export function refitRefused({ use_case: name }: UseCase, reason: string, cause?: unknown): Error {
  const fix = "Train without --refit, so that all is found out anew.";
  return failure("DATA_UNSUITABLE", { use_case: name, reason, fix }, { cause });
}
