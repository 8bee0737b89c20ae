/** What was measured of forecasts on the last steps, which the judged fit had not seen. */
import { z } from "zod";
import { everyNames } from "#base/steps";

const scaled = "as a share of what seasonal naive is off by over the history, mean over series";

export const forecastScoresSchema = z.strictObject({
  mae: z.number().describe("Mean absolute error of a value, in its unit"),
  wape: z.number().nullable().describe("Sum of absolute errors as a share of the sum of values; null where that is 0"),
  mase: z.number().nullable().describe(`Mean absolute error, ${scaled}; null where no series changes`),
  bias: z.number().nullable().describe("Sum of what is said too much as a share of the sum of values; negative: too little"),
});

const sliceSchema = forecastScoresSchema.extend({
  naive_mae: z.number().describe("The same of seasonal naive"),
  coverage: z.number().describe("Share of values that lie in their interval"),
  rows: z.int().describe("Held-out values"),
});

export const forecastEvaluationSchema = z.strictObject({
  task: z.literal("forecast"),
  train_rows: z
    .int()
    .describe("Values that the judged fit learnt from; the version itself has learnt from the held-out ones too"),
  test_rows: z.int().describe("Held-out values"),
  copied_rows: z.int().describe("0: values of series are no copies of each other"),
  split: z.literal("time"),
  split_at: z.iso.datetime().nullable().describe("Begin of the held-out steps"),
  every: z.enum(everyNames),
  horizon: z.int(),
  series: z.strictObject({
    learnt: z.int(),
    judged: z.int().describe("Those with values on both sides"),
    ended: z.int().describe("Without a value for so long that they are not forecast"),
    sums: z.int().describe("Sums over groups of series, which are forecast too"),
  }),
  seen_until: z.string().describe("The last step that the version has seen"),
  origins: z.int().describe("Times in the held-out steps at which a forecast was made"),
  model: forecastScoresSchema,
  baselines: z.strictObject({ seasonal_naive: forecastScoresSchema.describe("The value of one season before") }),
  intervals: z.strictObject({
    coverage_wanted: z.number(),
    coverage: z.number().describe("Share of held-out values that lie in their interval"),
    mean_width: z.number(),
  }),
  ahead: z.array(sliceSchema.extend({ from: z.int(), to: z.int() })).describe("By steps ahead"),
  groups: z
    .array(sliceSchema.extend({ column: z.string(), value: z.string() }))
    .describe("By columns of the key, furthest off first"),
  methods: z
    .array(z.strictObject({ name: z.string(), weight: z.number() }))
    .describe("What is combined, mean weight over series"),
  latency_ms: z.strictObject({ p50: z.number(), p95: z.number() }).describe("One decision with reasons, on the training machine"),
});

export type ForecastScores = z.infer<typeof forecastScoresSchema>;
export type ForecastEvaluation = z.infer<typeof forecastEvaluationSchema>;
