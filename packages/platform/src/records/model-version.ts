import { z } from "zod";
import { forecastEvaluationSchema } from "#records/forecast-evaluation";
import { detectEvaluationSchema } from "#records/detect-evaluation";

/** How well something decided on held-out rows. Shares in [0, 1]. */
export const scoresSchema = z.strictObject({
  accuracy: z.number(),
  macro_f1: z.number(),
});

export const classScoresSchema = z.strictObject({
  outcome: z.string(),
  support: z.int().describe("Held-out rows of this outcome"),
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
});

export const learntPieceSchema = z.strictObject({
  field: z.string(),
  value: z.string(),
  weight: z.number().describe("Mean weight in the rows that have it"),
  rows: z.int().describe("Rows of the outcome in which it was among the strongest reasons"),
});

export const sliceSchema = z.strictObject({
  column: z.string(),
  protected: z.boolean().describe("The model does not read the column"),
  value: z.string(),
  rows: z.int().describe("Held-out rows"),
  accuracy: z.number(),
  lower: z.number().describe("95 % interval (Clopper-Pearson)"),
  upper: z.number(),
  decided: z.array(z.strictObject({ outcome: z.string(), share: z.number() })).describe("The three outcomes chosen most often"),
});

/** How much worse the model does on held-out rows when the values of fields are dealt to other rows. */
export const fieldImportanceSchema = z.strictObject({
  fields: z.array(z.string()).describe("One field, or several that rise and fall together and were dealt together"),
  rise: z
    .number()
    .describe("By how much the log-loss rises, in nats, or the RMSE, in the unit of the outcome; about 0: it says nothing"),
  lower: z.number().describe("95 % interval"),
  upper: z.number(),
});

export const fieldEffectSchema = z.strictObject({
  field: z.string(),
  outcome: z.string().nullable().describe("Whose probability is shown: the one that the field moves most; null of numbers"),
  points: z
    .array(
      z.strictObject({
        at: z.union([z.number(), z.string()]).describe("A value of the field"),
        effect: z.number().describe("By how much the prediction is more than on average"),
      }),
    )
    .describe("Values ascending (accumulated local effects), or levels, the most frequent first (partial dependence)"),
});

export const driftFindingSchema = z.strictObject({
  column: z.string(),
  is_label: z.boolean().describe("It is the outcome itself"),
  distance: z.number().describe("Of numbers the statistic of Kolmogorov and Smirnov, of levels the total variation, in [0, 1]"),
  by_chance: z.number().describe("What 99 % of columns without drift stay below, at these numbers of rows"),
  detail: z.string(),
});

export const driftSchema = z.strictObject({
  compared: z.int().describe("Columns that were looked at, the outcome among them"),
  findings: z.array(driftFindingSchema).describe("Columns that differ in the later rows by more than chance, the outcome first"),
  thirds: z
    .array(z.strictObject({ from: z.iso.datetime(), score: z.number().describe("Accuracy, or the mean absolute error") }))
    .describe("How good it is in the first, the second and the last third of the held-out rows; none of too few rows"),
  falls: z.boolean().describe("It is worse in the last third than in the first, by more than chance"),
});

/** What evaluations of every task say of the fields and of time. */
const matters = {
  importance: z.array(fieldImportanceSchema).describe("What the model leans on, most important first, on held-out rows"),
  effects: z.array(fieldEffectSchema).describe("How predictions go with the most important fields, the others as they are"),
  drift: driftSchema
    .nullable()
    .describe("How the later, held-out rows differ from those of training; null where they were drawn by chance"),
};

