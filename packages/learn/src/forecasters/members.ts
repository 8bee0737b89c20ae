/**
 * What each method says of each series of a batch, at its end and at origins of the past: one block of shared memory that threads fill, series by
 * series. What inputs add is taken off before and put on after.
 */
import { seriesCount } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { flat } from "../forecast/method.ts";
import type { LocalForecast } from "../forecast/method.ts";
import { localMethods } from "../forecast/methods.ts";
import { prepareSeries } from "../forecast/prepare-series.ts";
import { runWorkers } from "../math/parallel.ts";
import { Pace } from "../math/pause.ts";
import { clockPlaces, onClock } from "./clock.ts";
import { inputEffects } from "./input-effects.ts";
import type { Plan } from "./plan.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";

/** Everything a thread needs, on shared memory. */
export interface MembersJob {
  readonly panel: SharedPanel;
  /** Series of the batch, by number, and the class of each. */
  readonly batch: Uint32Array;
  readonly classes: Uint8Array;
  readonly plan: Plan;
  readonly members: Members;
  /** Place in the batch that no thread has taken. */
  readonly next: Int32Array;
}

export interface Members {
  /** Shape (batch, origins + 1, methods, horizon); NaN where there is no forecast. */
  readonly means: Float64Array;
  /** At the end of the series, shape (batch, methods). */
  readonly levels: Float64Array;
  /** At the end of the series, shape (batch, methods, seasons, horizon). */
  readonly seasonParts: Float64Array;
  /** At the end of the series, each of shape (batch, inputs). */
  readonly coefficients: Float64Array;
  readonly usual: Float64Array;
}

/** Where the forecast of a method at an origin begins in `means`, of the series at place `at` of the batch. */
export function placeOf({ methods, horizon, origins }: Plan, at: number, origin: number, method: number): number {
  return ((at * (origins.count + 1) + origin) * methods.length + method) * horizon;
}

export interface MembersOptions {
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many series of the batch are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Series that a thread takes at a time: of few, which may be long, one by one. */
const chunkOf = (count: number): number => (count < 64 ? 1 : 8);
/** Starting a thread takes as long as forecasts from some thousand values. */
const SMALL = 10_000;

/** O(series x origins x methods x some thousand x values) over all threads. */
export async function forecastMembers(
  task: Omit<MembersJob, "members" | "next">,
  { threads, signal, onProgress }: MembersOptions,
): Promise<Members> {
  const { batch, panel, plan } = task;
  const { methods, seasons, horizon, origins } = plan;
  const count = batch.length;
  const members: Members = {
    means: shared(count * (origins.count + 1) * methods.length * horizon).fill(Number.NaN),
    levels: shared(count * methods.length),
    seasonParts: shared(count * methods.length * seasons.length * horizon),
    coefficients: shared(count * panel.inputs.length),
    usual: shared(count * panel.inputs.length),
  };
  const job: MembersJob = { ...task, members, next: new Int32Array(new SharedArrayBuffer(4)) };
  let done = 0;
  const onChunk = (): void => onProgress?.((done = Math.min(count, done + chunkOf(count))));
  const size = batch.reduce((sum, series) => sum + panel.offsets[series + 1]! - panel.offsets[series]!, 0);
  if (threads > 0 && size * (origins.count + 1) > SMALL) {
    await runWorkers(new URL("./members-worker", import.meta.url), job, Math.min(threads, count), {
      signal,
      onMessage: onChunk,
    });
  } else {
    const pace = new Pace(1, signal);
    for (const _chunk of fillMembers(job)) {
      await pace.spend(1);
      onChunk();
    }
  }
  return members;
}

/** Takes chunk after chunk of the batch until none is left; every `next()` is one. */
export function* fillMembers(job: MembersJob): Generator<void, void> {
  const { batch, next } = job;
  const chunk = chunkOf(batch.length);
  for (let from = Atomics.add(next, 0, chunk); from < batch.length; from = Atomics.add(next, 0, chunk)) {
    for (let at = from; at < Math.min(batch.length, from + chunk); at++) fillSeries(job, at);
    yield;
  }
}

function fillSeries({ panel, batch, classes, plan, members }: MembersJob, at: number): void {
  const { methods, wanted, seasons, horizon, origins } = plan;
  const { offsets, starts, values, censored, clock } = panel;
  const [from, to] = [offsets[batch[at]!]!, offsets[batch[at]! + 1]!];
  const whole = seasons.map(Math.round);
  for (let origin = 0; origin <= origins.count; origin++) {
    const cut = cutAt(to - from, origin, horizon, origins, leastHistory(seasons, classes[at]!));
    if (cut < 0) break;
    const places = clockPlaces(clock, starts[batch[at]!]!, cut + horizon);
    const shown = (column: Float64Array): Float64Array => (places ? onClock(column, places) : column);
    const flags = censored?.subarray(from, from + cut) ?? null;
    const series = prepareSeries(
      shown(values.subarray(from, from + cut)),
      flags && places ? Uint8Array.from(onClock(Float64Array.from(flags), places), Math.ceil) : flags,
      seasons,
    );
    if (!series) continue;
    const { gap } = series;
    const end = places ? places[cut - 1]! + 1 : cut;
    const first = end - gap - series.values.length; // place of its first value that is known
    const columns = panel.inputs.map((_, input) =>
      shown(inputValues(panel, input, batch[at]!, 0, cut + horizon, horizon)).subarray(first),
    );
    /** Place of a step ahead in a forecast that begins behind the last known value. An hour that comes twice is told once. */
    const placeAhead = (step: number): number => gap + (places ? Math.max(0, places[cut + step]! - end) : step);
    const reach = 1 + placeAhead(horizon - 1);
    const { coefficients, usual } = inputEffects(
      series.values,
      columns.map((column) => column.subarray(0, series.values.length)),
      series.periods[0] ?? 1,
    );
    const effectAt = (place: number): number => {
      let sum = 0;
      for (let input = 0; input < columns.length; input++) {
        const value = columns[input]![place]!;
        if (!Number.isNaN(value)) sum += coefficients[input]! * (value - usual[input]!);
      }
      return sum;
    };
    const free =
      columns.length === 0 ? series : { ...series, values: series.values.map((value, place) => value - effectAt(place)) };
    const patience = Math.max(horizon, series.periods[0] ?? 1);
    const isNegative = series.values.some((value) => value < 0);
    const fade = gap > patience && !isNegative ? 2 ** (1 - gap / patience) : 1;
    const bound = 10 * series.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const method of wanted[classes[at]!]!) {
      const name = methods[method]!;
      if (name === "globalTrees") continue;
      const isNaive = method === 0; // the measure of all others knows no inputs
      const { values: history } = isNaive ? series : free;
      const forecast = localMethods[name](isNaive ? series : free, reach);
      const { mean, level, seasons: parts } = faded(sane(forecast, history, bound), fade);
      const into = placeOf(plan, at, origin, method);
      for (let step = 0; step < horizon; step++)
        members.means[into + step] =
          mean[placeAhead(step)]! + (isNaive || origin === 0 ? 0 : effectAt(history.length + placeAhead(step)));
      if (origin > 0) continue;
      const place = at * methods.length + method;
      members.levels[place] = level;
      parts.forEach((part, which) => {
        const season = whole.indexOf(series.periods[which]!);
        const partAt = (place * seasons.length + season) * horizon;
        for (let step = 0; step < horizon; step++) members.seasonParts[partAt + step] = part[placeAhead(step)]!;
      });
    }
    if (origin > 0) continue;
    members.coefficients.set(coefficients, at * columns.length);
    members.usual.set(usual, at * columns.length);
  }
}

