/** What if the price were another: planned values of inputs replaced, and the difference to the forecast as it stands. */
import { z } from "zod";
import { everyNames } from "#base/steps";

const valueSchema = z.number();
const differenceSchema = z.strictObject({
  planned: valueSchema.describe("As the forecast stands"),
  what_if: valueSchema,
  difference: valueSchema,
});

const rangeSchema = z.strictObject({ least: valueSchema, greatest: valueSchema });

const changedInputSchema = z.strictObject({
  input: z.string(),
  planned: rangeSchema.nullable().describe("Its values over these steps as they are planned; null where none is known"),
  what_if: rangeSchema.nullable().describe("Those that they are replaced by"),
  seen: rangeSchema.nullable().describe("Its values in the history of the series; null where it has none"),
  outside: z.boolean().describe("It was never seen so in this series: how far it moves the forecast is a guess"),
  unplanned: z.int().describe("Steps with no value of it, neither planned nor given: they stay as they are"),
});

export const seriesWhatIfSchema = z.strictObject({
  series: z.string(),
  key: z.record(z.string(), z.string().nullable()),
  basis: z.enum(["history", "others"]).describe("What it rests on: its own past, or for want of one that of the others"),
  sum: differenceSchema.describe("Over these steps"),
  inputs: z.array(changedInputSchema),
  steps: z.array(
    differenceSchema.extend({
      step: z.string(),
      lower: valueSchema.describe("Of the interval about `what_if`"),
      upper: valueSchema,
    }),
  ),
});

export const whatIfSchema = z.strictObject({
  use_case: z.string(),
  model_version: z.int(),
  every: z.enum(everyNames),
  seen_until: z.string().describe("The last step that the model has seen"),
  coverage: z.number().describe("Share of values that lie from `lower` to `upper`"),
  from: z.string().describe("The first step with other inputs"),
  until: z.string().describe("The last one"),
  count: z.int().describe("Series that are asked for"),
  sum: differenceSchema.describe("Over these steps and all series that are asked for"),
  outside: z.int().describe("Series with an input that was never seen so"),
  series: z.array(seriesWhatIfSchema).describe("Those that move most first"),
});

/** A value of an input in place of the planned one, or by how much the planned ones are changed, such as `-10%`. */
export type ChangedInput = number | boolean | string;

export interface WhatIfQuery {
  /** Default: the deployed version, or the newest where none is. */
  readonly version?: number | undefined;
  /** Only series whose key has these values. */
  readonly series?: Readonly<Record<string, string>> | undefined;
  readonly changes: Readonly<Record<string, ChangedInput>>;
  /** The first and the last step with other inputs; default: all that the forecast reaches. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Series in the answer, at most. */
  readonly limit: number;
}

export type WhatIf = z.infer<typeof whatIfSchema>;
export type SeriesWhatIf = z.infer<typeof seriesWhatIfSchema>;
