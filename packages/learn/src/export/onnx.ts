/**
 * A text model as an ONNX file (https://onnx.ai/onnx/repo-docs/IR.html, opset 17, standard operators only), which gives the same
 * probabilities. Its graph begins behind the encoding of texts, which ONNX has no operators for: words and pieces of words are
 * looked up by hash. What encodes is in the metadata, as JSON, for whoever writes an encoder: `docs/models-elsewhere.md`.
 *
 * Inputs: `columns`, int64 (rows, width), the active features of each row, filled up with the number of features; `values`, float (rows,
 * width), filled up with 0. Outputs: `label`, string (rows); `probabilities`, float (rows, classes).
 */
import type { Table } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import type { SavedModel, Tensor } from "../model.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { Message } from "./protobuf.ts";

export const FLOAT = 1;
export const INT64 = 7;
const STRING = 8;

/** The names of inputs and outputs. */
export const onnxNames = { columns: "columns", values: "values", label: "label", probabilities: "probabilities" } as const;

/** Whether a model is of a kind that has such a form. */
export function hasOnnx({ header }: SavedModel): boolean {
  return header.kind === "text-network" || header.kind === "text-linear";
}

/**
 * The bytes of the file: the same model gives the same. O(weights).
 *
 * @throws RangeError where the model is of a kind that has no such form
 */
export function onnxOf({ header, tensors }: SavedModel, about: Readonly<Record<string, string>> = {}): Uint8Array {
  if (!hasOnnx({ header, tensors })) throw new RangeError(`a ${header.kind} model has no ONNX form`);
  const isNetwork = header.kind === "text-network";
  const classes = header["classes"] as readonly string[];
  const count = classes.length;
  const [s0, s1, s2] = header["slopes"] as readonly [number, number, number];
  const shifts = tensors["shifts"] as Float32Array;
  const weights = tensors["weights"] as Float32Array;
  const features = weights.length / count - 1;
  const constants = weights.slice(features * count);
  const graph = new Graph();

  // The last row of the weights is for the constant; here it stands for no feature.
  const known = weights.slice();
  known.fill(0, features * count);
  graph.tensor("weights", [features + 1, count], known);
  graph.tensor("constants", [count], constants);
  graph.tensor("axis", [1], BigInt64Array.of(1n));
  graph.node("Unsqueeze", [onnxNames.values, "axis"], "row"); // (rows, 1, width)
  graph.weighed("weights", "sums");
  graph.node("Add", ["sums", "constants"], "margins");
  graph.lead("margins", "margin");
  const slope = graph.sum("slope", [
    graph.number(s0),
    graph.product("margin.greatest", graph.number(s1)),
    graph.product("margin.lead", graph.number(s2)),
  ]);
  graph.node("Max", [slope, graph.number(0.5)], "slopeKept");
  graph.tensor("shifts", [count], shifts);
  graph.node("Mul", ["sums", "slopeKept"], "sloped");
  graph.node("Add", ["sloped", "shifts"], "linear");
  let scores = "linear";
  let base = shifts;
  if (isNetwork) {
    const networkSlope = header["networkSlope"] as number;
    const networkConstants = tensors["networkConstants"] as Float32Array;
    const outputs = tensors["outputs"] as Float32Array;
    const inputs = tensors["inputs"] as Float32Array;
    const hidden = outputs.length / count;
    const padded = new Float32Array((features + 1) * hidden);
    padded.set(inputs);
    graph.tensor("inputs", [features + 1, hidden], padded);
    graph.tensor("outputs", [hidden, count], outputs);
    graph.tensor("networkConstants", [count], networkConstants);
    graph.weighed("inputs", "reached");
    graph.node("Relu", ["reached"], "units");
    graph.node("MatMul", ["units", "outputs"], "said");
    graph.node("Add", ["said", "networkConstants"], "logits");
    scores = graph.sum("both", ["linear", graph.product("logits", graph.number(networkSlope))]);
    base = shifts.map((shift, at) => shift + networkSlope * networkConstants[at]!);
  }

  // The factor of the lead: what it is before the first knot, and what each part between two knots adds.
  const leads = tensors["leads"] as Float32Array;
  const factors = tensors["leadFactors"] as Float32Array;
  graph.lead(scores, "score");
  const parts = Array.from({ length: leads.length - 1 }, (_, at) => {
    const width = leads[at + 1]! - leads[at]!;
    graph.node("Sub", ["score.lead", graph.number(leads[at]!)], `part${at}`);
    graph.node("Clip", [`part${at}`, graph.number(0), graph.number(width)], `clipped${at}`);
    return graph.product(`clipped${at}`, graph.number((factors[at + 1]! - factors[at]!) / width));
  });
  const factor = graph.sum("factor", [graph.number(factors[0]!), ...parts]);
  graph.tensor("base", [count], base);
  graph.node("Sub", [scores, "base"], "evidence");
  graph.node("Mul", ["evidence", factor], "tempered");
  graph.node("Add", ["tempered", "base"], "final");
  graph.node("Softmax", ["final"], onnxNames.probabilities, { axis: 1 });
  graph.node("ArgMax", [onnxNames.probabilities], "best", { axis: 1, keepdims: 0 });
  graph.texts("classes", classes);
  graph.node("Gather", ["classes", "best"], onnxNames.label);

  const encoding = {
    recipe: header["recipe"],
    fields: header["fields"],
    hashes: base64(tensors["hashes"]!),
    idf: base64(tensors["idf"]!),
  };
  const metadata = { ...about, encoding: JSON.stringify(encoding), features: String(features) };
  const model = new Message()
    .int(1, 8)
    .text(2, "inlay")
    .message(7, graph.finish())
    .message(8, new Message().text(1, "").int(2, 17));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().text(1, key).text(2, value));
  return model.finish();
}

