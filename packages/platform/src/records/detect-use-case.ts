/**
 * Use cases that look for what is unusual, without anybody having said what that is: among records (an invoice, a log-in), or in series of values
 * (a metric of a host). What an alarm is follows from how many there may be.
 */
import { z } from "zod";
import { parseAlarmRate, parseAlarmShare } from "#records/alarm-budget";
import { historyParts } from "#records/history";
import {
  bound,
  column,
  common,
  duration,
  name,
  percent,
  policyParts,
  ruleOf,
  source,
  holdout,
  seed,
} from "#records/use-case-parts";

/** What a record is, first what alarms. */
export const usualness = ["unusual", "usual"] as const;
export type Usualness = (typeof usualness)[number];

const known = "Known anomalies, to be judged by; nothing is learnt from it";
const says = z.enum(usualness);
const alarmRule = ruleOf(says);

/** What an evaluation must show. What needs known anomalies needs `source.label`. */
const gate = z
  .strictObject({
    precision: bound.optional().describe("Share of the alarms that were known anomalies"),
    recall: bound.optional().describe("Share of the known anomalies that were found"),
    f1: bound.optional(),
    budget: bound.optional().describe("Alarms on held-out rows, as a multiple of those promised"),
    p95_latency: duration.optional(),
  })
  .default({});

export const detectRecordsPolicySchema = z.strictObject({
  ...policyParts,
  unfamiliar_below: percent.default("0%").describe("Not needed here: what is unlike the training rows is what is looked for"),
  alarms: z
    .string()
    .refine((text) => parseAlarmShare(text) !== undefined || parseAlarmRate(text)?.perSeries === false, {
      error: "a number of alarms such as 5 per day, or a share of the records such as 0.5% (at most 20%)",
    })
    .describe("The promise: so many ordinary records are called unusual, and no more. The threshold follows from it")
    .meta({ examples: ["5 per day", "0.5%"] }),
  unusual: z
    .enum(["decide", "review"])
    .default("decide")
    .describe(
      "What becomes of an unusual record: the model says so alone, or a person looks at it first, as at what waits for review",
    ),
  rules_first: z.array(alarmRule).default([]).describe("Rules that decide before the model is asked; the first that holds wins"),
  rules: z.array(alarmRule).default([]).describe("The rules of today: the fallback, and what the model is compared with"),
  default: says.optional().describe("The outcome when nothing else decides"),
});

export const detectRecordsSchema = z.strictObject({
  ...common,
  ...historyParts,
  task: z.literal("detect"),
  source: z.strictObject({ ...source, label: column.optional().describe(known) }),
  train: z
    .strictObject({
      feedback: z.boolean().default(true).describe("Judge by closed reviews and recorded outcomes too"),
      seed,
      holdout,
    })
    .default({ feedback: true, seed: 1, holdout: "20%" }),
  gate,
  policy: detectRecordsPolicySchema,
});

export const detectSeriesPolicySchema = z.strictObject({
  autonomy: policyParts.autonomy,
  alarms: z
    .string()
    .refine((text) => parseAlarmRate(text) !== undefined, "a number of alarms such as 2 per week per series, or 5 per day")
    .describe("The promise: so many false alarms, and no more. Without `per series`, of all series together")
    .meta({ examples: ["2 per week per series", "5 per day"] }),
});

export const detectSeriesSchema = z.strictObject({
  use_case: common.use_case,
  task: z.literal("detect"),
  goal: common.goal,
  source: z
    .strictObject({
      system: source.system,
      query: z.string().min(1).describe("One SELECT that returns the points: when, of which series, and the values"),
      series: z.array(column).max(4).default([]).describe("The columns that name a series; none where there is but one"),
      related: z
        .array(column)
        .max(4)
        .optional()
        .describe(
          "Series that share these of the columns above belong together: what alarms at once is one alarm. All of them unless said",
        ),
      time: column.describe("When the values were measured"),
      values: z.array(column).min(1).max(50).describe("The measured values: each is a series of its own"),
      together: z
        .boolean()
        .default(false)
        .describe(
          "Judge the values of one row together too: one more series a thing, which says how far they are from going together as they did",
        ),
      label: column.optional().describe(known),
    })
    .refine(({ values, together }) => !together || values.length > 1, {
      path: ["together"],
      message: "there is one value alone: name at least two in source.values, or leave together out",
    }),
  every: duration.describe("From one point of a series to the next"),
  lag: duration
    .optional()
    .describe("How late points come at most: a series is silent once its next point is more overdue (default: two steps)"),
  calendar: z
    .record(name, z.string().min(1))
    .default({})
    .describe(
      "Known events by name, each a SELECT of from_at, to_at and, where it is not for all, the columns of the series: observed, neither alarmed nor learnt",
    ),
  serve: z
    .strictObject({
      events: z
        .strictObject({
          system: name.describe("A broker of inlay.yaml"),
          from: z
            .string()
            .min(1)
            .max(500)
            .describe(
              "Where its messages lie: a subject of NATS, a topic of MQTT, a queue of RabbitMQ. {host} in place of a part of a subject or topic is a column of the series",
            )
            .meta({ examples: ["metrics.{host}", "plant/{machine}/values", "metrics"] }),
        })
        .optional()
        .describe("`inlay serve` watches the points that messages bring: JSON of a point, of a list of them, or of { points }"),
    })
    .default({})
    .describe("How points come, besides by the query and by HTTP"),
  readiness: common.readiness,
  train: z
    .strictObject({ holdout: percent.default("20%").describe("The last share of the time, in which alarms are counted") })
    .default({ holdout: "20%" }),
  gate,
  policy: detectSeriesPolicySchema,
});
