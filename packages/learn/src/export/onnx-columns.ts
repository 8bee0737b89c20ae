/**
 * The columns of a record as inputs of an ONNX graph, each under its name and of shape (rows, 1), and what trees and linear models read of them
 * (`recipe/tree-columns.ts`, `encode/`): nothing has to be encoded outside.
 *
 * Numbers are double, NaN where missing. Times are double, milliseconds since the Unix epoch in UTC, NaN where missing. Categories are strings,
 * empty where missing. Everything is computed in double precision, as in Inlay, so that a value lies on the same side of every threshold.
 */
import { DOUBLE, INT64, int, ints, ML, STRING, texts } from "./graph.ts";
import type { Graph } from "./graph.ts";

export type ColumnKind = "number" | "category" | "time";

/** An input that metadata describe. */
export interface ColumnInput {
  readonly name: string;
  readonly kind: ColumnKind;
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** What a date can be. */
const FURTHEST = 8.64e15;

export class OnnxColumns {
  readonly #graph: Graph;
  readonly #inputs: ReadonlyMap<string, string>;
  readonly #made = new Map<string, string>();

  constructor(graph: Graph, inputs: readonly ColumnInput[]) {
    this.#graph = graph;
    this.#inputs = new Map(
      inputs.map(({ name, kind }) => [name, graph.input(name, kind === "category" ? STRING : DOUBLE, ["rows", "1"])]),
    );
  }

