/**
 * Values of one row judged together: a model of how they go together, for each thing that is watched. How far the value that goes least with the
 * others lies from what they say of it is one more series, which the detector watches as any other.
 */
import { fitMetrics, loadMetrics, metricsDefaults } from "#learn/anomaly/metrics-model";
import type { MetricReason, MetricsModel, MetricsState } from "#learn/anomaly/metrics-model";
import type { SavedModel } from "#learn/model";
import { rowsNeeded } from "#records/detect-rows";
import { isKnown } from "#stages/watch/calendar";
import type { KnownEvent } from "#stages/watch/calendar";
import type { Points, SeriesName } from "#stages/watch/points";

/** By the id of the series that says how far apart the values are. */
export type RowModels = ReadonlyMap<string, MetricsModel>;

/** What is unusual is the detector's to say: how values go together is followed slowly whatever they are. */
const settings = { ...metricsDefaults, alarmBelow: 1e-9 };
/** The latest rows of a thing that its model is fitted on. */
const mostRows = 20_000;
/** Numbers in all covariances together, which bounds the things that have a model: 32 MB. */
const mostNumbers = 4_000_000;
/** Values that are named of a row: those that do at least this share of what the first does. */
const named = 3;
const leastShare = 0.2;

/**
 * Fits on rows before an instant that lie in no known event. Things with too few rows, or whose values do not change, are left out, and so are those beyond what fits into
 * memory. O(points + rows x values²).
 *
 * @param options `values`: the measured ones, in the order that the points of a row have
 */
export function fitRows(
  { names, series, times, values: given }: Points,
  { values, before, known }: { values: readonly string[]; before: number; known: readonly KnownEvent[] },
): RowModels {
  const isLearnt = (at: number): boolean =>
    Number.isFinite(given[at]!) && !(known.length > 0 && isKnown(known, names[series[at]!]!.key, times[at]!));
  const things = names.flatMap(({ value }, at) => (value === null ? [at] : []));
  const most = Math.floor(mostNumbers / values.length ** 2);
  const of = new Map(things.slice(0, most).map((at) => [at, { rows: 0, skip: 0, row: new Float64Array(values.length) }]));
  // A thing's series stand in the order of the file, that of all of them last.
  const first = (at: number): number => at - values.length;
  const thingOf = new Int32Array(names.length).fill(-1);
  for (const at of of.keys()) thingOf.fill(at, first(at), at + 1);
  const end = times.findIndex((time) => time >= before);
  const length = end < 0 ? times.length : end;
  for (let at = 0; at < length; at++) {
    const thing = of.get(series[at]!);
    if (thing && isLearnt(at)) thing.rows++;
  }
  const tables = new Map<number, Float64Array>();
  for (const [at, thing] of of) {
    if (thing.rows < rowsNeeded(values.length)) continue;
    thing.skip = Math.max(0, thing.rows - mostRows);
    tables.set(at, new Float64Array((thing.rows - thing.skip) * values.length));
    thing.rows = 0;
    thing.row.fill(Number.NaN);
  }
  for (let at = 0; at < length; at++) {
    const place = thingOf[series[at]!]!;
    const table = tables.get(place);
    if (!table) continue;
    const thing = of.get(place)!;
    if (series[at] !== place) thing.row[series[at]! - first(place)] = given[at]!;
    else {
      if (isLearnt(at)) {
        if (thing.rows >= thing.skip) table.set(thing.row, (thing.rows - thing.skip) * values.length);
        thing.rows++;
      }
      thing.row.fill(Number.NaN);
    }
  }
  const models = new Map<string, MetricsModel>();
  for (const [at, table] of tables) {
    const model = fitMetrics(settings, { names: values, values: table });
    if (model.heeded.length > 1) models.set(names[at]!.id, model);
    tables.delete(at);
  }
  return models;
}

/** The row of a thing as it is gathered, value by value, and what is known of the rows before. */
export class RowWatch {
  readonly #model: MetricsModel;
  readonly #state: MetricsState;
  readonly #row: Float64Array;
  readonly #times: Float64Array;
  /** Places of the values that changed in training. */
  readonly #heeded: readonly number[];
  #reasons: readonly MetricReason[] = [];

