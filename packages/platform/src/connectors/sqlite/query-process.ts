/**
 * The process that touches the SQLite file. A query of SQLite cannot be interrupted from JavaScript, and a worker thread cannot
 * be ended while it runs; a process can, so each piece of work gets one. It answers one request and ends, or one `find` after the other.
 *
 * Reading is fenced three times: the file is opened read-only, `PRAGMA query_only` is set, and an authorizer refuses all but
 * reading columns, calling functions and recursion.
 */
import { constants, DatabaseSync } from "node:sqlite";
import type { Where } from "#connectors/connector";
import type { ScalarColumn, ScalarTable } from "#learn/data/table";
import type { ColumnType, Field } from "#records/snapshot";
import { parseInstant } from "#tables/instant";
import { describeTables } from "./describe.ts";
import type { Answer, Request } from "./messages.ts";
import { upsertRows } from "./upsert.ts";

process.once("message", take);

function take(request: Request): void {
  try {
    answer(request);
  } catch (error) {
    say({ kind: "failed", message: (error as Error).message, code: (error as { errcode?: number }).errcode ?? null });
  }
}

function answer(request: Request): void {
  const database = new DatabaseSync(request.path, { readOnly: request.kind !== "upsert", allowExtension: false, timeout: 5000 });
  if (request.kind === "upsert") {
    upsertRows(database, request.target, request.rows);
    say({ kind: "done", value: null });
    return;
  }
  if (request.kind === "describe") {
    say({ kind: "done", value: describeTables(database) });
    return;
  }
  database.exec("PRAGMA query_only = ON");
  database.setAuthorizer((action) => (readingActions.has(action) ? constants.SQLITE_OK : constants.SQLITE_DENY));
  if (request.kind === "find") {
    process.once("message", take);
    try {
      say({ kind: "done", value: find(database, request) });
    } finally {
      database.close();
    }
    return;
  }
  const { fields, select } = plan(database, request.query, new Set(request.asText));
  if (request.kind === "columns") {
    say({ kind: "done", value: fields });
    return;
  }
  const batches = batchesOf(database, select, fields, request.batchRows);
  say({ kind: "fields", fields });
  // One message asks for one batch: that is the backpressure.
  process.on("message", () => {
    try {
      const next = batches.next();
      say(next.done === true ? { kind: "done", value: null } : { kind: "batch", table: next.value });
    } catch (error) {
      say({ kind: "failed", message: (error as Error).message, code: (error as { errcode?: number }).errcode ?? null });
    }
  });
}

const readingActions: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
]);

/**
 * The types of the columns and the statement that delivers them. SQLite gives a type to each value, not to a column, so the
 * query is run once to see which kinds of value each column has:
 *
 *     only numbers                                        number, or boolean where declared so and all are 0 or 1
 *     only text, declared DATE, DATETIME or TIMESTAMP     time, if all of it is ISO 8601
 *     anything else, mixtures included                    string; a blob as hexadecimal digits
 *
 * The query stands in a common table expression, on lines of its own, with column names of ours.
 */
