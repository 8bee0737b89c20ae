/** Names and texts as SQL writes them; the same in DuckDB, SQLite and PostgreSQL (with standard-conforming strings). */

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name for people to read: quoted only where one of the three would read it as something else. */
export function readableName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : quoteName(name);
}

/** Words that PostgreSQL reserves, and those that DuckDB or SQLite do not take as a column in the list of a SELECT. */
const reserved: ReadonlySet<string> = new Set(
  `
  add all alter analyse analyze and anti any array as asc asof asymmetric at authorization autoincrement between binary
  both by case cast check collate collation column commit concurrently constraint create cross current_catalog
  current_date current_role current_schema current_time current_timestamp current_user default deferrable delete desc
  describe distinct do drop else end escape except exists false fetch for foreign freeze from full glob grant group having
  ilike in index initially inner insert intersect into is isnull join lambda lateral leading left like limit localtime
  localtimestamp natural not nothing notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider
  placing positional primary qualify references returning right select semi session_user set show similar some summarize
  symmetric table tablesample then to trailing transaction true union unique unpack unpivot update user using values
  variadic verbose when where window with
`
    .trim()
    .split(/\s+/),
);
