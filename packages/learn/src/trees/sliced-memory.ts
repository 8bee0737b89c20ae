/**
 * The memory that a thread answers sliced trees in, and what lies there. There is one a thread: it holds the trees that were asked last, and
 * others take their place in some 50 microseconds.
 */
import { PAGE, memoryOf } from "../math/wasm.ts";
import type { Sliced } from "./sliced.ts";
import { SLICES } from "./sliced.ts";
import { KERNEL_ROWS, kernelOf } from "./sliced-kernel.ts";

export interface SlicedMemory {
  /** Shape (questions, SLICES). */
  readonly answers: Int32Array;
  /** Shape (outputs, KERNEL_ROWS), rows in the order of `placeOf`. */
  readonly scores: Float64Array;
  /** Adds sliced trees `from .. to`, counted without those that are not sliced; the first is of `output`. */
  readonly addTrees: (from: number, to: number, output: number) => void;
}

const memory = memoryOf(1);
let held: Sliced | null = null;
let current: SlicedMemory | null = null;

/** O(1) for the trees that were asked last, else O(nodes). */
export function slicedMemory(sliced: Sliced, outputs: number): SlicedMemory {
  if (current && held === sliced) return current;
  const { depth, questions, leaves, count } = sliced;
  const [perTree, leavesPerTree] = [(1 << depth) - 1, 1 << depth];
  const scoresAt = 128;
  const answersAt = scoresAt + outputs * KERNEL_ROWS * 8;
  const leavesAt = answersAt + count * SLICES * 4;
  const questionsAt = leavesAt + leaves.length * 8;
  const pages = Math.ceil((questionsAt + questions.length * 4) / PAGE);
  if (pages * PAGE > memory.buffer.byteLength) memory.grow(pages - memory.buffer.byteLength / PAGE);
  const { buffer } = memory;
  new Float64Array(buffer, leavesAt, leaves.length).set(leaves);
  new Uint32Array(buffer, questionsAt, questions.length).set(questions.map((question) => answersAt + question * SLICES * 4));
  const kernel = kernelOf(depth, memory);
  const scoresEnd = answersAt;
  held = sliced;
  current = {
    answers: new Int32Array(buffer, answersAt, count * SLICES).fill(0),
    scores: new Float64Array(buffer, scoresAt, outputs * KERNEL_ROWS),
    addTrees(from, to, output) {
      const [first, end] = [questionsAt + from * perTree * 4, questionsAt + to * perTree * 4];
      kernel(first, end, leavesAt + from * leavesPerTree * 8, scoresAt, scoresEnd, scoresAt + output * KERNEL_ROWS * 8);
    },
  };
  return current;
}
