/**
 * Made-up series of the kinds that systems have, with anomalies put in and without: how often the ordinary is alarmed, and how many of the anomalies
 * are found. Five minutes between values, six weeks; what is new is judged by this rather than by the series that others score by.
 */
import { createDetector } from "../../packages/learn/src/anomaly/detector.ts";
import { detectorDefaults } from "../../packages/learn/src/anomaly/settings.ts";
import { seeded } from "../../packages/learn/src/math/random.ts";

const DAY = 288;
const STEPS = 42 * DAY;
const start = Date.UTC(2024, 0, 1);

let random = seeded(1);
const uniform = (): number => 1 - random.next();
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * random.next());
const exponential = (): number => -Math.log(uniform());
const poisson = (mean: number): number => {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  let [count, product] = [-1, 1];
  for (; product > Math.exp(-mean); count++) product *= uniform();
  return count;
};
const day = (step: number, phase = 0): number => Math.sin(2 * Math.PI * (step / DAY + phase));
const week = (step: number): number => (Math.floor(step / DAY) % 7 >= 5 ? 0.4 : 1);

type Family = () => (step: number) => number;

const families: Readonly<Record<string, Family>> = {
  "white noise": () => normal,
  "AR(1), 0.9": () => {
    let value = 0;
    return () => (value = 0.9 * value + normal());
  },
  "daily load": () => {
    const phase = uniform();
    return (step) => 50 + 20 * day(step, phase) + 2 * normal();
  },
  "weekly load": () => {
    const phase = uniform();
    return (step) => week(step) * (50 + 40 * day(step, phase)) + 3 * normal();
  },
  "bursty counts": () => {
    const [phase, mean] = [uniform(), 5 + 40 * uniform()];
    return (step) => poisson((mean * week(step) * (1.1 + day(step, phase)) * (exponential() + exponential())) / 2);
  },
  volume: () => {
    const phase = uniform();
    let state = 0;
    return (step) => Math.round(30 * Math.exp((state = 0.8 * state + 0.25 * normal()) + day(step, phase) + 0.3 * normal()));
  },
  "bursts that die away": () => {
    const phase = uniform();
    let burst = 0;
    return (step) => {
      burst = 0.9 * (burst + (uniform() < 1 / 600 ? 10 + 30 * exponential() : 0));
      return poisson(((12 + burst) * (1.05 + 0.9 * day(step, phase))) / 2);
    };
  },
  "counts that excite each other": () => {
    let rate = 0;
    return () => {
      const count = poisson(2 + rate);
      rate = 0.8 * (rate + 0.22 * count);
      return count;
    };
  },
  "heavy tails": () => () => normal() / Math.sqrt((normal() ** 2 + normal() ** 2) / 2),
  lognormal: () => () => Math.exp(1.2 * normal()),
  "levels that switch": () => {
    let level = 0;
    return () => (level = uniform() < 1 / 250 ? 6 * normal() : level) + normal();
  },
  "on and off": () => {
    const [off, on] = [1 / (10 + 30 * uniform()), 1 / (60 + 200 * uniform())];
    let isOn = false;
    return () => {
      if (uniform() < (isOn ? off : on)) isOn = !isOn;
      return Math.min(100, Math.max(0, isOn ? 85 + 5 * normal() : 4 + normal()));
    };
  },
  "percentages that saturate": () => {
    const phase = uniform();
    let state = 0;
    return (step) => {
      state = 0.95 * state + 0.3 * normal();
      return Math.round(1000 / (1 + Math.exp(-state - 2 - 2 * day(step, phase)))) / 10;
    };
  },
  "few values": () => {
    let value = 0;
    return () => Math.round((value = 0.9 * value + 0.3 * normal()));
  },
  "noise that drifts": () => {
    let [level, size] = [0, 0];
    return () => {
      level += 0.02 * normal();
      size = 0.999 * (size + 0.02 * normal());
      return level + Math.exp(size) * normal();
    };
  },
  "sparse spikes": () => {
    const share = 1 / (50 + 300 * uniform());
    return () => (uniform() < share ? 10 + 20 * exponential() : 0);
  },
  "volatility that clusters": () => {
    let [size, value] = [1, 0];
    return () => {
      size = Math.sqrt(0.02 + 0.15 * value * value + 0.84 * size * size);
      return (value = size * normal());
    };
  },
  "a daily job": () => {
    const at = Math.floor(uniform() * DAY);
    let [late, height] = [0, 0];
    return (step) => {
      if (step % DAY === 0) [late, height] = [Math.round(3 * normal()), 20 + 10 * exponential()];
      return ((step - at - late + 10 * DAY) % DAY < 3 ? height : 0) + 5 + normal();
    };
  },
  "fills and empties": () => {
    const rate = 0.05 + 0.1 * uniform();
    let value = 0;
    return () => {
      value += rate * (1 + 0.3 * normal());
      if (value > 30 || uniform() < 1 / 2000) value = 0;
      return value + 0.3 * normal();
    };
  },
  latency: () => {
    const phase = uniform();
    return (step) =>
      20 * (1 + 0.3 * day(step, phase)) * (1 + (uniform() < 0.02 ? 3 * exponential() : 0)) * Math.exp(0.15 * normal());
  },
};

