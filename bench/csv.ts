/** Public collections of the folder `shared/data` beside the repository, as CSV; its README names sources and licences. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export const dataRoot = join(dirname(fileURLToPath(import.meta.url)), "../../shared/data");

export function hasData(): boolean {
  return existsSync(dataRoot);
}

/** Names of columns, and a function that gives the values of one; `<name>.csv` or `<name>.csv.gz` of the folder. */
export function readCsv(folder: string, name: string): { header: string[]; rows: number; column: (name: string) => string[] } {
  const plain = join(folder, `${name}.csv`);
  const csv = existsSync(plain) ? readFileSync(plain, "utf8") : gunzipSync(readFileSync(`${plain}.gz`)).toString("utf8");
  const [header, ...rows] = csvRows(csv);
  const column = (wanted: string): string[] => rows.map((row) => row[header!.indexOf(wanted)]!);
  return { header: header!, rows: rows.length, column };
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
