// Text of sizes, durations and numbers, and their inverse: one way to write them in files, messages and screens.

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const sizeUnits: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Milliseconds of text such as `200ms`, `30s`, `2d`; undefined where it is no duration. */
export function parseDuration(text: string): number | undefined {
  return parseUnit(text, durationUnits);
}

/** Bytes of text such as `300MB`; undefined where it is no size. */
export function parseSize(text: string): number | undefined {
  return parseUnit(text, sizeUnits);
}

/** A share in [0, 1] of text such as `90%`; undefined where it is none. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text.trim());
  const value = match ? Number(match[1]) / 100 : Number.NaN;
  return value >= 0 && value <= 1 ? value : undefined;
}

export function formatDuration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

export function formatSize(bytes: number): string {
  const unit = bytes < 1e3 ? "B" : bytes < 1e6 ? "kB" : bytes < 1e9 ? "MB" : "GB";
  const value = bytes / sizeUnits[unit]!;
  return `${unit === "B" || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** 1234567 -> `1,234,567`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** 1 and `system` -> `1 system`, 2 -> `2 systems`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** 0.9312 -> `93.1 %`. */
export function formatPercent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits).replace(/^-(?=[0.]+$)/, "")} %`;
}

/** Four digits, or all of those before the point: 1234567.8 -> `1,234,568`, 12.3456 -> `12.35`. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1e15) return value.toExponential(3);
  if (Math.abs(value) >= 1000) return `${value < 0 ? "-" : ""}${formatCount(Math.abs(value))}`;
  return String(Number(value.toPrecision(4)));
}

/** One sign a value, as high as it is: `[1, 2, 4]` -> `▁▃█`. A line that is level lies low. */
export function sparkline(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const step = (value: number): number => (most > least ? Math.round(((value - least) / (most - least)) * 7) : 0);
  return values.map((value) => "▁▂▃▄▅▆▇█"[step(value)]).join("");
}

/** The candidate nearest to `word` by edit distance, if near enough to be a slip of the keyboard. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

function parseUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/.exec(text.trim());
  const unit = match ? units[match[2]!] : undefined;
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}
