/**
 * What a schema has against a file, in words for the person who wrote it: what was expected, what stands there, and the nearest
 * valid key. A union is explained by the alternative that was most likely meant. Values are never quoted, and keys only where
 * they look like keys: anything else could be a secret in the wrong place.
 */
import { z } from "zod";
import { nearest } from "#base/text";

export interface Explained {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** @param input what was parsed; it tells a missing value from a wrong one */
export function explainIssues(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, input: unknown): Explained[] {
  const shape = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;
  return issues.flatMap((issue) => explain(issue, [], meant(shape, input), input));
}

/** Of alternatives that a constant tells apart (`task: regress`) the one that is written, so that no key of another is proposed. */
function meant(shape: Shape, input: unknown): Shape {
  const written = shape.oneOf?.filter((of) =>
    [of, ...(of.anyOf ?? [])].some(({ properties }) =>
      Object.entries(properties ?? {}).some(
        ([key, { const: constant }]) => constant !== undefined && valueAt(input, [key]) === constant,
      ),
    ),
  );
  return written?.length === 1 ? written[0]! : shape;
}

/** A key as a message may show it. */
export function shownKey(key: string): string {
  return /^[\w-]{1,40}$/.test(key) ? key : "what stands here";
}

function explain(issue: z.core.$ZodIssue, above: readonly PropertyKey[], shape: Shape, input: unknown): Explained[] {
  const path = [...above, ...issue.path];
  const name = describePath(path);
  const value = valueAt(input, path);
  const say = (detail: string): Explained[] => [{ path, detail }];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysOf(shapesAt(shape, path));
      return issue.keys.map((key) => {
        const near = nearest(key, known);
        const rest = near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${near}?`;
        return {
          path: [...path, key],
          detail: `${shownKey(key)} is not a key${path.length === 0 ? "" : ` of ${name}`}; ${rest}`,
        };
      });
    }
    case "invalid_union":
      if (issue.errors.length > 0) return explainUnion(issue, path, shape, input);
      return say(`${name} must be one of ${constantsAt(shape, path).join(", ")}`); // a discriminator that no alternative has
    case "invalid_type": {
      if (value === undefined) return say(`${name} is missing; write ${article(issue.expected)} there`);
      const share = shareText(value, shapesAt(shape, path));
      if (share !== undefined) return say(`${name} is a percentage; write ${share}`);
      const quotes = issue.expected === "string" && typeof value !== "object" ? "; put it in quotes" : "";
      return say(
        `${name} must be ${article(issue.expected)}, got ${issue.expected === "int" && typeof value === "number" ? value : typeName(value)}${quotes}`,
      );
    }
    case "invalid_value": {
      const choice = `${issue.values.length === 1 ? "" : "one of "}${issue.values.join(", ")}`;
      return say(value === undefined ? `${name} is missing; write ${choice} there` : `${name} must be ${choice}`);
    }
    case "invalid_key":
      return say(`${shownKey(String(path.at(-1)))} must be lower-case words joined by hyphens, for example help-desk`);
    case "too_small":
      return say(
        issue.origin === "string" && issue.minimum === 1
          ? `${name} must not be empty`
          : `${name} must ${unit(issue.origin) === "" ? "be" : "have"} at least ${issue.minimum}${unit(issue.origin)}`,
      );
    case "too_big":
      return say(`${name} must ${unit(issue.origin) === "" ? "be" : "have"} at most ${issue.maximum}${unit(issue.origin)}`);
    default:
      return say(`${name} must be ${issue.message}`);
  }
}

/** Of the alternatives the one that has a key which is written here, or nearly; where none or several have, that is the problem. */
function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  shape: Shape,
  input: unknown,
): Explained[] {
  const value = valueAt(input, path);
  const explainAs = (at: number): Explained[] => issue.errors[at]!.flatMap((inner) => explain(inner, path, shape, input));
  if (value === null || typeof value !== "object" || Array.isArray(value)) return explainAs(0);
  const alternatives = shapesAt(shape, path).find(({ anyOf }) => anyOf?.length === issue.errors.length)?.anyOf ?? [];
  const keys = alternatives.map((alternative) => Object.keys(alternative.properties ?? {}));
  const own = keys.map((list) => list.filter((key) => keys.filter((other) => other.includes(key)).length === 1));
  const written = Object.keys(value).map((key) => {
    const meant = keys.flat().includes(key) ? key : nearest(key, keys.flat());
    return own.findIndex((list) => meant !== undefined && list.includes(meant));
  });
  const meant = [...new Set(written.filter((at) => at >= 0))];
  if (meant.length === 1) return explainAs(meant[0]!);
  const name = describePath(path);
  if (meant.length === 0) return [{ path, detail: `${name} needs one of the keys ${own.flat().join(", ")}` }];
  return [
    {
      path,
      detail: `${meant.map((at) => own[at]!.join(", ")).join(" and ")} do not go together in ${name}; write an entry for each`,
    },
  ];
}

/** A number where a percentage is asked for, as a percentage: 0.95 and 95 are `95%`. Undefined where it is none. */
function shareText(value: unknown, shapes: readonly Shape[]): string | undefined {
  const isAsked = shapes.some(({ examples }) => examples?.some((example) => /^\d+%$/.test(String(example))));
  if (!isAsked || typeof value !== "number" || !(value >= 0 && value <= 100)) return undefined;
  return `${Number((value <= 1 ? value * 100 : value).toPrecision(6))}%`;
}

/** What a JSON Schema says of a place. */
interface Shape {
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
}

/** The shapes that a place may have, alternatives of alternatives included. */
function shapesAt(shape: Shape, path: readonly PropertyKey[]): Shape[] {
  const alternatives = (of: Shape): Shape[] => [of, ...[...(of.anyOf ?? []), ...(of.oneOf ?? [])].flatMap(alternatives)];
  let shapes = alternatives(shape);
  for (const key of path) {
    shapes = shapes
      .flatMap((of): Shape[] => {
        if (typeof key === "number") return of.items ? [of.items] : [];
        const properties = of.properties ?? {};
        const inner = Object.hasOwn(properties, key) ? properties[String(key)] : of.additionalProperties;
        return typeof inner === "object" ? [inner] : [];
      })
      .flatMap(alternatives);
  }
  return shapes;
}

const keysOf = (shapes: readonly Shape[]): string[] => [
  ...new Set(shapes.flatMap(({ properties }) => Object.keys(properties ?? {}))),
];

const constantsAt = (shape: Shape, path: readonly PropertyKey[]): unknown[] => [
  ...new Set(shapesAt(shape, path).flatMap((of) => (of.const === undefined ? [] : [of.const]))),
];

function describePath(path: readonly PropertyKey[]): string {
  const text = path.map((part, at) => {
    if (typeof part === "number") return `[${part}]`;
    const key = /^[\w-]{1,40}$/.test(String(part)) ? String(part) : "...";
    return at === 0 ? key : `.${key}`;
  });
  return text.join("") || "the file";
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function typeName(value: unknown): string {
  if (value === null) return "nothing";
  if (typeof value === "number" && !Number.isFinite(value)) return "a number without end";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a mapping" : article(typeof value);
}

function article(type: string): string {
  const names: Record<string, string> = {
    string: "text",
    object: "a mapping",
    record: "a mapping",
    array: "a list",
    tuple: "a list",
    boolean: "true or false",
    int: "a whole number",
    number: "a number",
  };
  return names[type] ?? type;
}

function unit(origin: string): string {
  const names: Record<string, string> = { string: " characters", array: " entries", record: " entries" };
  return names[origin] ?? "";
}
