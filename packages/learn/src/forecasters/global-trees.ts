/**
 * One model for all series of a class: boosted trees that read what a series did lately, where in its seasons a step lies, inputs, calendar and keys, and say
 * how far the step will be from the level of the series, in units of what it usually moves by. Series that are too short to teach a season learn
 * it from the others. Montero-Manso & Hyndman: Principles and Algorithms for Forecasting Groups of Time Series, IJF 2021; in the manner of the
 * winners of Makridakis, Spiliotis, Assimakopoulos: M5 Accuracy Competition, IJF 2022, with one model for all steps ahead.
 */
import { valuesOf } from "../data/series.ts";
import type { Panel, StepClock } from "../data/series.ts";
import { Pace } from "../math/pause.ts";
import { seeded } from "../math/random.ts";
import { fitTrees } from "../trees/boost.ts";
import type { TreeColumn } from "../trees/columns.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { rawScores, scorerOf } from "../trees/score.ts";
import type { Scorer } from "../trees/score.ts";
import { aheadAt } from "./clock.ts";
import { placeOf } from "./members.ts";
import { inputValues } from "./members.ts";
import type { Members, SharedPanel } from "./members.ts";
import { shortestPeriod } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";
import { INTERMITTENT } from "./series-class.ts";
import { usualChange } from "./spread.ts";

/** Rows to learn from, at most, and at least: below, there is nothing that single series do not know. */
const MOST_ROWS = 150_000;
const LEAST_ROWS = 3000;
const LEAST_SERIES = 10;
/** Steps ahead of one origin that are learnt from. */
const STEPS = 8;
const LAGS = 6;
/** Targets farther off count as so far. */
const FARTHEST = 10;

/** Values of a key that the model tells apart, in the order of their codes. */
export interface KeyLevels {
  readonly name: string;
  readonly levels: readonly string[];
}

export interface GlobalData {
  readonly panel: Panel;
  readonly shared: SharedPanel;
  readonly plan: Plan;
  readonly keys: readonly KeyLevels[];
  /** Of each of these keys the code of each series, as `keyCodes` gives them. */
  readonly codes: readonly Int32Array[];
}

/** The keys of few values: those with one value a series say nothing of others. O(series x keys). */
export function keyLevelsOf({ keys }: Panel): KeyLevels[] {
  return keys.flatMap(({ name, values }) => {
    const levels = [...new Set(values.filter((value) => value !== null))];
    return levels.length > 1 && levels.length * 4 <= values.length ? [{ name, levels }] : [];
  });
}

/** For each of these keys the code of each series; -1 for values that are not known. */
export function keyCodes({ keys }: Panel, known: readonly KeyLevels[]): Int32Array[] {
  return known.map(({ name, levels }) => {
    const codes = new Map(levels.map((level, code) => [level, code]));
    return Int32Array.from(keys.find((key) => key.name === name)!.values, (value) =>
      value === null ? -1 : (codes.get(value) ?? -1),
    );
  });
}

/** Level and unit of a series as it was known at a cut. */
interface Anchor {
  readonly level: number;
  readonly unit: number;
}

function anchorOf(history: Float64Array, seriesClass: number, seasons: readonly number[]): Anchor {
  const period = shortestPeriod(seasons);
  const recent = history.subarray(Math.max(0, history.length - Math.max(period, 4)));
  const level = knownMean(recent);
  if (seriesClass === INTERMITTENT)
    return { level: 0, unit: Math.max(knownMean(history.subarray(Math.max(0, history.length - 36))), 0.05) };
  const unit = usualChange(history, period);
  return {
    level: Number.isNaN(level) ? knownMean(history) : level,
    unit: unit > 0 ? unit : Math.max(1e-9, Math.abs(level) * 1e-3),
  };
}

/** Number columns of a row, in the order of `featuresAt`. */
export function numberCount({ seasons }: Plan, inputs: number): number {
  return LAGS + 4 * seasons.length + 6 + inputs;
}

