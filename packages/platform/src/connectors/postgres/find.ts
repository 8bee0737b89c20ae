/** Rows of a query that fit, by one statement whose values are bound. */
import type { Client } from "pg";
import { failure } from "#base/errors";
import type { Where } from "#connectors/connector";
import type { ScalarTable } from "#learn/data/table";
import type { Field } from "#records/snapshot";
import { emptyColumns, tableFrom } from "#tables/columns";
import { setValue } from "./csv-batches.ts";
import { selected } from "./result-columns.ts";
import type { Target } from "./session.ts";
import { systemError } from "./system-error.ts";

/** Types that are compared as they are, so that an index serves; and the texts that are values of them. All others are compared as text. */
const comparable: Readonly<Record<string, RegExp>> = {
  smallint: /^(0|-?[1-9]\d{0,3})$/,
  integer: /^(0|-?[1-9]\d{0,8})$/,
  bigint: /^(0|-?[1-9]\d{0,17})$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  text: /^[^\0]*$/,
  "character varying": /^[^\0]*$/,
};

/** @param columns those of `sql`, as `resultColumns` says. Throws the server's error, or QUERY_FAILED for a column that is not there. */
export async function findRows(
  client: Client,
  target: Target,
  { sql, columns }: { sql: string; columns: readonly Field[] },
  where: Where,
  asText: ReadonlySet<string>,
): Promise<ScalarTable> {
  const values: (string | string[])[] = [];
  const conditions = Object.entries(where.equal).map(([name, texts]) => {
    const { at, type } = columnNamed(target.system, columns, name);
    const form = comparable[type];
    values.push(form ? texts.filter((text) => form.test(text)) : texts.filter((text) => !text.includes("\0")));
    return `${form ? at : `${at}::text`} = ANY($${values.length}::${form ? type : "text"}[])`;
  });
  const { at: time, field } = columnNamed(target.system, columns, where.during.column);
  if (field.type === "time") {
    for (const [operator, bound] of [
      [">=", Math.floor(where.during.from)],
      ["<", Math.ceil(where.during.before)],
    ] as const) {
      if (Math.abs(bound) > 6e13) continue; // the years 0 to 3871; beyond them the reader decides
      values.push(new Date(bound).toISOString());
      conditions.push(`${time} ${operator} $${values.length}::timestamptz`);
    }
  }
  const names = columns.map((_, index) => `c${index}`);
  const text = `SELECT ${selected(columns, asText).join(", ")} FROM (\n${sql}\n) AS q(${names.join(", ")})${
    conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : ""
  }`;
  const { rows } = await client
    .query<(string | null)[]>({ text, values, rowMode: "array", types: { getTypeParser: () => (value: string) => value } })
    .catch((error: unknown) => {
      throw systemError(target, error);
    });
  const fields = columns.map((field): Field => ({ ...field, type: asText.has(field.name) ? "string" : field.type }));
  const filled = emptyColumns(fields, rows.length);
  rows.forEach((row, at) =>
    row.forEach((value, index) => {
      if (value !== null) setValue(filled[index]!, at, value);
    }),
  );
  return tableFrom(fields, filled, rows.length);
}

function columnNamed(system: string, columns: readonly Field[], name: string): { at: string; type: string; field: Field } {
  const index = columns.findIndex((column) => column.name === name);
  if (index < 0) throw failure("QUERY_FAILED", { system, reason: `it returns no column ${name}` });
  const field = columns[index]!;
  return { at: `c${index}`, type: field.source_type.replace(/\(\d+\)$/, ""), field };
}
