/**
 * A text model in operators of ONNX. Its graph begins behind the encoding of texts, which ONNX has no operators for: words and pieces of words are
 * looked up by hash. What encodes is in the metadata, as JSON, for whoever writes an encoder: `docs/models-elsewhere.md`.
 *
 * Inputs: `columns`, int64 (rows, width), the active features of each row, filled up with the number of features; `values`, float (rows,
 * width), filled up with 0.
 */
import type { Table } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import type { SavedModel, Tensor } from "../model.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { FLOAT, Graph, INT64 } from "./graph.ts";
import { addProbabilities, calibrationOf } from "./onnx-calibration.ts";

/** O(weights). */
export function onnxOfText({ header, tensors }: SavedModel, about: Readonly<Record<string, string>>): Uint8Array {
  const classes = header["classes"] as readonly string[];
  const count = classes.length;
  const shifts = tensors["shifts"] as Float32Array;
  const weights = tensors["weights"] as Float32Array;
  const features = weights.length / count - 1;
  const graph = new Graph();
  const weighed = addFeatures(graph);
  const sums = weighed(weights.subarray(0, features * count), count);
  const margins = graph.node("Add", [sums, graph.constant(weights.slice(features * count))]);
  let others: string | null = null;
  let base = shifts;
  let slope = 0;
  if (header.kind === "text-network") {
    slope = header["networkSlope"] as number;
    const constants = tensors["networkConstants"] as Float32Array;
    const outputs = tensors["outputs"] as Float32Array;
    const hidden = outputs.length / count;
    const units = graph.node("Relu", [weighed(tensors["inputs"] as Float32Array, hidden)]);
    const said = graph.node("MatMul", [units, graph.constant(outputs, [hidden, count])]);
    others = graph.node("Add", [said, graph.constant(constants)]);
    base = shifts.map((shift, at) => shift + slope * constants[at]!);
  }
  addProbabilities(graph, classes, calibrationOf(header, tensors, slope, base), margins, sums, others);
  return graph.finish({ ...about, ...encodingOf({ header, tensors }, features) });
}

/** Adds the inputs; the answer weighs them: the rows of a matrix, shape (features, width), at `columns`, each times its value, added. */
export function addFeatures(graph: Graph): (matrix: Float32Array, width: number) => string {
  const columns = graph.input("columns", INT64, ["rows", "width"]);
  const values = graph.input("values", FLOAT, ["rows", "width"]);
  const axis = graph.constant(BigInt64Array.of(1n));
  const row = graph.node("Unsqueeze", [values, axis]); // (rows, 1, width)
  return (matrix, width) => {
    const padded = new Float32Array(matrix.length + width); // the last row stands for no feature
    padded.set(matrix);
    const chosen = graph.rowsOf(graph.constant(padded, [padded.length / width, width]), columns); // (rows, width, matrix width)
    return graph.node("Squeeze", [graph.node("MatMul", [row, chosen]), axis]);
  };
}

/** The metadata that says how texts become features. */
export function encodingOf({ header, tensors }: SavedModel, features: number): Record<string, string> {
  const encoding = {
    recipe: header["recipe"],
    fields: header["fields"],
    hashes: base64(tensors["hashes"]!),
    idf: base64(tensors["idf"]!),
  };
  return { encoding: JSON.stringify(encoding), features: String(features) };
}

/**
 * The two inputs for rows of a table: both of shape (rows, width), `width` as large as the longest row. Features for which `isWanted` does not hold
 * are left out: those that a graph reads from inputs of their own.
 */
export function onnxInputs(
  recipe: Recipe,
  table: Table,
  isWanted: (feature: number) => boolean = () => true,
): { columns: BigInt64Array; values: Float32Array; width: number } {
  const rows = Array.from({ length: table.rows }, (_, at) => {
    const { columns, values, length } = recipe.encodeRow(rowAt(table, at));
    return Array.from({ length }, (_slot, slot) => ({ column: columns[slot]!, value: values[slot]! })).filter(({ column }) =>
      isWanted(column),
    );
  });
  const width = Math.max(1, ...rows.map(({ length }) => length));
  const columns = new BigInt64Array(rows.length * width).fill(BigInt(recipe.featureCount));
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, at) =>
    row.forEach(({ column, value }, slot) => {
      columns[at * width + slot] = BigInt(column);
      values[at * width + slot] = value;
    }),
  );
  return { columns, values, width };
}

function base64(values: Tensor): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}
