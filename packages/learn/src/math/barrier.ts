/**
 * A barrier: threads that run the same program wait for each other before they go on, so that what one wrote before it all may read
 * behind it.
 *
 * A thread first looks again and again for some microseconds, then sleeps: steps of a fit last about as long as waking up does, and
 * where the other thread has no core to run on, looking would keep it from one.
 */

/** Shared memory of one barrier: how many have arrived, and how often it was passed. */
export function barrierState(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** The call that waits for all `threads`; it never waits where there is one. */
export function barrier(state: Int32Array, threads: number): () => void {
  if (threads === 1) return () => undefined;
  return () => {
    const passed = Atomics.load(state, PASSED);
    if (Atomics.add(state, ARRIVED, 1) + 1 === threads) {
      Atomics.store(state, ARRIVED, 0);
      Atomics.add(state, PASSED, 1);
      Atomics.notify(state, PASSED);
      return;
    }
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(state, PASSED) !== passed) return;
    while (Atomics.load(state, PASSED) === passed) Atomics.wait(state, PASSED, passed);
  };
}

const ARRIVED = 0;
const PASSED = 1;
const LOOKS = 2000;
