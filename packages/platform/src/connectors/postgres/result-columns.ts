/**
 * What a query returns: asked of the server by preparing it, without running it. And how each of its columns is written into
 * the CSV: with the least work for the server, and so that the text has one meaning only.
 */
import type { Client, Submittable } from "pg";
import { failure } from "#base/errors";
import type { ColumnType, Field } from "#records/snapshot";
import type { Target } from "./session.ts";
import { systemError } from "./system-error.ts";

/** The columns in order; throws the server's error, or QUERY_REFUSED for two columns of one name. Two round trips. */
export async function resultColumns(client: Client, target: Target, sql: string): Promise<Field[]> {
  const { system } = target;
  const described = await describeStatement(client, sql).catch((error: unknown) => {
    throw systemError(target, error, sql);
  });
  const names = described.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw failure("QUERY_REFUSED", { system, reason: `it returns two columns named ${twice}; name one of them with AS` });
  }
  if (names.length === 0) throw failure("QUERY_REFUSED", { system, reason: "it returns no column" });
  // A domain is its base type, at any depth.
  const { rows } = await client.query<{ base: string; written: string }>(
    `WITH RECURSIVE step AS (
       SELECT n, t.typname, t.typtype, t.typbasetype, pg_catalog.format_type(c.oid, c.modifier) AS written
       FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS c(oid, modifier, n) JOIN pg_catalog.pg_type t ON t.oid = c.oid
       UNION ALL
       SELECT n, t.typname, t.typtype, t.typbasetype, written
       FROM step JOIN pg_catalog.pg_type t ON t.oid = step.typbasetype WHERE step.typtype = 'd')
     SELECT typname AS base, written FROM step WHERE typtype <> 'd' ORDER BY n`,
    [described.map(({ dataTypeID }) => dataTypeID), described.map(({ dataTypeModifier }) => dataTypeModifier)],
  );
  return rows.map(({ base, written }, index) => ({ name: names[index]!, type: typeOf(base), source_type: written }));
}

/** The type of ours that holds a base type, by its name in pg_type. Whole numbers and decimals are numbers: exact to 2^53. */
export function typeOf(base: string): ColumnType {
  if (base === "bool") return "boolean";
  if (/^(int[248]|float[48]|numeric|oid)$/.test(base)) return "number";
  return /^(date|timestamp|timestamptz)$/.test(base) ? "time" : "string";
}

/**
 * The statement that sends the rows as CSV. The query stands on lines of its own, so that a comment at its end stays there, and
 * its columns get names of ours, so that theirs may be anything. Columns asked for as text are cast by the server.
 */
export function copyStatement(sql: string, fields: readonly Field[], asText: ReadonlySet<string>): string {
  const names = fields.map((_, index) => `c${index}`);
  return `COPY (SELECT ${selected(fields, asText).join(", ")} FROM (\n${sql}\n) AS q(${names.join(", ")})) TO STDOUT (FORMAT csv)`;
}

/** The columns c0, c1 and so on as they are delivered. */
export function selected(fields: readonly Field[], asText: ReadonlySet<string>): string[] {
  return fields.map((field, index) => {
    if (asText.has(field.name)) return `c${index}::text`;
    return field.source_type === "timestamp with time zone" ? `c${index} AT TIME ZONE 'UTC'` : `c${index}`;
  });
}

interface Described {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** Parse and Describe of the extended protocol: the server checks the statement and names its columns; nothing runs. */
async function describeStatement(client: Client, sql: string): Promise<readonly Described[]> {
  return new Promise((resolve, reject) => {
    let fields: readonly Described[] = [];
    const statement: Submittable & Record<string, unknown> = {
      submit(connection: unknown) {
        const wire = connection as Wire;
        wire.parse({ text: sql, name: "", types: [] });
        wire.describe({ type: "S", name: "" });
        wire.sync();
      },
      handleRowDescription: (message: { fields: readonly Described[] }) => (fields = message.fields),
      handleReadyForQuery: () => resolve(fields),
      handleError: reject,
    };
    client.query(statement);
  });
}

interface Wire {
  parse(query: { text: string; name: string; types: number[] }): void;
  describe(target: { type: "S"; name: string }): void;
  sync(): void;
}
