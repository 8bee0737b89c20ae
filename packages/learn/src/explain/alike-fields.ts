/** Fields of numbers that rise and fall together, so that a model may lean on either: groups by rank correlation. */
import type { Table } from "../data/table.ts";

/** Absolute rank correlation from which on two fields are in one group. */
const ALIKE = 0.9;

/** Each field in one group, in the order given; others than numbers and times are alone. O(fields x rows log rows + fields^2 x rows). */
export function alikeFields({ rows, columns }: Table, fields: readonly string[]): string[][] {
  const ranks = fields.map((field) => {
    const column = Object.hasOwn(columns, field) ? columns[field]! : undefined;
    return column?.type === "number" || column?.type === "time" ? standardRanks(column.values) : null;
  });
  const groupOf = [...fields.keys()];
  for (let one = 0; one < fields.length; one++) {
    for (let other = one + 1; other < fields.length; other++) {
      const [a, b] = [ranks[one], ranks[other]];
      if (!a || !b || groupOf[one] === groupOf[other]) continue;
      let correlation = 0;
      for (let row = 0; row < rows; row++) correlation += a[row]! * b[row]!;
      if (Math.abs(correlation) < ALIKE) continue;
      const [kept, gone] = [Math.min(groupOf[one]!, groupOf[other]!), Math.max(groupOf[one]!, groupOf[other]!)];
      groupOf.forEach((group, at) => group === gone && (groupOf[at] = kept));
    }
  }
  return [...Map.groupBy(fields.keys(), (at) => groupOf[at]!).values()].map((group) => group.map((at) => fields[at]!));
}

/** Ranks of mean 0 and length 1, equal values with their mean rank and missing ones at 0; null where all are the same. */
function standardRanks(values: Float64Array): Float64Array | null {
  const order = [...values.keys()].filter((row) => !Number.isNaN(values[row])).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let at = from; at < to; at++) ranks[order[at]!] = (from + to) / 2 - order.length / 2;
    from = to;
  }
  const length = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0));
  return length > 0 ? ranks.map((rank) => rank / length) : null;
}
