/** Public collections of series, as the folder `shared/data` beside the repository holds them: what is learnt from, and what comes after. */
import { join } from "node:path";
import type { Panel } from "../../packages/learn/src/data/series.ts";
import { dataRoot, readCsv } from "../csv.ts";

export interface SeriesSet {
  readonly name: string;
  readonly season: number;
  readonly horizon: number;
  readonly panel: Panel;
  /** Shape (series, horizon), row-major. */
  readonly truth: Float64Array;
}

/** M3 by its four periods, monthly car parts, monthly turnover of retail. */
export function readSets(): SeriesSet[] {
  return [...readM3(), readCarparts(), readRetail()];
}

function readM3(): SeriesSet[] {
  const folder = join(dataRoot, "forecasting", "m3");
  const series = readCsv(folder, "series");
  const period = new Map(series.column("series_id").map((id, at) => [id, series.column("period")[at]!]));
  const values = readCsv(folder, "values");
  const columns = { id: values.column("series_id"), split: values.column("split"), value: values.column("value") };
  return (
    [
      ["yearly", 1, 6],
      ["quarterly", 4, 8],
      ["monthly", 12, 18],
      ["other", 1, 8],
    ] as const
  ).map(([name, season, horizon]) => {
    const rows = columns.id.flatMap((id, at) => (period.get(id) === name ? [at] : []));
    return setOf(`M3 ${name}`, season, horizon, columns, rows);
  });
}

function readCarparts(): SeriesSet {
  const values = readCsv(join(dataRoot, "forecasting", "carparts"), "values");
  const columns = { id: values.column("series_id"), split: values.column("split"), value: values.column("value") };
  const gaps = new Set(columns.id.filter((_, at) => columns.value[at] === ""));
  return setOf(
    "carparts",
    12,
    12,
    columns,
    columns.id.flatMap((id, at) => (gaps.has(id) ? [] : [at])),
  );
}

function readRetail(): SeriesSet {
  const values = readCsv(join(dataRoot, "forecasting", "aus_retail"), "values");
  const columns = { id: values.column("series_id"), split: values.column("split"), value: values.column("turnover") };
  return setOf("aus_retail", 12, 24, columns, [...columns.id.keys()]);
}

interface Columns {
  readonly id: readonly string[];
  readonly split: readonly string[];
  readonly value: readonly string[];
}

function setOf(name: string, season: number, horizon: number, { id, split, value }: Columns, rows: readonly number[]): SeriesSet {
  const series = new Map<string, { train: number[]; test: number[] }>();
  for (const at of rows) {
    let own = series.get(id[at]!);
    if (!own) series.set(id[at]!, (own = { train: [], test: [] }));
    own[split[at] === "train" ? "train" : "test"].push(value[at] === "" ? Number.NaN : Number(value[at]));
  }
  const all = [...series.values()];
  return {
    name,
    season,
    horizon,
    panel: panelOf(
      [...series.keys()],
      all.map(({ train }) => train),
    ),
    truth: Float64Array.from(all.flatMap(({ test }) => test.slice(0, horizon))),
  };
}

function panelOf(keys: readonly string[], values: readonly (readonly number[])[]): Panel {
  const offsets = new Uint32Array(values.length + 1);
  values.forEach((own, at) => (offsets[at + 1] = offsets[at]! + own.length));
  return {
    keys: [{ name: "series", values: keys }],
    offsets,
    starts: new Int32Array(values.length),
    values: Float64Array.from(values.flat()),
  };
}
