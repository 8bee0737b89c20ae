/**
 * A number as its robustly scaled value (middle and half the distance of the quartiles, clipped, so that one outlier moves nothing),
 * and as one of up to ten bins of equal frequency, so that a linear model can bend; and one feature for missing.
 */
import { MISSING, numberOf } from "./dense.ts";
import type { DenseEncoder } from "./dense.ts";

export interface FittedNumber {
  readonly kind: "number";
  readonly middle: number;
  readonly spread: number;
  /** Upper ends of all bins but the last, ascending and distinct. */
  readonly edges: readonly number[];
}

const BINS = 10;
const CLIP = 3;

/** O(n log n). */
export function fitNumber(values: Iterable<unknown>): FittedNumber {
  const known = Float64Array.from(Iterator.from(values).map(numberOf).filter(Number.isFinite)).sort();
  if (known.length === 0) return { kind: "number", middle: 0, spread: 1, edges: [] };
  const quantile = (share: number): number => known[Math.floor(share * (known.length - 1))]!;
  const halfRange = (quantile(0.75) - quantile(0.25)) / 2 || (known.at(-1)! - known[0]!) / 2;
  const edges = Array.from({ length: BINS - 1 }, (_, at) => quantile((at + 1) / BINS));
  return {
    kind: "number",
    middle: quantile(0.5),
    spread: halfRange > 0 && Number.isFinite(halfRange) ? halfRange : 1,
    edges: [...new Set(edges)].filter((edge) => edge < known.at(-1)!),
  };
}

export function openNumber({ middle, spread, edges }: FittedNumber): DenseEncoder {
  const missing = edges.length + 2;
  return {
    size: edges.length + 3,
    encode(value, emit) {
      const number = numberOf(value);
      if (Number.isNaN(number)) {
        emit(missing, 1);
        return false;
      }
      const scaled = Math.max(-CLIP, Math.min(CLIP, (number - middle) / spread)) / CLIP;
      emit(0, scaled);
      let bin = 0;
      while (bin < edges.length && number > edges[bin]!) bin++;
      emit(1 + bin, 1);
      return true;
    },
    show(value) {
      const number = numberOf(value);
      return Number.isNaN(number) ? MISSING : String(number);
    },
  };
}
