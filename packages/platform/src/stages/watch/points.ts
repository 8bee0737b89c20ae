/** Points as they are watched: of many rows the values of single series, in the order of time. */
import type { Problem } from "#base/errors";
import { nearest } from "#base/text";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import { valueAt } from "#learn/data/table";
import type { DetectSeriesUseCase } from "#records/use-case";
import { usualnessOf } from "#records/use-case";
import { parseInstant } from "#tables/instant";

/** A series: one measured value of what the columns of the key name, or how far apart all of them are. */
export interface SeriesName {
  /** Unique, and the same whatever else there is. */
  readonly id: string;
  /** For people. */
  readonly text: string;
  /** A value for each column of `source.series`. */
  readonly key: readonly string[];
  /** The measured value; null: all of them together. */
  readonly value: string | null;
  /** Series of one group are related. */
  readonly group: string;
}

/** Values one after the other: place i is one value of series `series[i]` at `times[i]`. */
export interface Points {
  readonly names: readonly SeriesName[];
  readonly series: Uint32Array;
  /** Epoch milliseconds, ascending. */
  readonly times: Float64Array;
  /** NaN where nothing was measured; of all values together any number where something was. */
  readonly values: Float64Array;
  /** 1 where the value is a known anomaly; null where nothing is known. */
  readonly anomalies: Uint8Array | null;
  /** Rows that had no instant. */
  readonly timeless: number;
}

/** The series of a value, by what its row holds. */
export function seriesName({ source }: DetectSeriesUseCase, key: readonly string[], value: string | null): SeriesName {
  const related = source.related ?? source.series;
  const group = source.series.flatMap((column, at) => (related.includes(column) ? [key[at] ?? ""] : []));
  const shown = (parts: readonly string[]): string => parts.map((part) => (part === "" ? "(none)" : part)).join(" / ");
  const text = shown(source.values.length === 1 && key.length > 0 ? key : [...key, value ?? "together"]);
  return { id: JSON.stringify([...key, value]), text, key, value, group: shown(group) || "all" };
}

/** The series of an id. */
export function seriesNamed(useCase: DetectSeriesUseCase, id: string): SeriesName {
  const parts = JSON.parse(id) as readonly unknown[];
  const value = parts.at(-1);
  return seriesName(useCase, parts.slice(0, -1).map(String), value === null ? null : String(value));
}

/**
 * The points of a table, whatever the order of its rows. Where values are judged together too, each thing has a point of all of them after those of
 * its rows at one time. O(rows x values), and sorting where times do not ascend.
 *
 * @param absent for each value column a 1 for each row that says nothing of it, not even that it is missing
 */
export function pointsOf(useCase: DetectSeriesUseCase, table: ScalarTable, absent?: readonly Uint8Array[]): Points {
  const { source } = useCase;
  const instants = instantsOf(table.columns[source.time]!);
  const keys = source.series.map((column) => textsOf(table.columns[column]!));
  const labels = source.label === undefined ? null : textsOf(table.columns[source.label]!);
  const columns = source.values.map((column) => numbersOf(table.columns[column]!));
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => Number.isFinite(instants[row]!));
  if (rows.some((row, at) => at > 0 && instants[row]! < instants[rows[at - 1]!]!)) {
    rows.sort((a, b) => instants[a]! - instants[b]! || a - b);
  }
  const names: SeriesName[] = [];
  const slots = new Map<string, number>();
  const width = columns.length;
  const most = rows.length * (source.together ? width + 1 : width);
  const series = new Uint32Array(most);
  const times = new Float64Array(most);
  const values = new Float64Array(most);
  const anomalies = labels && new Uint8Array(most);
  /** Of all values together at one time, by series. */
  const things = new Map<number, { measured: boolean; anomaly: boolean }>();
  let place = 0;
  for (const [nr, row] of rows.entries()) {
    const key = keys.map((column) => column[row]!);
    const name = key.join("\u001f");
    let slot = slots.get(name);
    if (slot === undefined) {
      slots.set(name, (slot = names.length));
      for (const value of source.values) names.push(seriesName(useCase, key, value));
      if (source.together) names.push(seriesName(useCase, key, null));
    }
    for (let column = 0; column < width; column++) {
      if (absent?.[column]![row] === 1) continue;
      series[place] = slot + column;
      times[place] = instants[row]!;
      values[place] = columns[column]![row]!;
      if (anomalies && labels) anomalies[place] = usualnessOf(labels[row]!) === "unusual" ? 1 : 0;
      place++;
    }
    if (!source.together) continue;
    const before = things.get(slot + width);
    things.set(slot + width, {
      measured: before?.measured === true || columns.some((column) => Number.isFinite(column[row]!)),
      anomaly: before?.anomaly === true || (labels !== null && usualnessOf(labels[row]!) === "unusual"),
    });
    if (instants[rows[nr + 1] ?? -1] === instants[row]!) continue;
    for (const [thing, { measured, anomaly }] of things) {
      series[place] = thing;
      times[place] = instants[row]!;
      values[place] = measured ? 0 : Number.NaN;
      if (anomalies) anomalies[place] = anomaly ? 1 : 0;
      place++;
    }
    things.clear();
  }
  return {
    names,
    series: series.subarray(0, place),
    times: times.subarray(0, place),
    values: values.subarray(0, place),
    anomalies: anomalies && anomalies.subarray(0, place),
    timeless: table.rows - rows.length,
  };
}

