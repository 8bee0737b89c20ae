/** What use cases whose outcomes are numbers have in common. */
import { z } from "zod";
import { parsePercent } from "#base/text";
import { standardNumber } from "#records/standardise";
import { ruleOf } from "#records/use-case-parts";

/** A number as YAML has it, kept as text like every outcome. */
const asText = (value: unknown): unknown => (typeof value === "number" ? String(value) : value);

export const numberText = z.preprocess(
  asText,
  z.string().refine((text) => standardNumber(text) !== null, "a number such as 12 or 0.5"),
);

export const within = z
  .preprocess(
    asText,
    z.string().refine((text) => {
      const amount = standardNumber(text);
      return amount === null ? (parsePercent(text) ?? 0) > 0 : Number(amount) > 0;
    }, "a number such as 10, in the unit of the outcome, or a percentage of the value such as 15%"),
  )
  .describe(
    "How far the interval may reach to each side for the model to decide alone: in the unit of the outcome, or as a share of the value",
  )
  .meta({ examples: ["10", "15%"] });

export const numberRule = ruleOf(numberText);
