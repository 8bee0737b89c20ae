/** The same for a use case that looks ahead: a record names a series, from when on, and what is in stock. */
import type { Problem } from "#base/errors";
import { stepNamed, stepText } from "#base/steps";
import { nearest } from "#base/text";
import { seriesName, standardSeries, stockFields } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import { escape, standardValue } from "#stages/decide/validate";
import type { ValidRecord, Validator } from "#stages/decide/validate";

/** Compiles the validator of a use case. O(fields) a record. */
export function compileSeriesValidator({ source, every, time_zone: zone, policy }: ForecastUseCase): Validator {
  const stock: readonly string[] = policy.order ? stockFields : [];
  const accepted = [...source.series, source.time, ...stock];

  return function validate(input, at, problems): ValidRecord | undefined {
    const before = problems.length;
    const say = (field: string, detail: string): void => void problems.push({ pointer: `${at}/${escape(field)}`, detail });
    if (input === null || typeof input !== "object" || Array.isArray(input)) {
      problems.push({ pointer: at, detail: `must be an object with the fields ${accepted.join(", ")}` } satisfies Problem);
      return undefined;
    }
    const record = input as Record<string, unknown>;
    for (const name of Object.keys(record)) {
      if (accepted.includes(name)) continue;
      const near = nearest(name, accepted);
      say(name, near === undefined ? `is not a field; known: ${accepted.join(", ")}` : `is not a field; did you mean ${near}?`);
    }
    const row: Record<string, string | number | null> = {};
    for (const name of source.series) {
      const value = own(record, name);
      const [standard] = standardSeries([value]) ?? [];
      if (standard !== undefined) row[name] = standard;
      else say(name, value === undefined || value === null ? "is missing; it names the series" : "must be text or a number");
    }
    const when = own(record, source.time) ?? null;
    const step = typeof when === "string" ? stepNamed(every, zone, when) : undefined;
    if (when !== null && step === undefined)
      say(source.time, `must be a ${every} such as ${stepText(every, 0)}, a date, or an instant in RFC 3339`);
    row[source.time] = step === undefined ? null : stepText(every, step);
    for (const name of stock) {
      const standard = standardValue(own(record, name), "number");
      if (typeof standard === "object" && standard !== null) say(name, standard.problem);
      else row[name] = standard as number | null;
    }
    if (problems.length > before) return undefined;
    return { row, key: seriesName(source.series.map((name) => String(row[name]))).slice(0, 200), match: {}, at: null };
  };
}

function own(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
