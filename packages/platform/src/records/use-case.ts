/**
 * One decision worth improving: its goal, its source query, its label, its policy. One YAML file; this schema is the truth. `task` says what a
 * decision is: one of some outcomes (`classify`), or a number (`regress`).
 */
import { z } from "zod";
import { splitLabels, standardSet } from "#learn/data/label-sets";
import { regressPolicySchema, regressSchema } from "#records/regress-use-case";
import { standardCategory, standardNumber } from "#records/standardise";
import { bound, common, duration, outcome, percent, policyParts, ruleSchema, source } from "#records/use-case-parts";
import { costColumns, costsSchema } from "#records/costs";
import { historyParts, matchOf } from "#records/history";
import type { declaredCheckSchema } from "#records/use-case-parts";

export const classifyPolicySchema = z.strictObject({
  ...policyParts,
  rules_first: z.array(ruleSchema).default([]).describe("Rules that decide before the model is asked; the first that holds wins"),
  confident_at: z
    .strictObject({ precision: percent })
    .default({ precision: "90%" })
    .describe("The precision the model's own decisions must have; the confidence threshold is derived from it on held-out data"),
  costs: costsSchema.optional(),
  rules: z.array(ruleSchema).default([]).describe("The rules of today: the fallback, and the baseline a model must beat"),
  default: outcome.optional().describe("The outcome when nothing else decides"),
});

export const classifySchema = z
  .strictObject({
    ...common,
    ...historyParts,
    task: z.literal("classify"),
    source: z.strictObject({
      ...source,
      label_separator: z
        .string()
        .min(1)
        .max(10)
        .optional()
        .describe('Between the labels where the column holds several at once, as tags: ";" reads "billing; urgent" as two'),
    }),
    train: z
      .strictObject({
        learner: z
          .enum(["auto", "text-linear", "text-network", "trees-text", "linear", "trees", "trees-linear"])
          .default("auto")
          .describe(
            "auto: texts by words, with pieces of words, a network beside, and trees over columns and text where they are better on unseen rows and fit the budget; columns alone by a regression, trees or both, the simplest that is as good as any",
          ),
        budget: duration
          .default("30s")
          .describe("How long trying more than the simplest model may take on a usual machine, about; 0s: the fastest"),
        feedback: z
          .boolean()
          .default(true)
          .describe(
            "Learn from closed reviews and recorded outcomes too; a verdict on a record of the source replaces its label",
          ),
        seed: z
          .int()
          .min(0)
          .max(2 ** 31)
          .default(1),
        holdout: percent.default("20%").describe("The share of rows, the latest where there is a time, kept for evaluation"),
      })
      .default({ learner: "auto", budget: "30s", feedback: true, seed: 1, holdout: "20%" }),
    gate: z
      .strictObject({
        accuracy: bound.optional(),
        macro_f1: bound.optional(),
        auc: bound.optional().describe("Area under the ROC curve"),
        beats: z.array(z.enum(["majority", "rules"])).default(["majority", "rules"]),
        p95_latency: duration.optional(),
      })
      .default({ beats: ["majority", "rules"] }),
    policy: classifyPolicySchema.default(classifyPolicySchema.parse({})),
  })
  .refine(({ features, policy }) => !policy.costs || costColumns(policy.costs).every((name) => features.number.includes(name)), {
    path: ["policy", "costs", "errors"],
    message: "a column of costs must be one of features.number, so that each record brings it",
  });

export const useCaseSchema = z.discriminatedUnion("task", [classifySchema, regressSchema]);

/** What tells policies apart is how sure is sure enough. */
export const policySchema = z.union([classifyPolicySchema, regressPolicySchema]);

export type Rule = z.infer<typeof ruleSchema>;
export type DeclaredCheck = z.infer<typeof declaredCheckSchema>;
export type Policy = z.infer<typeof policySchema>;
export type ClassifyPolicy = z.infer<typeof classifyPolicySchema>;
export type RegressPolicy = z.infer<typeof regressPolicySchema>;
export type UseCase = z.infer<typeof useCaseSchema>;
export type ClassifyUseCase = z.infer<typeof classifySchema>;
export type RegressUseCase = z.infer<typeof regressSchema>;

/** An outcome as training and decisions have it; null where it is none. */
export function outcomeOf(useCase: UseCase, outcome: string): string | null {
  return useCase.task === "regress" ? standardNumber(outcome) : standardOutcome(useCase.source, outcome);
}

/** An outcome in its one spelling: several labels at once are in order and distinct. null where it is missing. */
export function standardOutcome({ label_separator: separator }: ClassifyUseCase["source"], outcome: string): string | null {
  const text = standardCategory(outcome);
  return text === null || separator === undefined ? text : standardCategory(standardSet(text, separator));
}

/** The labels of an outcome: itself, or those it holds. */
export function labelsOf({ label_separator: separator }: ClassifyUseCase["source"], outcome: string): readonly string[] {
  return separator === undefined ? [outcome] : splitLabels(outcome, separator);
}

/** A column that a use case names of its source query, and where in the file. */
export interface NamedColumn {
  readonly place: string;
  readonly column: string;
}

/** Every column that training needs of the source query, in the order of the file. */
export function namedColumns({ source, features, history, protected: kept }: UseCase): NamedColumn[] {
  return [
    { place: "source.key", column: source.key },
    ...(source.time === undefined ? [] : [{ place: "source.time", column: source.time }]),
    { place: "source.label", column: source.label },
    ...(["text", "category", "number", "time"] as const).flatMap((kind) =>
      features[kind].flatMap((column, at) =>
        Object.hasOwn(history, column) ? [] : [{ place: `features.${kind}[${at}]`, column }],
      ),
    ),
    ...Object.entries(history).flatMap(([name, declared]) =>
      matchOf(declared).map(([column]) => ({ place: `history.${name}.match`, column })),
    ),
    ...kept.map((column, at) => ({ place: `protected[${at}]`, column })),
  ];
}

/** The columns that a decision is made on, with their kind. */
export function featureKinds(useCase: UseCase): ReadonlyMap<string, "text" | "category" | "number" | "time"> {
  const kinds = new Map<string, "text" | "category" | "number" | "time">();
  for (const kind of ["text", "category", "number", "time"] as const)
    for (const at of useCase.features[kind]) kinds.set(at, kind);
  return kinds;
}

/** Those of them that a record brings; the others are computed from its history. */
export function sentKinds(useCase: UseCase): ReadonlyMap<string, "text" | "category" | "number" | "time"> {
  return new Map([...featureKinds(useCase)].filter(([name]) => !Object.hasOwn(useCase.history, name)));
}

/** Columns of instants whose age at the decision is read: all but the time of the record itself, where that is known. */
export function agedColumns({ features, source: { time } }: UseCase): readonly string[] {
  return time === undefined ? [] : features.time.filter((name) => name !== time);
}
