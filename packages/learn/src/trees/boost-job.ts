/** What the threads of a fit are given, and what comes of each round. */
import type { TreeColumn } from "./columns.ts";
import type { Order } from "./partition.ts";
import type { TreesSettings } from "./settings.ts";
import type { TreeParts } from "./tree-parts.ts";

/** Everything a thread needs, on shared memory. */
export interface BoostJob {
  readonly settings: TreesSettings;
  readonly seed: number;
  readonly threads: number;
  readonly rows: number;
  readonly columns: readonly TreeColumn[];
  readonly target: Float64Array;
  readonly weights: Float64Array | null;
  /** Rows that are learnt from, ascending, and those that say when to stop. */
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
  /** Training rows that the edges of bins are taken from. */
  readonly forBins: Uint32Array;
  /** Shape (columns, EDGES): edges filled up with Infinity. */
  readonly edges: Float64Array;
  /** Bins of the levels of all category columns, one column after the other. */
  readonly levelBins: Uint8Array;
  /** For each column its bins, that for missing values not counted. */
  readonly binCounts: Uint32Array;
  /** Shape (nRows, groups of four columns). */
  readonly words: Uint32Array;
  /** Shape (outputs, nRows). */
  readonly scores: Float64Array;
  /** For `softmax`, of each row the logarithm of the sum of e^score. */
  readonly logSums: Float64Array;
  readonly derivatives: Float64Array;
  readonly order: Order;
  readonly candidates: Float64Array;
  readonly pieceLefts: Uint32Array;
  /** Sums of one piece each. */
  readonly pieceSums: Float64Array;
  readonly leaves: Float64Array;
  readonly barrier: Int32Array;
  /** Where scores start, shape (outputs). */
  readonly start: Float64Array;
}

export interface RoundDone {
  readonly round: number;
  /** A tree an output. */
  readonly trees: readonly TreeParts[];
  /** Mean loss of the validation rows with this round; NaN without any. */
  readonly loss: number;
}
