/**
 * The seasons of a series, from its history: how long it takes until its values come again, if they do. At most two.
 *
 * Candidates are those of the calendar, and what the first half of the history shows: maxima of the autocorrelation of its values and of their
 * changes, each made exact by those at its multiples. The second half, which had no part in finding them, judges each: the pattern of the
 * first must foretell what the value before does not (AR(1)), coarsely or finely. Tested as in Clark, West: Approximately Normal Tests for Equal
 * Predictive Accuracy in Nested Models, Journal of Econometrics 2007, over sums of blocks, at 1 % for all tests together (Bonferroni); and the
 * error must become less. Of those that pass, the shortest is taken that is as good as the best within one standard error (Breiman et al. 1984), so that
 * no multiple stands for a season. A second one must pass on what the first has left.
 *
 * A season of the calendar that the history is too short for stays: online, one is heeded only where it predicts better.
 */
import { lagProducts } from "../math/autocovariance.ts";
import { regularizedBeta } from "../math/binomial.ts";
import { weightedQuantile } from "../math/quantile.ts";
import { LEAST_PERIOD, PROFILE_CELLS } from "./series.ts";

export interface SeasonSearch {
  /** Milliseconds from one value to the next. */
  readonly every: number;
  /** Milliseconds of seasons that may well be, such as a day and a week. */
  readonly calendar: readonly number[];
}

/** Steps that are looked at: the last ones. */
const MOST_STEPS = 8192;
const LEAST_STEPS = 48;
/** The history must hold a season so many times for it to be tested. */
const LEAST_TURNS = 3;
/** A pattern is looked for in so many parts, for waves and for what is short. */
const BINS = [24, 288] as const;
/** Blocks are whole turns of a finely seen season where there are enough. */
const [LEAST_BLOCKS, BLOCKS] = [6, 16] as const;
const LEVEL = 0.01;
/** Maxima of an autocorrelation that become candidates. */
const MOST_FOUND = 3;
/** Of a season too long for its parts to be seen, one that it holds several times goes before it where it does so much of the same: days of a week. */
const MOSTLY = 0.5;
const MOST_TURNS = 7;
/** Maxima of so much of the highest may be the season that the highest is a multiple of. */
const NEARLY = 0.7;
/** Values are bounded by so many of their usual distances from the median. */
const BOUND = 8;
const GREATEST = 1e30;
/** What is less, in usual distances, is the rounding of numbers, which may well come again. */
const LEAST = 1e-9;

/**
 * Milliseconds, shortest first; none where values do not come again. O(steps²), steps at most 8,192.
 *
 * @param times epoch milliseconds
 * @param values NaN where nothing came
 */
export function findSeasons({ every, calendar }: SeasonSearch, times: ArrayLike<number>, values: ArrayLike<number>): number[] {
  const possible = calendar.filter((season) => season >= LEAST_PERIOD * every);
  const history = onGrid(every, times, values);
  const turns = history === null ? 0 : history.steps.length * every;
  const untested = possible.filter((season) => turns < LEAST_TURNS * season);
  if (history === null) return untested.slice(0, 2);
  const half = Math.floor(history.steps.length / 2);
  const tested = possible.filter((season) => !untested.includes(season)).map((season) => season / every);
  const found: number[] = [];
  let { steps } = history;
  while (found.length < 2) {
    const own = periodsOf(withoutLine(steps.subarray(0, half)));
    const known = [...found, ...possible.map((season) => season / every)];
    const candidates = [
      ...tested.filter((one) => !found.includes(one)),
      ...own.filter((one) => !known.some((other) => areClose(one, other))),
    ];
    const level = LEVEL / candidates.length / BINS.length;
    const passed = candidates.filter((period) =>
      BINS.some((bins) => {
        const { products, gains } = foretold(steps, half, history.offset, period, widthOf(period, bins));
        return sum(gains) > 0 && chanceOf(products) < level;
      }),
    );
    if (passed.length === 0) break;
    // Beside a season, what was found may be but a sideband of how a longer one changes it.
    const longer = found.length > 0 ? passed.filter((one) => tested.includes(one)) : [];
    const period = shortestOfBest(longer.length > 0 ? longer : passed, steps, half, history.offset);
    found.push(period);
    steps = withoutSeason(steps, half, history.offset, period);
  }
  const lengths = [...found.map((period) => period * every), ...untested];
  return lengths.slice(0, 2).sort((a, b) => a - b);
}

const areClose = (one: number, other: number): boolean => Math.abs(one - other) <= Math.max(1, other / 50);
/** Steps that are taken together to see so many parts of a season. */
const widthOf = (period: number, bins: number): number => Math.max(1, Math.floor(period / bins));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

interface History {
  /** By step, in usual distances from the median; NaN where nothing came. */
  readonly steps: Float64Array;
  /** Steps from the epoch to the first: phases are those of the clock. */
  readonly offset: number;
}

