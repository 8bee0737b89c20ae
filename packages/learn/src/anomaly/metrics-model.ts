/**
 * Several metrics of one thing together: values that are each ordinary and do not go together are unusual. Fitted on rows in the order of time that
 * are normal but for a few.
 *
 * Each metric is scaled by its median and spread and bounded, and smoothed over time (multivariate EWMA: Lowry, Woodall, Champ, Rigdon,
 * Technometrics 1992). The distance is Mahalanobis' from a centre that follows slow drift while nothing is unusual; its covariance is that within
 * stretches of the training rows, plus what the means of neighbouring stretches differ by, of few rows shrunk to its diagonal: a metric that drifts by itself
 * weighs less. It joins what T² sees within the plane of the metrics and what Q sees beside it. The tail of the distance is that of an F distribution, whose second
 * degrees of freedom are the differences of stretches that drift was learnt from. A metric that is always the same says nothing and is not heeded.
 *
 * A reason is a metric against what the others say of it: its mean given theirs, and the part of T² that would be gone were it there (the conditional
 * terms of Mason, Tracy, Young, Journal of Quality Technology 1995).
 */
import { regularizedBeta } from "../math/binomial.ts";
import { choleskyFactor, choleskySolve } from "../math/cholesky.ts";
import { weightedQuantile } from "../math/quantile.ts";
import type { SavedModel } from "../model.ts";
import { list, number, record, tensor, text } from "../saved/values.ts";

export interface MetricsSettings {
  /** Rows over which values are smoothed: more miss what is short, fewer alarm on noise. */
  readonly smoothing: number;
  /** Rows in which the centre follows what is not unusual; 0 keeps it where it is. */
  readonly drift: number;
  /** A row is unusual where at most this share of normal rows is as far out. */
  readonly alarmBelow: number;
}

export const metricsDefaults: MetricsSettings = { smoothing: 10, drift: 300, alarmBelow: 0.05 };

export interface MetricsData {
  readonly names: readonly string[];
  /** Shape (rows, names), row-major; NaN is missing. Rows in the order of time, in equal steps. */
  readonly values: Float64Array;
}

/** What is known of one thing that is watched, to be kept from row to row: plain numbers. */
export interface MetricsState {
  readonly smoothed: Float64Array;
  readonly centre: Float64Array;
}

export interface MetricsFinding {
  /** One minus the share of normal rows that are as far out, in [0, 1). */
  readonly score: number;
  readonly unusual: boolean;
  /**
   * How far the metric that goes least with the others is from what they say of it, in its usual deviations from that: about 1 of an ordinary row. Unlike
   * the distance it heeds no course of the day that all metrics share.
   */
  readonly apart: number;
  /** Metrics that do not go with the others, strongest first. */
  readonly reasons: readonly MetricReason[];
}

export interface MetricReason {
  readonly metric: string;
  /** Of the squared distance so much would be gone were the metric as expected, in [0, 1]. */
  readonly share: number;
  /** Where it is, smoothed. */
  readonly value: number;
  /** Where it would be if it went with the others. */
  readonly expected: number;
}

export interface MetricsModel {
  readonly kind: "metrics";
  readonly settings: MetricsSettings;
  readonly names: readonly string[];
  /** The metrics that changed in the training rows. Of fewer than two there is nothing that goes together. */
  readonly heeded: readonly string[];
  /** The state after the last training row. */
  start(): MetricsState;
  /**
   * Judges a row, shape (names), and follows it: the state is changed unless `follow` is false. `limit` reasons at most. O(names²), and names³ once.
   */
  observe(state: MetricsState, values: Float64Array, limit: number, follow?: boolean): MetricsFinding;
  save(): SavedModel;
}

const KIND = "metrics";
const FORMAT = 1;
const STRETCHES = 5;
/** How many steps between neighbouring stretches a thing may have drifted from where it was learnt. */
const DRIFT_STRETCHES = 3;
/** Of so few independent rows a metric a covariance is mostly error, and is shrunk; of more that would hide what is small beside a course that all share. */
const SHRUNK_ROWS = 10;
const SHRINKAGE = 0.1;
const BOUND = 8;
const LEAST_ROWS = 50;
/** No probability is said to be less. */
const LEAST = 1e-12;

interface Parts {
  readonly middles: Float64Array;
  readonly spreads: Float64Array;
  readonly centre: Float64Array;
  /** The last training row, scaled and smoothed. */
  readonly last: Float64Array;
  /** Cholesky's factor of the covariance of smoothed scaled values. */
  readonly factor: Float64Array;
}

/**
 * O(rows x names²).
 *
 * @throws RangeError where a setting cannot be used, or there are fewer than 50 rows or no metric
 */
