/** The shop in the systems that companies have: a SQLite file, a schema of PostgreSQL. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Client } from "pg";
import type { TestServerOptions } from "./http-server.ts";
import type { Shop } from "./shop.ts";
import { useCaseYaml } from "./shop.ts";

export const useCase = "shop-demand";

/** A project of the shop in SQLite, for a test server. */
export function shopProject(sold: Shop): NonNullable<TestServerOptions["project"]> {
  return { useCase, write: (folder) => writeProject(folder, sold) };
}

export async function writeProject(folder: string, sold: Shop): Promise<void> {
  await mkdir(join(folder, "use-cases"), { recursive: true });
  writeSqlite(join(folder, "shop.db"), sold);
  await writeFile(join(folder, "inlay.yaml"), "project: shop\nsystems:\n  shop: { type: sqlite, path: ./shop.db }\n");
  await writeFile(join(folder, "use-cases", `${useCase}.yaml`), useCaseYaml);
}

const tables = `create table sales (day date, region text, store integer, item text, units integer, price real, promo boolean, sold_out boolean);
  create table plan (day date, store integer, item text, price real, promo boolean);`;

/** A file that is there is changed to hold just this. */
export function writeSqlite(path: string, { sales, plan }: Shop): void {
  const database = new DatabaseSync(path);
  database.exec(`drop table if exists sales; drop table if exists plan; ${tables} begin`);
  const sale = database.prepare("insert into sales values (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const { day, region, store, item, units, price, promo, sold_out: soldOut } of sales)
    sale.run(day, region, Number(store), item, units, price, Number(promo), Number(soldOut));
  const planned = database.prepare("insert into plan values (?, ?, ?, ?, ?)");
  for (const { day, store, item, price, promo } of plan) planned.run(day, Number(store), item, price, Number(promo));
  database.exec("commit");
  database.close();
}

export async function writePostgres(client: Client, { sales, plan }: Shop): Promise<void> {
  await client.query(tables.replaceAll(" real", " double precision"));
  await client.query("insert into sales select * from json_populate_recordset(null::sales, $1)", [JSON.stringify(sales)]);
  await client.query("insert into plan select * from json_populate_recordset(null::plan, $1)", [JSON.stringify(plan)]);
}
