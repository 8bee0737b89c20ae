/**
 * Anomalies in many streams of values at once, as they come: each value is judged by those before it, and then learnt from. A series is a slot: a
 * row of numbers in two flat arrays, less than 2 KB, that does not grow, can be saved, and taken out and put into another detector.
 *
 * A value is predicted as level + seasons + what is left of the last error; of several such predictors the one that has erred least. Measures of
 * each kind of anomaly are taken of the errors (`measures`), each is turned into a tail probability by what the series itself has shown (`tail`), and
 * so is the least of them: that is the score, whatever the distribution and the dependence of the values. The alarm threshold is the share of
 * values that the budget allows.
 *
 * A value takes the same time however many came before. Nothing looks ahead.
 */
import type { SavedModel } from "../model.ts";
import { list, number, record, tensor, whole } from "../saved/values.ts";
import type { AnomalyEvent, AnomalyKind, Finding, Findings } from "./finding.ts";
import { findingAt, newFindings } from "./finding.ts";
import { seriesEngine } from "./series.ts";
import type { SeriesEngine } from "./series.ts";
import { checkDetectorSettings, checkSeasons } from "./settings.ts";
import type { DetectorSettings } from "./settings.ts";

export interface Detector {
  readonly settings: DetectorSettings;
  /** How many series there are: their slots are 0 to series - 1. */
  readonly series: number;
  readonly bytesPerSeries: number;
  /** Adds series that nothing is known of; the answer is the slot of the first. O(series) at times, as arrays grow. */
  add(count?: number): number;
  /** Forgets what a slot holds: it can be given to another series. */
  clear(slot: number): void;
  /**
   * Judges a value and learns from it. `time` in epoch milliseconds; a value that is NaN or infinite says that nothing came at this time. A `known`
   * value lies in a known event, such as maintenance: it is judged, but neither learnt from nor alarmed. Values beyond 1e30 count as that.
   *
   * @throws RangeError where there is no such slot
   */
  observe(slot: number, time: number, value: number, known?: boolean): Finding;
  /**
   * The same for a block, in its order; any number of values of any series. `known` has a 1 for each known value.
   *
   * @throws RangeError where lengths differ or a slot is none, before anything is learnt
   */
  observeMany(slots: Uint32Array, times: Float64Array, values: Float64Array, out: Findings, known?: Uint8Array): void;
  /** The last event of a series; null where there was none. */
  event(slot: number): AnomalyEvent | null;
  /** The time of the last value of a series; null before the first. */
  lastTime(slot: number): number | null;
  /**
   * How many false alarms a series, or one kind of its alarms, may have: a share of the budget, 1 at first; 0 mutes it. What feedback says of it is
   * counted by `alarm-budget`.
   */
  setShare(slot: number, share: number, kind?: AnomalyKind): void;
  /** Milliseconds of the seasons that a series may follow, shortest first. */
  seasons(slot: number): number[];
  /**
   * Gives a series seasons of its own in place of those of the settings, as `findSeasons` finds them; before its first value.
   *
   * @throws RangeError where they are no seasons, or the series has values
   */
  setSeasons(slot: number, seasons: readonly number[]): void;
  /** All that is known of one series, to be put into a slot of a detector with the same `every`. */
  take(slot: number): Uint8Array;
  /** @throws Error where the bytes are not of such a series; the slot is then as it was */
  put(slot: number, state: Uint8Array): void;
  /** Settings and all series. */
  save(): SavedModel;
}

/**
 * A detector of `series` series that nothing is known of.
 *
 * @throws RangeError naming the setting that cannot be used
 */
export function createDetector(settings: DetectorSettings, series = 0): Detector {
  checkDetectorSettings(settings);
  const engine = seriesEngine(settings);
  const detector = new SlotDetector(settings, engine);
  if (series > 0) detector.add(series);
  return detector;
}

/** @throws Error where the parts do not fit together */
export function loadDetector(saved: SavedModel): Detector {
  const { kind, format, settings: plain, series } = saved.header;
  if (kind !== KIND || format !== FORMAT) throw new Error(`no loader for kind ${kind}, format ${String(format)}`);
  const settings = settingsOf(plain);
  checkDetectorSettings(settings);
  const engine = seriesEngine(settings);
  const count = whole(series, "series");
  const numbers = tensor(saved.tensors, "numbers", Float64Array, count * engine.numbers);
  const cells = tensor(saved.tensors, "cells", Float32Array, count * engine.cells);
  for (let slot = 0; slot < count; slot++) {
    if (!engine.fits(numbers, slot)) throw new Error(`tensor numbers: series ${slot} holds values that no series can have`);
  }
  return new SlotDetector(settings, engine, count, numbers.slice(), cells.slice());
}

const KIND = "series-detector";
const FORMAT = 2;

function settingsOf(plain: unknown): DetectorSettings {
  const at = record(plain, "settings");
  const budget = record(at["budget"], "settings.budget");
  return {
    every: number(at["every"], "settings.every"),
    seasons: list(at["seasons"], "settings.seasons", number),
    budget: { alarms: number(budget["alarms"], "settings.budget.alarms"), per: number(budget["per"], "settings.budget.per") },
    kinds: list(at["kinds"], "settings.kinds", (kind) => kind as AnomalyKind),
    quietSteps: whole(at["quietSteps"], "settings.quietSteps"),
    warmUp: whole(at["warmUp"], "settings.warmUp"),
  };
}

class SlotDetector implements Detector {
  readonly settings: DetectorSettings;
  readonly bytesPerSeries: number;
  readonly #engine: SeriesEngine;
  #series: number;
  #numbers: Float64Array;
  #cells: Float32Array;
  readonly #one: Findings = newFindings(1);