interface Anomaly {
  readonly from: number;
  readonly to: number;
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], level: number): number => sorted(values)[Math.floor(level * values.length)]!;

/**
 * Spikes, levels, scatter, dips and bursts, one in about four days from the tenth on. Their size is that of the series' own: its rarest changes, its
 * range.
 */
function withAnomalies(values: readonly number[]): { values: number[]; anomalies: Anomaly[] } {
  const changed = values.slice();
  const anomalies: Anomaly[] = [];
  const middle = (step: number, count: number): number => quantile(values.slice(step - count, step), 0.5);
  const spikes = values.flatMap((value, step) => (step < 300 ? [] : [Math.abs(value - middle(step, 6))]));
  const spike = quantile(spikes, 0.999) || 1;
  const mean = (step: number): number => values.slice(step - 23, step + 1).reduce((sum, value) => sum + value / 24, 0);
  const shifts = values.flatMap((_, step) => (step < 2 * DAY || step % 6 > 0 ? [] : [Math.abs(mean(step) - mean(step - DAY))]));
  const shift = Math.max(quantile(shifts, 0.98), spike / 2);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  let kind = Math.floor(5 * uniform());
  for (let at = 10 * DAY; at + 1.5 * DAY < STEPS; at += Math.floor((3.5 + uniform()) * DAY)) {
    const from = at + Math.floor((uniform() * DAY) / 2);
    const [size, sign, usual] = [1.3 + uniform(), uniform() < 0.7 ? 1 : -1, middle(from, 24)];
    const [length, of] = (
      [
        [1, (value: number) => value + sign * size * spike],
        [48 + Math.floor(96 * uniform()), (value: number) => value + sign * size * shift],
        [36 + Math.floor(36 * uniform()), (value: number) => usual + 4 * (value - usual) + (spike / 2) * normal()],
        [24, () => low - 0.3 * (high - low) + 0.02 * spike * normal()],
        [12, (value: number, step: number) => value + size * spike * (1 - step / 14)],
      ] as const
    )[kind++ % 5]!;
    for (let step = 0; step < length; step++) changed[from + step] = of(values[from + step]!, step);
    anomalies.push({ from, to: from + length });
  }
  return { values: changed, anomalies };
}

export interface FamilyScore {
  readonly name: string;
  /** Alarms a week of the series as they are; two are promised. */
  readonly ordinary: number;
  /** Of the anomalies, those that were alarmed while they lasted; and the alarms a week that none of them, nor the day after it, has to do with. */
  readonly found: number;
  readonly false: number;
}

export function familyScores(series = 8): FamilyScore[] {
  return Object.entries(families).map(([name, family], at) => {
    random = seeded(7919 * (at + 2));
    let [ordinary, found, put, wrong] = [0, 0, 0, 0];
    const alarmsOf = (values: readonly number[]): number[] => {
      const detector = createDetector(detectorDefaults, 1);
      return values.flatMap((value, step) =>
        detector.observe(0, start + step * detectorDefaults.every, value).event === "starts" ? [step] : [],
      );
    };
    for (let one = 0; one < series; one++) {
      const next = family();
      const values = Array.from({ length: STEPS }, (_, step) => next(step));
      ordinary += alarmsOf(values).length;
      const changed = withAnomalies(values);
      const alarms = alarmsOf(changed.values);
      put += changed.anomalies.length;
      found += changed.anomalies.filter(({ from, to }) => alarms.some((step) => step >= from && step <= to + 2)).length;
      wrong += alarms.filter((step) => !changed.anomalies.some(({ from, to }) => step >= from && step < to + DAY)).length;
    }
    const weeks = (series * STEPS) / (7 * DAY);
    return { name, ordinary: ordinary / weeks, found: found / put, false: wrong / weeks };
  });
}
