/**
 * An ensemble at rest: plain JSON and tensors, as a part of a `SavedModel`. Nothing that is read back is trusted: every value is checked for
 * type and range, so that scoring cannot leave its arrays or go round in circles.
 */
import type { SavedModel, Tensor } from "../model.ts";
import type { EnsembleColumn, TreeEnsemble } from "./ensemble.ts";
import { completeSettings, treesDefaults } from "./settings.ts";
import type { ChosenSettings, LossSettings } from "./settings.ts";

export interface SavedEnsemble {
  /** Plain JSON. */
  readonly header: { readonly loss: LossSettings; readonly columns: readonly EnsembleColumn[] };
  readonly tensors: SavedModel["tensors"];
}

/** Its tensors are named after `prefix`, so that a model may hold several. O(nodes). */
export function saveEnsemble({ loss, columns, ...ensemble }: TreeEnsemble, prefix = "tree"): SavedEnsemble {
  return {
    header: { loss, columns },
    tensors: {
      [`${prefix}Start`]: ensemble.start,
      [`${prefix}Roots`]: ensemble.roots,
      [`${prefix}Columns`]: ensemble.columnOf,
      [`${prefix}Left`]: ensemble.left,
      [`${prefix}Thresholds`]: ensemble.thresholds,
      [`${prefix}MissingLeft`]: ensemble.missingLeft,
      [`${prefix}Sets`]: ensemble.sets,
      [`${prefix}SetAt`]: ensemble.setAt,
      [`${prefix}Values`]: ensemble.values,
      [`${prefix}Covers`]: ensemble.covers,
    },
  };
}

/**
 * O(nodes).
 *
 * @throws Error naming the part that is not as it must be
 */
export function loadEnsemble(header: unknown, tensors: SavedModel["tensors"], prefix = "tree"): TreeEnsemble {
  const { loss: savedLoss, columns: savedColumns } = record(header, `${prefix}s`);
  const loss = lossOf(savedLoss);
  if (!Array.isArray(savedColumns) || savedColumns.length === 0) throw new Error("trees.columns: must be a list, not empty");
  const columns = savedColumns.map((column: unknown, at) => columnOf(column, `trees.columns[${at}]`));
  const outputs = loss.name === "softmax" ? loss.classes : 1;
  const start = tensor(tensors, `${prefix}Start`, Float64Array, outputs);
  const columnsOf = tensor(tensors, `${prefix}Columns`, Int32Array);
  const count = columnsOf.length;
  const roots = tensor(tensors, `${prefix}Roots`, Uint32Array);
  if (roots[0] !== 0 || roots.at(-1) !== count || roots.some((root, at) => at > 0 && root <= roots[at - 1]!)) {
    throw new Error(`tensor treeRoots: must ascend from 0 to the number of nodes, ${count}`);
  }
  if ((roots.length - 1) % outputs !== 0) throw new Error(`tensor treeRoots: must be a multiple of ${outputs} trees`);
  const ensemble: TreeEnsemble = {
    loss,
    columns,
    start,
    roots,
    columnOf: columnsOf,
    left: tensor(tensors, `${prefix}Left`, Uint32Array, count),
    thresholds: tensor(tensors, `${prefix}Thresholds`, Float64Array, count, (value) => !Number.isNaN(value)),
    missingLeft: tensor(tensors, `${prefix}MissingLeft`, Uint8Array, count, (value) => value <= 1),
    sets: tensor(tensors, `${prefix}Sets`, Uint32Array),
    setAt: tensor(tensors, `${prefix}SetAt`, Uint32Array, count),
    values: tensor(tensors, `${prefix}Values`, Float64Array, count),
    covers: tensor(tensors, `${prefix}Covers`, Float64Array, count, (value) => value >= 0 && value < Infinity),
  };
  for (let tree = 0; tree + 1 < roots.length; tree++) checkTree(ensemble, tree);
  return ensemble;
}

/**
 * Settings that were found out, as JSON has them back; `rounds` must be among them.
 *
 * @throws Error naming the setting that is none or out of its range
 */
