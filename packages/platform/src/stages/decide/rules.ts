/**
 * The rules of a policy: conditions in CEL over `record`, compiled once. CEL always ends, sees nothing but the record and can do
 * nothing, so a project file cannot run code. Fields that a record lacks are null; a condition that cannot be evaluated (for
 * example a text function on null) does not hold.
 */
import { Environment } from "@marcbachmann/cel-js";
import { nearest } from "#base/text";
import type { RecordPolicy, Rule } from "#records/use-case";

export interface CompiledRule extends Rule {
  holds(record: Readonly<Record<string, unknown>>): boolean;
}

/** What is wrong with one rule: its place in the list, and the compiler's words with a caret under the place. */
export interface RuleProblem {
  readonly index: number;
  readonly detail: string;
}

/**
 * Compiles all rules; those with problems are left out and reported. `fields` are the names that `record` may have.
 *
 * @example compileRules([{ when: 'record.priority == "P1"', then: "major-incident" }], ["priority"])
 */
export function compileRules(
  rules: readonly Rule[],
  fields: readonly string[],
): { rules: CompiledRule[]; problems: RuleProblem[] } {
  const compiled: CompiledRule[] = [];
  const problems: RuleProblem[] = [];
  rules.forEach((rule, index) => {
    const detail = unknownField(rule.when, fields);
    if (detail !== undefined) {
      problems.push({ index, detail });
      return;
    }
    try {
      const condition = environment.parse(rule.when);
      const checked = condition.check();
      if (!checked.valid) throw checked.error ?? new Error("it does not type-check");
      compiled.push({ ...rule, holds: (record) => holds(condition, record) });
    } catch (error) {
      problems.push({ index, detail: error instanceof Error ? error.message : String(error) });
    }
  });
  return { rules: compiled, problems };
}

/** The first rule that holds for a record in which every field of the use case is present, if only as null. */
export function firstRule(rules: readonly CompiledRule[], record: Readonly<Record<string, unknown>>): CompiledRule | undefined {
  return rules.find((rule) => rule.holds(record));
}

/** The rules of today as a way to decide by themselves: what a model is compared with. null where none holds and there is no default. */
export function ruleDecider(
  policy: RecordPolicy,
  fields: readonly string[],
): ((record: Readonly<Record<string, unknown>>) => string | null) | null {
  if (policy.rules.length === 0) return null;
  const { rules } = compileRules([...policy.rules_first, ...policy.rules], fields);
  return (record) => firstRule(rules, record)?.then ?? policy.default ?? null;
}

function holds(condition: (context: { record: object }) => unknown, record: object): boolean {
  try {
    return condition({ record }) === true;
  } catch {
    return false;
  }
}

/** A field of `record` that is not one of the use case, outside of quoted text. */
function unknownField(condition: string, fields: readonly string[]): string | undefined {
  const code = condition.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (text) => " ".repeat(text.length));
  for (const [, name] of code.matchAll(/\brecord\s*\.\s*([A-Za-z_]\w*)/g)) {
    if (fields.includes(name!)) continue;
    const near = nearest(name!, fields);
    return `record.${name} is not a feature of the use case${near === undefined ? "" : `; did you mean record.${near}?`} Known: ${fields.join(", ")}`;
  }
  return undefined;
}

// Numbers of a record are doubles, whole literals of CEL are ints: arithmetic between the two is allowed here.
const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: { maxAstNodes: 2000, maxDepth: 50 },
}).registerVariable("record", "map");
for (const [sign, apply] of [
  ["+", (a: number, b: number) => a + b],
  ["-", (a: number, b: number) => a - b],
  ["*", (a: number, b: number) => a * b],
  ["/", (a: number, b: number) => a / b],
] as const) {
  environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => apply(a, Number(b)));
  environment.registerOperator(`int ${sign} double`, (a: bigint, b: number) => apply(Number(a), b));
}
