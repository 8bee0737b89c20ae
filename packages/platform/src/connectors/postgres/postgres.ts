/** PostgreSQL as a system: reads any query that only reads, streams it by COPY, writes back by key. */
import { parseDuration } from "#base/text";
import { failure } from "#base/errors";
import type { Connection, Connector, Reading } from "#connectors/connector";
import type { SystemSettings } from "#records/project";
import type { Field } from "#records/snapshot";
import type { CsvRows } from "#tables/csv-source";
import { allowedQuery, refuseVolatile } from "./allowed-query.ts";
import { CopyOut } from "./copy-out.ts";
import { csvBatches } from "./csv-batches.ts";
import { describeTables } from "./describe.ts";
import { findRows } from "./find.ts";
import { copyStatement, resultColumns } from "./result-columns.ts";
import { inSession, openSession } from "./session.ts";
import type { Target } from "./session.ts";
import { systemError } from "./system-error.ts";
import { upsertRows } from "./upsert.ts";

export const postgres: Connector<Extract<SystemSettings, { type: "postgres" }>> = {
  type: "postgres",
  open(name, settings) {
    return connection({ system: name, url: settings.url, timeoutMs: parseDuration(settings.timeout)! });
  },
};

function connection(target: Target): Connection {
  const { system } = target;
  const readings = new Set<() => Promise<void>>();
  /** Queries that were asked with `find`, read and described. */
  const known = new Map<string, { sql: string; columns: readonly Field[] }>();
  return {
    system,

    describe: (options = {}) => inSession(target, { mode: "READ ONLY", signal: options.signal }, describeTables),

    async columns(query, options = {}) {
      const { sql, functions } = await allowedQuery(system, query);
      return inSession(target, { mode: "READ ONLY", signal: options.signal }, async (client) => {
        await refuseVolatile(client, system, functions);
        return resultColumns(client, target, sql);
      });
    },

    async read(query, options = {}): Promise<Reading> {
      const { sql, functions } = await allowedQuery(system, query);
      const session = await openSession(target, "READ ONLY", options.signal);
      readings.add(session.close);
      const end = async (): Promise<void> => {
        readings.delete(session.close);
        await session.close();
      };
      try {
        await refuseVolatile(session.client, system, functions);
        const columns = await resultColumns(session.client, target, sql);
        const asText = new Set(options.asText);
        const fields = columns.map(({ name, type, source_type }): Field => {
          return { name, type: asText.has(name) ? "string" : type, source_type };
        });
        const copy = new CopyOut(copyStatement(sql, columns, asText));
        session.onStop((reason) => copy.fail(reason));
        const csv = async function* (): AsyncGenerator<CsvRows> {
          try {
            session.client.query(copy);
            yield* copy.pieces();
          } catch (error) {
            throw systemError(target, error);
          } finally {
            await end();
          }
        };
        return { fields, csv, batches: () => csvBatches(csv(), fields, options.batchRows ?? 10_000) };
      } catch (error) {
        await end();
        throw systemError(target, error);
      }
    },

    async find(query, where, options = {}) {
      const before = known.get(query);
      const { sql, functions } = before ? { sql: before.sql, functions: [] } : await allowedQuery(system, query);
      return inSession(target, { mode: "READ ONLY", signal: options.signal }, async (client) => {
        if (!before) await refuseVolatile(client, system, functions);
        const plan = before ?? { sql, columns: await resultColumns(client, target, sql) };
        try {
          const found = await findRows(client, target, plan, where, new Set(options.asText));
          known.set(query, plan);
          return found;
        } catch (error) {
          known.delete(query); // its tables may have changed
          throw error;
        }
      });
    },

    async upsert(to, rows) {
      await inSession(target, { mode: "READ WRITE" }, async (client) => {
        await upsertRows(client, to, rows);
        await client.query("COMMIT");
      }).catch((error: unknown) => {
        throw failure("WRITE_FAILED", { target: `${system}.${to.table}`, reason: (error as Error).message }, { cause: error });
      });
      return { written: rows.rows };
    },

    async close() {
      await Promise.all([...readings].map((end) => end()));
    },
  };
}