/** Writes what is known at a cut of the step `ahead` (0 is the first) to `into`; columns are at `columnsOf`. */
function writeFeatures(
  history: Float64Array,
  { level, unit }: Anchor,
  start: number,
  ahead: number,
  inputsAt: (input: number) => number,
  inputs: number,
  { seasons }: Plan,
  clock: StepClock | undefined,
  into: Float64Array,
): void {
  const cut = history.length;
  const scaled = (value: number): number => (value - level) / unit;
  const at = (place: number): number => (place >= 0 && place < cut ? scaled(history[place]!) : Number.NaN);
  const now = aheadAt(clock, start + cut + ahead);
  let slot = 0;
  for (let lag = 0; lag < LAGS; lag++) into[slot++] = at(cut - 1 - lag);
  for (const season of seasons) {
    const period = Math.round(season);
    /** The place of the same hour so many seasons before the step. */
    const before = (place: number): number => {
      const back = cut + ahead - period * place;
      return back < 0 ? back : back + now - aheadAt(clock, start + back);
    };
    const latest = Math.ceil((ahead + 1) / period);
    const [last, second, third] = [at(before(latest)), at(before(latest + 1)), at(before(latest + 2))];
    into[slot++] = last;
    into[slot++] = second;
    into[slot++] = (last + second + third) / 3;
    into[slot++] = (start + cut + ahead + now) % period;
  }
  into[slot++] = ahead;
  into[slot++] = scaled(knownMean(history.subarray(Math.max(0, cut - 3))));
  into[slot++] = scaled(knownMean(history.subarray(Math.max(0, cut - 12))));
  into[slot++] = scaled(knownMean(history.subarray(Math.max(0, cut - 36))));
  into[slot++] = Math.log1p(cut);
  into[slot++] = level / unit;
  for (let input = 0; input < inputs; input++) into[slot++] = inputsAt(input);
}

/**
 * The model of a class, of what came before the earliest origin of the past (`isPast`) or of all; null where there is too little. O(rows x
 * features), and the trees.
 */
export async function fitGlobalTrees(
  { panel, shared, plan, keys, codes }: GlobalData,
  series: readonly number[],
  seriesClass: number,
  isPast: boolean,
  { seed, threads, signal }: { readonly seed: number; readonly threads: number; readonly signal?: AbortSignal | undefined },
): Promise<TreeEnsemble | null> {
  const { horizon, seasons, origins } = plan;
  if (series.length < LEAST_SERIES) return null;
  const steps = Math.min(horizon, STEPS);
  const wanted = Math.max(1, Math.floor(MOST_ROWS / (series.length * steps)));
  const least = leastHistory(seasons, seriesClass);
  const random = seeded(seed);
  const inputs = shared.inputs.length;
  const numbers = numberCount(plan, inputs);
  const rows: { readonly series: number; readonly cut: number; readonly ahead: number }[] = [];
  for (const one of series) {
    const length = panel.offsets[one + 1]! - panel.offsets[one]!;
    let end = length;
    if (isPast)
      for (let origin = 1; origin <= origins.count; origin++) {
        const cut = cutAt(length, origin, horizon, origins, least);
        if (cut >= 0) end = Math.min(end, cut);
      }
    const room = end - least;
    if (room < 1) continue;
    for (let k = 0; k < Math.min(wanted, room); k++) {
      const cut = least + Math.floor(((k + random.next()) * room) / Math.min(wanted, room));
      for (let step = 0; step < steps; step++) {
        const ahead = Math.floor(((step + random.next()) * horizon) / steps);
        if (cut + ahead < end && !Number.isNaN(panel.values[panel.offsets[one]! + cut + ahead]!))
          rows.push({ series: one, cut, ahead });
      }
    }
  }
  if (rows.length < LEAST_ROWS) return null;
  const columns = Array.from({ length: numbers }, () => new Float64Array(rows.length));
  const target = new Float64Array(rows.length);
  const feature = new Float64Array(numbers);
  const pace = new Pace(2000, signal);
  for (const [row, { series: one, cut, ahead }] of rows.entries()) {
    await pace.spend(1);
    const values = valuesOf(panel, one);
    const history = values.subarray(0, cut);
    const anchor = anchorOf(history, seriesClass, seasons);
    const inputsAt = (input: number): number => inputValues(shared, input, one, cut + ahead, cut + ahead + 1, horizon)[0]!;
    writeFeatures(history, anchor, panel.starts[one]!, ahead, inputsAt, inputs, plan, panel.clock, feature);
    for (let at = 0; at < numbers; at++) columns[at]![row] = feature[at]!;
    target[row] = Math.max(-FARTHEST, Math.min(FARTHEST, (values[cut + ahead]! - anchor.level) / anchor.unit)) || 0;
  }
  const all: TreeColumn[] = [
    ...columns.map((values): TreeColumn => ({ kind: "number", values })),
    ...codes.map((known, key): TreeColumn => ({
      kind: "category",
      codes: Int32Array.from(rows, ({ series: one }) => known[one]!),
      levels: keys[key]!.levels.length,
    })),
  ];
  return fitTrees(
    { loss: { name: "squared" }, rounds: 150, learningRate: 0.05, maxDepth: 6, minRows: 20, rowShare: 0.7, columnShare: 0.7 },
    { rows: rows.length, columns: all, target },
    { seed, threads, signal },
  );
}

