/** The way from margins to probabilities (`calibrate/temperature.ts`) in operators of ONNX, single precision. */
import type { Tensor } from "../model.ts";
import { FLOAT, int, STRING } from "./graph.ts";
import type { Graph } from "./graph.ts";

export interface SavedCalibration {
  readonly slopes: readonly [number, number, number];
  readonly shifts: Float32Array;
  /** The score of each class for a row of which nothing is known. */
  readonly base: Float32Array;
  readonly otherSlope: number;
  /** Knots of the lead, and the factor at each. */
  readonly leads: Float32Array;
  readonly leadFactors: Float32Array;
}

/**
 * All three of shape (rows, classes): the margins, the same less the constants of the classes, and the scores that come in with `otherSlope`, null
 * where there are none. Adds the outputs `label` and `probabilities`.
 */
export function addProbabilities(
  graph: Graph,
  classes: readonly string[],
  { slopes: [s0, s1, s2], shifts, base, otherSlope, leads, leadFactors }: SavedCalibration,
  margins: string,
  sums: string,
  others: string | null,
): void {
  const product = (one: string, other: string): string => graph.node("Mul", [one, other]);
  const { greatest, lead } = leadOf(graph, margins);
  const slope = graph.node("Sum", [graph.number(s0), product(greatest, graph.number(s1)), product(lead, graph.number(s2))]);
  const sloped = product(sums, graph.node("Max", [slope, graph.number(0.5)]));
  const shifted = graph.node("Add", [sloped, graph.constant(shifts)]);
  const scores = others === null ? shifted : graph.node("Add", [shifted, product(others, graph.number(otherSlope))]);

  // The factor of the lead: what it is before the first knot, and what each part between two knots adds.
  const ofScores = leadOf(graph, scores).lead;
  const parts = Array.from({ length: leads.length - 1 }, (_, at) => {
    const width = leads[at + 1]! - leads[at]!;
    const part = graph.node("Sub", [ofScores, graph.number(leads[at]!)]);
    const clipped = graph.node("Clip", [part, graph.number(0), graph.number(width)]);
    return product(clipped, graph.number((leadFactors[at + 1]! - leadFactors[at]!) / width));
  });
  const factor = graph.node("Sum", [graph.number(leadFactors[0]!), ...parts]);
  const ofNothing = graph.constant(base);
  const tempered = product(graph.node("Sub", [scores, ofNothing]), factor);
  const probabilities = graph.node("Softmax", [graph.node("Add", [tempered, ofNothing])], [int("axis", 1)]);
  const best = graph.node("ArgMax", [probabilities], [int("axis", 1), int("keepdims", 0)]);
  graph.output(graph.rowsOf(graph.constant(classes), best), "label", STRING, ["rows"]);
  graph.output(probabilities, "probabilities", FLOAT, ["rows", String(classes.length)]);
}

/** The greatest score of each row, and that less the second: (rows, 1). */
function leadOf(graph: Graph, scores: string): { greatest: string; lead: string } {
  const [top] = graph.pair("TopK", [scores, graph.constant(BigInt64Array.of(2n))], [int("axis", 1)]);
  const [greatest, second] = graph.pair("Split", [top], [int("axis", 1)]);
  return { greatest, lead: graph.node("Sub", [greatest, second]) };
}

export function calibrationOf(
  header: Readonly<Record<string, unknown>>,
  tensors: Readonly<Record<string, Tensor>>,
  otherSlope: number,
  base: Float32Array,
): SavedCalibration {
  return {
    slopes: header["slopes"] as SavedCalibration["slopes"],
    shifts: tensors["shifts"] as Float32Array,
    base,
    otherSlope,
    leads: tensors["leads"] as Float32Array,
    leadFactors: tensors["leadFactors"] as Float32Array,
  };
}
