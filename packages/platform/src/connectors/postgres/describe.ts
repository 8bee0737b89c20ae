/** What a PostgreSQL database holds: tables and views that the role may read, with keys, references and estimated sizes. */
import type { Client } from "pg";
import type { TableDescription } from "#connectors/connector";
import { typeOf } from "./result-columns.ts";

/** Ordered by name. Row counts are the planner's estimates; where it has none yet, the rows are counted. */
export async function describeTables(client: Client): Promise<TableDescription[]> {
  const { rows } = await client.query<TableRow>(tablesSql);
  const tables: TableDescription[] = [];
  for (const { name, kind, estimate, key, columns } of rows) {
    const counted = kind === "table" && estimate < 0 ? await countRows(client, name) : null;
    tables.push({
      name,
      kind,
      key,
      rows: counted ?? (kind === "table" ? estimate : null),
      rowsExact: counted !== null,
      columns: columns.map(({ base, name, source_type, nullable, references }) => ({
        name,
        type: typeOf(base),
        source_type,
        nullable,
        references,
      })),
    });
  }
  return tables;
}

async function countRows(client: Client, table: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
  return Number(rows[0]!.n);
}

interface TableRow {
  readonly name: string;
  readonly kind: "table" | "view";
  readonly estimate: number;
  readonly key: string[];
  readonly columns: {
    name: string;
    base: string;
    source_type: string;
    nullable: boolean;
    references: string | null;
  }[];
}

// The estimate of a partitioned table is the sum of its parts; -1 is "never counted". A primary key comes before a unique index.
const tablesSql = `
  SELECT
    CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN pg_catalog.quote_ident(c.relname)
      ELSE pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) END AS name,
    CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
    CASE WHEN c.relkind = 'p'
      THEN (SELECT coalesce(sum(greatest(p.reltuples, 0)), 0) FROM pg_catalog.pg_partition_tree(c.oid) t
            JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE t.isleaf)
      ELSE c.reltuples END::float8 AS estimate,
    coalesce((
      SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.n)
      FROM (SELECT i.indrelid, i.indkey FROM pg_catalog.pg_index i
            WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
            ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) i,
        pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum), '{}') AS key,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'base', t.base, 'source_type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'nullable', NOT a.attnotnull, 'references', (
          SELECT pg_catalog.quote_ident(r.relname) || '.' || pg_catalog.quote_ident(ra.attname)
          FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class r ON r.oid = f.confrelid
          JOIN pg_catalog.pg_attribute ra ON ra.attrelid = f.confrelid
            AND ra.attnum = f.confkey[pg_catalog.array_position(f.conkey, a.attnum)]
          WHERE f.contype = 'f' AND f.conrelid = c.oid AND a.attnum = ANY (f.conkey) ORDER BY f.oid LIMIT 1))
        ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a,
        LATERAL (WITH RECURSIVE step AS (
            SELECT typname, typtype, typbasetype FROM pg_catalog.pg_type WHERE oid = a.atttypid
            UNION ALL
            SELECT b.typname, b.typtype, b.typbasetype FROM step JOIN pg_catalog.pg_type b ON b.oid = step.typbasetype
            WHERE step.typtype = 'd')
          SELECT typname AS base FROM step WHERE typtype <> 'd') t
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
    AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  ORDER BY 1`;
