/**
 * Long computation in the calling thread must let go of it now and then, so that signals arrive and the rest of the program goes on.
 * Without a clock the work itself is the measure: callers add up what they did and pause when it comes to some ten milliseconds.
 */

/** Lets everything that waits for the thread run once. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Says when it is time: `spend` adds to the work done and, each time `budget` is used up, pauses and checks the signal. */
export class Pace {
  readonly #budget: number;
  readonly #signal: AbortSignal | undefined;
  #spent = 0;

  constructor(budget: number, signal: AbortSignal | undefined) {
    this.#budget = budget;
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  /** Undefined while there is budget left (so that a loop need not wait at all), else what to wait for. */
  spend(work: number): Promise<void> | undefined {
    this.#spent += work;
    if (this.#spent < this.#budget) return undefined;
    this.#spent = 0;
    return pause().then(() => this.#signal?.throwIfAborted());
  }
}
