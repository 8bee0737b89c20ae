/** What a model leans on, and how predictions go with fields, for people: rows of tables. */
import { formatNumber, sparkline } from "#base/text";
import type { ClassifyEvaluation, Evaluation, FieldEffect, RegressEvaluation } from "#records/model-version";

/** Evaluations that say it. */
export type Mattering = ClassifyEvaluation | RegressEvaluation;

/** Levels of a field that are named. */
const shownLevels = 4;

export const importanceHead = (task: Evaluation["task"]): string[] => [
  "leans on",
  task === "regress" ? "RMSE without it, more by" : "log-loss without it, more by",
  "from",
  "to",
];

export function importanceRows({ importance }: Mattering, most: number): string[][] {
  return importance
    .slice(0, most)
    .map(({ fields, rise, lower, upper }) => [fields.join(" with "), ...[rise, lower, upper].map(short)]);
}

export const effectsHead = ["field", "moves", "from", "to", "how"];

/** Numbers by a curve over their range, levels from what moves it down to what moves it up. */
export function effectRows({ effects }: Mattering): string[][] {
  return effects.map((effect) => {
    const heights = effect.points.map((point) => point.effect);
    const moves = effect.outcome === null ? "the value" : `the probability of ${effect.outcome}`;
    return [effect.field, moves, signed(Math.min(...heights)), signed(Math.max(...heights)), how(effect)];
  });
}

function how({ points }: FieldEffect): string {
  const [first, last] = [points[0]!.at, points.at(-1)!.at];
  if (typeof first === "number" && typeof last === "number") {
    const heights = points.map(({ effect }) => effect);
    return `${sparkline(heights)} at ${formatNumber(first)} to ${formatNumber(last)}`;
  }
  const ordered = points.toSorted((a, b) => a.effect - b.effect);
  const half = shownLevels / 2;
  const named = ordered.length <= shownLevels ? ordered : [...ordered.slice(0, half), ...ordered.slice(-half)];
  return named.map(({ at, effect }) => `${at} ${signed(effect)}`).join(", ");
}

/** Three digits. */
const short = (value: number): string => formatNumber(Number(value.toPrecision(3)));
const signed = (value: number): string => `${value > 0 ? "+" : ""}${short(value)}`;
