/** From unusual parts of series to alarms: parts of related series that overlap, or follow each other closely, are one. */
import { formatNumber, formatPercent } from "#base/text";
import type { Alarm, AlarmPart } from "#records/alarm";

/** Parts that an alarm lists; further series are counted by those that are there. */
const mostParts = 50;

/** What is rarer is only said to be: no series has shown so much. */
const leastRarity = 1e-6;

export type Draft = Omit<Alarm, "mark">;

/** Whether a part that begins then belongs to the alarm. `within`: milliseconds after its end. */
export function goesWith(alarm: Pick<Alarm, "group" | "end" | "open">, group: string, start: number, within: number): boolean {
  return alarm.group === group && (alarm.open || start <= Date.parse(alarm.end) + within);
}

/** The alarm with a part put in, or put in place of what it was before. */
export function withPart<Of extends Draft>(alarm: Of, part: AlarmPart): Of {
  const at = alarm.parts.findIndex(({ series_id: id, start }) => id === part.series_id && start === part.start);
  const parts = at >= 0 ? alarm.parts.with(at, part) : [...alarm.parts, part].slice(0, mostParts);
  return { ...alarm, ...summaryOf(parts), parts };
}

/** What is said of an alarm as a whole. */
export function summaryOf(
  parts: readonly AlarmPart[],
): Pick<Alarm, "start" | "end" | "open" | "series" | "series_id" | "kind" | "peak" | "rarity" | "reason"> {
  // What a value says by itself is plainer than that it does not go with others.
  const alone = parts.filter(({ kind }) => kind !== "together");
  const strongest = (alone.length > 0 ? alone : parts).reduce((best, one) => (one.rarity < best.rarity ? one : best));
  const others = new Set(parts.map(({ series_id: id }) => id)).size - 1;
  return {
    start: parts.reduce((least, { start }) => (start < least ? start : least), parts[0]!.start),
    end: parts.reduce((most, { end }) => (end > most ? end : most), parts[0]!.end),
    open: parts.some(({ open }) => open),
    series: strongest.series,
    series_id: strongest.series_id,
    kind: strongest.kind,
    peak: strongest.peak,
    rarity: strongest.rarity,
    reason: `${reasonOf(strongest)}${others === 0 ? "" : `; ${others} more of its series at the same time`}`,
  };
}

/** Why a part is unusual, in a sentence. */
export function reasonOf({ series, kind, value, expected, lower, upper, rarity, start, end, metrics = [] }: AlarmPart): string {
  const was = value === null ? "nothing came" : `it was ${formatNumber(value)}`;
  const range = `${formatNumber(lower)} to ${formatNumber(upper)} was expected`;
  const rare =
    rarity < leastRarity
      ? "less than one ordinary point in a million is as unusual"
      : `one ordinary point in ${formatNumber(Number((1 / rarity).toPrecision(2)))} is as unusual`;
  const says = {
    point: `${was}, ${range}`,
    level: `it lies ${(value ?? expected) > expected ? "higher" : "lower"} than before: ${was}, ${range}`,
    trend: `it ${(value ?? expected) > expected ? "climbs" : "falls"}: ${was}, ${range}`,
    variance: `it scatters more than before: ${was}, ${range}`,
    season: `it does not follow its usual course: ${was}, ${range}`,
    frequency: `what is rare in it comes more often, or it changes less often: ${was}, ${range}`,
    missing: `nothing came${start === end ? "" : " for longer than ever"}`,
    together: apartText(metrics),
  }[kind];
  return `${series}: ${says} (${rare})`;
}

function apartText(metrics: NonNullable<AlarmPart["metrics"]>): string {
  const names = metrics.map(({ metric }) => metric);
  const listed = names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const goes = names.length < 2 ? "does not go with the others" : "do not go together";
  const each = metrics.map(
    ({ metric, value, expected }) =>
      `${metric} is ${formatNumber(value)} where ${formatNumber(expected)} would go with the others`,
  );
  return `${listed} ${goes} as before: ${each.join(", ")}`;
}

/** The share of ordinary points for people: 0.0000012 -> `0.0001 %`. */
export function rarityText(rarity: number): string {
  return rarity < 1e-6 ? "below 0.0001 %" : formatPercent(rarity, rarity < 0.001 ? 4 : 2);
}