/** What was measured of decisions between outcomes on the rows that training never saw. */
export const classifyEvaluationSchema = z.strictObject({
  task: z.literal("classify"),
  train_rows: z.int(),
  test_rows: z.int(),
  copied_rows: z.int().describe("Held-out rows that repeat one of training: its key, or nearly word for word its texts"),
  split: z.enum(["time", "random"]),
  split_at: z.iso.datetime().nullable().describe("Rows from this instant on were held out"),
  model: scoresSchema,
  auc: z.number().nullable().describe("Area under the ROC curve, the mean over outcomes, each against the others"),
  baselines: z.strictObject({ majority: scoresSchema, rules: scoresSchema.nullable() }),
  classes: z.array(classScoresSchema),
  confusions: z
    .array(z.strictObject({ outcome: z.string(), taken_for: z.string(), rows: z.int() }))
    .describe("Which outcomes are taken for which, most often first"),
  label_noise: z
    .strictObject({
      share: z.number().describe("Estimated share of rows with a wrong outcome; an upper one where outcomes overlap"),
      lower: z.number(),
      upper: z.number(),
      suspects: z
        .array(z.strictObject({ key: z.string(), outcome: z.string(), expected: z.string(), probability: z.number() }))
        .describe("The rows whose outcome is most likely wrong, by models that did not see them"),
    })
    .describe("By confident learning (Northcutt et al. 2021), over training and held-out rows"),
  calibration: z.strictObject({
    ece: z.number().describe("Expected calibration error of the chosen class's confidence"),
    ece_by_chance: z.number().describe("What 95 % of perfectly calibrated models with the same confidences stay below"),
    brier: z.number(),
    reliability: z
      .array(z.strictObject({ confidence: z.number(), right: z.number(), rows: z.int() }))
      .describe("Mean confidence and share of right choices in groups of equal size, least confident first"),
  }),
  confident: z.strictObject({
    precision_wanted: z.number(),
    threshold: z.number().describe("Least confidence at which the model decides alone; above 1: never"),
    coverage: z.number().describe("Share of held-out rows at or above the threshold"),
    precision: z.number().nullable().describe("Precision of those; null where there are none"),
    precision_lower: z.number().nullable().describe("Its one-sided 95 % lower bound (Clopper-Pearson)"),
  }),
  costs: z
    .strictObject({
      review: z.number().describe("What a person's look costs, from the policy"),
      alone: z.number().describe("Mean cost of a held-out row if the model decides all"),
      with_review: z.number().describe("If it decides alone what costs no more than a look, and a person looks at the rest"),
      decided_alone: z.number().describe("Share of rows that it decides alone then"),
      majority: z.number().describe("If the most frequent outcome is always decided"),
      rules: z.number().nullable().describe("If the rules of today decide, and a person where none holds"),
      curve: z
        .array(z.strictObject({ limit: z.number(), coverage: z.number(), cost: z.number() }))
        .describe("Mean cost of a row where it decides alone up to an expected cost, and a person looks at the rest"),
    })
    .nullable()
    .describe("Where the policy says what errors cost"),
  risk_coverage: z
    .strictObject({
      points: z.array(z.strictObject({ coverage: z.number(), confidence: z.number(), precision: z.number() })),
      area: z.number().describe("Mean error over all coverages (AURC); lower is better"),
    })
    .describe("Share of rows answered from a confidence on, and how many of them are right"),
  prediction_sets: z
    .strictObject({
      coverage: z.number().describe("How often the truth is promised to be in the set"),
      bound: z.number().describe("Sum of probabilities up to which outcomes come in"),
      mean_size: z.number(),
      single: z.number().describe("Share of held-out rows whose set is one outcome"),
    })
    .nullable()
    .describe('"One of these": null where there are too few held-out rows to promise anything'),
  learnt: z
    .array(
      z.strictObject({
        outcome: z.string(),
        rows: z.int().describe("Training rows of this outcome that were read for it"),
        speaks_for: z.array(learntPieceSchema),
        speaks_against: z.array(learntPieceSchema),
      }),
    )
    .describe("What the model goes by, to be read and challenged by whoever knows the outcomes"),
  slices: z
    .array(sliceSchema)
    .describe("How well groups of rows fare, by level of the categories and of protected columns; worst first"),
  ...matters,
  latency_ms: z.strictObject({ p50: z.number(), p95: z.number() }).describe("One decision with reasons, on the training machine"),
});

/** How far numbers were from the truth on held-out rows. */
export const numberScoresSchema = z.strictObject({
  rmse: z.number().describe("Root of the mean squared error, in the unit of the outcome"),
  mae: z.number().describe("Mean absolute error, in the unit of the outcome"),
  r2: z
    .number()
    .describe("Share of the variance that is explained: 1 at best, below 0 where the mean of the truth would do better"),
});

export const numberSliceSchema = z.strictObject({
  column: z.string(),
  protected: z.boolean().describe("The model does not read the column"),
  value: z.string(),
  rows: z.int().describe("Held-out rows"),
  mae: z.number().describe("Mean absolute error, in the unit of the outcome"),
  bias: z.number().describe("Mean of what the model says too much; negative: too little"),
});

/** What was measured of numbers on the rows that training never saw. */
export const regressEvaluationSchema = z.strictObject({
  task: z.literal("regress"),
  train_rows: z.int(),
  test_rows: z.int(),
  copied_rows: z.int().describe("Held-out rows that repeat one of training: its key, or nearly word for word its texts"),
  split: z.enum(["time", "random"]),
  split_at: z.iso.datetime().nullable().describe("Rows from this instant on were held out"),
  model: numberScoresSchema,
  baselines: z.strictObject({
    mean: numberScoresSchema.describe("Always the mean outcome of training"),
    rules: numberScoresSchema.nullable().describe("The rules of today; the mean where none holds and there is no default"),
  }),
  intervals: z.strictObject({
    coverage_wanted: z.number(),
    coverage: z.number().describe("Share of held-out outcomes that lie in their interval"),
    mean_width: z.number().describe("In the unit of the outcome"),
  }),
  confident: z.strictObject({
    within: z.string().describe("As written: how far the interval may reach to each side where the model decides alone"),
    coverage: z.number().describe("Share of held-out rows that the model would decide alone"),
    kept: z.number().nullable().describe("Share of those whose outcome was that near; null where there are none"),
    mae: z.number().nullable().describe("Mean absolute error of those"),
  }),
  learnt: z
    .array(z.strictObject({ field: z.string(), weight: z.number().describe("Mean amount by which it moves the value") }))
    .describe("What the model goes by, strongest first, over held-out rows"),
  slices: z.array(numberSliceSchema).describe("Groups of held-out rows, furthest off first"),
  ...matters,
  latency_ms: z.strictObject({ p50: z.number(), p95: z.number() }).describe("One decision with reasons, on the training machine"),
});

