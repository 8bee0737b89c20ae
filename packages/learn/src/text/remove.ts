/**
 * Cuts literal pieces out of texts (tags in brackets, addresses, footers): what gives the answer away at training and is not there,
 * or must not count, at decision time. One pass over the text, however many pieces there are: a single pattern, whose
 * alternatives the engine folds into a tree of common beginnings. Longer pieces win, so that a line goes before an address in it.
 */
import { normaliseText } from "./normalise.ts";

/** A function that cuts `pieces` out of normalised texts. Pieces are compared as normalised themselves, so without case. */
export function textRemover(pieces: readonly string[]): (normalised: string) => string {
  const wanted = new Set(pieces.map((piece) => normaliseText(piece, piece.length * 18)));
  wanted.delete("");
  if (wanted.size === 0) return (text) => text;
  const longestFirst = [...wanted].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const pattern = new RegExp(longestFirst.map((piece) => RegExp.escape(piece)).join("|"), "g");
  return (text) => text.replace(pattern, " ");
}
