/** A use case that looks ahead: what each of many series will be over the steps to come, and what to order for it. */
import { z } from "zod";
import { everyNames, isCalendar, isZone, zoneNames } from "#base/steps";
import type { Every } from "#base/steps";
import { localMethods } from "#learn/forecast/methods";
import type { LocalMethodName } from "#learn/forecast/methods";
import { nearest, parsePercent } from "#base/text";
import { standardCategory } from "#records/standardise";
import { numberRule, numberText, within } from "#records/number-parts";
import { bound, column, common, duration, name, percent, policyParts, seed } from "#records/use-case-parts";

/** Fields of a record beside the series: what is there, and what is on its way. */
export const stockFields = ["on_hand", "on_order"] as const;

const select = (what: string): z.ZodString => z.string().min(1).describe(`One SELECT that returns ${what}`);
const steps = z.int().min(1).max(10_000);
const cost = z.number().min(0);

const orderSchema = z
  .strictObject({
    lead_time: z.int().min(0).max(10_000).default(0).describe("Steps from the order until it is there"),
    review: steps.default(1).describe("Steps from one order to the next"),
    understock: cost.optional().describe("What a unit costs that is asked for and not there"),
    overstock: cost.optional().describe("What a unit costs that is left over"),
    service_level: percent.optional().describe("How often the stock shall be enough, instead of the two costs"),
    pack: z.number().positive().optional().describe("Orders are multiples of so many units"),
  })
  .refine(
    ({ understock, overstock, service_level: level }) =>
      level === undefined
        ? understock !== undefined && overstock !== undefined && understock + overstock > 0
        : understock === undefined && overstock === undefined && parsePercent(level)! > 0 && parsePercent(level)! < 1,
    "either understock and overstock, what a unit costs, or service_level from above 0% to below 100%",
  );

const place = z
  .string()
  .regex(/^[A-Za-z]{2}(-[A-Za-z0-9]{1,5}){0,2}$/, "a country or a region of it by its code, such as DE or DE-BY")
  .max(20)
  .meta({ examples: ["DE", "DE-BY"] });

const holidaysSchema = z.union([
  place,
  z
    .strictObject({
      country: place.optional().describe("Whose public holidays count, such as DE"),
      region: z.string().min(1).max(100).optional().describe("Those of a region of it too, such as BY"),
      column: column
        .optional()
        .describe("The column of source.query that names the place of each series: DE-BY, or BY where country is given"),
      query: select("the time of each holiday or closed day, under the name of source.time").optional(),
    })
    .refine(
      ({ country, region, column: own, query }) =>
        query === undefined
          ? (country !== undefined || own !== undefined) && !(region !== undefined && own !== undefined)
          : country === undefined && region === undefined && own === undefined,
      "either country, with a region where it has its own, or the column that names the place of each series, or a query",
    ),
]);

/** Methods as they are written, `seasonal-naive`, and as the learner calls them. */
export const methodNames: ReadonlyMap<string, LocalMethodName> = new Map(
  (Object.keys(localMethods) as LocalMethodName[]).map((name) => [writtenMethod(name), name]),
);

