/**
 * A number as its robustly scaled value (middle and half the distance of the quartiles, clipped, so that one outlier moves nothing), and as
 * its place between up to ten knots at even shares of the rows, so that a linear model can bend there (a linear spline; its
 * basis are hat functions, two of which are not 0 and sum to 1); and one feature for missing. The first and the last knot have a twentieth of
 * the rows beyond them, where the spline is flat: a knot at the extremes would hang on few rows and speak loudly for all beyond.
 */
import { weightsOf } from "../data/row-weights.ts";
import { quantiles } from "../math/quantile.ts";
import { MISSING, numberOf } from "./dense.ts";
import type { DenseEncoder } from "./dense.ts";

export interface FittedNumber {
  readonly kind: "number";
  readonly middle: number;
  readonly spread: number;
  /** Ascending and distinct. */
  readonly knots: readonly number[];
}

const KNOTS = 10;
const CLIP = 3;

/** `weights` say what each row counts for; null: 1. O(n log n). */
export function fitNumber(values: readonly unknown[], weights: Float64Array | null): FittedNumber {
  const numbers = Float64Array.from(values, numberOf);
  const rows = Uint32Array.from(numbers.keys()).filter((row) => Number.isFinite(numbers[row]!));
  if (rows.length === 0) return { kind: "number", middle: 0, spread: 1, knots: [] };
  const known = Float64Array.from(rows, (row) => numbers[row]!);
  const quantile = quantiles(known, weightsOf(weights, rows));
  const halfRange = (quantile(0.75) - quantile(0.25)) / 2 || (quantile(1) - quantile(0)) / 2;
  return {
    kind: "number",
    middle: quantile(0.5),
    spread: halfRange > 0 && Number.isFinite(halfRange) ? halfRange : 1,
    knots: [...new Set(Array.from({ length: KNOTS }, (_, at) => quantile((at + 0.5) / KNOTS)))],
  };
}

export function openNumber({ middle, spread, knots }: FittedNumber): DenseEncoder {
  const missing = knots.length + 1;
  return {
    size: knots.length + 2,
    encode(value, emit) {
      const number = numberOf(value);
      if (Number.isNaN(number)) {
        emit(missing, 1);
        return false;
      }
      const scaled = Math.max(-CLIP, Math.min(CLIP, (number - middle) / spread)) / CLIP;
      emit(0, scaled);
      if (knots.length === 0) return true;
      let above = 0;
      while (above < knots.length && knots[above]! <= number) above++;
      if (above === 0 || above === knots.length) {
        emit(Math.max(1, above), 1);
        return true;
      }
      const [from, to] = [knots[above - 1]! / 2, knots[above]! / 2]; // halves, whose difference is always finite
      const part = (number / 2 - from) / (to - from);
      emit(above, 1 - part);
      emit(above + 1, part);
      return true;
    },
    show(value) {
      const number = numberOf(value);
      return Number.isNaN(number) ? MISSING : String(number);
    },
  };
}
