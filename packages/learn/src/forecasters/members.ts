/**
 * What each method says of each series of a batch, at its end and at origins of the past: one block of shared memory that threads fill, series by
 * series.
 */
import { seriesCount } from "../data/series.ts";
import type { Panel } from "../data/series.ts";
import { localMethods } from "../forecast/methods.ts";
import type { LocalMethodName } from "../forecast/methods.ts";
import { prepareSeries } from "../forecast/prepare-series.ts";
import { runWorkers } from "../math/parallel.ts";
import { Pace } from "../math/pause.ts";
import { cutAt, leastHistory } from "./rolling-origin.ts";
import type { Origins } from "./rolling-origin.ts";

/** Everything a thread needs, on shared memory. */
export interface MembersJob {
  readonly panel: Pick<Panel, "offsets" | "values" | "censored">;
  /** Series of the batch, by number. */
  readonly batch: Uint32Array;
  readonly methods: readonly LocalMethodName[];
  readonly seasons: readonly number[];
  readonly horizon: number;
  readonly origins: Origins;
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
}

export interface MembersOptions {
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many series of the batch are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Series that a thread takes at a time. */
const CHUNK = 8;

type Task = Pick<MembersJob, "panel" | "batch" | "methods" | "seasons" | "horizon" | "origins">;

/** O(series x origins x methods x some thousand x values) over all threads. */
export async function forecastMembers(task: Task, { threads, signal, onProgress }: MembersOptions): Promise<Members> {
  const { batch, methods, seasons, horizon, origins } = task;
  const count = batch.length;
  const members: Members = {
    means: shared(count * (origins.count + 1) * methods.length * horizon).fill(Number.NaN),
    levels: shared(count * methods.length),
    seasonParts: shared(count * methods.length * seasons.length * horizon),
  };
  const job: MembersJob = { ...task, members, next: new Int32Array(new SharedArrayBuffer(4)) };
  let done = 0;
  const onChunk = (): void => onProgress?.(Math.min(count, (done += CHUNK)));
  // Starting a thread takes as long as some hundred series.
  if (threads > 0 && count > 4 * CHUNK) {
    await runWorkers(new URL("./members-worker", import.meta.url), job, threads, { signal, onMessage: onChunk });
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
  for (let from = Atomics.add(next, 0, CHUNK); from < batch.length; from = Atomics.add(next, 0, CHUNK)) {
    for (let at = from; at < Math.min(batch.length, from + CHUNK); at++) fillSeries(job, at);
    yield;
  }
}

function fillSeries({ panel, batch, methods, seasons, horizon, origins, members }: MembersJob, at: number): void {
  const { offsets, values, censored } = panel;
  const [from, to] = [offsets[batch[at]!]!, offsets[batch[at]! + 1]!];
  const whole = seasons.map(Math.round);
  for (let origin = 0; origin <= origins.count; origin++) {
    const cut = cutAt(to - from, origin, horizon, origins, leastHistory(whole));
    if (cut < 0) break;
    const series = prepareSeries(values.subarray(from, from + cut), censored?.subarray(from, from + cut) ?? null, seasons);
    if (!series) break;
    const { gap } = series;
    methods.forEach((name, method) => {
      const { mean, level, seasons: parts } = localMethods[name](series, horizon + gap);
      const into = ((at * (origins.count + 1) + origin) * methods.length + method) * horizon;
      members.means.set(mean.subarray(gap), into);
      if (origin > 0) return;
      const place = at * methods.length + method;
      members.levels[place] = level;
      parts.forEach((part, which) => {
        const season = whole.indexOf(series.periods[which]!);
        members.seasonParts.set(part.subarray(gap), (place * seasons.length + season) * horizon);
      });
    });
  }
}

export function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

/** The panel on memory that threads share. O(values). */
export function sharedPanel(panel: Panel): MembersJob["panel"] {
  const values = shared(panel.values.length);
  values.set(panel.values);
  const offsets = new Uint32Array(new SharedArrayBuffer((seriesCount(panel) + 1) * 4));
  offsets.set(panel.offsets);
  if (!panel.censored) return { offsets, values };
  const censored = new Uint8Array(new SharedArrayBuffer(panel.censored.length));
  censored.set(panel.censored);
  return { offsets, values, censored };
}