export function fitMetrics(settings: MetricsSettings, { names, values }: MetricsData): MetricsModel {
  checkSettings(settings);
  const size = names.length;
  if (size === 0) throw new RangeError("names: there must be at least one metric");
  const rows = values.length / size;
  if (!Number.isInteger(rows)) throw new RangeError(`values: ${values.length} are no whole number of rows of ${size}`);
  if (rows < LEAST_ROWS) throw new RangeError(`values: there must be at least ${LEAST_ROWS} rows to learn from, got ${rows}`);
  const middles = new Float64Array(size);
  const spreads = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    const known = Float64Array.from({ length: rows }, (_, row) => bounded(values[row * size + at]!)).filter(
      (value) => !Number.isNaN(value),
    );
    if (known.length === 0) continue;
    const middle = weightedQuantile(known, null, known.length, 0.5);
    const distances = known.map((value) => Math.abs(value - middle));
    const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
    middles[at] = middle;
    spreads[at] = 1.4826 * weightedQuantile(distances, null, distances.length, 0.5) || mean;
  }
  const scaled = new Float64Array(rows * size);
  const state = new Float64Array(size);
  for (let row = 0; row < rows; row++) {
    smooth(state, values.subarray(row * size, (row + 1) * size), middles, spreads, row === 0 ? 1 : 1 / settings.smoothing);
    scaled.set(state, row * size);
  }
  const { factor, centre } = covariance(scaled, size, STRETCHES, settings.smoothing);
  return openMetrics(settings, names, { middles, spreads, centre, last: state, factor });
}

/** @throws Error where the parts do not fit together */
export function loadMetrics(saved: SavedModel): MetricsModel {
  const { kind, format, settings: plain, names: listed } = saved.header;
  if (kind !== KIND || format !== FORMAT) throw new Error(`no loader for kind ${kind}, format ${format}`);
  const at = record(plain, "settings");
  const settings: MetricsSettings = {
    smoothing: number(at["smoothing"], "settings.smoothing"),
    drift: number(at["drift"], "settings.drift"),
    alarmBelow: number(at["alarmBelow"], "settings.alarmBelow"),
  };
  checkSettings(settings);
  const names = list(listed, "names", text);
  const size = names.length;
  const vector = (name: string, length = size): Float64Array => tensor(saved.tensors, name, Float64Array, length);
  return openMetrics(settings, names, {
    middles: vector("middles"),
    spreads: vector("spreads"),
    centre: vector("centre"),
    last: vector("last"),
    factor: vector("factor", size * size),
  });
}

function openMetrics(settings: MetricsSettings, names: readonly string[], parts: Parts): MetricsModel {
  const { middles, spreads, factor } = parts;
  const size = names.length;
  const difference = new Float64Array(size);
  const pull = new Float64Array(size);
  const smoothed = new Float64Array(size);
  /** The inverse of the covariance, row-major: on its diagonal, of each metric given the others, one over its variance. */
  let inverse: Float64Array | undefined;
  return {
    kind: KIND,
    settings,
    names,
    heeded: names.filter((_, at) => spreads[at]! > 0),
    start: () => ({ smoothed: parts.last.slice(), centre: parts.centre.slice() }),
    observe(state, values, limit, follow = true) {
      if (values.length !== size) throw new RangeError(`values: must be ${size}, one a metric, got ${values.length}`);
      smoothed.set(state.smoothed);
      smooth(smoothed, values, middles, spreads, 1 / settings.smoothing);
      for (let at = 0; at < size; at++) difference[at] = smoothed[at]! - state.centre[at]!;
      inverse ??= inverseOf(factor, size);
      if (complete(values, inverse)) for (let at = 0; at < size; at++) smoothed[at] = state.centre[at]! + difference[at]!;
      const far = distance(factor, difference, size, pull);
      let apart = 0;
      for (let at = 0; at < size; at++) apart = Math.max(apart, Math.abs(pull[at]!) / Math.sqrt(inverse[at * size + at]!));
      const freedom = STRETCHES - 1;
      const probability = regularizedBeta(freedom / (freedom + size * far), freedom / 2, size / 2);
      const unusual = probability <= settings.alarmBelow;
      if (follow) state.smoothed.set(smoothed);
      const reasons = limit > 0 ? reasonsOf(far, inverse).slice(0, limit) : [];
      if (follow && !unusual && settings.drift > 0)
        for (let at = 0; at < size; at++) state.centre[at]! += difference[at]! / settings.drift;
      return { score: 1 - Math.max(LEAST, probability), unusual, apart, reasons };
    },
    save: () => ({
      header: { kind: KIND, format: FORMAT, settings, names },
      tensors: { middles, spreads, centre: parts.centre, last: parts.last, factor },
    }),
  };

  /** Puts what is missing where the others say it would be: it adds nothing to the distance. Whether anything was missing and anything was not. */
  function complete(values: Float64Array, inverses: Float64Array): boolean {
    const heeded = Array.from(values.keys()).filter((at) => spreads[at]! > 0);
    const missing = heeded.filter((at) => Number.isNaN(values[at]!));
    const { length } = missing;
    if (length === 0 || length === heeded.length) return false;
    const known = heeded.filter((at) => !Number.isNaN(values[at]!));
    const own = new Float64Array(length * length);
    const right = new Float64Array(length);
    missing.forEach((row, r) => {
      missing.forEach((column, c) => (own[r * length + c] = inverses[row * size + column]!));
      for (const column of known) right[r]! -= inverses[row * size + column]! * difference[column]!;
    });
    const factorOfOwn = choleskyFactor(own, length);
    if (!factorOfOwn) return false;
    choleskySolve(factorOfOwn, length, right);
    missing.forEach((at, r) => (difference[at] = right[r]!));
    return true;
  }

  /** Of the row that was judged last. */
  function reasonsOf(far: number, inverses: Float64Array): MetricReason[] {
    return names
      .flatMap((metric, at): MetricReason[] => {
        if (!(spreads[at]! > 0)) return [];
        const off = pull[at]! / inverses[at * size + at]!;
        const share = far > 0 ? Math.min(1, (off * pull[at]!) / (far * size)) : 0;
        const [value, expected] = [smoothed[at]!, smoothed[at]! - off].map((scaled) => middles[at]! + scaled * spreads[at]!);
        return [{ metric, share, value: value!, expected: expected! }];
      })
      .sort((a, b) => b.share - a.share);
  }
}

