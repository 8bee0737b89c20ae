/** Made-up series without anomalies: how often they are alarmed against what was promised, and how fast they go by. */
import { createDetector } from "../../packages/learn/src/anomaly/detector.ts";
import { newFindings } from "../../packages/learn/src/anomaly/finding.ts";
import { detectorDefaults } from "../../packages/learn/src/anomaly/settings.ts";
import { seeded } from "../../packages/learn/src/math/random.ts";

const random = seeded(17);
const uniform = (): number => 1 - random.next();
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * random.next());
const poisson = (mean: number): number => {
  let [count, product] = [-1, 1];
  for (; product > Math.exp(-mean); count++) product *= uniform();
  return count;
};

type Source = () => (step: number) => number;
const autoregressive =
  (slope: number): Source =>
  () => {
    let value = 0;
    return () => (value = slope * value + normal());
  };

const sources: Readonly<Record<string, Source>> = {
  "white noise": () => normal,
  "AR(1), 0.8": autoregressive(0.8),
  "random walk": autoregressive(1),
  "a wave of a day": () => (step) => 10 * Math.sin((2 * Math.PI * step) / 288) + normal(),
  "counts, mean 3": () => () => poisson(3),
  exponential: () => () => -Math.log(uniform()),
  "Student's t, 3 degrees": () => () => normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2) / 3),
};

export interface QuietScore {
  readonly name: string;
  /** Alarms a week and series, and the ends of their 95 % interval over the series. */
  readonly alarms: number;
  readonly low: number;
  readonly high: number;
}

/** Twelve weeks of 40 series of each kind; the budget is two a week and series. */
export function quietScores(): QuietScore[] {
  const [series, weeks] = [40, 12];
  return Object.entries(sources).map(([name, source]) => {
    const detector = createDetector(detectorDefaults, series);
    const next = Array.from({ length: series }, source);
    const counts = new Float64Array(series);
    const slots = Uint32Array.from(counts.keys());
    const out = newFindings(series);
    for (let step = 0; step < weeks * 2016; step++) {
      const times = new Float64Array(series).fill(Date.UTC(2024, 0, 1) + step * detectorDefaults.every);
      detector.observeMany(
        slots,
        times,
        Float64Array.from(next, (one) => one(step)),
        out,
      );
      for (let slot = 0; slot < series; slot++) if (out.event[slot] === 1) counts[slot]! += 1 / weeks;
    }
    const mean = counts.reduce((sum, count) => sum + count, 0) / series;
    const error = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (series - 1) / series);
    return { name, alarms: mean, low: mean - 1.96 * error, high: mean + 1.96 * error };
  });
}

/** Points a second of processor time, over 10,000 series in turn, after a day; and bytes a series. */
export function throughput(): { pointsPerSecond: number; bytes: number } {
  const series = 10_000;
  const detector = createDetector(detectorDefaults, series);
  const slots = Uint32Array.from({ length: series }, (_, slot) => slot);
  const out = newFindings(series);
  const noise = Float64Array.from({ length: 100_003 }, normal);
  let [points, spent] = [0, 0];
  for (let step = 0; step < 700; step++) {
    const times = new Float64Array(series).fill(Date.UTC(2024, 0, 1) + step * detectorDefaults.every);
    const values = Float64Array.from(
      slots,
      (slot) => 100 + 10 * Math.sin((step + slot) / 46) + noise[(step * 7919 + slot * 31) % noise.length]!,
    );
    const before = process.cpuUsage().user;
    detector.observeMany(slots, times, values, out);
    if (step < 300) continue;
    spent += process.cpuUsage().user - before;
    points += series;
  }
  return { pointsPerSecond: (points / spent) * 1e6, bytes: detector.bytesPerSeries };
}
