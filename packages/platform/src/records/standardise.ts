/**
 * Values in their standard form: what training sees and what a decision sees are the same characters, however a system stores or
 * a client sends them.
 */

/**
 * Unicode NFC, without what no database can hold: NUL characters go, halves of characters become U+FFFD. Case, spaces and lines stay:
 * they can mean something.
 */
export function standardText(text: string): string {
  const normal = text.toWellFormed().normalize("NFC");
  return normal.includes("\0") ? normal.replaceAll("\0", "") : normal;
}

/** As text, without space around it; nothing left means missing. */
export function standardCategory(text: string): string | null {
  const trimmed = standardText(text).trim();
  return trimmed === "" ? null : trimmed;
}

/** A number in its one spelling, as JavaScript writes it; null where the text is none. `1,5` is none: it could mean two things. */
export function standardNumber(text: string): string | null {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? String(number === 0 ? 0 : number) : null;
}
