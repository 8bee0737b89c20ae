/**
 * Which SQL may run on a PostgreSQL system: one SELECT (or VALUES, TABLE, WITH ... SELECT) that neither writes nor locks. The
 * text is read by PostgreSQL's own parser (libpg_query), so there is no second opinion about what it means. This is the first
 * of several fences; the others are the read-only transaction, the extended protocol (one statement), the connection that is
 * never used again, and the rights of the role.
 *
 * Functions are judged by what PostgreSQL itself says of them: a VOLATILE function may do anything, so it is refused, the
 * user's own ones included, except for the few below that only read a clock or throw dice. Some functions that are not marked
 * volatile run SQL given as text, or take a transaction id; they are refused by name.
 */
import { setFlagsFromString } from "node:v8";
import type { ClientBase } from "pg";
import { failure } from "#base/errors";

export interface AllowedQuery {
  /** The statement without the semicolon behind it. */
  readonly sql: string;
  /** Functions that it calls, as written: schema or null, and name. */
  readonly functions: readonly FunctionName[];
}

export interface FunctionName {
  readonly schema: string | null;
  readonly name: string;
}

const harmless: ReadonlySet<string> = new Set([
  "clock_timestamp",
  "timeofday",
  "random",
  "random_normal",
  "gen_random_uuid",
  "uuidv4",
  "uuidv7",
]);

const refusedNames =
  /^(set_config|setseed|setval|nextval|pg_advisory_.*|pg_try_advisory_.*|pg_sleep.*|pg_notify|pg_terminate_backend|pg_cancel_backend|pg_read_.*|pg_ls_.*|pg_stat_file|pg_stat_reset.*|pg_reload_conf|pg_rotate_logfile|pg_export_snapshot|pg_current_xact_id|txid_current|lo_.*|loread|lowrite|dblink.*|.*_to_xml|.*_to_xmlschema|.*_to_xml_and_xmlschema|ts_stat|ts_rewrite)$/;

/** Reads the text; throws QUERY_REFUSED or QUERY_FAILED. O(length of the text). */
export async function allowedQuery(system: string, text: string): Promise<AllowedQuery> {
  const refuse = (reason: string): Error => failure("QUERY_REFUSED", { system, reason });
  let tree: ParseTree;
  try {
    const { parse } = await loadParser();
    tree = (await parse(text)) as ParseTree;
  } catch (error) {
    const at = (error as { sqlDetails?: { cursorPosition: number } }).sqlDetails?.cursorPosition;
    throw failure("QUERY_FAILED", { system, reason: `${place(text, at)}${(error as Error).message}` });
  }
  const [statement, ...more] = tree.stmts ?? [];
  if (!statement) throw refuse("it is empty");
  if (more.length > 0) throw refuse(`it has ${more.length + 1} statements`);
  const [kind = ""] = Object.keys(statement.stmt);
  if (kind !== "SelectStmt") throw refuse(`it is ${statementName(kind)}`);

  const functions: FunctionName[] = [];
  walk(statement.stmt, (node, name) => {
    if (/^(Insert|Update|Delete|Merge)Stmt$/.test(name)) throw refuse(`it holds ${statementName(name)}`);
    if ("intoClause" in node) throw refuse("SELECT INTO makes a table");
    if ("lockingClause" in node) throw refuse("FOR UPDATE and FOR SHARE lock rows");
    if (name === "ParamRef") throw refuse("it has a parameter ($1)");
    if (name !== "FuncCall") return;
    const path = (node.funcname as { String: { sval: string } }[]).map((part) => part.String.sval);
    const called = { schema: path.at(-2) ?? null, name: path.at(-1)! };
    if (refusedNames.test(called.name)) throw refuse(`the function ${called.name} may change something`);
    functions.push(called);
  });
  const bytes = Buffer.from(text);
  const from = statement.stmt_location ?? 0;
  const sql = bytes.subarray(from, statement.stmt_len ? from + statement.stmt_len : bytes.length).toString();
  return { sql, functions };
}

/** Asks the server about the functions of the query; throws QUERY_REFUSED for one that may change something. */
export async function refuseVolatile(client: ClientBase, system: string, functions: readonly FunctionName[]): Promise<void> {
  if (functions.length === 0) return;
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT DISTINCT n.nspname AS schema, p.proname AS name
     FROM unnest($1::text[], $2::text[]) AS called(schema, name)
     JOIN pg_catalog.pg_proc p ON p.proname = called.name
     JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND n.nspname = coalesce(called.schema, n.nspname)
     WHERE p.provolatile = 'v' AND (called.schema IS NOT NULL OR pg_catalog.pg_function_is_visible(p.oid))`,
    [functions.map(({ schema }) => schema), functions.map(({ name }) => name)],
  );
  const refused = rows.find(({ schema, name }) => schema !== "pg_catalog" || !harmless.has(name));
  if (refused) {
    throw failure("QUERY_REFUSED", {
      system,
      reason: `the function ${refused.schema}.${refused.name} is declared VOLATILE: it may change something`,
    });
  }
}

/** `line 2, column 7: ` of a position in code points from 0; empty where there is none. */
export function place(text: string, position: number | undefined): string {
  if (position === undefined || position < 0) return "";
  const before = Array.from(text).slice(0, position).join("").split("\n");
  return `line ${before.length}, column ${Array.from(before.at(-1)!).length + 1}: `;
}

/**
 * The parser is WebAssembly. V8's optimising compiler takes 500 MB and seconds of a core for it, in the background, to make
 * queries parse in a fraction of the millisecond they take anyway; so it is told to leave WebAssembly at its baseline code.
 */
async function loadParser(): Promise<{ parse(text: string): Promise<unknown> }> {
  setFlagsFromString("--no-wasm-tier-up");
  setFlagsFromString("--no-wasm-dynamic-tiering");
  return import("libpg-query");
}

interface ParseTree {
  readonly stmts?: readonly { readonly stmt: Node; readonly stmt_location?: number; readonly stmt_len?: number }[];
}
type Node = Readonly<Record<string, unknown>>;

/** Visits every node below, with the name that its parent gives it. */
function walk(value: unknown, visit: (node: Node, name: string) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (value !== null && typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) {
      if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) visit(inner as Node, name);
      walk(inner, visit);
    }
  }
}

/** InsertStmt -> `an INSERT`, CreateTableAsStmt -> `a CREATE TABLE AS`. */
function statementName(kind: string): string {
  const words = kind
    .replace(/Stmt$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase();
  return `${/^[AEIOU]/.test(words) ? "an" : "a"} ${words}`;
}