  /** Of shape (rows, 1), double; whatever is not finite is missing, NaN. */
  number(name: string): string {
    return this.#once(`number ${name}`, () => {
      const value = this.#inputs.get(name)!;
      // x - x is 0 of a number, and NaN of infinity.
      return this.#graph.node("Add", [value, this.#graph.node("Sub", [value, value])]);
    });
  }

  /** The same of a time; out of what a date can be is missing too. */
  time(name: string): string {
    return this.#once(`time ${name}`, () => {
      const graph = this.#graph;
      const value = this.#inputs.get(name)!;
      const isDate = graph.node("LessOrEqual", [graph.node("Abs", [value]), graph.double(FURTHEST)]);
      return graph.node("Where", [isDate, value, graph.double(Number.NaN)]);
    });
  }

  /** Place of a level, int64 (rows): its own, that behind all of them for others, and the next for missing. */
  level(name: string, levels: readonly string[]): string {
    return this.#once(`level ${name} ${JSON.stringify(levels)}`, () => {
      const missing = levels.includes("") ? [] : [""];
      const keys = [...levels, ...missing];
      const places = [...levels.keys(), ...missing.map(() => levels.length + 1)];
      const place = this.#graph.node(
        "LabelEncoder",
        [this.#inputs.get(name)!],
        [texts("keys_strings", keys), ints("values_int64s", places), int("default_int64", levels.length)],
        ML,
      );
      return this.#flat(place);
    });
  }

  /** A number for each level, one for all others, and one for missing, of shape (rows, 1), double. */
  ofLevel(name: string, levels: readonly string[], numbers: readonly number[]): string {
    const table = this.#graph.constant(Float64Array.from(numbers), [numbers.length, 1]);
    return this.#graph.node("Gather", [table, this.level(name, levels)]);
  }

  /** Whether a value is missing, bool (rows, 1). */
  isMissing(value: string): string {
    return this.#once(`missing ${value}`, () => this.#graph.node("IsNaN", [value]));
  }

  /** A whole number as a place in a table, int64 (rows); 0 where missing. */
  place(value: string): string {
    const known = this.#graph.node("Where", [this.isMissing(value), this.#graph.double(0), value]);
    return this.#flat(this.#graph.cast(known, INT64));
  }

  /** Hours since midnight, a fraction; before 1970 those until it, negative, as JavaScript's remainder has it. */
  hours(name: string): string {
    return this.#once(`hours ${name}`, () => {
      const hours = this.#graph.node("Div", [this.time(name), this.#graph.double(HOUR)]);
      return this.#graph.node("Mod", [hours, this.#graph.double(24)], [int("fmod", 1)]);
    });
  }

  /** 0 to 23. */
  hour(name: string): string {
    return this.#once(`hour ${name}`, () => {
      const ofDay = this.#remainder(this.#whole(name), DAY);
      return this.#quotient(ofDay, HOUR);
    });
  }

  /** 0 is Sunday. */
  weekday(name: string): string {
    return this.#once(`weekday ${name}`, () => this.#remainder(this.#plus(this.#day(name), 4), 7));
  }

  /** Of the month, from 1. */
  date(name: string): string {
    return this.#once(`date ${name}`, () => {
      const { dayOfYear, month } = this.#civil(name);
      const before = this.#quotient(this.#plus(this.#times(month, 153), 2), 5);
      return this.#plus(this.#graph.node("Sub", [dayOfYear, before]), 1);
    });
  }

  /** 0 is January. */
  month(name: string): string {
    return this.#once(`month ${name}`, () => this.#remainder(this.#plus(this.#civil(name).month, 2), 12));
  }

  /** Days from the instant of one time to that of another. */
  daysBetween(earlier: string, later: string): string {
    const span = this.#graph.node("Sub", [this.time(later), this.time(earlier)]);
    return this.#graph.node("Div", [span, this.#graph.double(DAY)]);
  }

  /** Whole milliseconds. */
  #whole(name: string): string {
    return this.#once(`whole ${name}`, () => {
      const time = this.time(name);
      const size = this.#graph.node("Floor", [this.#graph.node("Abs", [time])]);
      return this.#graph.node("Mul", [size, this.#graph.node("Sign", [time])]);
    });
  }

  /** Days since the epoch. */
  #day(name: string): string {
    return this.#once(`day ${name}`, () => this.#quotient(this.#whole(name), DAY));
  }

  /**
   * Day of a year that begins in March, and its month, March is 0: leap days come last (Hinnant: chrono-Compatible Low-Level Date Algorithms,
   * `civil_from_days`).
   */
  #civil(name: string): { dayOfYear: string; month: string } {
    const graph = this.#graph;
    const dayOfYear = this.#once(`day of year ${name}`, () => {
      const ofEra = this.#remainder(this.#plus(this.#day(name), 719_468), 146_097);
      const leaps = graph.node("Sub", [this.#quotient(ofEra, 36_524), this.#quotient(ofEra, 1460)]);
      const spread = graph.node("Sub", [graph.node("Add", [ofEra, leaps]), this.#quotient(ofEra, 146_096)]);
      const year = this.#quotient(spread, 365);
      const days = graph.node("Add", [
        this.#times(year, 365),
        graph.node("Sub", [this.#quotient(year, 4), this.#quotient(year, 100)]),
      ]);
      return graph.node("Sub", [ofEra, days]);
    });
    const month = this.#once(`month from March ${name}`, () => this.#quotient(this.#plus(this.#times(dayOfYear, 5), 2), 153));
    return { dayOfYear, month };
  }

  #plus(value: string, more: number): string {
    return this.#graph.node("Add", [value, this.#graph.double(more)]);
  }

  #times(value: string, factor: number): string {
    return this.#graph.node("Mul", [value, this.#graph.double(factor)]);
  }

  /** Rounded down. */
  #quotient(value: string, divisor: number): string {
    return this.#graph.node("Floor", [this.#graph.node("Div", [value, this.#graph.double(divisor)])]);
  }

  /** Never negative. */
  #remainder(value: string, divisor: number): string {
    return this.#graph.node("Sub", [value, this.#times(this.#quotient(value, divisor), divisor)]);
  }

  #flat(value: string): string {
    return this.#graph.node("Squeeze", [value, this.#once("axis", () => this.#graph.constant(BigInt64Array.of(1n)))]);
  }

  #once(what: string, make: () => string): string {
    const known = this.#made.get(what);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(what, made);
    return made;
  }
}