export const evaluationSchema = z.discriminatedUnion("task", [
  classifyEvaluationSchema,
  regressEvaluationSchema,
  forecastEvaluationSchema,
  detectEvaluationSchema,
]);

export const gateResultSchema = z.strictObject({
  gate: z.string().describe("As written, such as macro_f1, rmse, beats rules, p95_latency"),
  wanted: z.string(),
  got: z.string(),
  passed: z.boolean(),
});

/** Recipe + fitted learner + calibration + evaluation + the hashes they came from. Immutable. */
export const modelVersionSchema = z.strictObject({
  use_case: z.string(),
  version: z.int().positive().describe("1, 2, 3 ... within the use case"),
  artifact: z.string().length(64).describe("SHA-256 of the saved model; it is loaded only when its content has this hash"),
  learner: z.string(),
  classes: z.array(z.string()).describe("The outcomes it decides between; none where the outcome is a number"),
  features: z.array(z.string()),
  snapshot: z.string(),
  feedback: z
    .strictObject({
      hash: z.string().length(64).describe("SHA-256 of the rows, which are kept as an artifact"),
      relabelled: z.int().describe("Rows of the snapshot whose outcome a person or an event has corrected or confirmed"),
      added: z.int().describe("Rows that only Inlay's own decisions brought"),
    })
    .nullable()
    .describe("What closed reviews and recorded outcomes taught beside the snapshot; null where there were none"),
  encoder: z
    .strictObject({
      source: z.string().describe("The folder or package, as the use case named it"),
      hash: z.string().length(64).describe("SHA-256 of its files; with other files the model is not used"),
      size: z.int().describe("Numbers in a vector"),
    })
    .nullable()
    .describe("The pretrained encoder whose vectors the model reads beside the words; null where there is none"),
  refit_of: z.int().nullable().describe("The version whose choices and calibration were kept; null where all was found out anew"),
  tried: z
    .array(
      z.strictObject({
        learner: z.string(),
        loss: z.number().describe("Mean log-loss; of numbers the mean squared error"),
        gain: z.number().describe("By what share of the loss of the first, the simplest, it is less"),
        lower: z.number().describe("95 % interval of the gain, by the chance of the rows"),
        upper: z.number(),
      }),
    )
    .nullable()
    .describe(
      "What was compared on training rows that each did not see; the simplest is kept that none beats by more than one standard error. Null where nothing was compared",
    ),
  readiness_report: z.uuid(),
  settings_hash: z.string(),
  code_version: z.string(),
  seed: z.int(),
  evaluation: evaluationSchema,
  gates: z.array(gateResultSchema),
  trained_at: z.iso.datetime(),
  training_ms: z.number(),
});

export type Scores = z.infer<typeof scoresSchema>;
export type Slice = z.infer<typeof sliceSchema>;
export type ClassScores = z.infer<typeof classScoresSchema>;
export type NumberSlice = z.infer<typeof numberSliceSchema>;
export type NumberScores = z.infer<typeof numberScoresSchema>;
export type ClassifyEvaluation = z.infer<typeof classifyEvaluationSchema>;
export type RegressEvaluation = z.infer<typeof regressEvaluationSchema>;
export type FieldImportance = z.infer<typeof fieldImportanceSchema>;
export type FieldEffect = z.infer<typeof fieldEffectSchema>;
export type DriftFinding = z.infer<typeof driftFindingSchema>;
export type Drift = z.infer<typeof driftSchema>;
export type Evaluation = z.infer<typeof evaluationSchema>;
/** Of models that decide record by record. */
export type RowEvaluation = ClassifyEvaluation | RegressEvaluation;
export type GateResult = z.infer<typeof gateResultSchema>;
export type ModelVersion = z.infer<typeof modelVersionSchema>;

/** What a version did not pass, in words. */
export function failedGates({ gates }: Pick<ModelVersion, "gates">): string {
  return gates
    .filter(({ passed }) => !passed)
    .map(({ gate, wanted, got }) => `${gate} wants ${wanted}, got ${got}`)
    .join("; ");
}

export function passesGates(version: Pick<ModelVersion, "gates">): boolean {
  return version.gates.every((gate) => gate.passed);
}
