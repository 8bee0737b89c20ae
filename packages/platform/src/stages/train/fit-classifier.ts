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
import type { TextSettings } from "#learn/classifiers/text";
import type { Classifier, ClassifierData, FitOptions, SavedModel } from "#learn/model";
import { activeFields, recipeDefaults } from "#learn/recipe/settings";
import { isRegressor } from "#learn/regressors/load";
import type { ClassifyUseCase, UseCase } from "#records/use-case";

export type LearnerSettings = ({ readonly reads: "texts" } & TextSettings) | ({ readonly reads: "columns" } & TabularSettings);

const wishes = {
  "text-linear": { reads: "texts", network: "none" },
  "text-network": { reads: "texts", network: "always" },
  linear: { reads: "columns", learner: "linear" },
  trees: { reads: "columns", learner: "trees" },
  "trees-linear": { reads: "columns", learner: "both" },
} as const;

/** What the use case asks for; `auto` goes by what there is to read. */
export function learnerFor({ train, source }: ClassifyUseCase, recipe: TextSettings["recipe"]): LearnerSettings {
  const budget = parseDuration(train.budget)! / 1000;
  const readsText = activeFields({ ...recipeDefaults, ...recipe }).some(({ kind }) => kind === "text");
  const auto = readsText ? ({ reads: "texts", network: "auto" } as const) : ({ reads: "columns", learner: "auto" } as const);
  const wish = train.learner === "auto" ? auto : wishes[train.learner];
  if (wish.reads === "columns") return { ...wish, recipe, budget };
  const { label_separator: separator } = source;
  return { ...wish, recipe, budget, ...(separator !== undefined && { labelSeparator: separator }) };
}

/** @throws the signal's reason when aborted; RangeError where settings and rows do not fit */
export function fitClassifier(learner: LearnerSettings, data: ClassifierData, options: FitOptions): Promise<Classifier> {
  return learner.reads === "texts" ? fitText(learner, data, options) : fitTabular(learner, data, options);
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
