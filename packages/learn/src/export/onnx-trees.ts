/**
 * An ensemble of trees as an ONNX file (opset 17, ai.onnx.ml 3, https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html):
 * raw scores by TreeEnsembleRegressor, then the inverse of the link in standard operators.
 *
 * Input: `columns`, float (rows, columns), numbers as they are and categories as codes, NaN for missing. Output: `prediction`, float (rows,
 * outputs): probabilities of all classes for `softmax`, of class 1 for `logistic`, else the number.
 *
 * ONNX reads single precision. Thresholds are single already where binning could place them so; a value that rounds to another side of a
 * threshold, less than one part in ten million away, goes there. Its trees compare a level with one other at a time, and a chain of
 * comparisons would repeat the subtree behind each. So a set of levels becomes one more column, looked up by code: 0 for left, 1 for right.
 */
import { goesLeft } from "../trees/ensemble.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { bytesOf, described, FLOAT, INT64 } from "./onnx.ts";
import { Message } from "./protobuf.ts";

export const onnxTreeNames = { columns: "columns", prediction: "prediction" } as const;

/** The bytes of the file: the same ensemble gives the same. O(nodes x levels of their columns). */
export function onnxOfTrees(ensemble: TreeEnsemble, about: Readonly<Record<string, string>> = {}): Uint8Array {
  const { loss, start, columns } = ensemble;
  const graph = new Message();
  const { featureOf, input } = lookUps(ensemble, graph);
  const isRaw = loss.name === "squared" || loss.name === "absolute" || loss.name === "quantile";
  graph.message(1, regressor(ensemble, featureOf, input, isRaw ? onnxTreeNames.prediction : "scores"));
  const link = (operator: string): Message => node(operator, ["scores"], onnxTreeNames.prediction);
  if (loss.name === "logistic") graph.message(1, link("Sigmoid"));
  else if (loss.name === "softmax") graph.message(1, link("Softmax").message(5, attribute("axis", 2).int(3, 1)));
  else if (!isRaw) graph.message(1, link("Exp"));
  graph
    .text(2, "decision")
    .message(11, described(onnxTreeNames.columns, FLOAT, ["rows", String(columns.length)]))
    .message(12, described(onnxTreeNames.prediction, FLOAT, ["rows", String(start.length)]));
  const model = new Message()
    .int(1, 8)
    .text(2, "inlay")
    .message(7, graph)
    .message(8, new Message().text(1, "").int(2, 17))
    .message(8, new Message().text(1, "ai.onnx.ml").int(2, 3));
  for (const [key, value] of Object.entries(about)) model.message(14, new Message().text(1, key).text(2, value));
  return model.finish();
}

/**
 * Adds to the graph what makes of each set of levels a column behind the others; the answer is the column that each split by a set reads, and
 * the name of all columns together. Splits by the same set share one.
 */
function lookUps(ensemble: TreeEnsemble, graph: Message): { featureOf: Map<number, number>; input: string } {
  const { columns, columnOf } = ensemble;
  const featureOf = new Map<number, number>();
  const parts: string[] = [onnxTreeNames.columns];
  let features = columns.length;
  columns.forEach(({ kind, levels }, column) => {
    if (kind === "number") return;
    const sides = new Map<string, number>(); // of each level and of missing, to which of the new columns
    for (const at of columnOf.keys()) {
      if (columnOf[at] !== column) continue;
      const side = Array.from({ length: levels + 1 }, (_, code) => Number(!goesLeft(ensemble, at, column, code))).join("");
      if (!sides.has(side)) sides.set(side, features + sides.size);
      featureOf.set(at, sides.get(side)!);
    }
    if (sides.size === 0) return;
    features += sides.size;
    const rows = [...sides.keys()];
    const table = Float32Array.from({ length: (levels + 1) * rows.length }, (_, at) =>
      Number(rows[at % rows.length]![Math.floor(at / rows.length)]),
    );
    const name = (what: string): string => `${what}${column}`;
    tensor(graph, name("table"), [levels + 1, rows.length], table);
    tensor(graph, name("index"), [], BigInt64Array.of(BigInt(column)));
    tensor(graph, name("levels"), [], Float32Array.of(levels));
    tensor(graph, name("zero"), [], Float32Array.of(0));
    graph
      .message(1, node("Gather", [onnxTreeNames.columns, name("index")], name("code")).message(5, attribute("axis", 2).int(3, 1)))
      .message(1, node("GreaterOrEqual", [name("code"), name("zero")], name("some")))
      .message(1, node("Less", [name("code"), name("levels")], name("few")))
      .message(1, node("And", [name("some"), name("few")], name("known"))) // NaN is neither
      .message(1, node("Where", [name("known"), name("code"), name("levels")], name("row")))
      .message(1, node("Cast", [name("row")], name("place")).message(5, attribute("to", 2).int(3, INT64)))
      .message(1, node("Gather", [name("table"), name("place")], name("sides")));
    parts.push(name("sides"));
  });
  if (parts.length === 1) return { featureOf, input: onnxTreeNames.columns };
  graph.message(1, node("Concat", parts, "features").message(5, attribute("axis", 2).int(3, 1)));
  return { featureOf, input: "features" };
}

