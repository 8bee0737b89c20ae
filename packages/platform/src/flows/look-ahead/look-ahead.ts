/** Forecasts as a whole: series by series with their intervals, what changed since the version before, and what would if inputs did. */
import { z } from "zod";
import { everyNames } from "#base/steps";
import type { WhatIf, WhatIfQuery } from "#flows/look-ahead/what-if";

const valueSchema = z.number();

export const stepAheadSchema = z.strictObject({
  step: z.string(),
  mean: valueSchema,
  lower: valueSchema,
  upper: valueSchema,
});

export const seriesAheadSchema = z.strictObject({
  series: z.string().describe("The values of its key"),
  key: z.record(z.string(), z.string().nullable()).describe("Value by column; null: the sum over all of its values"),
  basis: z.enum(["history", "others"]).describe("What it rests on: its own past, or for want of one that of the others"),
  sum: z.strictObject({ mean: valueSchema, lower: valueSchema, upper: valueSchema }).describe("Of all steps together"),
  steps: z.array(stepAheadSchema),
  history: z
    .array(z.strictObject({ step: z.string(), value: valueSchema.nullable() }))
    .describe("The last steps before; null where a value is unknown. Empty unless asked for"),
});

export const forecastPageSchema = z.strictObject({
  use_case: z.string(),
  model_version: z.int(),
  every: z.enum(everyNames),
  seen_until: z.string().describe("The last step that the model has seen"),
  steps_old: z.int().describe("Steps that are over since then"),
  coverage: z.number().describe("Share of values that lie from `lower` to `upper`"),
  series: z.array(seriesAheadSchema),
  next: z.string().nullable().describe("Pass as `after` for the next page; null on the last"),
});

export const changeSchema = z.strictObject({
  series: z.string(),
  before: valueSchema.describe("Sum over the steps that both versions look ahead to"),
  now: valueSchema,
  moved: z
    .array(z.strictObject({ part: z.string(), by: valueSchema }))
    .describe("What moved it, strongest first; together the difference"),
});

export const forecastChangesSchema = z.strictObject({
  use_case: z.string(),
  model_version: z.int(),
  version_before: z.int().nullable().describe("null where there is none to compare with"),
  from: z.string().nullable().describe("The first step that both look ahead to"),
  until: z.string().nullable(),
  series: z.int().describe("Series that both know"),
  new_series: z.int(),
  gone_series: z.int(),
  changes: z.array(changeSchema).describe("The greatest differences first; series that are as they were are left out"),
});

export type SeriesAhead = z.infer<typeof seriesAheadSchema>;
export type ForecastPage = z.infer<typeof forecastPageSchema>;
export type ForecastChange = z.infer<typeof changeSchema>;
export type ForecastChanges = z.infer<typeof forecastChangesSchema>;

export interface ForecastQuery {
  /** Default: the deployed version, or the newest where none is. */
  readonly version?: number | undefined;
  /** Only series whose key has these values. */
  readonly series?: Readonly<Record<string, string>> | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Steps of the past to show with each series, at most. */
  readonly history?: number | undefined;
}

export interface LookAhead {
  /**
   * Sums of the hierarchy first, then the series in the order of their keys.
   *
   * @throws USE_CASE_UNKNOWN, NO_FORECASTS, SERIES_UNKNOWN, MODEL_UNKNOWN, REQUEST_INVALID (a page that is none), ARTIFACT_*
   */
  forecast(useCase: string, query: ForecastQuery): Promise<ForecastPage>;
  /**
   * Planned values of inputs replaced, and what that does to the forecast as it stands. Nothing is recorded, nothing is written back.
   *
   * @throws USE_CASE_UNKNOWN, NO_FORECASTS, SERIES_UNKNOWN, MODEL_UNKNOWN, WHAT_IF_REFUSED, ARTIFACT_*
   */
  whatIf(useCase: string, query: WhatIfQuery): Promise<WhatIf>;
  /** Against the version before, series by series. */
  changes(useCase: string, query: { readonly version?: number | undefined; readonly limit: number }): Promise<ForecastChanges>;
}
