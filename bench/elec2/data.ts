/**
 * The electricity market of New South Wales, half-hourly, as rows in the order of time (Harries, Splice-2 comparative evaluation, 1999): whether the price is above its mean of
 * the last 24 hours. The file has no dates: half hours are counted from 7 May 1996, when it begins. History is declared as a use case does and computed by the product's own snapshot.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../packages/platform/src/base/clock.ts";
import { files } from "../../packages/platform/src/connectors/files/files.ts";
import { openArtifacts } from "../../packages/platform/src/files/artifacts.ts";
import type { ScalarTable } from "../../packages/learn/src/data/table.ts";
import { useCaseSchema } from "../../packages/platform/src/records/use-case.ts";
import type { ClassifyUseCase } from "../../packages/platform/src/records/use-case.ts";
import { labelledRows } from "../../packages/platform/src/stages/prepare/prepare.ts";
import { addHistory } from "../../packages/platform/src/stages/history/add-history.ts";
import { takeSnapshot } from "../../packages/platform/src/stages/snapshot/snapshot.ts";
import { openTables } from "../../packages/platform/src/tables/tables.ts";
import { dataRoot, readCsv } from "../csv.ts";

const halfHour = 1_800_000;
export const rowsOfWeek = 336;

/** The outcome of a half hour is known when the next one is decided; what lies further back is dated so that it is the last thing known then. */
const outcomes = "select made_at, class, (class = 'up')::int as up from market";
const agoBy = (halfHours: number): string =>
  `select made_at + interval (${halfHours} * 30 - 1) minute as made_at, class, (class = 'up')::int as up from market`;
const outcomeHistory = {
  last_class: { from: outcomes, time: "made_at", window: "1d", value: { last: "class" } },
  class_2_ago: { from: agoBy(2), time: "made_at", window: "1d", value: { last: "class" } },
  class_day_ago: { from: agoBy(48), time: "made_at", window: "1d", value: { last: "class" } },
  class_week_ago: { from: agoBy(336), time: "made_at", window: "1d", value: { last: "class" } },
  up_3h: { from: outcomes, time: "made_at", window: "3h", value: { mean: "up" } },
  up_1d: { from: outcomes, time: "made_at", window: "1d", value: { mean: "up" } },
  up_7d: { from: outcomes, time: "made_at", window: "7d", value: { mean: "up" } },
} as const;
const prices = "select made_at, nswprice, nswdemand, vicprice from market";
const priceHistory = {
  price_before: { from: prices, time: "made_at", window: "1d", value: { last: "nswprice" } },
  price_1d: { from: prices, time: "made_at", window: "1d", value: { mean: "nswprice" } },
  demand_before: { from: prices, time: "made_at", window: "1d", value: { last: "nswdemand" } },
} as const;

export const histories = { none: {}, outcomes: outcomeHistory, "outcomes and prices": { ...outcomeHistory, ...priceHistory } };

const own = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"];

export function electricity(history: keyof typeof histories): ClassifyUseCase {
  const columns = Object.keys(histories[history]);
  const category = columns.filter((name) => name.includes("class"));
  return useCaseSchema.parse({
    use_case: "electricity",
    task: "classify",
    goal: { kpi: "price", direction: "decrease" },
    source: {
      system: "market",
      query: `select made_at as id, made_at, weekday, ${own.join(", ")}, class from market`,
      key: "id",
      time: "made_at",
      label: "class",
    },
    features: { category: ["weekday", ...category], number: [...own, ...columns.filter((name) => !category.includes(name))] },
    history: histories[history],
  }) as ClassifyUseCase;
}

/** The labelled rows of the use case in the order of time, with their history. */
export async function electricityRows(useCase: ClassifyUseCase): Promise<{ table: ScalarTable; labels: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "inlay-bench-elec2-"));
  try {
    await mkdir(join(folder, "market"));
    const { rows, header, column } = readCsv(join(dataRoot, "tabular", "elec2_drift"), "data");
    const columns = header.map(column);
    const lines = Array.from({ length: rows }, (_, row) => {
      const at = Date.UTC(1996, 4, 7) + row * halfHour;
      return [new Date(at).toISOString(), `day ${new Date(at).getUTCDay()}`, ...columns.map((values) => values[row])].join(",");
    });
    await writeFile(join(folder, "market", "market.csv"), `made_at,weekday,${header.join(",")}\n${lines.join("\n")}\n`);
    const artifacts = await openArtifacts(join(folder, "artifacts"));
    const tables = openTables({ folder: join(folder, "tmp") });
    const connect = () => files.open("market", { type: "files", path: "market", timeout: "10m" }, folder);
    const connection = connect();
    const snapshot = await takeSnapshot(
      {
        connection,
        artifacts,
        tables,
        clock: systemClock,
        tempFolder: join(folder, "tmp"),
        addHistory: (from, at) => addHistory({ tables, connect, folder: at }, useCase, from),
      },
      useCase,
    );
    await connection.close();
    return await labelledRows({ tables, artifacts }, snapshot, useCase);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Chosen on the first part of the file alone. */
export const policy = {
  /** The share of the file that choices were made on; accuracy is reported of the rest. */
  chosenOn: 0.3,
  /** How often it is fitted again, on all that was seen. */
  refitWeeks: 8,
  /** `train.holdout`: the latest rows, which training keeps to judge the version. */
  holdout: 0.05,
};
