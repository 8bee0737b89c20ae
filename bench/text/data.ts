/**
 * Public collections of texts with labels, as the folder `shared/data` beside the repository holds them; its README names sources and
 * licences. Nothing of them is in the repository.
 */
import { join } from "node:path";
import type { ClassifierData } from "../../packages/learn/src/model.ts";
import { dataRoot, readCsv } from "../csv.ts";

export interface TextSet {
  readonly name: string;
  readonly title: string;
  readonly folder: string;
  /** The columns that are read. */
  readonly texts: readonly string[];
}

export const textSets: readonly TextSet[] = [
  { name: "banking77", title: "BANKING77", folder: join(dataRoot, "tickets/banking77"), texts: ["text"] },
  { name: "it-tickets", title: "IT tickets", folder: join(dataRoot, "tickets/it_service_tickets"), texts: ["text"] },
  { name: "r8", title: "Reuters R8", folder: join(dataRoot, "documents/reuters_r8"), texts: ["text"] },
  { name: "spamassassin", title: "SpamAssassin", folder: join(dataRoot, "documents/spamassassin"), texts: ["subject", "body"] },
  { name: "curekart", title: "HINT3 curekart", folder: join(dataRoot, "tickets/hint3_curekart"), texts: ["text"] },
];

/** The label of HINT3's rows that none of the intents fits. */
export const outOfScope = "NO_NODES_DETECTED";

export function setNamed(name: string): TextSet {
  const found = textSets.find((set) => set.name === name);
  if (!found) throw new Error(`no collection ${name}; known: ${textSets.map((set) => set.name).join(", ")}`);
  return found;
}

/** One part, `train` or `test`; the test part of HINT3 holds rows of the label `outOfScope`. */
export function readPart({ folder, texts }: TextSet, part: "train" | "test"): ClassifierData {
  const { rows, column } = readCsv(folder, part);
  return {
    table: { rows, columns: Object.fromEntries(texts.map((name) => [name, { type: "string" as const, values: column(name) }])) },
    labels: column("label"),
  };
}

/** One point of a published curve of answers against refusals, both in [0, 1]. */
export interface CurvePoint {
  /** Share of the rows in scope that are answered, and rightly. */
  readonly inScope: number;
  /** Share of the rows out of scope that are refused. */
  readonly recall: number;
}

/** The curve of Haptik, the best of those that HINT3 publishes; none of other sets. */
export function readCurve({ name, folder }: TextSet): CurvePoint[] {
  if (name !== "curekart") return [];
  const { column } = readCsv(folder, "published_scores");
  const [inScope, recall] = [column("in_scope_accuracy"), column("oos_recall")];
  return column("platform").flatMap((platform, at) =>
    platform === "haptik" ? [{ inScope: Number(inScope[at]), recall: Number(recall[at]) }] : [],
  );
}