  /** @param stored the state as it was written; what cannot be read is as after training */
  constructor(model: MetricsModel, stored: Uint8Array | null) {
    this.#model = model;
    const size = model.names.length;
    this.#row = new Float64Array(size);
    this.#times = new Float64Array(size).fill(Number.NaN);
    this.#heeded = model.heeded.map((name) => model.names.indexOf(name));
    this.#state = model.start();
    if (stored?.length !== 16 * size) return;
    const numbers = new Float64Array(stored.slice().buffer); // aligned
    if (!numbers.every(Number.isFinite)) return;
    this.#state.smoothed.set(numbers.subarray(0, size));
    this.#state.centre.set(numbers.subarray(size));
  }

  /** A value of the row at this time; NaN where nothing was measured. */
  put(value: string, time: number, measured: number): void {
    const place = this.#model.names.indexOf(value);
    if (place < 0) return;
    this.#row[place] = measured;
    this.#times[place] = time;
  }

  /** How far apart the values of the row at this time are; NaN where fewer than two were measured. Where it is `known`, nothing is learnt from it. */
  apart(time: number, known: boolean): number {
    const row = this.#row.map((value, place) => (this.#times[place] === time ? value : Number.NaN));
    if (row.every(Number.isNaN)) return Number.NaN;
    const { apart, reasons } = this.#model.observe(this.#state, row, named, !known);
    this.#reasons = reasons;
    return this.#heeded.filter((place) => !Number.isNaN(row[place]!)).length > 1 ? apart : Number.NaN;
  }

  /** Which values of the last row do not go together: at least one. */
  reasons(): readonly MetricReason[] {
    return this.#reasons.filter(({ share }) => share >= leastShare * this.#reasons[0]!.share);
  }

  /** Little-endian: smoothed values, then their centre. */
  bytes(): Uint8Array {
    const { smoothed, centre } = this.#state;
    const numbers = new Float64Array(smoothed.length * 2);
    numbers.set(smoothed);
    numbers.set(centre, smoothed.length);
    return new Uint8Array(numbers.buffer);
  }
}

/** Gives the distances among these series their rows, and the values of these rows the place where they go. */
export function joinRows<One extends SeriesName & { row: RowWatch | null }>(
  series: readonly One[],
  models: RowModels,
  stored: (series: One) => Uint8Array | null,
): void {
  if (models.size === 0) return;
  const rows = new Map<string, RowWatch>();
  for (const one of series) {
    const model = one.value === null ? models.get(one.id) : undefined;
    if (!model) continue;
    one.row = new RowWatch(model, stored(one));
    rows.set(JSON.stringify(one.key), one.row);
  }
  for (const one of series) one.row ??= rows.get(JSON.stringify(one.key)) ?? null;
}

/** Models as one, each of its tensors one after the other, in the order of `ids`. All have the same names and settings. */
export function saveRows(models: RowModels): SavedModel & { readonly ids: readonly string[] } {
  const saved = Array.from(models.values(), (model) => model.save());
  const [first] = saved;
  if (!first) throw new RangeError("models: there must be at least one");
  const tensors = Object.fromEntries(
    Object.keys(first.tensors).map((name) => {
      const parts = saved.map((one) => one.tensors[name] as Float64Array);
      const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return [name, all];
    }),
  );
  return { header: first.header, tensors, ids: [...models.keys()] };
}

/** @throws Error where the parts do not fit together */
export function loadRows(ids: readonly string[], { header, tensors }: SavedModel): RowModels {
  return new Map(
    ids.map((id, at) => {
      const own = Object.entries(tensors).map(([name, all]) => {
        const length = all.length / ids.length;
        if (!Number.isInteger(length)) throw new Error(`tensor ${name} is not of ${ids.length} models`);
        return [name, all.slice(at * length, (at + 1) * length)] as const;
      });
      return [id, loadMetrics({ header, tensors: Object.fromEntries(own) })];
    }),
  );
}