/** Null where there is too little, or but one value. */
function onGrid(every: number, times: ArrayLike<number>, values: ArrayLike<number>): History | null {
  let [first, last] = [Infinity, -Infinity];
  const isKnown = (at: number): boolean => Number.isFinite(times[at]!) && Number.isFinite(values[at]!);
  for (let at = 0; at < times.length; at++) {
    if (!isKnown(at)) continue;
    first = Math.min(first, times[at]!);
    last = Math.max(last, times[at]!);
  }
  if (!(last > first)) return null;
  const from = Math.max(first, last - (MOST_STEPS - 1) * every);
  const steps = new Float64Array(Math.round((last - from) / every) + 1).fill(Number.NaN);
  for (let at = 0; at < times.length; at++) {
    const step = Math.round((times[at]! - from) / every);
    if (isKnown(at) && step >= 0) steps[step] = Math.max(-GREATEST, Math.min(GREATEST, values[at]!));
  }
  const known = steps.filter((value) => !Number.isNaN(value));
  if (known.length < LEAST_STEPS || known.length < steps.length / 4) return null;
  const median = weightedQuantile(known, null, known.length, 0.5);
  const distances = known.map((value) => Math.abs(value - median));
  const mean = distances.reduce((total, one) => total + one / known.length, 0);
  const spread = weightedQuantile(distances, null, known.length, 0.5) || mean;
  if (!(spread > 0)) return null;
  const scaled = steps.map((value) => Math.max(-BOUND, Math.min(BOUND, (value - median) / spread)));
  return { steps: scaled, offset: from / every };
}

/** Where the autocorrelation of values, or of their changes, is highest, in steps. O(n log n). */
function periodsOf(values: Float64Array): number[] {
  const changes = values.map((value, at) => (at === 0 ? 0 : value - values[at - 1]!));
  return [...new Set([...maximaOf(values), ...maximaOf(changes)])];
}

function maximaOf(values: Float64Array): number[] {
  const lags = Math.floor(values.length * 0.75);
  const correlation = lagProducts(values).map((products, lag) => products / (values.length - lag));
  const highest = (from: number, to: number): number => {
    let best = Math.max(1, from);
    for (let lag = best + 1; lag <= Math.min(lags - 1, to); lag++) if (correlation[lag]! > correlation[best]!) best = lag;
    return best;
  };
  const maxima: { lag: number; rise: number }[] = [];
  for (let lag = LEAST_PERIOD; lag < Math.floor((values.length * 2) / LEAST_TURNS); lag++) {
    const around = Math.max(1, lag >> 3);
    if (!(correlation[lag]! > 0) || highest(lag - around, lag + around) !== lag) continue;
    maxima.push({ lag, rise: correlation[lag]! - Math.min(...correlation.subarray(lag >> 1, lag)) });
  }
  const byRise = maxima.toSorted((a, b) => b.rise - a.rise);
  const high = maxima.filter(({ rise }) => rise >= NEARLY * byRise[0]!.rise);
  return [...new Set([...high.slice(0, 1), ...byRise].map(({ lag }) => lag))].slice(0, MOST_FOUND).map((lag) => {
    let [period, multiple] = [lag, 1];
    while (2 * multiple * period < lags) {
      multiple *= 2;
      period = highest(Math.ceil(multiple * period - lag / 8), Math.floor(multiple * period + lag / 8)) / multiple;
    }
    return Math.abs(period - Math.round(period)) <= 1 / multiple ? Math.round(period) : period;
  });
}

/** Less the line through them; 0 where nothing came. */
function withoutLine(values: Float64Array): Float64Array {
  const middle = (values.length - 1) / 2;
  let [count, total, products, squares] = [0, 0, 0, 0];
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    count++;
    total += value;
    products += value * (at - middle);
    squares += (at - middle) ** 2;
  });
  const [mean, slope] = [total / count, products / squares];
  return values.map((value, at) => (Number.isNaN(value) ? 0 : value - mean - slope * (at - middle)));
}

/**
 * What the pattern of the first half does for the second, by block: products of what came and what it says, and how much less the squared error is.
 * `width` steps are taken together. The pattern is shrunk as a whole (James, Stein 1961): of one that is all chance nothing is left.
 */
function foretold(
  steps: Float64Array,
  half: number,
  offset: number,
  period: number,
  width: number,
): { products: number[]; gains: number[] } {
  const count = Math.floor(steps.length / width);
  const means = Float64Array.from({ length: count }, (_, at) => meanOf(steps, at * width, (at + 1) * width));
  const first = Math.floor(half / width);
  const level = meanOf(means, 0, first);
  let [products, squares] = [0, 0];
  for (let at = 1; at < first; at++) {
    const product = (means[at]! - level) * (means[at - 1]! - level);
    if (Number.isNaN(product)) continue;
    products += product;
    squares += (means[at - 1]! - level) ** 2;
  }
  const lasting = squares > 0 ? Math.max(0, Math.min(1, products / squares)) : 0;
  const news = means.map((mean, at) => (at === 0 ? Number.NaN : mean - lasting * means[at - 1]!));
  const size = Math.max(LEAST_PERIOD, Math.min(BINS[1], Math.round(period / width)));
  const binOf = (at: number): number => phaseBin(offset + (at + 0.5) * width, period, size);
  const { pattern, kept } = patternOf(news.subarray(0, first), size, binOf);
  const middle = meanOf(news, first, count);
  const turns = Math.floor(((count - first) * width) / period);
  const isFine = size > BINS[0] && turns >= LEAST_BLOCKS; // what is short lies in a part of a turn
  const blocks = Math.min(BLOCKS, isFine ? turns : Math.floor((count - first) / 2));
  const answer = { products: Array.from({ length: blocks }, () => 0), gains: Array.from({ length: blocks }, () => 0) };
  for (let at = first; at < count; at++) {
    if (Number.isNaN(news[at]!)) continue;
    const said = kept * pattern[binOf(at)]!;
    const block = Math.floor(((at - first) / (count - first)) * blocks);
    const product = (news[at]! - middle) * said;
    answer.products[block]! += product;
    answer.gains[block]! += 2 * product - said * said;
  }
  return answer;
}

