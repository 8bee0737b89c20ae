/**
 * Groups of rows in which rows of one name are together too: what is in one group with either is in one with both. A group is named by its first
 * row; a row without a name is joined by its group alone. Null where there are no groups and no name is there twice. O(n), near enough.
 *
 * Galler & Fischer: An Improved Equivalence Algorithm, CACM 1964 (trees of rows, with paths halved).
 *
 * @example joinGroups(["a", "b", "a", "c"], null) // 0, 1, 0, 3
 */
export function joinGroups(names: readonly (string | null)[], groups: Uint32Array | null): Uint32Array | null {
  const firstOfName = new Map<string, number>();
  const firstOfGroup = new Map<number, number>();
  let isJoined = groups !== null;
  const above = Uint32Array.from(names.keys());
  const top = (row: number): number => {
    let at = row;
    while (above[at] !== at) at = above[at] = above[above[at]!]!;
    return at;
  };
  const join = (row: number, first: number | undefined): void => {
    if (first === undefined) return;
    const [one, other] = [top(row), top(first)];
    above[Math.max(one, other)] = Math.min(one, other);
  };
  names.forEach((name, row) => {
    if (name !== null) {
      isJoined ||= firstOfName.has(name);
      join(row, firstOfName.get(name));
      if (!firstOfName.has(name)) firstOfName.set(name, row);
    }
    const group = groups?.[row];
    if (group === undefined) return;
    join(row, firstOfGroup.get(group));
    if (!firstOfGroup.has(group)) firstOfGroup.set(group, row);
  });
  return isJoined ? above.map((_, row) => top(row)) : null;
}
