/** A body as the JSON text that a `jsonb` column takes. */

/**
 * As `JSON.stringify`, without the NUL characters and halves of characters that PostgreSQL refuses: reports and versions quote values of other
 * systems as they are, and those hold both.
 */
export function jsonText(body: unknown): string {
  return JSON.stringify(body, (_name, value: unknown) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "") : value,
  );
}
