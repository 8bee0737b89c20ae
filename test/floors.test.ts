/**
 * Who may import whom, as data, and the proof that the tree keeps to it. A file imports its own folder, the contract at the
 * head of its group (`connectors/connector.ts`) and lower floors; never sideways, never up. Static and dynamic imports,
 * `import type` and re-exports all count.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Floors of packages/platform/src, lowest first. `x/*`: each folder below x is a room of its own. */
const floors: readonly (readonly string[])[] = [
  ["base"],
  ["records"],
  ["store", "tables", "files", "documents", "encoders", "calendars"],
  ["project", "access", "checks", "connectors/*"],
  ["stages/*"],
  ["flows/*"],
  ["doors/*"],
  ["main"],
];

/** Rooms of packages/learn/src, lowest first; `model.ts` stands between data and metrics. */
const learnFloors: readonly (readonly string[])[] = [
  ["math"],
  ["data"],
  ["model"],
  ["tensors", "saved"],
  ["metrics", "folds"],
  ["text", "linear", "network", "trees", "forecast", "encode", "calibrate", "history", "drift", "anomaly"],
  ["explain", "recipe", "select"],
  ["classifiers", "regressors", "forecasters", "outliers"],
  ["export"],
  ["checks"],
];

/** What learn may not touch: anything with I/O. Worker threads are computation; one file starts them. */
const learnBuiltins = new Map([["node:worker_threads", "math/parallel"]]);

const packageImports: Record<string, readonly string[]> = { learn: [], platform: ["learn"], client: [], console: [] };

interface Import {
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
}

const statement = /(?:^|[\s;}])(?:import|export)\s(?:[^;'"]*?\sfrom\s*)?["']([^"'\n]+)["']|\bimport\(\s*["'`]([^"'`\n]+)["'`]/g;

function importsOf(file: string, source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));
  return [...code.matchAll(statement)].map((match) => ({
    file,
    line: code.slice(0, match.index).split("\n").length,
    specifier: match[1] ?? match[2]!,
  }));
}

/** The room a file of platform lives in: `connectors/postgres`, `stages/decide`, `base`; a contract file gives `connectors`. */
function room(path: string): string {
  const parts = path.split("/");
  const grouped = floors.flat().includes(`${parts[0]}/*`);
  return grouped && parts.length > 2 ? `${parts[0]}/${parts[1]}` : parts[0]!;
}

function floorOf(path: string): number {
  const top = path.split("/")[0]!;
  return floors.findIndex((rooms) => rooms.includes(top) || rooms.includes(`${top}/*`));
}

function breach(from: Import): string | undefined {
  const [, pkg = "", , ...rest] = from.file.split("/");
  const inside = rest.join("/").replace(/\.\w+$/, "");
  const { specifier } = from;
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(from.file), specifier);
    if (!target.startsWith(`packages/${pkg}/`)) return "leaves its package by a relative path";
    const targetInside = target
      .split("/")
      .slice(3)
      .join("/")
      .replace(/\.\w+$/, "");
    if (pkg === "platform" && room(targetInside) !== room(inside))
      return `reaches another room by a relative path; write #${targetInside}`;
    return pkg === "learn" ? learnBreach(inside, targetInside) : undefined;
  }
  if (specifier.startsWith("#learn/")) return packageImports[pkg]?.includes("learn") ? undefined : `${pkg} may not import learn`;
  if (/^#(mailroom|job-centre)\//.test(specifier)) return inside.startsWith("main/") ? undefined : "only main/ knows the demo";
  if (specifier.startsWith("@inlay/")) return `${pkg} may not import ${specifier}`;
  if (specifier.startsWith("#")) {
    if (pkg !== "platform") return `${pkg} has no rooms of platform`;
    const target = specifier.slice(1);
    const up = floorOf(target) - floorOf(inside);
    if (floorOf(target) < 0) return `names no room: ${specifier}`;
    if (up < 0 || room(target) === room(inside)) return undefined;
    if (up === 0 && room(inside).startsWith(`${target.split("/")[0]}/`) && target.split("/").length === 2) return undefined;
    return up > 0 ? `imports up: ${room(inside)} -> ${room(target)}` : `imports sideways: ${room(inside)} -> ${room(target)}`;
  }
  if (pkg === "learn") {
    if (!specifier.startsWith("node:")) return `learn has no dependency ${specifier}`;
    if (learnBuiltins.get(specifier) !== inside) return `learn may not use ${specifier}`;
  }
  if (pkg === "client") return `client has no dependencies: ${specifier}`;
  return undefined;
}

