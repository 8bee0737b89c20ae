/** What is to be run for which class of series, at how many origins of the past: as much as the budget has room for. */
import { seriesCount } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import type { LocalMethodName } from "../forecast/methods.ts";
import type { Origins } from "./rolling-origin.ts";
import type { CompleteForecastSettings } from "./settings.ts";

/** Methods of single series, and the one that learns from all. */
export type MethodName = LocalMethodName | "globalTrees";

/** What members and judgements of a batch share. */
export interface Plan {
  /** By name; the order of weights. The first is seasonal naive. */
  readonly methods: readonly MethodName[];
  /** For each class the methods that it may use, by place in `methods`. */
  readonly wanted: readonly (readonly number[])[];
  readonly horizon: number;
  readonly seasons: readonly number[];
  readonly origins: Origins;
}

const smooth: readonly MethodName[] = ["ets", "theta", "dynamicTheta", "complexSmoothing", "autoregression", "globalTrees"];
const intermittent: readonly MethodName[] = ["tsb", "temporalAggregation", "movingMean", "theta", "globalTrees"];

/** Microseconds a value of each method, on a usual machine; what is not named takes less than one. */
const costs: Readonly<Partial<Record<MethodName, number>>> = {
  ets: 25,
  dynamicTheta: 3,
  complexSmoothing: 3,
  autoregression: 3,
};

/** Errors of the past that are wanted for each step ahead, where a panel has few series. */
const ERRORS = 200;
const MOST_ORIGINS = 24;
const LEAST_ORIGINS = 3;

export function planFor({ horizon, seasons, method, budget }: CompleteForecastSettings, panel: Panel): Plan {
  const count = seriesCount(panel);
  const longest = panel.offsets.reduce((most, end, at) => Math.max(most, at > 0 ? end - panel.offsets[at - 1]! : 0), 0);
  const many = Math.min(MOST_ORIGINS, Math.max(LEAST_ORIGINS, Math.ceil(ERRORS / count)));
  const planOf = (names: readonly MethodName[], origins: number): Plan => {
    const methods = [...new Set<MethodName>(["seasonalNaive", ...names])];
    const placesOf = (wanted: readonly MethodName[]): number[] =>
      [...methods.keys()].filter((at) => at === 0 || wanted.includes(methods[at]!));
    return {
      methods,
      wanted: method === "auto" ? [placesOf(smooth), placesOf(intermittent)] : [placesOf(names), placesOf(names)],
      horizon,
      seasons,
      origins: { count: origins, stride: strideOf(origins, horizon, longest) },
    };
  };
  if (method !== "auto") return planOf([method], many);
  const all = [...smooth, ...intermittent];
  const ladder: readonly (() => Plan)[] = [
    () => planOf(all, many),
    () => planOf(all, LEAST_ORIGINS),
    () => planOf(all, 1),
    () =>
      planOf(
        all.filter((name) => name !== "ets"),
        1,
      ),
    () => planOf(["theta", "tsb"], 1),
  ];
  for (const step of ladder) {
    const plan = step();
    if (secondsOf(plan, panel) <= budget) return plan;
  }
  return ladder.at(-1)!();
}

/**
 * Steps between origins. Few of them lie half a horizon apart: the latest are most like today. Where there are few series, many origins make up for it, as far
 * apart as the later half of the longest has room for, since errors of one time are one proof, however often they are counted.
 */
function strideOf(origins: number, horizon: number, longest: number): number {
  if (origins <= LEAST_ORIGINS) return Math.max(1, horizon >> 1);
  const room = Math.floor((longest / 2 - horizon) / (origins - 1));
  return Math.max(1, horizon >> 2, Math.min(horizon, room));
}

/** With two threads, were every series of the panel to try every method. */
function secondsOf({ methods, origins }: Plan, { values }: Panel): number {
  const cost = methods.reduce((sum, name) => sum + (costs[name] ?? 0.5), 0);
  return (values.length * (origins.count + 1) * cost) / 2e6;
}

/** The same with the methods that were chosen alone. */
export function chosenPlan(plan: Plan, weights: readonly Float64Array[]): Plan {
  return {
    ...plan,
    wanted: plan.wanted.map((wanted, at) => wanted.filter((method) => method === 0 || weights[at]![method]! > 0)),
  };
}

/** Shortest season in whole steps; 1 without any. */
export function shortestPeriod(seasons: readonly number[]): number {
  return seasons.length === 0 ? 1 : Math.round(Math.min(...seasons));
}
