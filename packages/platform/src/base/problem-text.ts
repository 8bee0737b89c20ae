/** Problems of many records in a few lines: what is wrong with many in the same way is said once, with their number. */
import type { Problem } from "#base/errors";
import { formatCount } from "#base/text";

/** Lines, at most; what is wrong with most records stands first. */
const mostLines = 10;

/** `list` is how pointers begin, as `/records`; what is after it and a number is the place within a record. O(problems). */
export function problemText(problems: readonly Problem[], list: string): string {
  const alike = new Map<string, { readonly line: string; count: number }>();
  for (const { pointer, detail } of problems) {
    const place = pointer.startsWith(`${list}/`) ? pointer.slice(list.length + 1).replace(/^\d+/, "") : pointer;
    const name = `${place} ${detail}`;
    const same = alike.get(name);
    if (same) same.count++;
    else alike.set(name, { line: `${pointer} ${detail}`, count: 1 });
  }
  const groups = [...alike.values()].sort((a, b) => b.count - a.count);
  const lines = groups.slice(0, mostLines).map(({ line, count }) => {
    if (count === 1) return line;
    return `${line} (and ${formatCount(count - 1)} more so)`;
  });
  const rest = groups.slice(mostLines).reduce((sum, { count }) => sum + count, 0);
  return [...lines, ...(rest === 0 ? [] : [`and ${formatCount(rest)} other problems`])].join("\n");
}
