/**
 * Many series in flat buffers: the form in which they enter every forecaster. Time is a common grid of whole steps (day 0, day 1, ...); instants,
 * zones and holidays were turned into steps and columns before. No object is made for a step or a series, so that millions of short
 * series fit.
 *
 * values = [ series 0 | series 1 | ... ]     series i is values[offsets[i] .. offsets[i + 1]), its first value at step starts[i]
 *
 * What is to be forecast of a series follows its last value, present or missing: series that ended before the others are filled up to the
 * common end, with 0 where nothing was sold and with NaN where nothing is known.
 */

export interface Panel {
  /** What tells the series apart, such as store and item: columns of one value a series. */
  readonly keys: readonly SeriesKey[];
  /** Shape (series + 1), ascending from 0. A series may be empty. */
  readonly offsets: Uint32Array;
  /** Step of the first value of each series. */
  readonly starts: Int32Array;
  /** NaN is missing. */
  readonly values: Float64Array;
  /** 1 where the value is a lower bound of what would have been: sold out, closed. Shape as that of `values`. */
  readonly censored?: Uint8Array | undefined;
  /** What is known of each series ahead of time: price, promotion. */
  readonly inputs?: readonly SeriesInput[] | undefined;
  /** What is known of each step ahead of time and holds for all series: holidays, working days. */
  readonly calendar?: readonly CalendarColumn[] | undefined;
  /** Where steps are shorter than a day and clocks change: seasons keep to clocks. */
  readonly clock?: StepClock | undefined;
}

export interface SeriesKey {
  readonly name: string;
  /** One a series; null stands for all of them, as in sums. */
  readonly values: readonly (string | null)[];
}

export interface SeriesInput {
  readonly name: string;
  /** Beside `values`, of the same shape. NaN is missing. */
  readonly history: Float64Array;
  /** For the steps that follow the last value of each series, shape (series, horizon), row-major. NaN is missing. */
  readonly ahead: Float64Array;
}

export interface CalendarColumn {
  readonly name: string;
  /** Step of the first value. */
  readonly start: number;
  /** One a step, from the first step of any series to the end of the horizon of the last. NaN is missing. */
  readonly values: Float64Array;
}

export interface StepClock {
  /** Step of the first value. */
  readonly start: number;
  /** How many steps clocks are ahead of the grid: one a step, from the first step of any series to the end of the horizon of the last. */
  readonly ahead: Int8Array;
}

export function seriesCount({ offsets }: Panel): number {
  return offsets.length - 1;
}

/** The values of one series: a view. */
export function valuesOf({ offsets, values }: Panel, series: number): Float64Array {
  return values.subarray(offsets[series], offsets[series + 1]);
}

/** The step behind the last value: the first that is to be forecast. */
export function endOf({ offsets, starts }: Panel, series: number): number {
  return starts[series]! + offsets[series + 1]! - offsets[series]!;
}

/** Squares of greater numbers, and sums of them, are none any more. */
const GREATEST = 1e100;

/**
 * O(values).
 *
 * @throws RangeError naming the part, series and place that cannot be used
 */
export function checkPanel(panel: Panel, horizon: number): void {
  const { keys, offsets, starts, values, censored, inputs = [], calendar = [], clock } = panel;
  if (offsets.length < 2) throw new RangeError("series: there must be at least one");
  const count = seriesCount(panel);
  if (offsets[0] !== 0) throw new RangeError(`offsets: must begin with 0, got ${offsets[0]}`);
  const back = offsets.findIndex((offset, at) => at > 0 && offset < offsets[at - 1]!);
  if (back > 0) throw new RangeError(`offsets: must ascend, series ${back - 1} ends before it begins`);
  if (offsets[count] !== values.length) throw new RangeError(`values: must be ${offsets[count]}, got ${values.length}`);
  if (starts.length !== count) throw new RangeError(`starts: must be one for each of the ${count} series, got ${starts.length}`);
  for (const { name, values: own } of keys)
    if (own.length !== count) throw new RangeError(`key ${name}: must have ${count} values, has ${own.length}`);
  checkNumbers("values", values, offsets);
  if (censored && censored.length !== values.length)
    throw new RangeError(`censored: must have ${values.length} flags, has ${censored.length}`);
  for (const { name, history, ahead } of inputs) {
    if (history.length !== values.length)
      throw new RangeError(`input ${name}: must have ${values.length} values of the past, has ${history.length}`);
    if (ahead.length !== count * horizon)
      throw new RangeError(`input ${name}: must have ${count} x ${horizon} values ahead, has ${ahead.length}`);
    checkNumbers(`input ${name}`, history, offsets);
    const odd = ahead.findIndex((value) => Math.abs(value) > GREATEST);
    if (odd >= 0) throw new RangeError(`input ${name}, series ${Math.floor(odd / horizon)}: ${ahead[odd]} ahead is out of range`);
  }
  if (calendar.length === 0 && !clock) return;
  let first = Infinity;
  let last = -Infinity;
  for (let series = 0; series < count; series++) {
    first = Math.min(first, starts[series]!);
    last = Math.max(last, endOf(panel, series) + horizon);
  }
  const mustCover = (what: string, start: number, length: number): void => {
    if (start > first || start + length < last)
      throw new RangeError(`${what}: must cover the steps ${first} to ${last - 1}, covers ${start} to ${start + length - 1}`);
  };
  if (clock) mustCover("clock", clock.start, clock.ahead.length);
  for (const { name, start, values: own } of calendar) {
    mustCover(`calendar ${name}`, start, own.length);
    const odd = own.findIndex((value) => Math.abs(value) > GREATEST);
    if (odd >= 0) throw new RangeError(`calendar ${name}, step ${start + odd}: ${own[odd]} is out of range`);
  }
}

function checkNumbers(what: string, values: Float64Array, offsets: Uint32Array): void {
  const odd = values.findIndex((value) => Math.abs(value) > GREATEST);
  if (odd < 0) return;
  const series = offsets.findLastIndex((offset) => offset <= odd);
  throw new RangeError(
    `${what}, series ${series}, place ${odd - offsets[series]!}: must be a number from -${GREATEST} to ${GREATEST} or missing, got ${values[odd]}`,
  );
}
