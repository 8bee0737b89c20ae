/** What goes between a connection and the process that touches the SQLite file. */
import type { ScalarTable } from "#learn/data/table";
import type { UpsertTarget, Where } from "#connectors/connector";
import type { Field } from "#records/snapshot";

export type Request =
  | { readonly kind: "describe"; readonly path: string }
  | { readonly kind: "columns"; readonly path: string; readonly query: string; readonly asText: readonly string[] }
  | {
      readonly kind: "read";
      readonly path: string;
      readonly query: string;
      readonly asText: readonly string[];
      readonly batchRows: number;
    }
  | {
      readonly kind: "find";
      readonly path: string;
      readonly query: string;
      readonly asText: readonly string[];
      readonly where: Where;
    }
  | { readonly kind: "upsert"; readonly path: string; readonly target: UpsertTarget; readonly rows: ScalarTable };

/** After the answer to `find` the process waits for the next one. After `fields`, any message to the process asks for the next batch. */
export type Answer =
  | { readonly kind: "fields"; readonly fields: readonly Field[] }
  | { readonly kind: "batch"; readonly table: ScalarTable }
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly message: string; readonly code: number | null };
