/**
 * Records that are unlike the others: invoices, log-ins, orders. No labels are needed, and training rows may have some of what is looked for.
 *
 * Two measures of a record, each by its spread over the training rows, are added: how soon an isolation forest sets it apart, which sees values
 * that do not go together, and how far out its values lie column by column (after ECOD, `recipe/column-tails`), which sees a single extreme one. The score
 * is one minus the share of training rows that are as unusual; beyond the greatest twentieth an exponential tail goes on.
 */
import { growIsolationForest, isolationDepth, isolationForestDefaults } from "../anomaly/isolation-forest.ts";
import type { Table } from "../data/table.ts";
import { Pace } from "../math/pause.ts";
import { weightedQuantile } from "../math/quantile.ts";
import type { FitOptions, Outliers, SavedModel } from "../model.ts";
import { fitColumnTails } from "../recipe/column-tails.ts";
import { columnTails, treeField } from "../recipe/saved-recipe.ts";
import { recipeDefaults } from "../recipe/settings.ts";
import type { RecipeSettings } from "../recipe/settings.ts";
import { fitTreeColumns, openTreeColumns } from "../recipe/tree-columns.ts";
import { list, number, record, tensor } from "../saved/values.ts";
import type { TreeColumn } from "../trees/columns.ts";
import { forestColumn, openOutliers, outliersFormat, outliersKind, rarityOf, unusualness } from "./outliers-model.ts";
import type { ColumnScale, Moments } from "./outliers-model.ts";

export interface OutliersSettings {
  readonly recipe: Pick<RecipeSettings, "fields"> & Partial<RecipeSettings>;
  readonly trees?: number;
}

const LEAST_ROWS = 20;
const HUNDREDTHS = 95;

/**
 * The same settings, rows and seed give the same model. O(rows x (trees x log sample + columns x log rows)).
 *
 * @throws RangeError with fewer than 20 rows, without a column of numbers, categories or times, or where settings and columns do not fit; the signal's reason when aborted
 * @example
 * const model = await fitOutliers({ recipe: { fields: [{ name: "amount", kind: "number" }, { name: "country", kind: "category" }] } }, table, { seed: 1 });
 * const { score, contributions } = model.decideRow({ amount: 120000, country: "FR" }, 3);
 */
export async function fitOutliers(
  settings: OutliersSettings,
  table: Table,
  options: Omit<FitOptions, "onUnseen" | "threads">,
): Promise<Outliers> {
  const { signal, onProgress, seed } = options;
  const pace = new Pace(2_000_000, signal);
  const { rows } = table;
  if (rows < LEAST_ROWS) throw new RangeError(`outliers need at least ${LEAST_ROWS} rows to learn from, got ${rows}`);
  const columns = fitTreeColumns({ ...recipeDefaults, pieces: null, ...settings.recipe }, table);
  if (columns.kinds.length === 0)
    throw new RangeError("recipe.fields: there must be at least one column of numbers, categories or times");
  const encoded = columns.encode(table);
  const tails = fitColumnTails(encoded);
  const scales = encoded.map(scaleOf);
  const forestColumns = encoded.map((column, at) => forestColumn(column, scales[at]!, tails[at]!));
  await pace.spend(rows * encoded.length * 20);
  const { forest, sampled } = growIsolationForest(
    { ...isolationForestDefaults, trees: settings.trees ?? isolationForestDefaults.trees },
    forestColumns,
    rows,
    seed,
  );
  onProgress?.(0.5, "growing trees");
  // Each row by the trees that did not sample it.
  const [depths, judges] = [new Float64Array(rows), new Uint32Array(rows)];
  const inSample = new Uint8Array(rows);
  const values = new Float64Array(encoded.length);
  for (const [tree, members] of sampled.entries()) {
    for (const row of members) inSample[row] = 1;
    for (let row = 0; row < rows; row++) {
      if (inSample[row] === 1) continue;
      for (let at = 0; at < values.length; at++) values[at] = forestColumns[at]![row]!;
      depths[row]! += isolationDepth(forest, tree, values);
      judges[row]! += 1;
    }
    for (const row of members) inSample[row] = 0;
    await pace.spend(rows * 10);
    onProgress?.(0.5 + 0.45 * ((tree + 1) / sampled.length), "judging rows");
  }
  const rarities = Float64Array.from({ length: rows }, (_, row) => {
    encoded.forEach((column, at) => (values[at] = column.kind === "number" ? column.values[row]! : column.codes[row]!));
    return rarityOf(tails, values);
  });
  depths.forEach((sum, row) => (depths[row] = sum / Math.max(1, judges[row]!)));
  const [depth, rarity] = [moments(depths), moments(rarities)];
  const measures = depths.map((deep, row) => unusualness({ depth, rarity }, deep, rarities[row]!)).sort();
  const quantiles = Float64Array.from({ length: HUNDREDTHS + 1 }, (_, at) => measures[Math.round((at / 100) * (rows - 1))]!);
  const beyond = measures
    .filter((measure) => measure > quantiles[HUNDREDTHS]!)
    .map((measure) => measure - quantiles[HUNDREDTHS]!);
  // As if two more were beyond by one standard deviation of each measure.
  const excess = (beyond.reduce((sum, one) => sum + one, 0) + 2) / (beyond.length + 2);
  onProgress?.(1, "trained");
  return openOutliers({ columns, tails, scales, forest, depth, rarity, quantiles, excess });
}

