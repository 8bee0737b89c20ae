/** The only source of time. Tests pass their own; nothing else in the product reads the machine's clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch, for instants that are stored or shown. */
  now(): number;
  /** Monotonic milliseconds with a fraction, for durations and deadlines. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** The instant as RFC 3339 text in UTC with milliseconds, the form in which every instant is stored and shown. */
export function instant(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
