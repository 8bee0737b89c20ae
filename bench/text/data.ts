/**
 * Public collections of texts with labels, as the folder `shared/data` beside the repository holds them; its README names sources and
 * licences. Nothing of them is in the repository.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { ClassifierData } from "../../packages/learn/src/model.ts";

export interface TextSet {
  readonly name: string;
  readonly title: string;
  readonly folder: string;
  /** The columns that are read. */
  readonly texts: readonly string[];
}

const root = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/data");

export const textSets: readonly TextSet[] = [
  { name: "banking77", title: "BANKING77", folder: join(root, "tickets/banking77"), texts: ["text"] },
  { name: "it-tickets", title: "IT tickets", folder: join(root, "tickets/it_service_tickets"), texts: ["text"] },
  { name: "r8", title: "Reuters R8", folder: join(root, "documents/reuters_r8"), texts: ["text"] },
  { name: "spamassassin", title: "SpamAssassin", folder: join(root, "documents/spamassassin"), texts: ["subject", "body"] },
  { name: "curekart", title: "HINT3 curekart", folder: join(root, "tickets/hint3_curekart"), texts: ["text"] },
];

/** The label of HINT3's rows that none of the intents fits. */
export const outOfScope = "NO_NODES_DETECTED";

export function hasData(): boolean {
  return existsSync(root);
}

export function setNamed(name: string): TextSet {
  const found = textSets.find((set) => set.name === name);
  if (!found) throw new Error(`no collection ${name}; known: ${textSets.map((set) => set.name).join(", ")}`);
  return found;
}

/** One part, `train` or `test`; the test part of HINT3 holds rows of the label `outOfScope`. */
export function readPart({ folder, texts }: TextSet, part: "train" | "test"): ClassifierData {
  const plain = join(folder, `${part}.csv`);
  const csv = existsSync(plain) ? readFileSync(plain, "utf8") : gunzipSync(readFileSync(`${plain}.gz`)).toString("utf8");
  const [header, ...rows] = csvRows(csv);
  const column = (name: string): string[] => rows.map((row) => row[header!.indexOf(name)]!);
  return {
    table: {
      rows: rows.length,
      columns: Object.fromEntries(texts.map((name) => [name, { type: "string" as const, values: column(name) }])),
    },
    labels: column("label"),
  };
}

/** RFC 4180, with line feeds. */
function csvRows(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}
