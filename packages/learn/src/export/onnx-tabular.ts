/**
 * Models of columns and of numbers as ONNX files: an input a column (`onnx-columns.ts`), the whole of the calculation inside. Where a linear part
 * reads texts or vectors, their features come in beside the columns, as those of text models do (`onnx-text.ts`).
 *
 * Outputs: of a classifier `label`, string (rows), and `probabilities`, float (rows, classes); of a number `value`, `lower` and `upper`,
 * double (rows).
 */
import { usualSlope } from "../calibrate/temperature.ts";
import type { SavedModel } from "../model.ts";
import type { FittedField } from "../recipe/recipe.ts";
import { activeFields } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import type { TargetMeans } from "../recipe/target-means.ts";
import type { FittedTreeField } from "../recipe/tree-columns.ts";
import type { Link } from "../regressors/link.ts";
import { LEAST_SIZE } from "../regressors/spread.ts";
import type { Spread } from "../regressors/spread.ts";
import { loadEnsemble } from "../trees/saved-ensemble.ts";
import { DOUBLE, FLOAT, Graph } from "./graph.ts";
import { addProbabilities, calibrationOf } from "./onnx-calibration.ts";
import { OnnxColumns } from "./onnx-columns.ts";
import type { ColumnKind } from "./onnx-columns.ts";
import { addLinear, readsFeatures } from "./onnx-linear.ts";
import type { LinearField } from "./onnx-linear.ts";
import { encodingOf } from "./onnx-text.ts";
import { addTrees, treeColumns } from "./onnx-trees.ts";

/** Of every kind of field that such a file can read, what was learnt of it. */
const learnt: Readonly<Record<FittedField["kind"], readonly string[]>> = {
  category: ["kind", "levels"],
  number: ["kind", "knots", "middle", "spread"],
  time: ["kind", "months"],
  vector: ["kind", "size"],
  text: ["kind"],
};
const readByTrees = ["kind", "levels", "name"];

/** A saved model's fields that are read in a way for which there is no graph. */
export function unknownFields({ header }: SavedModel): string[] {
  const names = activeFields(header["recipe"] as RecipeSettings).map(({ name }) => name);
  const differs = (field: object, keys: readonly string[] | undefined): boolean =>
    Object.keys(field).sort().join() !== keys?.join();
  return [
    ...(header["fields"] as FittedField[]).flatMap((field, at) => (differs(field, learnt[field.kind]) ? [names[at]!] : [])),
    ...(header["columns"] as FittedTreeField[]).flatMap((field) =>
      differs(field, readByTrees) || !(["number", "category", "time"] satisfies ColumnKind[]).includes(field.kind)
        ? [field.name]
        : [],
    ),
  ];
}

/** O(weights + nodes). */
export function onnxOfColumns(saved: SavedModel, about: Readonly<Record<string, string>>): Uint8Array {
  const { header, tensors } = saved;
  const { graph, columns, linear, trees, metadata } = opened(saved);
  const classes = header["classes"] as readonly string[];
  const count = classes.length;
  const weights = tensors["weights"] as Float32Array | undefined;
  const logits = weights ? graph.cast(linear(weights, count), FLOAT) : null;
  let margins: string;
  if (header["trees"] === undefined) margins = graph.node("Mul", [logits!, graph.number(1 / usualSlope)]);
  else {
    const scores = addTrees(graph, loadEnsemble(header["trees"], tensors), trees.all);
    // Of two classes the one output speaks for the second as much as against the first.
    const factors = count > 2 ? Float32Array.of(1 / usualSlope) : Float32Array.of(-0.5 / usualSlope, 0.5 / usualSlope);
    margins = graph.node("Mul", [scores, graph.constant(factors, [1, factors.length])]);
  }
  const sums = graph.node("Sub", [margins, graph.constant(tensors["constants"] as Float32Array, [1, count])]);
  const calibration = calibrationOf(header, tensors, header["secondSlope"] as number, tensors["base"] as Float32Array);
  addProbabilities(graph, classes, calibration, margins, sums, header["trees"] === undefined ? null : logits);
  return graph.finish({ ...about, ...metadata(columns) });
}

