/**
 * A small shop with a year of sales: two stores, items with a weekly season, promotions that triple the demand and days that are sold out, one that is
 * asked for now and then, one that is new and one that is sold no more. The same `until` gives the same rows.
 */
import { seeded } from "#learn/math/random";

const dayMs = 86_400_000;

export interface Sale {
  /** `2026-03-29`. */
  readonly day: string;
  readonly region: string;
  readonly store: string;
  readonly item: string;
  readonly units: number;
  readonly price: number;
  readonly promo: boolean;
  readonly sold_out: boolean;
}

export interface Planned {
  readonly day: string;
  readonly store: string;
  readonly item: string;
  readonly price: number;
  readonly promo: boolean;
}

export interface Shop {
  readonly sales: readonly Sale[];
  /** Prices and promotions of the four weeks to come. */
  readonly plan: readonly Planned[];
}

export const days = 371;
const planned = 28;
const items = ["bread", "milk", "lamp", "fresh", "gone"] as const;

/** `until`: epoch milliseconds of the last day. */
export function shop(until: number): Shop {
  const random = seeded(11);
  const sales: Sale[] = [];
  const plan: Planned[] = [];
  const first = Math.floor(until / dayMs) - days + 1;
  for (const [store, region] of [
    ["1", "north"],
    ["2", "south"],
  ] as const) {
    for (const item of items) {
      for (let at = 0; at < days + planned; at++) {
        const day = new Date((first + at) * dayMs).toISOString().slice(0, 10);
        const promo = item === "milk" && (first + at) % 17 < 2;
        const price = promo ? 0.8 : 1.2;
        if (at >= days) {
          if (item !== "gone") plan.push({ day, store, item, price, promo });
          continue;
        }
        const sold = demand(item, first + at, at, promo, random.next) * (store === "1" ? 1 : 0.5);
        const asked = Math.round(sold);
        // On every thirteenth day there is too little bread.
        const isSoldOut = item === "bread" && at % 13 === 5;
        const units = isSoldOut ? Math.round(asked * 0.4) : asked;
        if (units > 0 || isSoldOut) sales.push({ day, region, store, item, units, price, promo, sold_out: isSoldOut });
      }
    }
  }
  return { sales, plan };
}

function demand(item: (typeof items)[number], day: number, at: number, promo: boolean, random: () => number): number {
  const weekend = (day + 4) % 7 === 6 || (day + 4) % 7 === 0;
  const noise = 0.9 + 0.2 * random();
  const chance = random();
  switch (item) {
    case "bread":
      return (weekend ? 40 : 20) * noise;
    case "milk":
      return (promo ? 90 : 30) * noise;
    case "lamp":
      return chance < 0.15 ? 2 + 4 * noise : 0;
    case "fresh":
      return at < days - 15 ? 0 : (weekend ? 24 : 12) * noise;
    case "gone":
      return at > days - 120 ? 0 : 15 * noise;
  }
}

/** Rows as CSV with a head; `true` and `false` for flags. */
export function csvOf(rows: readonly object[]): string {
  const names = Object.keys(rows[0]!);
  return `${names.join(",")}\n${rows.map((row) => Object.values(row).join(",")).join("\n")}\n`;
}

export const useCaseYaml = `use_case: shop-demand
task: forecast
goal: { kpi: lost sales and stock, direction: decrease }
source:
  system: shop
  query: select day, region, store, item, units, price, promo, sold_out from sales
  series: [store, item]
  time: day
  value: units
  censored: sold_out
every: day
horizon: 28
time_zone: Europe/Berlin
missing: zero
inputs:
  columns: [price, promo]
  query: select day, store, item, price, promo from plan
hierarchy: [region, store]
train: { budget: 0s }
policy:
  order: { lead_time: 3, review: 7, understock: 5, overstock: 1, pack: 6 }
`;