  constructor(
    settings: DetectorSettings,
    engine: SeriesEngine,
    series = 0,
    numbers: Float64Array = new Float64Array(0),
    cells: Float32Array = new Float32Array(0),
  ) {
    this.settings = settings;
    this.#engine = engine;
    this.bytesPerSeries = engine.numbers * 8 + engine.cells * 4;
    this.#series = series;
    this.#numbers = numbers;
    this.#cells = cells;
  }

  get series(): number {
    return this.#series;
  }

  add(count = 1): number {
    const first = this.#series;
    const { numbers, cells } = this.#engine;
    const wanted = first + count;
    if (wanted * numbers > this.#numbers.length) {
      const room = Math.max(wanted, Math.ceil(first * 1.5));
      const [more, moreCells] = [new Float64Array(room * numbers), new Float32Array(room * cells)];
      more.set(this.#numbers);
      moreCells.set(this.#cells);
      [this.#numbers, this.#cells] = [more, moreCells];
    }
    this.#series = wanted;
    for (let slot = first; slot < wanted; slot++) this.#engine.start(this.#numbers, this.#cells, slot);
    return first;
  }

  clear(slot: number): void {
    this.#check(slot);
    this.#engine.start(this.#numbers, this.#cells, slot);
  }

  observe(slot: number, time: number, value: number, known = false): Finding {
    this.#check(slot);
    this.#engine.observe(this.#numbers, this.#cells, slot, time, value, known, this.#one, 0);
    return findingAt(this.#one, 0);
  }

  observeMany(slots: Uint32Array, times: Float64Array, values: Float64Array, out: Findings, known?: Uint8Array): void {
    const { length } = slots;
    for (const [name, other] of Object.entries({ times, values, known: known ?? slots, "out.score": out.score })) {
      if (other.length < length) throw new RangeError(`${name}: must have ${length} values, has ${other.length}`);
    }
    for (let at = 0; at < length; at++) this.#check(slots[at]!);
    const [numbers, cells, engine] = [this.#numbers, this.#cells, this.#engine];
    for (let at = 0; at < length; at++) {
      engine.observe(numbers, cells, slots[at]!, times[at]!, values[at]!, known?.[at] === 1, out, at);
    }
  }

  event(slot: number): AnomalyEvent | null {
    this.#check(slot);
    return this.#engine.event(this.#numbers, slot);
  }

  lastTime(slot: number): number | null {
    this.#check(slot);
    return this.#engine.lastTime(this.#numbers, slot);
  }

  setShare(slot: number, share: number, kind?: AnomalyKind): void {
    this.#check(slot);
    if (!(share >= 0 && share < Infinity)) throw new RangeError(`share: must be a finite number, not negative, got ${share}`);
    this.#engine.setShare(this.#cells, slot, share, kind);
  }

  seasons(slot: number): number[] {
    this.#check(slot);
    return this.#engine.seasons(this.#numbers, slot);
  }

  setSeasons(slot: number, seasons: readonly number[]): void {
    this.#check(slot);
    checkSeasons(seasons);
    if (this.lastTime(slot) !== null) throw new RangeError(`seasons: series ${slot} has values, which were learnt with others`);
    this.#engine.setSeasons(this.#numbers, slot, seasons);
  }

  take(slot: number): Uint8Array {
    this.#check(slot);
    const { numbers, cells, layout } = this.#engine;
    const bytes = new Uint8Array(8 + this.bytesPerSeries);
    new DataView(bytes.buffer).setUint32(0, FORMAT, true);
    new DataView(bytes.buffer).setUint32(4, layout, true);
    new Float64Array(bytes.buffer, 8, numbers).set(this.#numbers.subarray(slot * numbers, (slot + 1) * numbers));
    new Float32Array(bytes.buffer, 8 + numbers * 8, cells).set(this.#cells.subarray(slot * cells, (slot + 1) * cells));
    return bytes;
  }

  put(slot: number, state: Uint8Array): void {
    this.#check(slot);
    const { numbers, cells, layout } = this.#engine;
    if (state.length !== 8 + this.bytesPerSeries) {
      throw new Error(`the state of a series has ${8 + this.bytesPerSeries} bytes here, got ${state.length}`);
    }
    const bytes = state.slice(); // aligned
    const view = new DataView(bytes.buffer);
    if (view.getUint32(0, true) !== FORMAT) throw new Error(`the state has the format ${view.getUint32(0, true)}, not ${FORMAT}`);
    if (view.getUint32(4, true) !== layout) throw new Error("the state is of a detector with other steps");
    const [own, ownCells] = [new Float64Array(bytes.buffer, 8, numbers), new Float32Array(bytes.buffer, 8 + numbers * 8, cells)];
    if (!own.every(Number.isFinite) || !ownCells.every(Number.isFinite) || !this.#engine.fits(own, 0)) {
      throw new Error("the state holds values that no series can have");
    }
    this.#numbers.set(own, slot * numbers);
    this.#cells.set(ownCells, slot * cells);
  }

  save(): SavedModel {
    const { numbers, cells } = this.#engine;
    return {
      header: { kind: KIND, format: FORMAT, settings: this.settings, series: this.#series },
      tensors: {
        numbers: this.#numbers.slice(0, this.#series * numbers),
        cells: this.#cells.slice(0, this.#series * cells),
      },
    };
  }

  #check(slot: number): void {
    if (!(slot >= 0 && slot < this.#series)) throw new RangeError(`slot: there is no series ${slot}, there are ${this.#series}`);
  }
}
