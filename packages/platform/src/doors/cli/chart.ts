/** A series as text: what was, what is expected, and the interval about it. */

export interface ChartSeries {
  /** NaN where unknown. */
  readonly history: readonly number[];
  readonly mean: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

const marks = { history: "•", mean: "o", inside: "░" } as const;

/** Of that many rows and at most so many columns; longer series are shown by means of neighbours. The first and last step stand below. */
export function chart(
  { history, mean, lower, upper }: ChartSeries,
  { rows, columns, first, last }: { rows: number; columns: number; first: string; last: string },
  format: (value: number) => string,
): string {
  const width = Math.max(1, Math.ceil((history.length + mean.length) / columns));
  const past = binned(history, width);
  const [middle, low, high] = [binned(mean, width), binned(lower, width), binned(upper, width)];
  const all = [...past, ...low, ...high].filter((value) => !Number.isNaN(value));
  const least = Math.min(...all);
  const span = Math.max(...all) - least || 1;
  const rowOf = (value: number): number => Math.round(((value - least) / span) * (rows - 1));
  const grid = Array.from({ length: rows }, () => Array.from({ length: past.length + middle.length }, () => " "));
  past.forEach((value, at) => {
    if (!Number.isNaN(value)) grid[rowOf(value)]![at] = marks.history;
  });
  middle.forEach((value, at) => {
    for (let row = rowOf(low[at]!); row <= rowOf(high[at]!); row++) grid[row]![past.length + at] = marks.inside;
    grid[rowOf(value)]![past.length + at] = marks.mean;
  });
  const labels = [format(least + span), format(least)];
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = grid
    .map((cells, row) => {
      const label = row === rows - 1 ? labels[0]! : row === 0 ? labels[1]! : "";
      return `${label.padStart(margin)} |${cells.join("").trimEnd()}`;
    })
    .reverse();
  const room = Math.max(1, past.length + middle.length - first.length - last.length);
  return [...lines, `${" ".repeat(margin)}  ${first}${" ".repeat(room)}${last}`].join("\n");
}

/** Means of so many neighbours each, from the end on. */
function binned(values: readonly number[], width: number): number[] {
  const bins: number[] = [];
  for (let end = values.length; end > 0; end -= width) {
    const own = values.slice(Math.max(0, end - width), end).filter((value) => !Number.isNaN(value));
    bins.unshift(own.length === 0 ? Number.NaN : own.reduce((sum, value) => sum + value, 0) / own.length);
  }
  return bins;
}
