/** What differs between the rows that were learnt from and the later ones that were held out, and whether the model gets worse in the course of these. */
import { formatNumber, formatPercent } from "#base/text";
import type { Column, ScalarColumn, Table } from "#learn/data/table";
import { takeRows } from "#learn/data/table";
import { shiftOfLater } from "#learn/drift/later-rows";
import type { Shift } from "#learn/drift/later-rows";
import { lossTrend } from "#learn/drift/loss-trend";
import { pause } from "#learn/math/pause";
import type { Drift, DriftFinding } from "#records/model-version";

export interface DriftInput {
  /** Rows in the order of time. */
  readonly learnt: Table;
  readonly held: Table;
  /** Columns that the model reads. */
  readonly features: readonly string[];
  readonly label: { readonly name: string; readonly learnt: ScalarColumn; readonly held: ScalarColumn };
  /** Of held-out rows: epoch milliseconds, and how far off the model is. */
  readonly times: Float64Array;
  readonly losses: Float64Array;
  /** What is said of a mean loss. */
  readonly scoreOf: (loss: number) => number;
  readonly signal?: AbortSignal | undefined;
}

/** More rows of a part, evenly spread, would say the same. */
const mostRows = 50_000;

/** O(columns x rows log rows), on a sample of the rows. */
export async function driftOf({ learnt, held, features, label, times, losses, scoreOf, signal }: DriftInput): Promise<Drift> {
  const names = features.filter((name) => isCompared(learnt.columns[name]) && isCompared(held.columns[name]));
  const findings: DriftFinding[] = [];
  for (const name of [null, ...names]) {
    await pause();
    signal?.throwIfAborted();
    const [before, after] =
      name === null
        ? [spread(label.learnt), spread(label.held)]
        : [spread(learnt.columns[name] as ScalarColumn), spread(held.columns[name] as ScalarColumn)];
    const shift = shiftOfLater(before, after, 1);
    if (!shift?.drifted) continue;
    findings.push({
      column: name ?? label.name,
      is_label: name === null,
      distance: rounded(shift.distance),
      by_chance: rounded(shift.byChance),
      detail: detailOf(shift, before, after),
    });
  }
  const trend = lossTrend(losses);
  const from = (third: number): number => times[Math.round((third * times.length) / 3)]!;
  return {
    compared: names.length + 1,
    findings: findings.sort((a, b) => Number(b.is_label) - Number(a.is_label) || b.distance - a.distance),
    thirds: (trend?.thirds ?? []).map((loss, third) => ({
      from: new Date(from(third)).toISOString(),
      score: rounded(scoreOf(loss)),
    })),
    falls: trend?.rises ?? false,
  };
}

/** Dates are always later than those of training; vectors of texts have no place in an order. */
function isCompared(column: Column | undefined): boolean {
  return column !== undefined && column.type !== "time" && column.type !== "vector";
}

function spread(column: ScalarColumn): ScalarColumn {
  const rows = column.values.length;
  if (rows <= mostRows) return column;
  const chosen = Uint32Array.from({ length: mostRows }, (_, at) => Math.floor((at * rows) / mostRows));
  return takeRows({ rows, columns: { column } }, chosen).columns["column"]!;
}

function detailOf({ level }: Shift, before: ScalarColumn, after: ScalarColumn): string {
  if (level) {
    const name = level.name ?? "missing";
    return `${name}: ${formatPercent(level.before)} of the rows, later ${formatPercent(level.after)}`;
  }
  const [was, is] = [before, after].map(({ values }) => {
    const known = (values as Float64Array).filter((value) => !Number.isNaN(value)).sort();
    const middle = known[Math.floor((known.length - 1) / 2)];
    return { middle: middle === undefined ? "none" : formatNumber(middle), missing: 1 - known.length / values.length };
  });
  const missing =
    Math.abs(is!.missing - was!.missing) < 0.01
      ? ""
      : `; missing in ${formatPercent(was!.missing)}, later ${formatPercent(is!.missing)}`;
  return `the middle was ${was!.middle}, later ${is!.middle}${missing}`;
}

const rounded = (value: number): number => Number(value.toPrecision(4));
