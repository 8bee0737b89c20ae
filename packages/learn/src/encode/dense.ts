/**
 * The contract of encoders whose features can be listed (category, number, time, vector): `fit` learns from the training rows, the fitted
 * values are plain JSON, and an encoder writes the features of one value as offsets into its own block of columns.
 */

/** Takes one feature: its offset in the encoder's block, and its amount. */
export type Emit = (offset: number, amount: number) => void;

export interface DenseEncoder {
  /** Number of features. */
  readonly size: number;
  /** Whether the value is one of those that training rows had; missing ones never are. */
  encode(value: unknown, emit: Emit): boolean;
  /** The value as a person would name it. */
  show(value: unknown): string;
}

export const MISSING = "missing";

/** A finite number from a number, a flag or text that is a number; NaN for everything else, which is missing. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return Number.isFinite(value) ? value : Number.NaN;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string" || value.trim() === "") return Number.NaN;
  const number = Number(value);
  return Number.isFinite(number) ? number : Number.NaN;
}

/** Text from anything that a record may hold; null where it is missing. */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isNaN(value) ? null : String(value);
  return typeof value === "boolean" ? String(value) : null;
}
