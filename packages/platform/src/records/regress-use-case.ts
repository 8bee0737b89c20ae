/** A use case whose outcome is a number: late days, hours of effort, a price. */
import { z } from "zod";
import { parsePercent } from "#base/text";
import { historyParts } from "#records/history";
import { numberRule, numberText, within } from "#records/number-parts";
import { bound, common, duration, percent, policyParts, source, weight, trainParts } from "#records/use-case-parts";

export const regressPolicySchema = z.strictObject({
  ...policyParts,
  rules_first: z.array(numberRule).default([]).describe("Rules that decide before the model is asked; the first that holds wins"),
  confident_at: z
    .strictObject({
      within,
      coverage: percent
        .refine((text) => parsePercent(text)! >= 0.5 && parsePercent(text)! <= 0.99, "a percentage from 50% to 99%")
        .default("90%")
        .describe("The share of outcomes that intervals must hold"),
    })
    .describe("The model decides alone where its interval is this narrow"),
  rules: z.array(numberRule).default([]).describe("The rules of today: the fallback, and the baseline a model must beat"),
  default: numberText.optional().describe("The outcome when nothing else decides"),
});

export const regressSchema = z.strictObject({
  ...common,
  ...historyParts,
  task: z.literal("regress"),
  source: z.strictObject({ ...source, weight }),
  train: z
    .strictObject({
      learner: z
        .enum(["auto", "linear", "trees", "trees-linear"])
        .default("auto")
        .describe("auto: a linear model, boosted trees or both, the simplest that is as good as any on unseen rows"),
      budget: duration
        .default("60s")
        .describe("How long the search for settings of trees may take on a usual machine, about; 0s: the fastest"),
      ...trainParts,
    })
    .default({ learner: "auto", budget: "60s", feedback: true, seed: 1, holdout: "20%" }),
  gate: z
    .strictObject({
      rmse: bound.optional().describe("Root of the mean squared error, in the unit of the outcome"),
      mae: bound.optional().describe("Mean absolute error, in the unit of the outcome"),
      r2: bound.optional().describe("Share of the variance that is explained"),
      beats: z.array(z.enum(["mean", "rules"])).default(["mean", "rules"]),
      p95_latency: duration.optional(),
    })
    .default({ beats: ["mean", "rules"] }),
  policy: regressPolicySchema,
});