function learnBreach(from: string, to: string): string | undefined {
  const at = (path: string): number => learnFloors.findIndex((rooms) => rooms.includes(path.split("/")[0]!));
  if (at(from) < 0 || at(to) < 0) return `a room that the table does not know: ${at(from) < 0 ? from : to}`;
  if (from.split("/")[0] === to.split("/")[0] || at(to) < at(from)) return undefined;
  return `imports ${at(to) > at(from) ? "up" : "sideways"}: ${from} -> ${to}`;
}

/** Chance and clock of their own that learn may not have; `process.env` outside main; platform reads the clock in one place. */
const forbidden: readonly { readonly where: RegExp; readonly what: RegExp; readonly why: string }[] = [
  {
    where: /^packages\/learn\/src\//,
    what: /\bDate\.now\b|\bMath\.random\b|\bperformance\.now\b|\bprocess\./,
    why: "learn has no clock, chance or process",
  },
  { where: /^packages\/platform\/src\/(?!main\/)/, what: /\bprocess\.env\b/, why: "only main/ reads process.env" },
  {
    where: /^packages\/platform\/src\/(?!base\/clock)/,
    what: /\bDate\.now\(|\bMath\.random\(|\bperformance\.now\(/,
    why: "clock and chance are handed in (base/clock, base/id)",
  },
];

const files = globSync("packages/*/src/**/*.ts", { cwd: root }).map((path) => path.split(sep).join("/"));
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));

test("every import keeps to the floors", () => {
  assert.ok(files.length > 20, "the sources were found");
  const breaches = [...sources].flatMap(([file, source]) =>
    importsOf(file, source).flatMap((from) => {
      const why = breach(from);
      return why ? [`${from.file}:${from.line} "${from.specifier}" ${why}`] : [];
    }),
  );
  assert.deepEqual(breaches, []);
});

test("clock, chance and environment come in by the front door", () => {
  const found = [...sources].flatMap(([file, source]) =>
    forbidden.flatMap(({ where, what, why }) => {
      if (!where.test(file)) return [];
      const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      return what.test(code) ? [`${file}: ${why}`] : [];
    }),
  );
  assert.deepEqual(found, []);
});

test("the check sees planted breaches, and nothing else", () => {
  const at = "packages/platform/src";
  const planted: readonly (readonly [file: string, source: string, breaches: boolean])[] = [
    [`${at}/base/x.ts`, 'import { a } from "#records/decision";', true],
    [`${at}/records/x.ts`, 'import type { A } from "#stages/decide/decide";', true],
    [`${at}/stages/decide/x.ts`, 'const a = await import("#stages/train/train");', true],
    [`${at}/stages/decide/x.ts`, 'import { a } from "../train/train.ts";', true],
    [`${at}/stages/decide/x.ts`, 'export { a } from "#doors/http/server";', true],
    [`${at}/stages/decide/x.ts`, 'import {\n  a,\n  b,\n} from "#flows/build-model/build-model";', true],
    [`${at}/stages/decide/x.ts`, 'import "@inlay/client";', true],
    [`${at}/connectors/sqlite/x.ts`, 'import { a } from "#connectors/postgres/read";', true],
    ["packages/learn/src/text/x.ts", 'import { readFileSync } from "node:fs";', true],
    ["packages/learn/src/text/x.ts", 'import { a } from "../linear/svm.ts";', true],
    ["packages/learn/src/text/x.ts", 'import { a } from "../../../platform/src/base/id.ts";', true],
    ["packages/client/src/x.ts", 'import { z } from "zod";', true],
    [`${at}/stages/decide/x.ts`, 'import { a } from "#records/decision";', false],
    [`${at}/stages/decide/x.ts`, '// import { a } from "#flows/x/y";', false],
    [`${at}/stages/decide/x.ts`, 'import type { Row } from "#learn/data/table";', false],
    [`${at}/connectors/sqlite/x.ts`, 'import type { Connector } from "#connectors/connector";', false],
    ["packages/learn/src/text/x.ts", 'import { a } from "../math/hash.ts";', false],
  ];
  for (const [file, source, expected] of planted) {
    const found = importsOf(file, source).some((from) => breach(from) !== undefined);
    assert.equal(found, expected, `${relative(at, file)}: ${source}`);
  }
});