const phaseBin = (step: number, period: number, size: number): number =>
  Math.min(size - 1, Math.floor((step / period - Math.floor(step / period)) * size));

/** Means by bin about their mean, and the share of them that is more than chance. */
function patternOf(values: Float64Array, size: number, binOf: (at: number) => number): { pattern: Float64Array; kept: number } {
  const [counts, sums] = [new Float64Array(size), new Float64Array(size)];
  let [known, total, squares] = [0, 0, 0];
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    counts[binOf(at)]! += 1;
    sums[binOf(at)]! += value;
    known++;
    total += value;
    squares += value * value;
  });
  const mean = total / known;
  const pattern = sums.map((of, bin) => (counts[bin]! > 0 ? of / counts[bin]! - mean : 0));
  const explained = pattern.reduce((all, value, bin) => all + counts[bin]! * value * value, 0);
  const chance = (size * Math.max(0, squares - known * mean * mean - explained)) / Math.max(1, known - size);
  return { pattern, kept: explained > 0 ? Math.max(0, 1 - chance / explained) : 0 };
}

/** The probability of sums as great or greater where none is to be expected: one-sided, Student's t. */
function chanceOf(sums: readonly number[]): number {
  const freedom = sums.length - 1;
  const mean = sum(sums) / sums.length;
  const variance = sums.reduce((total, one) => total + (one - mean) ** 2, 0) / freedom / sums.length;
  if (!(mean > 0)) return 1;
  return regularizedBeta(freedom / (freedom + mean ** 2 / variance), freedom / 2, 0.5) / 2;
}

function shortestOfBest(periods: readonly number[], steps: Float64Array, half: number, offset: number): number {
  const width = Math.min(...periods.map((period) => widthOf(period, BINS[1])));
  const gains = new Map(periods.map((period) => [period, foretold(steps, half, offset, period, width).gains]));
  const best = periods.reduce((one, other) => (sum(gains.get(other)!) > sum(gains.get(one)!) ? other : one));
  const asGood = periods.filter((period) => {
    const own = gains.get(period)!;
    const turns = Math.round(best / period);
    if (
      best > PROFILE_CELLS &&
      turns > 1 &&
      turns <= MOST_TURNS &&
      areClose(turns * period, best) &&
      sum(own) >= MOSTLY * sum(gains.get(best)!)
    )
      return true;
    const less = own.map((gain, at) => gains.get(best)![at]! - gain);
    const mean = sum(less) / less.length;
    return sum(less) <= Math.sqrt(less.reduce((total, one) => total + (one - mean) ** 2, 0));
  });
  return Math.min(...asGood);
}

/** Less the pattern that the first half has about its moving mean. */
function withoutSeason(steps: Float64Array, half: number, offset: number, period: number): Float64Array {
  const [around, size] = [Math.floor(period / 2), Math.min(BINS[1], Math.round(period))];
  const [sums, counts] = [new Float64Array(half + 1), new Float64Array(half + 1)];
  for (let at = 0; at < half; at++) {
    const isKnown = !Number.isNaN(steps[at]!);
    sums[at + 1] = sums[at]! + (isKnown ? steps[at]! : 0);
    counts[at + 1] = counts[at]! + (isKnown ? 1 : 0);
  }
  const needsEnds = half - 2 * around < period;
  const free = Float64Array.from({ length: half }, (_, at) => {
    const [from, to] = [Math.max(0, at - around), Math.min(half, at + around + 1)];
    if (to - from <= 2 * around && !needsEnds) return Number.NaN; // the mean of a part of a turn is no level
    return steps[at]! - (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!);
  });
  const binOf = (at: number): number => phaseBin(offset + at + 0.5, period, size);
  const { pattern } = patternOf(free, size, binOf);
  return steps.map((value, at) => Math.round((value - pattern[binOf(at)]!) / LEAST) * LEAST);
}

/** NaN where there is none. */
function meanOf(values: Float64Array, from: number, to: number): number {
  let [total, known] = [0, 0];
  for (let at = from; at < to; at++) {
    if (Number.isNaN(values[at]!)) continue;
    total += values[at]!;
    known++;
  }
  return total / known;
}
