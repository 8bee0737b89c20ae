/**
 * Says when the mean of a stream has risen, such as the errors of a model that is in use: a sum of what each value is above the mean so far, and an alarm where
 * the sum has climbed `threshold` above its lowest point (Page: Continuous Inspection Schemes, Biometrika 41, 1954; with Hinkley's running mean,
 * Biometrika 58, 1971). Starts anew after an alarm.
 */
export interface PageHinkleySettings {
  /** A rise of the mean that does not matter, in the unit of the values. */
  readonly tolerance: number;
  /** How far the sum must climb; the greater, the fewer false alarms and the later the true ones. */
  readonly threshold: number;
  /** No alarm before so many values. */
  readonly least: number;
}

/** For errors of 0 and 1. */
export const pageHinkleyDefaults: PageHinkleySettings = { tolerance: 0.02, threshold: 30, least: 100 };

/** An alarm: both are places in the stream, from 0. */
export interface Rise {
  /** The value that raised it. */
  readonly at: number;
  /** Where the rise began, as near as the sum can tell: the value after its lowest point. */
  readonly from: number;
}

export class PageHinkley {
  readonly #settings: PageHinkleySettings;
  #seen = 0;
  #count = 0;
  #mean = 0;
  #sum = 0;
  #lowest = 0;
  #lowestAt = 0;

  constructor(settings: PageHinkleySettings = pageHinkleyDefaults) {
    this.#settings = settings;
  }

  /** Takes the next value; the alarm, if it raises one. O(1). */
  add(value: number): Rise | undefined {
    const { tolerance, threshold, least } = this.#settings;
    const at = this.#seen++;
    this.#count++;
    this.#mean += (value - this.#mean) / this.#count;
    this.#sum += value - this.#mean - tolerance;
    if (this.#sum <= this.#lowest) {
      this.#lowest = this.#sum;
      this.#lowestAt = at + 1;
    }
    if (this.#count < least || this.#sum - this.#lowest <= threshold) return undefined;
    const rise = { at, from: Math.min(this.#lowestAt, at) };
    this.#count = 0;
    this.#mean = 0;
    this.#sum = 0;
    this.#lowest = 0;
    this.#lowestAt = this.#seen;
    return rise;
  }
}