/**
 * Of points those that are later than the last of their series (all of them: null, none: Infinity), and only the series that have any. O(points).
 */
export function laterThan(points: Points, last: (name: SeriesName, series: number) => number | null): Points {
  const before = points.names.map((name, series) => last(name, series) ?? -Infinity);
  const kept = Uint32Array.from(points.times.keys()).filter((at) => points.times[at]! > before[points.series[at]!]!);
  const slots = new Map<number, number>();
  const series = Uint32Array.from(kept, (at) => {
    const of = points.series[at]!;
    if (!slots.has(of)) slots.set(of, slots.size);
    return slots.get(of)!;
  });
  return {
    ...points,
    names: Array.from(slots.keys(), (of) => points.names[of]!),
    series,
    times: Float64Array.from(kept, (at) => points.times[at]!),
    values: Float64Array.from(kept, (at) => points.values[at]!),
    anomalies: points.anomalies && Uint8Array.from(kept, (at) => points.anomalies![at]!),
  };
}

/** Instants as epoch milliseconds; NaN where a value is none. Text is read as ISO 8601, in UTC where it has no zone. */
export function instantsOf(column: ScalarColumn): Float64Array {
  if (column.type === "string")
    return Float64Array.from(column.values, (text) => (text === null ? Number.NaN : parseInstant(text.trim())));
  return column.values;
}

/** Numbers; NaN where a value is none. */
function numbersOf(column: ScalarColumn): Float64Array {
  if (column.type !== "string") return column.values.map((value) => (Number.isFinite(value) ? value : Number.NaN));
  return Float64Array.from(column.values, (text) => {
    const number = text === null || text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(number) ? number : Number.NaN;
  });
}

/** Names as text, an empty one where there is none. */
function textsOf(column: ScalarColumn): string[] {
  const length = column.values.length;
  return Array.from({ length }, (_, row) => {
    const value = valueAt(column, row);
    return value === null ? "" : String(value);
  });
}

/** Most characters of a name of a series. */
const longestName = 200;

/**
 * What a client sends, `[{ host, at, cpu }]`, as points. All of the key and the time are needed; a value that is left out is not spoken of, one that
 * is null was not measured. Problems are pushed with pointers below `/points`; undefined is returned then.
 */
export function parsePoints(useCase: DetectSeriesUseCase, inputs: readonly unknown[], problems: Problem[]): Points | undefined {
  const { source } = useCase;
  const known = [...source.series, source.time, ...source.values];
  const before = problems.length;
  const keys = source.series.map((): (string | null)[] => []);
  const times = new Float64Array(inputs.length);
  const values = source.values.map(() => new Float64Array(inputs.length).fill(Number.NaN));
  const absent = source.values.map(() => new Uint8Array(inputs.length));
  inputs.forEach((input, at) => {
    const pointer = (field: string): string => `/points/${at}/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (input === null || typeof input !== "object" || Array.isArray(input)) {
      problems.push({ pointer: `/points/${at}`, detail: `must be an object with the fields ${known.join(", ")}` });
      return;
    }
    const point = input as Record<string, unknown>;
    for (const field of Object.keys(point)) {
      if (known.includes(field)) continue;
      const near = nearest(field, known);
      const rest = near === undefined ? `known: ${known.join(", ")}` : `did you mean ${near}?`;
      problems.push({ pointer: pointer(field.slice(0, 100)), detail: `is not a field; ${rest}` });
    }
    source.series.forEach((column, nr) => {
      const value = point[column];
      const fits =
        (typeof value === "string" && value.length <= longestName && !value.includes("\0")) || typeof value === "number";
      if (!fits)
        problems.push({
          pointer: pointer(column),
          detail: `names the series; it must be text of at most ${longestName} characters`,
        });
      keys[nr]!.push(fits ? String(value) : null);
    });
    const time = point[source.time];
    const instant = typeof time === "string" && /(Z|[+-]\d\d:\d\d)$/i.test(time) ? parseInstant(time) : Number.NaN;
    if (!Number.isFinite(instant))
      problems.push({
        pointer: pointer(source.time),
        detail: "must be an instant in RFC 3339, for example 2026-01-31T08:30:00Z",
      });
    times[at] = instant;
    let measured = false;
    source.values.forEach((column, nr) => {
      const value = point[column];
      if (value === undefined) {
        absent[nr]![at] = 1;
        return;
      }
      measured = true;
      if (value === null) return;
      if (typeof value !== "number" || !Number.isFinite(value))
        problems.push({ pointer: pointer(column), detail: "must be a number, or null where nothing was measured" });
      else values[nr]![at] = value;
    });
    if (!measured)
      problems.push({ pointer: `/points/${at}`, detail: `has no value; send at least one of ${source.values.join(", ")}` });
  });
  if (problems.length > before) return undefined;
  const table: ScalarTable = {
    rows: inputs.length,
    columns: {
      [source.time]: { type: "time", values: times },
      ...Object.fromEntries(source.series.map((column, nr) => [column, { type: "string", values: keys[nr]! } as const])),
      ...Object.fromEntries(source.values.map((column, nr) => [column, { type: "number", values: values[nr]! } as const])),
    },
  };
  return pointsOf({ ...useCase, source: { ...source, label: undefined } }, table, absent);
}
