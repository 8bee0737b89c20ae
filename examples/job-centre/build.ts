/**
 * Makes `job-centre.db`, the second system of the demo: a SQLite database such as a job centre would have, of the people who look for work in each
 * industry, month by month (the Current Population Survey of the U.S. Bureau of Labor Statistics, 2000 to 2010). Nothing is cleaned or made up but the
 * sector that an industry is in. The same data gives the same rows in the same order.
 */
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface JobCentreOptions {
  /** The database file to make; one that exists is replaced when the new one is complete. */
  readonly path: string;
  /** The data as JSON; without it, that of the installed package. */
  readonly source?: string;
}

export interface JobCentreSummary {
  readonly industries: number;
  readonly months: number;
}

interface Count {
  readonly series: string;
  readonly year: number;
  readonly month: number;
  /** In thousands. */
  readonly count: number;
}

const sectors: Readonly<Record<string, string>> = {
  Agriculture: "goods",
  "Mining and Extraction": "goods",
  Construction: "goods",
  Manufacturing: "goods",
  Government: "public",
  "Self-employed": "self-employed",
};

const schema = `
  CREATE TABLE industries (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sector TEXT NOT NULL -- goods, services, public or self-employed
  );
  CREATE TABLE seekers (
    industry_id INTEGER NOT NULL REFERENCES industries (id),
    month DATE NOT NULL, -- its first day
    thousands INTEGER NOT NULL, -- people who look for work
    PRIMARY KEY (industry_id, month)
  );
`;

/** Makes the database and says what is in it. @throws Error where the data is not there or holds nothing */
export async function buildJobCentre({ path, source = installedData() }: JobCentreOptions): Promise<JobCentreSummary> {
  const counts = JSON.parse(await readFile(source, "utf8")) as Count[];
  if (counts.length === 0) throw new Error(`${source} holds no counts`);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { force: true });
  const database = new DatabaseSync(unfinished);
  try {
    fill(database, counts);
  } finally {
    database.close();
  }
  await rename(unfinished, path);
  const months = new Set(counts.map(({ year, month }) => `${year}-${month}`));
  return { industries: new Set(counts.map(({ series }) => series)).size, months: months.size };
}

/** Its package gives addresses to fetch from, and the files beside them; only the file is read. */
function installedData(): string {
  const main = createRequire(import.meta.url).resolve("vega-datasets");
  return join(dirname(main), "..", "data", "unemployment-across-industries.json");
}

function fill(database: DatabaseSync, counts: readonly Count[]): void {
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${schema} BEGIN`);
  const insertIndustry = database.prepare("INSERT INTO industries (name, sector) VALUES (?, ?) RETURNING id");
  const insertCount = database.prepare("INSERT INTO seekers (industry_id, month, thousands) VALUES (?, ?, ?)");
  const ids = new Map<string, number>();
  for (const { series, year, month, count } of counts) {
    if (!ids.has(series)) ids.set(series, Number(insertIndustry.get(series, sectors[series] ?? "services")?.["id"]));
    insertCount.run(ids.get(series)!, `${year}-${String(month).padStart(2, "0")}-01`, count);
  }
  database.exec("COMMIT");
}

if (import.meta.main) console.log(await buildJobCentre({ path: join(import.meta.dirname, "job-centre.db") }));