/** A forecast that runs away, or is none, becomes the last value. */
function sane(forecast: LocalForecast, values: Float64Array, bound: number): LocalForecast {
  const isSane = Number.isFinite(forecast.level) && forecast.mean.every((value) => Math.abs(value) <= bound);
  return isSane ? forecast : flat(values.at(-1)!, forecast.mean.length);
}

/** What nothing has been heard of for long may be no more: half as much after each horizon, or season, beyond the first. */
function faded(forecast: LocalForecast, factor: number): LocalForecast {
  if (factor === 1) return forecast;
  const less = (values: Float64Array): Float64Array => values.map((value) => factor * value);
  return { mean: less(forecast.mean), level: factor * forecast.level, seasons: forecast.seasons.map(less) };
}

/** The panel on memory that threads share. */
export interface SharedPanel extends Pick<Panel, "offsets" | "values" | "censored" | "starts" | "clock"> {
  /** Inputs, then calendar columns. `ahead` is null of the latter: `history` goes on behind the series, and place 0 of series i is `shifts[i]`. */
  readonly inputs: readonly {
    readonly name: string;
    readonly history: Float64Array;
    readonly ahead: Float64Array | null;
    readonly shifts: Int32Array | null;
  }[];
}

/** O(values). */
export function sharedPanel(panel: Panel): SharedPanel {
  const offsets = new Uint32Array(new SharedArrayBuffer((seriesCount(panel) + 1) * 4));
  offsets.set(panel.offsets);
  let censored: Uint8Array | undefined;
  if (panel.censored) (censored = new Uint8Array(new SharedArrayBuffer(panel.censored.length))).set(panel.censored);
  return {
    offsets,
    starts: panel.starts,
    clock: panel.clock,
    values: sharedCopy(panel.values),
    censored,
    inputs: [
      ...(panel.inputs ?? []).map(({ name, history, ahead }) => ({
        name,
        history: sharedCopy(history),
        ahead: sharedCopy(ahead),
        shifts: null,
      })),
      ...(panel.calendar ?? []).map(({ name, start, values }) => {
        const shifts = new Int32Array(new SharedArrayBuffer(panel.starts.length * 4));
        panel.starts.forEach((first, series) => (shifts[series] = first - start));
        return { name, history: sharedCopy(values), ahead: null, shifts };
      }),
    ],
  };
}

/** Values of an input at the places from <= place < to of a series, places behind its end being those ahead. */
export function inputValues(
  { offsets, inputs }: SharedPanel,
  input: number,
  series: number,
  from: number,
  to: number,
  horizon: number,
): Float64Array {
  const { history, ahead, shifts } = inputs[input]!;
  if (!ahead) return history.subarray(shifts![series]! + from, shifts![series]! + to);
  const length = offsets[series + 1]! - offsets[series]!;
  return Float64Array.from({ length: to - from }, (_, at) => {
    const place = from + at;
    return place < length ? history[offsets[series]! + place]! : ahead[series * horizon + place - length]!;
  });
}

function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

function sharedCopy(values: Float64Array): Float64Array {
  const copy = shared(values.length);
  copy.set(values);
  return copy;
}