/** The inverse of L L', row-major. O(size³). */
function inverseOf(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let at = 0; at < size; at++) {
    const unit = inverse.subarray(at * size, (at + 1) * size);
    unit[at] = 1;
    choleskySolve(factor, size, unit);
  }
  return inverse;
}

function checkSettings({ smoothing, drift, alarmBelow }: MetricsSettings): void {
  if (!(smoothing >= 1 && smoothing < Infinity))
    throw new RangeError(`smoothing: must be a finite number from 1 on, got ${smoothing}`);
  if (!(drift === 0 || (drift >= 1 && drift < Infinity)))
    throw new RangeError(`drift: must be 0 or a finite number from 1 on, got ${drift}`);
  if (!(alarmBelow > 0 && alarmBelow < 1)) throw new RangeError(`alarmBelow: must be a share between 0 and 1, got ${alarmBelow}`);
}

const GREATEST = 1e100;
const bounded = (value: number): number => Math.max(-GREATEST, Math.min(GREATEST, value));

/** Moves the smoothed values towards the scaled ones; what is missing, or never changed, stays where it is. */
function smooth(smoothed: Float64Array, values: Float64Array, middles: Float64Array, spreads: Float64Array, share: number): void {
  for (let at = 0; at < smoothed.length; at++) {
    const value = bounded(values[at]!);
    if (Number.isNaN(value) || !(spreads[at]! > 0)) continue;
    const scaled = Math.max(-BOUND, Math.min(BOUND, (value - middles[at]!) / spreads[at]!));
    smoothed[at]! += (scaled - smoothed[at]!) * share;
  }
}

/** The square of Mahalanobis' distance, by metric; `pull` gets the inverse of the covariance times the difference. */
function distance(
  factor: Float64Array,
  difference: Float64Array,
  size: number,
  pull: Float64Array = new Float64Array(size),
): number {
  pull.set(difference);
  choleskySolve(factor, size, pull);
  let sum = 0;
  for (let at = 0; at < size; at++) sum += difference[at]! * pull[at]!;
  return sum / size;
}

/** Of smoothed rows in `stretches` stretches; the centre is the mean of the last. */
function covariance(
  scaled: Float64Array,
  size: number,
  stretches: number,
  smoothing: number,
): { factor: Float64Array; centre: Float64Array } {
  const rows = scaled.length / size;
  const sum = new Float64Array(size * size);
  const add = (difference: Float64Array, weight: number): void => {
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) sum[row * size + column]! += difference[row]! * difference[column]! * weight;
    }
  };
  const difference = new Float64Array(size);
  let centre = new Float64Array(size);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const [from, to] = [stretch, stretch + 1].map((at) => Math.floor((rows * at) / stretches)) as [number, number];
    const mean = new Float64Array(size);
    for (let row = from; row < to; row++) for (let at = 0; at < size; at++) mean[at]! += scaled[row * size + at]! / (to - from);
    for (let row = from; row < to; row++) {
      for (let at = 0; at < size; at++) difference[at] = scaled[row * size + at]! - mean[at]!;
      add(difference, 1 / rows);
    }
    if (stretch > 0) {
      for (let at = 0; at < size; at++) difference[at] = mean[at]! - centre[at]!;
      add(difference, DRIFT_STRETCHES / (stretches - 1));
    }
    centre = mean;
  }
  // A mean that forgets a share of 1 / smoothing is worth one of two smoothings less one rows.
  const shrinkage = rows < SHRUNK_ROWS * size * (2 * smoothing - 1) ? SHRINKAGE : 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) if (row !== column) sum[row * size + column]! *= 1 - shrinkage;
    sum[row * size + row]! += 1e-6;
  }
  return { factor: choleskyFactor(sum, size)!, centre };
}
