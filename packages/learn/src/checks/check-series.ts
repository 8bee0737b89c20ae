/**
 * Made-up series for the checks: levels, trends, a weekly season, a promotion that adds to demand, holidays, gaps, counts with many zeros; and among
 * them the odd ones: without a value, with one, constant, never sold, gone for weeks.
 */
import type { Panel } from "../data/series.ts";
import { seeded } from "../math/random.ts";

export const checkHorizon = 14;
export const checkSeason = 7;

export interface CheckedSeries {
  readonly panel: Panel;
  /** What follows, shape (series, horizon); NaN of the odd ones. */
  readonly truth: Float64Array;
  /** Number of the first odd series. */
  readonly odd: number;
}

/** 18 ordinary series of 90 steps with the keys store and item, and six odd ones. The same seed gives the same series. */
export function checkSeries(seed: number): CheckedSeries {
  const random = seeded(seed);
  const noise = (): number => random.next() + random.next() + random.next() - 1.5;
  const [length, ordinary] = [90, 18];
  const calendar = Float64Array.from({ length: length + checkHorizon }, (_, step) => Number(step % 45 === 40));
  const all = Array.from({ length: ordinary }, (_, series) => {
    const isCount = series % 6 === 5;
    const promotion = Array.from({ length: length + checkHorizon }, () => Number(random.next() < 0.12));
    const level = 20 + 60 * random.next();
    const slope = 0.2 * random.next();
    const values = promotion.map((promoted, step) => {
      if (isCount) return random.next() < 0.4 ? 1 + random.below(4) : 0;
      const season = 8 * Math.sin((2 * Math.PI * (step + 2)) / checkSeason);
      return level + slope * step + season + 12 * promoted - 6 * calendar[step]! + 3 * noise();
    });
    const history = values.slice(0, length).map((value) => (random.next() < 0.02 ? Number.NaN : value));
    return { history, promotion, truth: values.slice(length) };
  });
  const oddOnes: number[][] = [
    [],
    [12],
    Array.from({ length: 40 }, () => 7),
    Array.from({ length: 40 }, () => 0),
    Array.from({ length: 60 }, (_, step) => (step < 20 ? 5 : 0)),
    Array.from({ length: 60 }, (_, step) => (step < 40 ? 30 + noise() : Number.NaN)),
  ];
  for (const history of oddOnes)
    all.push({
      history,
      promotion: Array.from({ length: history.length + checkHorizon }, () => 0),
      truth: Array.from({ length: checkHorizon }, () => Number.NaN),
    });
  const offsets = new Uint32Array(all.length + 1);
  all.forEach(({ history }, series) => (offsets[series + 1] = offsets[series]! + history.length));
  return {
    odd: ordinary,
    truth: Float64Array.from(all.flatMap(({ truth }) => truth)),
    panel: {
      keys: [
        { name: "store", values: all.map((_, series) => (series % 2 === 0 ? "north" : "south")) },
        { name: "item", values: all.map((_, series) => `item ${series}`) },
      ],
      offsets,
      starts: Int32Array.from(all, ({ history }) => length - history.length),
      values: Float64Array.from(all.flatMap(({ history }) => history)),
      inputs: [
        {
          name: "promotion",
          history: Float64Array.from(all.flatMap(({ history, promotion }) => promotion.slice(0, history.length))),
          ahead: Float64Array.from(all.flatMap(({ history, promotion }) => promotion.slice(history.length))),
        },
      ],
      calendar: [{ name: "holiday", start: 0, values: calendar }],
    },
  };
}
