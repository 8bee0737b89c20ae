/**
 * One feature for each frequent level, one for all rare and unseen levels together, one for missing. What a record says for the first
 * time is treated as what was rare in training, so that the model has seen its like.
 */
import { MISSING, textOf } from "./dense.ts";
import type { DenseEncoder } from "./dense.ts";

export interface FittedCategory {
  readonly kind: "category";
  /** Most frequent first. */
  readonly levels: readonly string[];
}

/** Levels that occur in at least `minRows` rows, the `maxLevels` most frequent. O(n + levels log levels). */
export function fitCategory(values: Iterable<unknown>, minRows: number, maxLevels: number): FittedCategory {
  const counts = new Map<string, number>();
  for (const value of values) {
    const level = textOf(value);
    if (level !== null) counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  const frequent = [...counts].filter(([, count]) => count >= minRows).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { kind: "category", levels: frequent.slice(0, maxLevels).map(([level]) => level) };
}

export function openCategory({ levels }: FittedCategory): DenseEncoder {
  const offsets = new Map(levels.map((level, at) => [level, at]));
  const rare = levels.length;
  return {
    size: levels.length + 2,
    encode(value, emit) {
      const level = textOf(value);
      const offset = level === null ? rare + 1 : (offsets.get(level) ?? rare);
      emit(offset, 1);
      return offset < rare;
    },
    show: (value) => textOf(value) ?? MISSING,
  };
}
