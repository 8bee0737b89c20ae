/** What a fitted model of outliers answers, from its parts. */
import { isolationDepth } from "../anomaly/isolation-forest.ts";
import type { IsolationForest } from "../anomaly/isolation-forest.ts";
import type { Row, Table } from "../data/table.ts";
import { rowAt } from "../data/table.ts";
import type { Outliers, RowOutlier } from "../model.ts";
import { columnUsualness } from "../recipe/column-tails.ts";
import type { ColumnTails } from "../recipe/column-tails.ts";
import type { TreeColumnsRecipe } from "../recipe/tree-columns.ts";
import type { TreeColumn } from "../trees/columns.ts";

export const outliersKind = "isolation-forest-tails";
export const outliersFormat = 1;

export interface OutliersParts {
  readonly columns: TreeColumnsRecipe;
  readonly tails: readonly ColumnTails[];
  /** How the forest reads each column: numbers from their middle in spreads, levels and missing values by their share. */
  readonly scales: readonly ColumnScale[];
  readonly forest: IsolationForest;
  /** Mean and standard deviation over training rows of the depth, and of the rarity. */
  readonly depth: Moments;
  readonly rarity: Moments;
  /** The measure at each hundredth of the training rows up to the 95th, ascending, and the mean by which the others are greater than the last. */
  readonly quantiles: Float64Array;
  readonly excess: number;
}

export interface ColumnScale {
  readonly middle: number;
  readonly spread: number;
}

export interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

const SHARE = 0.05;
/** No probability is said to be less. */
const LEAST = 1e-12;

export function openOutliers(parts: OutliersParts): Outliers {
  const { columns, tails, scales, forest, depth, rarity, quantiles, excess } = parts;
  const size = columns.kinds.length;
  const trees = forest.roots.length;
  const values = new Float64Array(size);
  const scaled = new Float64Array(size);

  /** Of the record in `values`; `credits` gets what each column has to do with it. */
  function measure(credits?: Float64Array): number {
    for (let at = 0; at < size; at++) scaled[at] = forestValue(scales[at]!, tails[at]!, values[at]!);
    let sum = 0;
    for (let tree = 0; tree < trees; tree++) sum += isolationDepth(forest, tree, scaled, credits);
    if (credits) {
      for (let at = 0; at < size; at++) {
        const own = columnRarity(tails[at]!, values[at]!) - rarity.mean / size;
        credits[at] = credits[at]! / trees / depth.deviation + own / rarity.deviation;
      }
    }
    return unusualness(parts, sum / trees, rarityOf(tails, values));
  }

  /** A share in (0, 1]. */
  function probability(at: number): number {
    const last = quantiles.length - 1;
    if (at > quantiles[last]!) return Math.max(LEAST, SHARE * Math.exp(-(at - quantiles[last]!) / excess));
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (quantiles[middle]! < at) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 1;
    const [below, above] = [quantiles[low - 1]!, quantiles[low]!];
    return 1 - ((low - 1 + (at - below) / (above - below)) * (1 - SHARE)) / last;
  }

  return {
    kind: outliersKind,
    features: columns.fitted.map(({ name }) => name),
    score(table: Table) {
      return Float64Array.from({ length: table.rows }, (_, row) => {
        columns.encodeRow(rowAt(table, row), values);
        return 1 - probability(measure());
      });
    },
    decideRow(row: Row, limit): RowOutlier {
      columns.encodeRow(row, values);
      const credits = new Float64Array(size);
      const score = 1 - probability(measure(credits));
      const byField = new Float64Array(columns.fitted.length);
      columns.fieldOf.forEach((field, at) => (byField[field]! += credits[at]!));
      const contributions = columns.fitted
        .map(({ name }, field) => ({ field: name, value: columns.show(field, row), weight: byField[field]! }))
        .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
        .slice(0, limit);
      return { score, contributions };
    },
    save() {
      const { column, threshold, below, rows, roots } = forest;
      return {
        header: { kind: outliersKind, format: outliersFormat, columns: columns.fitted, tails, scales, depth, rarity, excess },
        tensors: { column, threshold, below, rows, roots, quantiles },
      };
    },
  };
}

/** How far out the values lie: the sum over the columns of squared logarithms of shares, so that one extreme value weighs more than many that are a little odd. */
export function rarityOf(tails: readonly ColumnTails[], values: Float64Array): number {
  let sum = 0;
  tails.forEach((tail, at) => (sum += columnRarity(tail, values[at]!)));
  return sum;
}

function columnRarity(tail: ColumnTails, value: number): number {
  return columnUsualness(tail, value) ** 2;
}

/** Both measures by their spread over the training rows, added: greater for what is more unusual. */
export function unusualness({ depth, rarity }: Pick<OutliersParts, "depth" | "rarity">, deep: number, rare: number): number {
  return (depth.mean - deep) / depth.deviation + (rare - rarity.mean) / rarity.deviation;
}

/** Numbers as the inverse hyperbolic sine of their distance from the middle, so that great ones are far but not all there is; levels as the logarithm of their share. */
export function forestValue({ middle, spread }: ColumnScale, tails: ColumnTails, value: number): number {
  if (tails.shares.length > 0) return columnUsualness(tails, value);
  return Number.isNaN(value) ? 0 : Math.asinh((value / 2 - middle / 2) / (spread / 2));
}

/** The same of all training rows. */
export function forestColumn(column: TreeColumn, scale: ColumnScale, tails: ColumnTails): Float64Array {
  const values = column.kind === "number" ? column.values : column.codes;
  return Float64Array.from(values, (value) => forestValue(scale, tails, value));
}
