/**
 * From the score of a model to a number in the unit of the outcome, and back. Scores are free of units: outcomes are centred and divided by their
 * standard deviation, or divided by their mean under a logarithm. So hours and minutes give the same model.
 */
import type { LossSettings } from "../trees/settings.ts";

export type Link =
  /** center + scale x score. */
  | { readonly name: "identity"; readonly center: number; readonly scale: number }
  /** scale x e^score: for amounts and counts, where effects multiply and a value is never negative. */
  | { readonly name: "log"; readonly scale: number };

/** Those that such outcomes allow, the simplest first. Outcomes are finite and not all the same. O(rows). */
export function linksOf(targets: Float64Array): [Link, ...Link[]] {
  const center = mean(targets);
  const scale = Math.sqrt(mean(targets.map((target) => (target - center) ** 2)));
  const identity: Link = { name: "identity", center, scale };
  return targets.every((target) => target >= 0) ? [identity, { name: "log", scale: center }] : [identity];
}

/** What is fitted: the loss, and the outcomes as it takes them. O(rows). */
export function goalOf(
  link: Link,
  targets: Float64Array,
): { loss: LossSettings & { name: "squared" | "poisson" }; target: Float64Array } {
  return link.name === "identity"
    ? { loss: { name: "squared" }, target: targets.map((target) => (target - link.center) / link.scale) }
    : { loss: { name: "poisson" }, target: targets.map((target) => target / link.scale) };
}

export function valueOf(link: Link, score: number): number {
  return link.name === "identity" ? link.center + link.scale * score : link.scale * Math.exp(score);
}

/**
 * What a unit of the score counts for on the way from `base` to `score`: the rise of the value by the rise of the score. Contributions to the score
 * times this are those to the value; they are exact, and those of Aumann & Shapley (Values of Non-Atomic Games, 1974) for the straight way.
 */
export function slopeBetween(link: Link, base: number, score: number): number {
  if (link.name === "identity") return link.scale;
  const rise = score - base;
  return link.scale * Math.exp(base) * (rise === 0 ? 1 : Math.expm1(rise) / rise);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}