function plan(
  database: DatabaseSync,
  query: string,
  asText: ReadonlySet<string>,
  fit: (columns: readonly string[]) => Fit = () => ({ conditions: [], values: [] }),
): { fields: Field[]; select: string; values: readonly (string | number)[] } {
  const sql = query.replace(/[;\s]+$/, "");
  const declared = database.prepare(sql).columns();
  if (declared.length === 0) throw new Error("not authorized: it returns no rows");
  const names = declared.map((_, index) => `c${index}`);
  const { conditions, values } = fit(declared.map(({ name }) => name));
  const within =
    conditions.length === 0
      ? `WITH q(${names.join(", ")}) AS (\n${sql}\n)`
      : `WITH a(${names.join(", ")}) AS (\n${sql}\n), q AS (SELECT * FROM a WHERE ${conditions.join(" AND ")})`;
  const kinds = database
    .prepare(
      `${within} SELECT ${names
        .map(
          (
            c,
          ) => `count(${c}) AS n_${c}, sum(typeof(${c}) IN ('integer', 'real')) AS numbers_${c}, sum(typeof(${c}) = 'text') AS texts_${c},
          sum(typeof(${c}) = 'blob') AS blobs_${c}, sum(${c} IN (0, 1)) AS truths_${c},
          sum(typeof(${c}) = 'text' AND ${c} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' AND julianday(${c}) IS NOT NULL) AS instants_${c}`,
        )
        .join(", ")} FROM q`,
    )
    .get(...values) as Record<string, number | null>;
  const fields = declared.map(({ name, type }, index): Field => {
    const count = (kind: string): number => kinds[`${kind}_c${index}`] ?? 0;
    return { name, source_type: type ?? "", type: asText.has(name) ? "string" : typeOf(type ?? "", count) };
  });
  const select = fields.map(({ type }, index) => {
    const c = `c${index}`;
    if (type === "number" || type === "boolean") return `CAST(${c} AS REAL)`;
    return (kinds[`blobs_${c}`] ?? 0) > 0
      ? `CASE typeof(${c}) WHEN 'blob' THEN hex(${c}) ELSE CAST(${c} AS TEXT) END`
      : `CAST(${c} AS TEXT)`;
  });
  return { fields, select: `${within} SELECT ${select.join(", ")} FROM q`, values };
}

interface Fit {
  readonly conditions: readonly string[];
  /** Of the parameters of the conditions, in order. */
  readonly values: readonly (string | number)[];
}

/** Whole numbers are compared as numbers too: an expression has neither the type of a text nor that of a number. */
function fitOf(where: Where, columns: readonly string[]): Fit {
  const named = (name: string): string => {
    const index = columns.indexOf(name);
    if (index < 0) throw new Error(`it returns no column ${name}`);
    return `c${index}`;
  };
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  for (const [name, texts] of Object.entries(where.equal)) {
    conditions.push(`${named(name)} IN (SELECT value FROM json_each(?))`);
    const whole = texts.filter((text) => /^(0|-?[1-9]\d{0,17})$/.test(text));
    values.push(`[${[...texts.map((text) => JSON.stringify(text)), ...whole].join(", ")}]`);
  }
  const { column, from, before } = where.during;
  for (const [operator, bound] of [
    [">=", from - 1000],
    ["<", before + 1000],
  ] as const) {
    const day = `julianday(${named(column)})`;
    if (!Number.isFinite(bound)) continue;
    conditions.push(`(${day} IS NULL OR ${day} ${operator} ?)`);
    values.push(bound / 86_400_000 + 2_440_587.5);
  }
  return { conditions, values };
}

function find(database: DatabaseSync, { query, asText, where }: Extract<Request, { kind: "find" }>): ScalarTable {
  const { fields, select, values } = plan(database, query, new Set(asText), (columns) => fitOf(where, columns));
  const statement = database.prepare(select);
  statement.setReturnArrays(true);
  const rows = statement.all(...values) as unknown as (string | number | null)[][];
  const columns = emptyColumns(fields, rows.length);
  rows.forEach((row, at) => columns.forEach((column, index) => setValue(column, at, row[index]!)));
  return tableOf(fields, columns, rows.length);
}

function typeOf(declared: string, count: (kind: string) => number): ColumnType {
  const all = count("n");
  const temporal = /^(date|datetime|timestamp)\b/i.test(declared);
  if (all === 0) return temporal ? "time" : /char|clob|text|^$/i.test(declared) ? "string" : "number";
  if (count("numbers") === all) return /^bool/i.test(declared) && count("truths") === all ? "boolean" : "number";
  return temporal && count("instants") === all ? "time" : "string";
}

function* batchesOf(database: DatabaseSync, select: string, fields: readonly Field[], batchRows: number): Generator<ScalarTable> {
  const statement = database.prepare(select);
  statement.setReturnArrays(true);
  let columns = emptyColumns(fields, batchRows);
  let row = 0;
  for (const values of statement.iterate() as unknown as Iterable<(string | number | null)[]>) {
    for (const [index, column] of columns.entries()) setValue(column, row, values[index]!);
    if (++row < batchRows) continue;
    yield tableOf(fields, columns, row);
    columns = emptyColumns(fields, batchRows);
    row = 0;
  }
  if (row > 0) yield tableOf(fields, columns, row);
}

function setValue(column: ScalarColumn, row: number, value: string | number | null): void {
  if (column.type === "string") (column.values as (string | null)[])[row] = value as string | null;
  else if (value !== null) column.values[row] = column.type === "time" ? parseInstant(value as string) : (value as number);
}

function emptyColumns(fields: readonly Field[], rows: number): ScalarColumn[] {
  return fields.map(({ type }) =>
    type === "string"
      ? { type, values: Array.from<string | null>({ length: rows }).fill(null) }
      : { type, values: new Float64Array(rows).fill(Number.NaN) },
  );
}

function tableOf(fields: readonly Field[], columns: readonly ScalarColumn[], rows: number): ScalarTable {
  const cut = columns.map((column): ScalarColumn =>
    column.type === "string"
      ? { type: "string", values: column.values.slice(0, rows) }
      : { type: column.type, values: column.values.slice(0, rows) },
  );
  return { rows, columns: Object.fromEntries(fields.map(({ name }, index) => [name, cut[index]!])) };
}

function say(answer: Answer): void {
  process.send!(answer);
}
