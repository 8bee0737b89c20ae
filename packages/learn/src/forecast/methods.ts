/** The methods that forecast one series by itself, by name. */
import { autoregression } from "./autoregression.ts";
import { complexSmoothing } from "./complex-smoothing.ts";
import { dynamicTheta } from "./dynamic-theta.ts";
import { ets } from "./ets.ts";
import { croston, sba, tsb } from "./intermittent.ts";
import type { LocalMethod } from "./method.ts";
import { movingMean } from "./moving-mean.ts";
import { seasonalNaive } from "./seasonal-naive.ts";
import { temporalAggregation } from "./temporal-aggregation.ts";
import { theta } from "./theta.ts";

export const localMethods = {
  seasonalNaive,
  ets,
  theta,
  dynamicTheta,
  complexSmoothing,
  autoregression,
  croston,
  sba,
  tsb,
  temporalAggregation,
  movingMean,
} as const satisfies Readonly<Record<string, LocalMethod>>;

export type LocalMethodName = keyof typeof localMethods;