function tensor(graph: Message, name: string, shape: readonly number[], values: Float32Array | BigInt64Array): void {
  const message = new Message();
  for (const size of shape) message.int(1, size);
  graph.message(
    5,
    message
      .int(2, values instanceof Float32Array ? FLOAT : INT64)
      .text(8, name)
      .bytes(9, bytesOf(values)),
  );
}

function node(operator: string, inputs: readonly string[], output: string): Message {
  const message = new Message();
  for (const input of inputs) message.text(1, input);
  return message.text(2, output).text(4, operator);
}

function regressor(ensemble: TreeEnsemble, featureOf: Map<number, number>, input: string, output: string): Message {
  const { roots, start, columnOf, columns, left, thresholds, missingLeft, values } = ensemble;
  const nodes = Array.from({ length: roots.length - 1 }, (_, tree) =>
    Array.from({ length: roots[tree + 1]! - roots[tree]! }, (_, id) => ({ tree, id, at: roots[tree]! + id })),
  ).flat();
  const leaves = nodes.filter(({ at }) => columnOf[at]! < 0);
  const isLeaf = (at: number): boolean => columnOf[at]! < 0;
  const isSet = (at: number): boolean => featureOf.has(at);
  const each = <T>(pick: (node: { tree: number; id: number; at: number }) => T): T[] => nodes.map(pick);
  const child = (at: number, tree: number, side: number): number => (isLeaf(at) ? 0 : left[at]! + side - roots[tree]!);
  return node("TreeEnsembleRegressor", [input], output)
    .text(7, "ai.onnx.ml")
    .message(5, attribute("n_targets", 2).int(3, start.length))
    .message(5, attribute("post_transform", 3).text(4, "NONE"))
    .message(5, floats("base_values", start))
    .message(
      5,
      ints(
        "nodes_treeids",
        each(({ tree }) => tree),
      ),
    )
    .message(
      5,
      ints(
        "nodes_nodeids",
        each(({ id }) => id),
      ),
    )
    .message(
      5,
      ints(
        "nodes_featureids",
        each(({ at }) => featureOf.get(at) ?? Math.max(columnOf[at]!, 0)),
      ),
    )
    .message(
      5,
      texts(
        "nodes_modes",
        each(({ at }) => (isLeaf(at) ? "LEAF" : "BRANCH_LEQ")),
      ),
    )
    .message(
      5,
      floats(
        "nodes_values",
        each(({ at }) => (isSet(at) ? 0.5 : thresholds[at]!)),
      ),
    )
    .message(
      5,
      ints(
        "nodes_truenodeids",
        each(({ at, tree }) => child(at, tree, 0)),
      ),
    )
    .message(
      5,
      ints(
        "nodes_falsenodeids",
        each(({ at, tree }) => child(at, tree, 1)),
      ),
    )
    .message(
      5,
      ints(
        "nodes_missing_value_tracks_true",
        each(({ at }) => (columns[columnOf[at]!]?.kind === "number" ? missingLeft[at]! : 0)),
      ),
    )
    .message(
      5,
      ints(
        "target_treeids",
        leaves.map(({ tree }) => tree),
      ),
    )
    .message(
      5,
      ints(
        "target_nodeids",
        leaves.map(({ id }) => id),
      ),
    )
    .message(
      5,
      ints(
        "target_ids",
        leaves.map(({ tree }) => tree % start.length),
      ),
    )
    .message(
      5,
      floats(
        "target_weights",
        leaves.map(({ at }) => values[at]!),
      ),
    );
}

/** AttributeProto; `type` as onnx.proto3 numbers them. */
function attribute(name: string, type: number): Message {
  return new Message().text(1, name).int(20, type);
}

function ints(name: string, values: readonly number[]): Message {
  const message = attribute(name, 7);
  for (const value of values) message.int(8, value);
  return message;
}

function floats(name: string, values: readonly number[] | Float64Array): Message {
  const message = attribute(name, 6);
  for (const value of values) message.float(7, value);
  return message;
}

function texts(name: string, values: readonly string[]): Message {
  const message = attribute(name, 8);
  for (const value of values) message.text(9, value);
  return message;
}
