/**
 * What was known of a subject at an instant: aggregates over the facts that became known before it, all of them or those of a window. The
 * one definition for training rows, of which there are many over the same facts, and for a decision. At the instant T with the window w those facts
 * count whose time t is in [T - w, T): never one of T itself, never a later one.
 *
 * Results do not depend on the order of facts of the same time, nor on which facts had been in the window before: sums are exact until
 * their last rounding.
 */
import { ExactSum } from "../math/exact-sum.ts";

/** `count` and `since` are of facts, the others of a value that facts have; a fact without it counts for the former alone. */
export type Aggregate = "count" | "sum" | "mean" | "min" | "max" | "last" | "distinct" | "since";

export interface TimelineColumn {
  readonly aggregate: Aggregate;
  /** In the unit of the times; Infinity: everything before. */
  readonly window: number;
}

/** Missing is null. */
export type FactValue = number | string | null;

/** The facts of one subject, in the order of their times, and questions between them. */
export class Timeline {
  readonly #columns: readonly WindowedColumn[];

  /** @param day a day in the unit of the times, for `since` */
  constructor(columns: readonly TimelineColumn[], day: number) {
    this.#columns = columns.map((column) => new WindowedColumn(column, day));
  }

  /** Another subject: nothing is known of it. */
  clear(): void {
    for (const column of this.#columns) column.clear();
  }

  /** A fact, with a value for each column. Facts and questions come in ascending order of time. O(columns), amortised. */
  fact(at: number, values: readonly FactValue[]): void {
    this.#columns.forEach((column, index) => column.add(at, values[index]!));
  }

  /**
   * What was known at the instant: count, distinct and sum of nothing are 0, all others missing. Must be asked before facts of
   * the same time are given.
   */
  knownAt(at: number): FactValue[] {
    return this.#columns.map((column) => column.knownAt(at));
  }
}

interface Tally {
  add(at: number, value: FactValue): void;
  remove(at: number, value: FactValue): void;
  result(at: number): FactValue;
}

class WindowedColumn {
  readonly #column: TimelineColumn;
  readonly #day: number;
  #tally: Tally;
  /** Facts in the window, from `#first` on; none are kept where none leave it. */
  #times: number[] = [];
  #values: FactValue[] = [];
  #first = 0;

  constructor(column: TimelineColumn, day: number) {
    this.#column = column;
    this.#day = day;
    this.#tally = tallyOf(column, day);
  }

  clear(): void {
    this.#tally = tallyOf(this.#column, this.#day);
    this.#times = [];
    this.#values = [];
    this.#first = 0;
  }

  add(at: number, value: FactValue): void {
    const counted = typeof value === "number" && !Number.isFinite(value) ? null : value;
    this.#tally.add(at, counted);
    if (this.#column.window === Infinity) return;
    this.#times.push(at);
    this.#values.push(counted);
    this.#leave(at);
  }

  knownAt(at: number): FactValue {
    this.#leave(at);
    return this.#tally.result(at);
  }

  /** Facts before the window of this instant leave it. */
  #leave(at: number): void {
    const from = at - this.#column.window;
    while (this.#first < this.#times.length && this.#times[this.#first]! < from) {
      this.#tally.remove(this.#times[this.#first]!, this.#values[this.#first]!);
      this.#first++;
    }
    if (this.#first < 1024 || this.#first * 2 < this.#times.length) return;
    this.#times = this.#times.slice(this.#first);
    this.#values = this.#values.slice(this.#first);
    this.#first = 0;
  }
}

function tallyOf({ aggregate, window }: TimelineColumn, day: number): Tally {
  switch (aggregate) {
    case "count":
      return countTally();
    case "since":
      return sinceTally(day);
    case "sum":
      return sumTally((sum) => sum);
    case "mean":
      return sumTally((sum, n) => (n === 0 ? null : sum / n));
    case "min":
      return extremeTally((a, b) => a <= b, window < Infinity);
    case "max":
      return extremeTally((a, b) => a >= b, window < Infinity);
    case "last":
      return lastTally();
    case "distinct":
      return distinctTally();
  }
}

function countTally(): Tally {
  let n = 0;
  return { add: () => void n++, remove: () => void n--, result: () => n };
}

function sinceTally(day: number): Tally {
  let n = 0;
  let last = 0;
  return {
    add(at) {
      n++;
      last = at;
    },
    remove: () => void n--,
    result: (at) => (n === 0 ? null : (at - last) / day),
  };
}

function sumTally(result: (sum: number, n: number) => number | null): Tally {
  const sum = new ExactSum();
  let n = 0;
  return {
    add(_, value) {
      if (typeof value !== "number") return;
      sum.add(value);
      n++;
    },
    remove(_, value) {
      if (typeof value !== "number") return;
      sum.add(-value);
      n--;
    },
    result: () => result(sum.value, n),
  };
}

/**
 * The least or greatest in a window: a queue of the values that can still become it, the present one first (Lemire: Streaming
 * Maximum-Minimum Filter, Nordic Journal of Computing 13, 2006). Where values never leave, the present one alone.
 */
function extremeTally(beats: (a: number, b: number) => boolean, leave: boolean): Tally {
  let queue: { value: number; number: number }[] = [];
  let first = 0;
  let added = 0;
  let removed = 0;
  return {
    add(_, value) {
      if (typeof value !== "number") return;
      if (!leave && queue.length > 0 && !beats(value, queue[0]!.value)) return;
      while (queue.length > first && beats(value, queue.at(-1)!.value)) queue.pop();
      queue.push({ value, number: added++ });
    },
    remove(_, value) {
      if (typeof value !== "number") return;
      if (queue[first]?.number === removed++) first++;
      if (first < 1024 || first * 2 < queue.length) return;
      queue = queue.slice(first);
      first = 0;
    },
    result: () => queue[first]?.value ?? null,
  };
}

/** Of several values of the latest time the greatest, so that their order does not matter. */
function lastTally(): Tally {
  let n = 0;
  let last: FactValue = null;
  let time = 0;
  return {
    add(at, value) {
      if (value === null) return;
      if (n === 0 || at > time || value > last!) last = value;
      time = at;
      n++;
    },
    remove(_, value) {
      if (value !== null) n--;
    },
    result: () => (n === 0 ? null : last),
  };
}

function distinctTally(): Tally {
  const counts = new Map<FactValue, number>();
  return {
    add(_, value) {
      if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    },
    remove(_, value) {
      if (value === null) return;
      const left = counts.get(value)! - 1;
      if (left === 0) counts.delete(value);
      else counts.set(value, left);
    },
    result: () => counts.size,
  };
}