export function chosenSettings(saved: unknown): ChosenSettings {
  const settings = record(saved, "trees");
  for (const [name, value] of Object.entries(settings)) {
    const usual: unknown = Object.hasOwn(treesDefaults, name) ? treesDefaults[name as keyof typeof treesDefaults] : undefined;
    const isKnown = name === "growth" ? value === "depth-wise" || value === "leaf-wise" : Number.isFinite(value);
    if (!isKnown || typeof usual !== typeof value) throw new Error(`trees.${name}: ${JSON.stringify(value)} is no such setting`);
  }
  if (settings["rounds"] === undefined) throw new Error("trees.rounds: must be a whole number");
  try {
    completeSettings({ ...settings, loss: { name: "squared" } });
  } catch (cause) {
    throw new Error(`trees.${(cause as Error).message}`, { cause });
  }
  return settings as unknown as ChosenSettings;
}

/** As a depth is one byte in places, and as no fit goes deeper. */
const MAX_DEPTH = 64;

/** Each node but the root is the child of exactly one that stands before it, so that every way down ends. */
function checkTree({ roots, columnOf, columns, left, sets, setAt }: TreeEnsemble, tree: number): void {
  const [root, end] = [roots[tree]!, roots[tree + 1]!];
  let next = 1; // nodes that are children, and the root
  const depth = new Uint8Array(end - root);
  for (let at = root; at < end; at++) {
    const column = columnOf[at]!;
    if (column === -1) continue;
    const found = columns[column];
    if (!found) throw new Error(`tensor treeColumns: node ${at} splits by column ${column}, there are ${columns.length}`);
    const child = left[at]!;
    if (child <= at || child !== root + next || child + 1 >= end) {
      throw new Error(`tensor treeLeft: node ${at} cannot have the children ${child} and ${child + 1}`);
    }
    next += 2;
    depth[child - root] = depth[child + 1 - root] = depth[at - root]! + 1;
    if (depth[child - root]! > MAX_DEPTH) throw new Error(`tensor treeLeft: tree ${tree} is deeper than ${MAX_DEPTH}`);
    if (found.kind === "category" && setAt[at]! + Math.ceil(found.levels / 32) > sets.length) {
      throw new Error(`tensor treeSetAt: the set of node ${at} ends behind the last, ${sets.length}`);
    }
  }
  if (root + next !== end) throw new Error(`tensor treeRoots: tree ${tree} has ${next} nodes, not ${end - root}`);
}

function lossOf(saved: unknown): LossSettings {
  const loss = record(saved, "trees.loss");
  const name = names.find((known) => known === loss["name"]);
  if (name === undefined) throw new Error(`trees.loss.name: must be one of ${names.join(", ")}`);
  const wanted = name === "softmax" ? "classes" : name === "quantile" ? "level" : name === "tweedie" ? "power" : null;
  const settings = (wanted === null ? { name } : { name, [wanted]: loss[wanted] }) as LossSettings;
  try {
    return completeSettings({ loss: settings }).loss;
  } catch (cause) {
    throw new Error(`trees.${(cause as Error).message}`, { cause });
  }
}

const names = [
  "logistic",
  "squared",
  "absolute",
  "poisson",
  "softmax",
  "quantile",
  "tweedie",
] as const satisfies LossSettings["name"][];

function columnOf(saved: unknown, where: string): EnsembleColumn {
  const { kind, levels } = record(saved, where);
  if (kind !== "number" && kind !== "category") throw new Error(`${where}.kind: must be one of number, category`);
  if (!Number.isSafeInteger(levels) || (levels as number) < 0 || (kind === "number" && levels !== 0)) {
    throw new Error(`${where}.levels: must be a count, 0 for numbers`);
  }
  return { kind, levels: levels as number };
}

function tensor<T extends Tensor>(
  tensors: SavedModel["tensors"],
  name: string,
  Type: new (length: number) => T,
  length?: number,
  isAllowed: (value: number) => boolean = Number.isFinite,
): T {
  const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (!(found instanceof Type)) throw new Error(`tensor ${name}: must be a ${Type.name}`);
  if (length !== undefined && found.length !== length) {
    throw new Error(`tensor ${name}: must have ${length} values, has ${found.length}`);
  }
  const odd = found.findIndex((value) => !isAllowed(value));
  if (odd >= 0) throw new Error(`tensor ${name}: value ${odd}, ${found[odd]}, is out of range`);
  return found;
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${where}: must be an object`);
}
