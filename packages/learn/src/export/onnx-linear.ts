/**
 * A linear model of columns and texts in operators of ONNX, double precision. A category and a part of a time is a row of a table; a number is
 * its scaled value and the stretches between its knots, each from 0 to 1, whose weights are the steps of the spline (`encode/number.ts`).
 */
import { openCategory } from "../encode/category.ts";
import { openNumber } from "../encode/number.ts";
import type { FittedNumber } from "../encode/number.ts";
import { openTime } from "../encode/time.ts";
import type { FittedTime } from "../encode/time.ts";
import type { FittedField } from "../recipe/recipe.ts";
import { DOUBLE } from "./graph.ts";
import type { Graph } from "./graph.ts";
import type { OnnxColumns } from "./onnx-columns.ts";
import { addFeatures } from "./onnx-text.ts";

/** Fields that a recipe reads, in their order, with what was learnt of each. */
export type LinearField = FittedField & { readonly name: string };

interface Block {
  readonly columns: OnnxColumns;
  readonly name: string;
  readonly outputs: number;
  /** Of the features of the field, from one to another, as a table: shape (to - from, outputs). */
  table(from: number, to: number, factor?: number): string;
  /** Weights of one feature, shape (outputs). */
  weight(feature: number): Float64Array;
}

/** `weights` of shape (features + 1, outputs), the last for the constant. Scores, double (rows, outputs). O(weights). */
export function addLinear(
  graph: Graph,
  columns: OnnxColumns,
  fields: readonly LinearField[],
  weights: Float32Array | Float64Array,
  outputs: number,
): string {
  const features = weights.length / outputs - 1;
  const terms = [graph.constant(Float64Array.from(weights.subarray(features * outputs)), [1, outputs])];
  let from = 0;
  for (const field of fields) {
    const start = from;
    const { name } = field;
    const weight = (feature: number): Float64Array =>
      Float64Array.from(weights.subarray((start + feature) * outputs, (start + feature + 1) * outputs));
    const table: Block["table"] = (first, last, factor = 1) => {
      const rows = Float64Array.from(
        weights.subarray((start + first) * outputs, (start + last) * outputs),
        (value) => value * factor,
      );
      return graph.constant(rows, [last - first, outputs]);
    };
    const block: Block = { columns, name, outputs, table, weight };
    from += sizeOf(field);
    if (field.kind === "category") terms.push(graph.rowsOf(table(0, sizeOf(field)), columns.level(name, field.levels)));
    else if (field.kind === "number") terms.push(addNumber(graph, block, field));
    else if (field.kind === "time") terms.push(addTime(graph, block, field));
  }
  if (readsFeatures(fields)) {
    const weighed = addFeatures(graph)(Float32Array.from(weights.subarray(0, features * outputs)), outputs);
    terms.push(graph.cast(weighed, DOUBLE));
  }
  return graph.node("Sum", terms);
}

/** Whether a part of the fields comes in as features of texts. */
export function readsFeatures(fields: readonly FittedField[]): boolean {
  return fields.some(({ kind }) => kind === "text" || kind === "vector");
}

function sizeOf(field: FittedField): number {
  switch (field.kind) {
    case "category":
      return openCategory(field).size;
    case "number":
      return openNumber(field).size;
    case "time":
      return openTime(field).size;
    case "vector":
      return field.size;
    default:
      return 0;
  }
}

function addNumber(
  graph: Graph,
  { columns, name, outputs, table, weight }: Block,
  { middle, spread, knots }: FittedNumber,
): string {
  const value = columns.number(name);
  const last = knots.length;
  // From -1 to 1 the scaled value, from 0 to 1 each stretch, as halves, whose differences are always finite.
  const froms = [middle / 2 - 1.5 * spread, ...knots.slice(0, -1).map((knot) => knot / 2)];
  const widths = [3 * spread, ...knots.slice(1).map((knot, at) => knot / 2 - knots[at]! / 2)];
  const above = graph.node("Sub", [
    graph.node("Mul", [value, graph.double(0.5)]),
    graph.constant(Float64Array.from(froms), [1, froms.length]),
  ]);
  const parts = graph.node("Clip", [
    graph.node("Div", [above, graph.constant(Float64Array.from(widths), [1, widths.length])]),
    graph.double(0),
    graph.double(1),
  ]);
  const scaled = weight(0);
  const steps = [scaled.map((one) => 2 * one)];
  for (let knot = 1; knot < last; knot++) steps.push(weight(knot + 1).map((one, k) => one - weight(knot)[k]!));
  const first = scaled.map((one, k) => (last > 0 ? weight(1)[k]! : 0) - one);
  const matrix = Float64Array.from(steps.flatMap((step) => [...step]));
  const known = graph.node("Add", [
    graph.node("MatMul", [parts, graph.constant(matrix, [steps.length, outputs])]),
    graph.constant(first, [1, outputs]),
  ]);
  return graph.node("Where", [columns.isMissing(value), table(last + 1, last + 2), known]);
}

function addTime(graph: Graph, { columns, name, table }: Block, field: FittedTime): string {
  const size = openTime(field).size;
  const parts = [
    graph.rowsOf(table(0, 24, 0.5), columns.place(columns.hour(name))),
    graph.rowsOf(table(24, 31, 0.5), columns.place(columns.weekday(name))),
    ...(field.months ? [graph.rowsOf(table(31, 43, 0.5), columns.place(columns.month(name)))] : []),
  ];
  return graph.node("Where", [columns.isMissing(columns.time(name)), table(size - 1, size), graph.node("Sum", parts)]);
}