/** @example writtenMethod("seasonalNaive") === "seasonal-naive" */
export function writtenMethod(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const { unfamiliar_below: _, ...parts } = policyParts;

export const forecastPolicySchema = z.strictObject({
  ...parts,
  coverage: percent
    .refine((text) => parsePercent(text)! >= 0.5 && parsePercent(text)! <= 0.98, "a percentage from 50% to 98%")
    .default("80%")
    .describe("The share of outcomes that intervals must hold"),
  cover: steps
    .optional()
    .describe("Steps whose sum a decision is about; with an order they are its lead time and review (default: 1)"),
  order: orderSchema.optional().describe("What to order: the quantile of the demand that the costs imply, less what is there"),
  rules_first: z.array(numberRule).default([]).describe("Rules that decide before the model is asked; the first that holds wins"),
  confident_at: z
    .strictObject({ within })
    .optional()
    .describe("The model decides alone where its interval is this narrow; without it, whatever the interval"),
  rules: z.array(numberRule).default([]).describe("The rules of today: the fallback where there is no model"),
  default: numberText.optional().describe("The outcome when nothing else decides"),
});

export const forecastSchema = z.strictObject({
  use_case: common.use_case,
  task: z.literal("forecast"),
  goal: common.goal,
  source: z.strictObject({
    system: name,
    query: select("the history: a row for each series and step, or several that are added up"),
    series: z.array(column).max(8).default([]).describe("The columns that name a series; none where there is one alone"),
    time: column.describe("When it was: an instant, or a date"),
    value: column.describe("The column of numbers to look ahead of"),
    censored: column
      .optional()
      .describe("A flag: the value is only the least that would have been, since it was sold out or closed"),
  }),
  every: z.enum(everyNames).describe("The step of time"),
  horizon: z.int().min(1).max(1000).describe("Steps to look ahead"),
  look_back: steps.optional().describe("Steps to look back at, at most (default: all)"),
  time_zone: z
    .string()
    .refine(isZone, {
      error: ({ input }) => {
        const near = nearest(String(input), zoneNames());
        return near === undefined ? "a time zone such as Europe/Berlin" : `a time zone; did you mean ${near}?`;
      },
    })
    .default("UTC")
    .describe("Whose days count. A column of dates is taken as it is"),
  missing: z
    .enum(["unknown", "zero"])
    .default("unknown")
    .describe("What a step without a row is: unknown, or zero, as where rows are sales"),
  duplicates: z
    .enum(["sum", "mean", "last", "error"])
    .default("sum")
    .describe("What several rows of a series in one step are: parts to add up, measurements, corrections, or a mistake"),
  inputs: z
    .strictObject({
      columns: z.array(column).min(1).max(50).describe("Numbers and flags that are known ahead, such as price and promotion"),
      query: select("series, time and inputs of the steps to come").optional().describe("Without it, the last value holds"),
    })
    .optional(),
  holidays: holidaysSchema
    .optional()
    .describe(
      "Days that differ, of the past and of the steps to come, and those beside them: the public holidays of a place, those of the place of each series, or days that a query returns",
    ),
  hierarchy: z
    .array(column)
    .max(8)
    .default([])
    .describe(
      "Columns that groups of series share, widest first, such as region, store: their sums are forecast too, and all add up",
    ),
  readiness: common.readiness,
  train: z
    .strictObject({
      method: z
        .enum(["auto", ...methodNames.keys()])
        .default("auto")
        .describe("auto: what does best at times of the past, of single methods and of their combination"),
      budget: duration.default("60s").describe("How long the fit may take on a usual machine, about; 0s: the fastest"),
      seed,
      holdout: steps.optional().describe("The last steps, on which the version is judged (default: the horizon)"),
    })
    .default({ method: "auto", budget: "60s", seed: 1 }),
  gate: z
    .strictObject({
      mase: bound.optional().describe("Mean absolute error as a share of that of seasonal naive over the history"),
      bias: bound.optional().describe("Absolute mean of what it says too much, as a share of the mean value"),
      coverage: bound.optional().describe("Share of held-out values that lie in their intervals, from 0 to 1"),
      beats: z.array(z.enum(["seasonal-naive"])).default(["seasonal-naive"]),
      p95_latency: duration.optional(),
    })
    .default({ beats: ["seasonal-naive"] }),
  policy: forecastPolicySchema.default(forecastPolicySchema.parse({})),
});

export type ForecastUseCase = z.infer<typeof forecastSchema>;
export type ForecastPolicy = z.infer<typeof forecastPolicySchema>;

/** Where holidays come from: a query, or the public ones of a place or of the place of each series. */
export type HolidaysFrom =
  | { readonly query: string }
  | { readonly place: string }
  | { readonly column: string; readonly country: string | undefined };

export function holidaysFrom({ holidays }: Pick<ForecastUseCase, "holidays">): HolidaysFrom | null {
  if (holidays === undefined) return null;
  if (typeof holidays === "string") return { place: holidays };
  const { country, region, column: own, query } = holidays;
  if (query !== undefined) return { query };
  return own !== undefined
    ? { column: own, country }
    : { place: [country!, ...(region === undefined ? [] : [region])].join("-") };
}

/** The column that names the place whose holidays each series has, where there is one. */
export function placeColumn(useCase: Pick<ForecastUseCase, "holidays">): string | undefined {
  const holidays = holidaysFrom(useCase);
  return holidays && "column" in holidays ? holidays.column : undefined;
}

/** What a step is told of holidays: of days and what is shorter those beside them too, of longer steps their number. */
export function holidayNames(every: Every): readonly string[] {
  return every === "day" || !isCalendar(every)
    ? ["holiday", "day before a holiday", "day after a holiday", "bridge day"]
    : ["holiday"];
}

/** The steps that a decision is about. */
export function coverOf({ cover, order }: Pick<ForecastPolicy, "cover" | "order">): number {
  return order ? order.lead_time + order.review : (cover ?? 1);
}

/** The share of times that the stock shall be enough: of the costs, that of what is short (the newsvendor's critical ratio). */
export function serviceLevelOf({ understock, overstock, service_level: level }: NonNullable<ForecastPolicy["order"]>): number {
  return level === undefined ? understock! / (understock! + overstock!) : parsePercent(level)!;
}

/** What names a series: the values of its key, in the order of `source.series`. */
export function seriesName(values: readonly string[]): string {
  return values.length === 0 ? "all" : values.join(" / ");
}

/** The key of a series as training and decisions have it; null where a part is missing. */
export function standardSeries(values: readonly unknown[]): string[] | null {
  const parts = values.map((value) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? standardCategory(String(value)) : null,
  );
  return parts.every((part) => part !== null) ? parts : null;
}

/** Columns that tell series and their groups apart, widest first: those of the hierarchy, then the rest of the key. */
export function seriesKeys({ hierarchy, source }: Pick<ForecastUseCase, "hierarchy" | "source">): string[] {
  return [...new Set([...hierarchy, ...source.series])];
}
