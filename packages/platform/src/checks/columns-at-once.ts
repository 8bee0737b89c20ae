/** How many columns one query asks about: planning it takes longer with their square, and each takes memory of its own while it lasts. */
export const columnsAtOnce = 100;

/** The columns in their order, a hundred at a time. */
export function* partsOf<Column>(columns: readonly Column[]): Generator<readonly Column[]> {
  for (let from = 0; from < columns.length; from += columnsAtOnce) yield columns.slice(from, from + columnsAtOnce);
}
