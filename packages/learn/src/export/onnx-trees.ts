/**
 * Trees in operators of ONNX (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html). Values and thresholds are double, so every
 * row goes the same way; the sum of the leaves comes out in single precision.
 *
 * Its trees compare a level with one other at a time, and a chain of comparisons would repeat the subtree behind each. So a set of levels
 * becomes a number, looked up by place: 0 for left, 1 for right.
 */
import { goesLeft } from "../trees/ensemble.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import type { TargetMeans } from "../recipe/target-means.ts";
import type { FittedTreeField } from "../recipe/tree-columns.ts";
import { DOUBLE, int, ints, ML, tensor, text, texts } from "./graph.ts";
import type { Graph } from "./graph.ts";
import type { OnnxColumns } from "./onnx-columns.ts";

/** A column that trees read: a number, double (rows, 1), or the place of a level, int64 (rows). */
export interface OnnxTreeColumn {
  readonly kind: "number" | "category";
  readonly value: string;
}

/** The columns of fields, in the order of `recipe/tree-columns.ts`. */
export function treeColumns(
  columns: OnnxColumns,
  fields: readonly FittedTreeField[],
  means: readonly TargetMeans[],
): { readonly plain: readonly OnnxTreeColumn[]; readonly all: readonly OnnxTreeColumn[] } {
  const plain = fields.flatMap(({ name, kind, levels }, at): OnnxTreeColumn[] => {
    if (kind === "category") return [{ kind, value: columns.level(name, levels) }];
    if (kind === "number") return [{ kind, value: columns.number(name) }];
    const before = fields.slice(0, at).filter((other) => other.kind === "time");
    const parts = [
      columns.hours(name),
      columns.weekday(name),
      columns.date(name),
      columns.month(name),
      ...before.map((other) => columns.daysBetween(other.name, name)),
    ];
    return parts.map((value) => ({ kind: "number", value }));
  });
  const ofLevels = means.flatMap(({ field, levels, all, means: own }) =>
    all.map((ofAll, outcome): OnnxTreeColumn => {
      const table = [...levels.map((_, level) => own[level * all.length + outcome]!), ofAll, Number.NaN];
      return { kind: "number", value: columns.ofLevel(fields[field]!.name, levels, table) };
    }),
  );
  return { plain, all: [...plain, ...ofLevels] };
}

/**
 * Raw scores, float (rows, outputs). O(nodes x levels of their columns).
 *
 * @throws RangeError where the columns are not those of the trees
 */
export function addTrees(graph: Graph, ensemble: TreeEnsemble, columns: readonly OnnxTreeColumn[]): string {
  const { roots, start, columnOf, left, thresholds, missingLeft, values } = ensemble;
  if (columns.length !== ensemble.columns.length || columns.some(({ kind }, at) => kind !== ensemble.columns[at]!.kind)) {
    throw new RangeError("the trees read other columns than the graph has");
  }
  const { featureOf, input } = addFeatures(graph, ensemble, columns);
  const nodes = Array.from({ length: roots.length - 1 }, (_, tree) =>
    Array.from({ length: roots[tree + 1]! - roots[tree]! }, (_node, id) => ({ tree, id, at: roots[tree]! + id })),
  ).flat();
  const isLeaf = (at: number): boolean => columnOf[at]! < 0;
  const isNumber = (at: number): boolean => columns[columnOf[at]!]?.kind === "number";
  const leaves = nodes.filter(({ at }) => isLeaf(at));
  const child = (at: number, tree: number, side: number): number => (isLeaf(at) ? 0 : left[at]! + side - roots[tree]!);
  const each = (name: string, pick: (at: number, tree: number) => number): ReturnType<typeof ints> =>
    ints(
      name,
      nodes.map(({ at, tree }) => pick(at, tree)),
    );
  return graph.node(
    "TreeEnsembleRegressor",
    [input],
    [
      int("n_targets", start.length),
      text("post_transform", "NONE"),
      tensor("base_values_as_tensor", start),
      each("nodes_treeids", (_, tree) => tree),
      each("nodes_nodeids", (at, tree) => at - roots[tree]!),
      each("nodes_featureids", (at) => featureOf.get(at) ?? 0),
      texts(
        "nodes_modes",
        nodes.map(({ at }) => (isLeaf(at) ? "LEAF" : "BRANCH_LEQ")),
      ),
      tensor(
        "nodes_values_as_tensor",
        Float64Array.from(nodes, ({ at }) => (isLeaf(at) ? 0 : isNumber(at) ? thresholds[at]! : 0.5)),
      ),
      each("nodes_truenodeids", (at, tree) => child(at, tree, 0)),
      each("nodes_falsenodeids", (at, tree) => child(at, tree, 1)),
      each("nodes_missing_value_tracks_true", (at) => (isNumber(at) ? missingLeft[at]! : 0)),
      ints(
        "target_treeids",
        leaves.map(({ tree }) => tree),
      ),
      ints(
        "target_nodeids",
        leaves.map(({ id }) => id),
      ),
      ints(
        "target_ids",
        leaves.map(({ tree }) => tree % start.length),
      ),
      tensor(
        "target_weights_as_tensor",
        Float64Array.from(leaves, ({ at }) => values[at]!),
      ),
    ],
    ML,
  );
}

/** What is compared, side by side, and which of it each split reads. Splits by the same set share a feature. */
function addFeatures(
  graph: Graph,
  ensemble: TreeEnsemble,
  columns: readonly OnnxTreeColumn[],
): { featureOf: ReadonlyMap<number, number>; input: string } {
  const featureOf = new Map<number, number>();
  const parts: string[] = [];
  let features = 0;
  const splitsOf = Map.groupBy(
    [...ensemble.columnOf.keys()].filter((at) => ensemble.columnOf[at]! >= 0),
    (at) => ensemble.columnOf[at]!,
  );
  columns.forEach(({ kind, value }, column) => {
    const splits = splitsOf.get(column) ?? [];
    if (splits.length === 0) return;
    if (kind === "number") {
      for (const at of splits) featureOf.set(at, features);
      parts.push(value);
      features++;
      return;
    }
    const { levels } = ensemble.columns[column]!;
    const sides = new Map<string, number>(); // of each level and of missing, to which of the features
    for (const at of splits) {
      const side = Array.from({ length: levels + 1 }, (_, code) => Number(!goesLeft(ensemble, at, column, code))).join("");
      if (!sides.has(side)) sides.set(side, features + sides.size);
      featureOf.set(at, sides.get(side)!);
    }
    features += sides.size;
    const rows = [...sides.keys()];
    const table = Float64Array.from({ length: (levels + 1) * rows.length }, (_, at) =>
      Number(rows[at % rows.length]![Math.floor(at / rows.length)]),
    );
    parts.push(graph.rowsOf(graph.constant(table, [levels + 1, rows.length]), value));
  });
  if (parts.length > 0) return { featureOf, input: graph.node("Concat", parts, [int("axis", 1)]) };
  // Trees of leaves alone: any number will do.
  const [{ kind, value } = { kind: "number", value: "" }] = columns;
  const some =
    kind === "number" ? value : graph.cast(graph.node("Unsqueeze", [value, graph.constant(BigInt64Array.of(1n))]), DOUBLE);
  return { featureOf, input: some };
}