/** Writes what the model says of the series of a batch at an origin to the members, as the method at place `method`. */
export function fillFromTrees(
  { panel, shared, plan, keys, codes }: GlobalData,
  batch: Uint32Array,
  places: readonly number[],
  seriesClass: number,
  origin: number,
  method: number,
  ensemble: TreeEnsemble,
  members: Members,
): void {
  const { horizon, seasons, origins, methods } = plan;
  const inputs = shared.inputs.length;
  const numbers = numberCount(plan, inputs);
  const scorer: Scorer = scorerOf(ensemble);
  const feature = new Float64Array(numbers);
  const size = Math.max(1, Math.floor(BLOCK / horizon));
  for (let from = 0; from < places.length; from += size) {
    const block = places.slice(from, from + size);
    const rows = block.length * horizon;
    const columns = Array.from({ length: numbers }, () => new Float64Array(rows));
    const own = keys.map(() => new Int32Array(rows));
    const anchors: (Anchor | null)[] = [];
    for (const [k, at] of block.entries()) {
      const one = batch[at]!;
      const values = valuesOf(panel, one);
      const cut = cutAt(values.length, origin, horizon, origins, leastHistory(seasons, seriesClass));
      const history = values.subarray(0, Math.max(0, cut));
      const anchor = anchorOf(history, seriesClass, seasons);
      const isKnown = cut > 0 && !Number.isNaN(anchor.level);
      anchors.push(isKnown ? anchor : null);
      if (!isKnown) continue;
      const ahead = shared.inputs.map((_, input) => inputValues(shared, input, one, cut, cut + horizon, horizon));
      for (let step = 0; step < horizon; step++) {
        writeFeatures(
          history,
          anchor,
          panel.starts[one]!,
          step,
          (input) => ahead[input]![step]!,
          inputs,
          plan,
          panel.clock,
          feature,
        );
        for (let column = 0; column < numbers; column++) columns[column]![k * horizon + step] = feature[column]!;
        for (const [key, known] of codes.entries()) own[key]![k * horizon + step] = known[one]!;
      }
    }
    const all: TreeColumn[] = [
      ...columns.map((values): TreeColumn => ({ kind: "number", values })),
      ...own.map((values, key): TreeColumn => ({ kind: "category", codes: values, levels: keys[key]!.levels.length })),
    ];
    const scores = rawScores(scorer, all, rows);
    for (const [k, at] of block.entries()) {
      const anchor = anchors[k];
      if (!anchor) continue;
      const into = placeOf(plan, at, origin, method);
      for (let step = 0; step < horizon; step++)
        members.means[into + step] = anchor.level + anchor.unit * scores[k * horizon + step]!;
      if (origin > 0) continue;
      // Of what is said of the future, what inputs add comes on top, as with other methods.
      const length = valuesOf(panel, batch[at]!).length;
      for (let input = 0; input < inputs; input++) {
        const [coefficient, usual] = [members.coefficients[at * inputs + input]!, members.usual[at * inputs + input]!];
        inputValues(shared, input, batch[at]!, length, length + horizon, horizon).forEach((value, step) => {
          if (!Number.isNaN(value)) members.means[into + step]! -= coefficient * (value - usual);
        });
      }
      members.levels[at * methods.length + method] = anchor.level;
    }
  }
}

/** Rows that are asked about at once. */
const BLOCK = 30_000;

function knownMean(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
