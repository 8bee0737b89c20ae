/** The last points of a series, to be shown before an alarm: a ring of numbers that does not grow and can be stored. */
import type { AlarmPoint } from "#records/alarm";

/** Points that are kept. */
export const shownBefore = 36;

const [VALUE, EXPECTED, LOWER, UPPER, WIDTH] = [0, 1, 2, 3, 4] as const;

export class Recent {
  readonly #times: Float64Array;
  /** Value, expected, lower and upper of each point. */
  readonly #numbers: Float32Array;
  /** Points that ever came; the next goes to this place, modulo the size. */
  #count: number;

  constructor() {
    this.#times = new Float64Array(shownBefore);
    this.#numbers = new Float32Array(shownBefore * WIDTH);
    this.#count = 0;
  }

  /** A value that is NaN was missing. O(1). */
  push(time: number, value: number, expected: number, lower: number, upper: number): void {
    const at = this.#count++ % shownBefore;
    this.#times[at] = time;
    this.#numbers[at * WIDTH + VALUE] = value;
    this.#numbers[at * WIDTH + EXPECTED] = expected;
    this.#numbers[at * WIDTH + LOWER] = lower;
    this.#numbers[at * WIDTH + UPPER] = upper;
  }

  /** Oldest first. */
  points(): AlarmPoint[] {
    const count = Math.min(this.#count, shownBefore);
    return Array.from({ length: count }, (_, place) => {
      const at = (this.#count - count + place) % shownBefore;
      const number = (of: number): number => this.#numbers[at * WIDTH + of]!;
      return alarmPoint(this.#times[at]!, number(VALUE), number(EXPECTED), number(LOWER), number(UPPER));
    });
  }

  /** Little-endian: the count, then times, then numbers. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(8 + this.#times.byteLength + this.#numbers.byteLength);
    new DataView(bytes.buffer).setFloat64(0, this.#count, true);
    new Float64Array(bytes.buffer, 8, shownBefore).set(this.#times);
    new Float32Array(bytes.buffer, 8 + this.#times.byteLength).set(this.#numbers);
    return bytes;
  }

  /** What cannot be read is as if nothing had come. */
  static from(stored: Uint8Array): Recent {
    const recent = new Recent();
    const length = 8 + recent.#times.byteLength + recent.#numbers.byteLength;
    const bytes = stored.slice(); // aligned
    const count = bytes.length === length ? new DataView(bytes.buffer).getFloat64(0, true) : 0;
    if (!Number.isSafeInteger(count) || count < 0) return recent;
    recent.#count = count;
    recent.#times.set(new Float64Array(bytes.buffer, 8, shownBefore));
    recent.#numbers.set(new Float32Array(bytes.buffer, 8 + recent.#times.byteLength));
    return recent;
  }
}

/** A point as it is told: of numbers seven digits are enough to be shown. */
export function alarmPoint(time: number, value: number, expected: number, lower: number, upper: number): AlarmPoint {
  return {
    at: new Date(time).toISOString(),
    value: Number.isFinite(value) ? shortened(value) : null,
    expected: shortened(expected),
    lower: shortened(lower),
    upper: shortened(upper),
  };
}

export function shortened(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) + 0 : 0;
}
