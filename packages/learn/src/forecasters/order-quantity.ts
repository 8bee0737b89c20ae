/**
 * How much to order: the demand until the order after this one arrives, at the level that costs or service imply, less what is there and on its
 * way. Arrow, Harris, Marschak: Optimal Inventory Policy, Econometrica 1951 (newsvendor); base stock with periodic review.
 */
import type { SeriesForecast } from "../model.ts";

export interface OrderSettings {
  /** Cost of one unit too few and of one too many, or the share of cases in which demand shall be met. */
  readonly service: { readonly short: number; readonly over: number } | { readonly level: number };
  /** Steps from the order to its arrival. */
  readonly leadTime: number;
  /** Steps until the next order can be placed; that one arrives a lead time later, and this one must last till then. */
  readonly reviewPeriod: number;
  readonly onHand: number;
  readonly onOrder: number;
  /** Orders are multiples of it. */
  readonly packSize?: number;
}

export interface OrderQuantity {
  /** What to order, 0 or more: a multiple of the pack size. */
  readonly quantity: number;
  /** The level that was aimed at, in (0, 1), and the demand at it until the order after this one arrives. */
  readonly level: number;
  readonly upTo: number;
}

/** The share of cases that the costs make it worth to meet: cu / (cu + co). */
export function criticalRatio(short: number, over: number): number {
  if (!(short > 0 && over > 0)) throw new RangeError(`costs: must be above 0, got ${short} and ${over}`);
  return short / (short + over);
}

/**
 * `levels` are those of the forecast; a level between two of them lies between their quantiles.
 *
 * @throws RangeError naming the setting that cannot be used: a level outside those of the forecast, or steps beyond its horizon
 * @example orderQuantity(forecaster.levels, forecast, { service: { short: 9, over: 1 }, leadTime: 2, reviewPeriod: 7, onHand: 12, onOrder: 0 })
 */
export function orderQuantity(
  levels: readonly number[],
  { mean, cumulative }: SeriesForecast,
  settings: OrderSettings,
): OrderQuantity {
  const { service, leadTime, reviewPeriod, onHand, onOrder, packSize = 1 } = settings;
  const horizon = mean.length;
  const level = "level" in service ? service.level : criticalRatio(service.short, service.over);
  const steps = leadTime + reviewPeriod;
  if (!(Number.isInteger(leadTime) && leadTime >= 0 && Number.isInteger(reviewPeriod) && reviewPeriod >= 1))
    throw new RangeError(
      `leadTime, reviewPeriod: must be whole steps, the second at least 1, got ${leadTime} and ${reviewPeriod}`,
    );
  if (steps > horizon) throw new RangeError(`leadTime and reviewPeriod: ${steps} steps go beyond the horizon of ${horizon}`);
  if (!(packSize > 0)) throw new RangeError(`packSize: must be above 0, got ${packSize}`);
  for (const [name, value] of [
    ["onHand", onHand],
    ["onOrder", onOrder],
  ] as const)
    if (!Number.isFinite(value)) throw new RangeError(`${name}: must be a finite number, got ${value}`);
  const above = levels.findIndex((one) => one >= level);
  if (above < 0 || (above === 0 && levels[0] !== level))
    throw new RangeError(`service: the level ${level} lies outside those of the forecast, ${levels.join(", ")}`);
  const at = (index: number): number => cumulative[index * horizon + steps - 1]!;
  const below = Math.max(0, above - 1);
  const share = above === below ? 0 : (level - levels[below]!) / (levels[above]! - levels[below]!);
  const upTo = at(below) + share * (at(above) - at(below));
  const missing = Math.max(0, upTo - onHand - onOrder);
  // A hair above a multiple is the rounding of the machine, not demand.
  return { quantity: Math.max(0, Math.ceil(missing / packSize - 1e-9)) * packSize, level, upTo };
}
