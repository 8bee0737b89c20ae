/** BANKING77 (Casanueva et al. 2020, CC BY 4.0): 10,003 short texts of 77 classes to learn from, 3,080 to judge by. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClassifierData } from "../../packages/learn/src/model.ts";

export const dataFolder: string = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/data/tickets/banking77");

export function hasData(): boolean {
  return existsSync(dataFolder);
}

/** One part, `train` or `test`. Columns are `text,label`; only the text is ever quoted. */
export function readPart(part: "train" | "test"): ClassifierData {
  const csv = readFileSync(join(dataFolder, `${part}.csv`), "utf8");
  const cells = [...csv.slice(csv.indexOf("\n") + 1).matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*)),([^\n]*)\n/g)];
  const texts = cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);
  return {
    table: { rows: texts.length, columns: { text: { type: "string", values: texts } } },
    labels: cells.map(([, , , label]) => label!),
  };
}