/** @throws Error naming the part of the saved model that is not as it must be */
export function loadOutliers({ header, tensors }: SavedModel): Outliers {
  if (header.kind !== outliersKind || header.format !== outliersFormat) {
    throw new Error(
      `no loader for a model of kind ${header.kind} and format ${header.format}; known: ${outliersKind} of format ${outliersFormat}`,
    );
  }
  const columns = openTreeColumns(list(header["columns"], "columns", treeField));
  const tails = list(header["tails"], "tails", columnTails);
  const scales = list(header["scales"], "scales", (value, where): ColumnScale => {
    const scale = record(value, where);
    return { middle: number(scale["middle"], `${where}.middle`), spread: positive(scale["spread"], `${where}.spread`) };
  });
  const size = columns.kinds.length;
  if (tails.length !== size || scales.length !== size) throw new Error("tails, scales: must be one for each column");
  const column = tensor(tensors, "column", Int32Array);
  const nodes = column.length;
  const below = tensor(tensors, "below", Int32Array, nodes);
  const rows = tensor(tensors, "rows", Int32Array, nodes);
  const roots = tensor(tensors, "roots", Int32Array);
  // Children come after their node: a walk always ends.
  const fits = column.every((at, node) => at === -1 || (at >= 0 && at < size && below[node]! > node && below[node]! + 1 < nodes));
  if (!fits || roots.some((node) => node < 0 || node >= nodes) || roots.length === 0)
    throw new Error("tensors column, below, roots: are no trees");
  if (rows.some((count) => count < 1)) throw new Error("tensor rows: must be above 0");
  const quantiles = tensor(tensors, "quantiles", Float64Array, HUNDREDTHS + 1);
  if (quantiles.some((value, at) => at > 0 && value < quantiles[at - 1]!)) throw new Error("tensor quantiles: must be ascending");
  return openOutliers({
    columns,
    tails,
    scales,
    forest: { column, threshold: tensor(tensors, "threshold", Float64Array, nodes), below, rows, roots },
    depth: momentsOf(header["depth"], "depth"),
    rarity: momentsOf(header["rarity"], "rarity"),
    quantiles,
    excess: positive(header["excess"], "excess"),
  });
}

function momentsOf(value: unknown, where: string): Moments {
  const saved = record(value, where);
  return { mean: number(saved["mean"], `${where}.mean`), deviation: positive(saved["deviation"], `${where}.deviation`) };
}

function positive(value: unknown, where: string): number {
  const found = number(value, where);
  if (found > 0) return found;
  throw new Error(`${where}: must be above 0`);
}

/** The median and the distance of the quartiles, or of the extremes where that is 0. */
function scaleOf(column: TreeColumn): ColumnScale {
  if (column.kind === "category") return { middle: 0, spread: 1 };
  const known = column.values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return { middle: 0, spread: 1 };
  const quantile = (share: number): number => weightedQuantile(known, null, known.length, share);
  const [low, middle, high] = [quantile(0.25), quantile(0.5), quantile(0.75)];
  const spread = high / 2 - low / 2 || quantile(1) / 2 - quantile(0) / 2;
  return { middle, spread: spread > 0 ? spread : 1 };
}

function moments(values: Float64Array): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}
