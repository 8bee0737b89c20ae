/** What was measured of a detector on the rows that training never saw. */
import { z } from "zod";

/** How alarms compare with what is known to be an anomaly. */
export const detectionScoresSchema = z.strictObject({
  precision: z.number().describe("Share of the alarms that were known anomalies; 0 where there was no alarm"),
  recall: z.number().describe("Share of the known anomalies that were found"),
  f1: z.number(),
});

/** One of the largest alarms on held-out rows. */
export const foundSchema = z.strictObject({
  name: z.string().describe("The key of the record, or the series"),
  kind: z
    .string()
    .describe("What is unusual: `record`, or of a series point, level, trend, variance, season, frequency, missing, together"),
  start: z.iso.datetime().nullable().describe("When it began; of a record when it came to be, where that is known"),
  peak: z.iso.datetime().nullable(),
  end: z.iso.datetime().nullable(),
  value: z.number().nullable().describe("At the peak; null of records"),
  expected: z.number().nullable(),
  lower: z.number().nullable().describe("The range in which 99 % of such values lie"),
  upper: z.number().nullable(),
  rarity: z.number().describe("Share of ordinary records, or values, that are as unusual"),
  reason: z.string(),
});

export const detectEvaluationSchema = z.strictObject({
  task: z.literal("detect"),
  train_rows: z.int(),
  test_rows: z.int(),
  copied_rows: z.int().describe("Held-out rows that repeat one of training: its key, or nearly word for word its texts"),
  split: z.enum(["time", "random"]),
  split_at: z.iso.datetime().nullable().describe("Rows from this instant on were held out"),
  series: z.int().nullable().describe("Series that are watched; null of records"),
  together: z
    .strictObject({
      things: z.int().describe("Things whose values are judged together; each is one more of the series"),
      left_out: z.int().describe("Things with too few rows for that, or fewer than two values that change"),
    })
    .optional()
    .describe("Where the values of one row are judged together"),
  seasons: z
    .array(
      z.strictObject({
        seconds: z.array(z.number()).describe("How long they are, shortest first; none where values do not come again"),
        series: z.int().describe("So many series follow these"),
      }),
    )
    .optional()
    .describe(
      "What series may follow, those of most series first: found in the history, or of days and weeks where it was too short to tell",
    ),
  alarms: z.strictObject({
    budget: z.string().describe("As the policy has it"),
    threshold: z.number().describe("A record, or a value, alarms where a smaller share than this of ordinary ones is as unusual"),
    promised: z.number().describe("So many on the held-out rows, were all of them ordinary"),
    lower: z.number().describe("Between these two it lies 95 times of 100, by chance alone"),
    upper: z.number(),
    raised: z.int(),
  }),
  known: z
    .strictObject({
      anomalies: z.int().describe("Known ones among the held-out rows; of series, stretches of them"),
      model: detectionScoresSchema,
      rules: detectionScoresSchema.nullable().describe("The rules of today"),
    })
    .nullable()
    .describe("Where known anomalies are named by a label or by people; null where there are none"),
  largest: z.array(foundSchema).describe("The largest alarms on held-out rows, largest first"),
  learnt: z
    .array(z.strictObject({ field: z.string(), weight: z.number().describe("Share of what makes its alarms unusual") }))
    .describe("Which fields alarms come from, most first; of series, which values"),
  latency_ms: z
    .strictObject({ p50: z.number(), p95: z.number() })
    .describe("One record with reasons, or one point, on the training machine"),
});

export type DetectionScores = z.infer<typeof detectionScoresSchema>;
export type Found = z.infer<typeof foundSchema>;
export type DetectEvaluation = z.infer<typeof detectEvaluationSchema>;
