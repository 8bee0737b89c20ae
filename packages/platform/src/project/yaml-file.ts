/**
 * One YAML file against one schema: the value, or every problem with its line and column. Nothing of the file is evaluated: no tags,
 * no merges, few aliases, bounded size and depth. What the schema finds is put into words by `explain-issue.ts`.
 */
import { LineCounter, isAlias, isMap, isNode, isPair, isScalar, parseDocument, visit } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import type { Problem } from "#base/errors";
import { explainIssues, shownKey } from "./explain-issue.ts";

/** A problem at a place of a file: `use-cases/x.yaml:3:7`. */
export interface Checked<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
  /** `file:line:column` of a path into the file, for problems that are found later. */
  at(path: readonly PropertyKey[]): string;
}

/** In bytes; a real one has a few thousand. */
export const largestFile = 1_000_000;
const deepest = 50;
const mostAliases = 50;
/** More problems than this of one file help nobody. */
const mostProblems = 50;

/** @param file its name as problems shall show it */
export function checkYaml<Schema extends z.ZodType>(file: string, text: string, schema: Schema): Checked<z.output<Schema>> {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const fail = (problems: readonly Problem[]): Checked<z.output<Schema>> => ({
    value: undefined,
    problems: capped(problems, mostProblems),
    at: () => `${file}:1:1`,
  });
  const top = (detail: string): Checked<z.output<Schema>> => fail([{ pointer: `${file}:1:1`, detail }]);

  const reason = unreadable(text);
  if (reason) return fail([{ pointer: `${file}:${positionIn(text, reason.offset)}`, detail: reason.detail }]);
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, stringKeys: true });
  } catch (error) {
    if (error instanceof RangeError) return top(tooDeep);
    throw error;
  }
  const faults = [...syntaxFaults(document), ...structureFaults(document)];
  const bottomless = faults.filter(({ detail }) => detail === tooDeep).slice(0, 1);
  if (faults.length > 0)
    return fail((bottomless.length > 0 ? bottomless : faults).map(({ offset, detail }) => ({ pointer: place(offset), detail })));
  let input: unknown;
  try {
    input = document.toJS({ maxAliasCount: mostAliases });
  } catch {
    return top("has too many aliases (*name); write the values out");
  }
  if (input === null || input === undefined) return top("is empty; `inlay init` writes a first one");

  const at = (path: readonly PropertyKey[]): string => place(offsetOf(document, path));
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return { value: parsed.data, problems: [], at };
  const explained = explainIssues(parsed.error.issues, schema, input);
  return { ...fail(explained.map(({ path, detail }) => ({ pointer: at(path), detail }))), at };
}

interface Fault {
  readonly offset: number;
  readonly detail: string;
}

const tooDeep = `is nested deeper than ${deepest} levels; no key of a project is that deep`;

function syntaxFaults(document: Document): Fault[] {
  return [...document.errors, ...document.warnings].map(({ code, pos, message }) => ({
    offset: pos[0],
    detail: /call stack/.test(message) ? tooDeep : `is not valid YAML: ${syntaxSaid[code] ?? sentence(message)}`,
  }));
}

/** What the parser says in words of its own interface, in words of the file. */
const syntaxSaid: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: "it holds more than one document; take out the line that starts with ---",
  NON_STRING_KEY: "a key must be text",
  TAG_RESOLVE_FAILED: "tags (!name) mean nothing here",
  TAB_AS_INDENT: "it is indented with a tab; use spaces",
};

/** What is valid YAML and still cannot be meant: aliases to nothing, keys that JavaScript would swallow, bottomless nesting. */
function structureFaults(document: Document): Fault[] {
  const faults: Fault[] = [];
  visit(document, (_key, node, above) => {
    if (above.length > 2 * deepest) {
      faults.push({ offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, detail: tooDeep });
      return visit.BREAK;
    }
    if (isAlias(node) && !node.resolve(document))
      faults.push({
        offset: node.range?.[0] ?? 0,
        detail: `is not valid YAML: *${shownKey(node.source)} names nothing above it`,
      });
    if (isPair(node) && isScalar(node.key) && node.key.value === "__proto__")
      faults.push({ offset: node.key.range?.[0] ?? 0, detail: "__proto__ cannot be a key" });
    return undefined;
  });
  return faults;
}

/** Where a path stands in the text: its key where there is one, else the nearest thing above it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1) as (string | number)[], true);
    const key = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair && isNode(pair.key)) return pair.key.range![0];
    }
    const node = document.getIn(path.slice(0, depth) as (string | number)[], true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) ? document.contents.range![0] : 0;
}

function unreadable(text: string): Fault | undefined {
  if (text.length > largestFile) return { offset: 0, detail: `has ${text.length} characters; at most ${largestFile} are read` };
  const nul = text.indexOf("\0");
  if (nul >= 0) return { offset: nul, detail: "is not text: it holds NUL characters; save it as UTF-8" };
  const broken = text.indexOf("\uFFFD");
  return broken >= 0 ? { offset: broken, detail: "is not UTF-8 here; save it as UTF-8" } : undefined;
}

/** `line:column` of an offset, before the parser has seen the text. */
function positionIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

function capped(problems: readonly Problem[], most: number): readonly Problem[] {
  if (problems.length <= most) return problems;
  const { pointer } = problems[most - 1]!;
  return [...problems.slice(0, most - 1), { pointer, detail: `and ${problems.length - most + 1} more problems from here on` }];
}

/** The first line of a message of the parser, without what it quotes from the file: that could be a secret. */
function sentence(message: string): string {
  const [first] = message.split("\n");
  const unquoted = first!.replace(/:? ?["'`].*$/, "");
  return unquoted.charAt(0).toLowerCase() + unquoted.slice(1);
}
