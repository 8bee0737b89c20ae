/**
 * From what a client sends to the record that is decided on: known fields of the right type, in standard form, every feature
 * present if only as null. Nothing is guessed: a number in quotes is not a number, a date without a zone is not an instant.
 */
import type { Problem } from "#base/errors";
import { nearest } from "#base/text";
import type { Row } from "#learn/data/table";
import { matchColumns } from "#records/history";
import { standardCategory, standardText } from "#records/standardise";
import type { RecordUseCase } from "#records/use-case";
import { agedColumns, featureKinds, sentKinds } from "#records/use-case";

/** Longest text of one field, in UTF-16 code units. */
export const maxTextLength = 200_000;

export interface ValidRecord {
  /** For the model, rules and the decision: features, and whose history it has. Instants are epoch milliseconds. */
  readonly row: Row;
  readonly key: string | null;
  /** Columns that its history is found by, as text. */
  readonly match: Readonly<Record<string, string | null>>;
  /** When it came to be, epoch milliseconds, where it says so and its history or the age of an instant needs it. */
  readonly at: number | null;
}

/** Problems found are pushed with a pointer below `at`; undefined is returned then. */
export type Validator = (input: unknown, at: string, problems: Problem[]) => ValidRecord | undefined;

export type Kind = "text" | "category" | "number" | "time";

/** Compiles the validator of a use case. O(fields) a record. */
export function compileValidator(useCase: RecordUseCase): Validator {
  const kinds = sentKinds(useCase);
  const { key, label, time } = useCase.source;
  const matched = matchColumns(useCase);
  const computed = Object.keys(useCase.history);
  const readsTime = computed.length > 0 || agedColumns(useCase).length > 0;
  const names = [...new Set([...kinds.keys(), ...matched])];
  const accepted = [...new Set([...names, key, ...(time === undefined ? [] : [time])])];
  const empty: Record<string, null> = Object.fromEntries(
    [...featureKinds(useCase).keys(), ...matched].map((name) => [name, null]),
  );

  return function validate(input, at, problems) {
    if (input === null || typeof input !== "object" || Array.isArray(input)) {
      problems.push({ pointer: at, detail: `must be an object with the fields ${names.join(", ")}` });
      return undefined;
    }
    const before = problems.length;
    const row: Record<string, string | number | boolean | null> = { ...empty };
    const match: Record<string, string | null> = {};
    let recordKey: string | null = null;
    let cameToBe: number | null = null;
    let known = 0;
    for (const name of Object.keys(input)) {
      const value = (input as Record<string, unknown>)[name];
      const kind = kinds.get(name);
      if (
        kind !== "number" &&
        typeof value === "number" &&
        Math.abs(value) > Number.MAX_SAFE_INTEGER &&
        accepted.includes(name)
      ) {
        problems.push({
          pointer: `${at}/${escape(name)}`,
          detail: "has more digits than a number of JSON keeps, write it in quotes",
        });
        continue;
      }
      if (kind !== undefined) {
        const standard = standardValue(value, kind);
        if (typeof standard === "object" && standard !== null)
          problems.push({ pointer: `${at}/${escape(name)}`, detail: standard.problem });
        else {
          row[name] = standard;
          if (standard !== null) known++;
        }
      }
      if (matched.includes(name)) {
        if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
          match[name] = String(value);
          if (kind === undefined) row[name] = standardText(match[name]);
          if (match[name].length > 1000)
            problems.push({ pointer: `${at}/${escape(name)}`, detail: "must have at most 1000 characters" });
          known++;
        } else if (value !== null && value !== undefined && kind === undefined)
          problems.push({ pointer: `${at}/${escape(name)}`, detail: `must be text or a number, got ${typeName(value)}` });
      }
      if (name === time && readsTime) {
        const instant = standardValue(value, "time");
        if (typeof instant !== "object" || instant === null) cameToBe = instant as number | null;
        else if (kind === undefined) problems.push({ pointer: `${at}/${escape(name)}`, detail: instant.problem });
      }
      if (name === key) {
        if (typeof value === "string" || typeof value === "number") recordKey = standardText(String(value)).slice(0, 200);
        else if (value !== null && kind === undefined && !matched.includes(name))
          problems.push({ pointer: `${at}/${escape(name)}`, detail: "must be text or a number" });
      } else if (computed.includes(name))
        problems.push({ pointer: `${at}/${escape(name)}`, detail: "is computed from history; leave it out" });
      else if (kind === undefined && name !== time && !matched.includes(name))
        problems.push({ pointer: `${at}/${escape(name)}`, detail: unknownField(name, label, accepted) });
    }
    if (problems.length > before) return undefined;
    if (known === 0) {
      problems.push({ pointer: at, detail: `has no feature; send at least one of ${names.join(", ")}` });
      return undefined;
    }
    return { row, key: recordKey, match, at: cameToBe };
  };
}

/** A value in standard form, or what is wrong with it. */
export function standardValue(value: unknown, kind: Kind): string | number | null | { problem: string } {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case "text":
      if (typeof value !== "string") return { problem: `must be text, got ${typeName(value)}` };
      if (value.length > maxTextLength) return { problem: `must have at most ${maxTextLength} characters, got ${value.length}` };
      return standardText(value);
    case "category":
      if (typeof value === "boolean" || typeof value === "number") return String(value);
      if (typeof value !== "string") return { problem: `must be text, got ${typeName(value)}` };
      return value.length > 1000 ? { problem: "must have at most 1000 characters" } : standardCategory(value);
    case "number":
      if (typeof value === "number" && Number.isFinite(value)) return value;
      return {
        problem:
          typeof value === "string"
            ? "must be a number, write it without quotes"
            : `must be a number, got ${typeof value === "number" ? "one that no double holds" : typeName(value)}`,
      };
    case "time": {
      const at =
        typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(value)
          ? Date.parse(value)
          : Number.NaN;
      return Number.isNaN(at) ? { problem: "must be an instant in RFC 3339, for example 2026-01-31T08:30:00Z" } : at;
    }
  }
}

function unknownField(name: string, label: string | undefined, accepted: readonly string[]): string {
  if (name === label) return "is what is decided; leave it out";
  const near = nearest(name, accepted);
  return near === undefined ? `is not a field; known: ${accepted.join(", ")}` : `is not a field; did you mean ${near}?`;
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? "an array" : value === null ? "null" : typeof value === "object" ? "an object" : typeof value;
}

/** RFC 6901. */
export function escape(name: string): string {
  return name.slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1");
}