/** The inputs for rows of a table: both of shape (rows, width), `width` as large as the longest row. */
export function onnxInputs(recipe: Recipe, table: Table): { columns: BigInt64Array; values: Float32Array; width: number } {
  const rows = Array.from({ length: table.rows }, (_, at) => {
    const { columns, values, length } = recipe.encodeRow(rowAt(table, at));
    return { columns: columns.slice(0, length), values: values.slice(0, length) };
  });
  const width = Math.max(1, ...rows.map(({ columns }) => columns.length));
  const columns = new BigInt64Array(rows.length * width).fill(BigInt(recipe.featureCount));
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, at) => {
    values.set(row.values, at * width);
    row.columns.forEach((column, slot) => (columns[at * width + slot] = BigInt(column)));
  });
  return { columns, values, width };
}

/** GraphProto of onnx.proto3; nodes are written in the order in which they run. */
class Graph {
  readonly #nodes: Message[] = [];
  readonly #tensors: Message[] = [];
  #numbers = 0;

  tensor(name: string, shape: readonly number[], values: Float32Array | BigInt64Array): void {
    const tensor = new Message();
    for (const size of shape) tensor.int(1, size);
    tensor
      .int(2, values instanceof Float32Array ? FLOAT : INT64)
      .text(8, name)
      .bytes(9, bytesOf(values));
    this.#tensors.push(tensor);
  }

  texts(name: string, values: readonly string[]): void {
    const tensor = new Message().int(1, values.length).int(2, STRING);
    for (const value of values) tensor.text(6, value);
    this.#tensors.push(tensor.text(8, name));
  }

  /** A constant of no dimension; the answer is its name. */
  number(value: number): string {
    const name = `number${this.#numbers++}`;
    this.tensor(name, [], Float32Array.of(value));
    return name;
  }

  node(
    operator: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: Record<string, number> = {},
  ): void {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of typeof outputs === "string" ? [outputs] : outputs) node.text(2, output);
    node.text(4, operator);
    for (const [name, value] of Object.entries(attributes)) node.message(5, new Message().text(1, name).int(3, value).int(20, 2));
    this.#nodes.push(node);
  }

  product(one: string, other: string): string {
    const name = `${one}*${other}`;
    this.node("Mul", [one, other], name);
    return name;
  }

  sum(name: string, terms: readonly string[]): string {
    this.node("Sum", terms, name);
    return name;
  }

  /** The rows of a matrix at `columns`, each times its value, added: (rows, its width). */
  weighed(matrix: string, into: string): void {
    this.node("Gather", [matrix, onnxNames.columns], `${into}.rows`); // (rows, width, matrix width)
    this.node("MatMul", ["row", `${into}.rows`], `${into}.deep`); // (rows, 1, matrix width)
    this.node("Squeeze", [`${into}.deep`, "axis"], into);
  }

  /** `name.greatest` and `name.lead`, the greatest less the second, of each row: (rows, 1). */
  lead(scores: string, name: string): void {
    this.tensor(`${name}.two`, [1], BigInt64Array.of(2n));
    this.node("TopK", [scores, `${name}.two`], [`${name}.top`, `${name}.places`], { axis: 1 });
    this.node("Split", [`${name}.top`], [`${name}.greatest`, `${name}.second`], { axis: 1 });
    this.node("Sub", [`${name}.greatest`, `${name}.second`], `${name}.lead`);
  }

  finish(): Message {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, "decision");
    for (const tensor of this.#tensors) graph.message(5, tensor);
    graph.message(11, described(onnxNames.columns, INT64, ["rows", "width"]));
    graph.message(11, described(onnxNames.values, FLOAT, ["rows", "width"]));
    graph.message(12, described(onnxNames.label, STRING, ["rows"]));
    graph.message(12, described(onnxNames.probabilities, FLOAT, ["rows", "classes"]));
    return graph;
  }
}

/** ValueInfoProto: a tensor whose sizes are only named. */
export function described(name: string, type: number, sizes: readonly string[]): Message {
  const shape = new Message();
  for (const size of sizes) shape.message(1, new Message().text(2, size));
  return new Message().text(1, name).message(2, new Message().message(1, new Message().int(1, type).message(2, shape)));
}

/** Little-endian, as typed arrays are on every machine that Node runs on. */
export function bytesOf(values: Tensor | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function base64(values: Tensor): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}
