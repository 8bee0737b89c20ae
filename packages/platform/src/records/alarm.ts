/**
 * What an operator is told of series: that something unusual began, in which of the related series, and between which bounds they were expected.
 * It grows while it goes on; what a person says of it stays.
 */
import { z } from "zod";

/** What can be unusual about a series; `together`: values of one row that do not go together. */
export const alarmKinds = ["point", "level", "trend", "variance", "season", "frequency", "missing", "together"] as const;

/** What people say of an alarm: worth it; nothing was wrong; right, but known of before. */
export const marks = ["useful", "noise", "expected"] as const;

export const alarmPointSchema = z.strictObject({
  at: z.iso.datetime(),
  value: z.number().nullable().describe("null where nothing came"),
  expected: z.number(),
  lower: z.number().describe("The range in which 99 % of such values lie"),
  upper: z.number(),
});

const seriesId = z
  .string()
  .describe(
    "Names the series for programs: as JSON the values of its columns, then the measured value, null where all are judged together",
  );

export const alarmPartSchema = z.strictObject({
  series: z.string(),
  series_id: seriesId,
  kind: z.enum(alarmKinds),
  start: z.iso.datetime(),
  peak: z.iso.datetime(),
  end: z.iso.datetime().describe("The last unusual point so far"),
  open: z.boolean().describe("More points may still belong to it"),
  rarity: z.number().describe("Share of ordinary points that are as unusual as its peak"),
  value: z.number().nullable().describe("At the peak; null where nothing came"),
  expected: z.number(),
  lower: z.number(),
  upper: z.number(),
  metrics: z
    .array(
      z.strictObject({
        metric: z.string(),
        value: z.number().describe("Where it was at the peak, smoothed over a few points"),
        expected: z.number().describe("Where it would go with the others"),
      }),
    )
    .optional()
    .describe(
      "Of values judged together those that do not go with the others, strongest first; `value` of the part is how far the first is off, in usual deviations",
    ),
  points: z.array(alarmPointSchema).describe("Points before it and in it, thinned out where there are many"),
});

export const alarmSchema = z.strictObject({
  id: z.uuid(),
  use_case: z.string(),
  group: z.string().describe("What its series share"),
  start: z.iso.datetime(),
  end: z.iso.datetime().describe("The last unusual point so far"),
  open: z.boolean().describe("More points may still belong to it"),
  series: z.string().describe("The most unusual of its series; the following are of that one"),
  series_id: seriesId,
  kind: z.enum(alarmKinds),
  peak: z.iso.datetime(),
  rarity: z.number().describe("Share of ordinary points that are as unusual as its peak"),
  reason: z.string(),
  parts: z.array(alarmPartSchema).describe("The series in it, by start; the first began it"),
  mark: z
    .strictObject({
      as: z.enum(marks),
      note: z.string().nullable(),
      by: z.string(),
      at: z.iso.datetime(),
      share: z.number().describe("Share of the alarm budget that this kind of alarm of its series had from then on"),
    })
    .nullable()
    .describe("What a person said of it"),
  autonomy: z.enum(["observe", "shadow", "suggest", "veto", "act"]),
  model_version: z.int(),
  deployment: z.uuid(),
  raised_at: z.iso.datetime().describe("When Inlay knew"),
});

/** What became of points that came in. */
export const takenSchema = z.strictObject({
  judged: z.int().describe("Values that were judged and learnt from"),
  warming: z.int().describe("Learnt from; their series is too young for alarms"),
  missing: z.int().describe("Nothing was measured, or a series stayed silent"),
  known: z.int().describe("In a known event: observed, neither alarmed nor learnt"),
  late: z.int().describe("Not after the last point of their series, the same again included: left aside"),
  ahead: z.int().describe("Later than now: left aside"),
});

export type AlarmKind = (typeof alarmKinds)[number];
export type Mark = (typeof marks)[number];
export type AlarmPoint = z.infer<typeof alarmPointSchema>;
export type AlarmPart = z.infer<typeof alarmPartSchema>;
export type Alarm = z.infer<typeof alarmSchema>;
export type Taken = z.infer<typeof takenSchema>;
