/**
 * What is wrong with a part of a request, in the words that the rest of the API has: what must stand there, and what came. Messages that a schema
 * gives itself come first; values are never repeated, they may be secrets.
 */
import type { z } from "zod";
import type { Problem } from "#base/errors";

/** For `safeParse`; undefined: the schema's own words. */
export function plainWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${expected(issue.expected)}, got ${kindOf(issue.input)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `must be ${shown(issue.values[0])}`
        : `must be one of ${issue.values.map(shown).join(", ")}`;
    case "invalid_format":
      return formats[issue.format] ?? "does not have the form that is asked for";
    case "too_small":
      return sized(issue.origin, issue.minimum, issue.inclusive === false ? "more than" : "at least");
    case "too_big":
      return sized(issue.origin, issue.maximum, issue.inclusive === false ? "less than" : "at most");
    case "invalid_union":
      return "has no form that is known here";
    default:
      return undefined;
  }
}

/** A problem for each thing that does not fit; of alternatives those of the one that was most likely meant. `at` writes a path. */
export function problemsOf(issue: z.core.$ZodIssue, at: (path: readonly PropertyKey[]) => string): Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ pointer: at([...issue.path, key]), detail: "is not known here" }));
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ pointer: at(issue.path), detail: issue.message }];
  const isOther = (issues: readonly z.core.$ZodIssue[]): boolean =>
    issues.some(({ code, path }) => code === "invalid_type" && path.length === 0);
  const meant = issue.errors.find((issues) => !isOther(issues));
  if (meant) return meant.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, at));
  const kinds = issue.errors.flatMap((issues) =>
    issues.flatMap((inner) => (inner.code === "invalid_type" ? [expected(inner.expected)] : [])),
  );
  const words = [...new Set(kinds)];
  const list = words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return [{ pointer: at(issue.path), detail: `must be ${list}` }];
}

const formats: Readonly<Record<string, string>> = {
  uuid: "must be a UUID",
  datetime: "must be an instant in RFC 3339, such as 2026-03-02T10:15:00Z",
  date: "must be a date, such as 2026-03-02",
};

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

function expected(kind: string): string {
  return kinds[kind] ?? kind;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  // Of a query all is text: what is no number came as one.
  return typeof value === "number" && Number.isNaN(value) ? "text" : expected(typeof value);
}

function sized(origin: string, bound: number | bigint, how: string): string {
  if (origin === "string")
    return bound === 1 && how === "at least" ? "must not be empty" : `must have ${how} ${bound} characters`;
  if (origin === "array" || origin === "set") return `must have ${how} ${bound} ${bound === 1 ? "entry" : "entries"}`;
  return `must be ${how} ${bound}`;
}

function shown(value: unknown): string {
  return String(value);
}
