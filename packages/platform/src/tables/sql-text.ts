/** Names and texts as SQL writes them; the same in DuckDB, SQLite and PostgreSQL (with standard-conforming strings). */

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