/** O(weights + nodes). */
export function onnxOfNumber(saved: SavedModel, about: Readonly<Record<string, string>>): Uint8Array {
  const { header, tensors } = saved;
  const { graph, columns, linear, trees, metadata } = opened(saved);
  const [least, most] = header["range"] as readonly [number, number];
  const terms: string[] = [];
  const part = (score: string, { link, weight }: SavedPart): void => {
    const value = link.name === "log" ? graph.node("Exp", [score]) : score;
    const scaled = graph.node("Mul", [value, graph.double(link.scale * weight)]);
    terms.push(link.name === "log" ? scaled : graph.node("Add", [scaled, graph.double(link.center * weight)]));
  };
  if (header["linear"] !== undefined) part(linear(tensors["weights"] as Float64Array, 1), header["linear"] as SavedPart);
  if (header["trees"] !== undefined) {
    const saving = header["trees"] as SavedPart & { readonly ensemble: unknown };
    part(graph.cast(addTrees(graph, loadEnsemble(saving.ensemble, tensors), trees.all), DOUBLE), saving);
  }
  const value = graph.node("Clip", [graph.node("Sum", terms), graph.double(least), graph.double(most)]);
  const spread = header["spread"] as Omit<Spread, "trees"> & { readonly ensemble?: unknown };
  let [lower, upper] = [value, value];
  if (spread.ensemble !== undefined) {
    const read = [...trees.plain, { kind: "number", value } as const];
    const score = graph.cast(addTrees(graph, loadEnsemble(spread.ensemble, tensors, "spread"), read), DOUBLE);
    const size = graph.node("Max", [graph.node("Exp", [score]), graph.double(LEAST_SIZE)]);
    const reach = (side: number): string => graph.node("Mul", [size, graph.double(spread.scale * side)]);
    lower = graph.node("Sub", [value, reach(spread.below)]);
    upper = graph.node("Add", [value, reach(spread.above)]);
  }
  const flat = (name: string): string => graph.node("Squeeze", [name, graph.constant(BigInt64Array.of(1n))]);
  graph.output(flat(value), "value", DOUBLE, ["rows"]);
  graph.output(flat(least >= 0 ? graph.node("Max", [lower, graph.double(0)]) : lower), "lower", DOUBLE, ["rows"]);
  graph.output(flat(upper), "upper", DOUBLE, ["rows"]);
  return graph.finish({ ...about, coverage: String(spread.coverage), ...metadata(columns) });
}

interface SavedPart {
  readonly link: Link;
  readonly weight: number;
}

/** A graph with an input a column, and what reads them. */
function opened(saved: SavedModel): {
  graph: Graph;
  columns: readonly FittedTreeField[];
  trees: ReturnType<typeof treeColumns>;
  linear: (weights: Float32Array | Float64Array, outputs: number) => string;
  metadata: (columns: readonly FittedTreeField[]) => Record<string, string>;
} {
  const { header, tensors } = saved;
  const graph = new Graph();
  const columns = header["columns"] as readonly FittedTreeField[];
  const active = activeFields(header["recipe"] as RecipeSettings);
  const fields = (header["fields"] as readonly FittedField[]).map((field, at): LinearField => ({
    ...field,
    name: active[at]!.name,
  }));
  const inputs = new OnnxColumns(graph, columns);
  let features = 0;
  return {
    graph,
    columns,
    trees: treeColumns(inputs, columns, header["means"] as readonly TargetMeans[]),
    linear(weights, outputs) {
      if (readsFeatures(fields)) features = weights.length / outputs - 1;
      return addLinear(graph, inputs, fields, weights, outputs);
    },
    metadata: (read) => ({
      inputs: JSON.stringify(read.map(({ name, kind }) => ({ name, kind }))),
      ...(features > 0 && encodingOf({ header, tensors }, features)),
    }),
  };
}
