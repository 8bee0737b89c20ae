/**
 * What people said of alarms, as shares of the budget by series and kind of alarm. A mark counts for its kind in its series, a little for other kinds
 * of that series and for that kind in other series, and less as time goes by.
 */
import { budgetShare, fadeFeedback, noFeedback, pooledFeedback } from "#learn/anomaly/alarm-budget";
import type { Feedback } from "#learn/anomaly/alarm-budget";
import type { Detector } from "#learn/anomaly/detector";
import { anomalyKinds } from "#learn/anomaly/finding";
import type { AlarmKind, Mark } from "#records/alarm";

/** What a person said of an alarm, and when. */
export interface Marked {
  readonly series_id: string;
  readonly kind: AlarmKind;
  readonly mark: Mark;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** After so long a mark counts half. */
export const halfLifeMs = 90 * 86_400_000;
/** Older marks count for nothing: a thousandth. */
export const longestMs = 10 * halfLifeMs;

/** The share of the budget that a kind of alarm of a series has. */
export type Shares = (series: string, kind: AlarmKind) => number;

/** @param rate false alarms that the budget allows a series, a millisecond; `since`: from when on, epoch milliseconds */
export function sharesOf(
  marked: readonly Marked[],
  { now, since, rate }: { readonly now: number; readonly since: number; readonly rate: number },
): Shares {
  const own = new Map<string, Feedback>();
  const bySeries = new Map<string, Feedback>();
  const byKind = new Map<string, Feedback>();
  for (const { series_id: series, kind, mark, at } of marked) {
    const said = fadeFeedback({ ...noFeedback, [mark]: 1 }, Math.max(0, now - at) / halfLifeMs);
    for (const [counts, key] of [
      [own, keyOf(series, kind)],
      [bySeries, series],
      [byKind, kind],
    ] as const)
      counts.set(key, plus(counts.get(key) ?? noFeedback, said));
  }
  // Faded as the marks are, and shared by the kinds.
  const halfLives = Math.max(0, now - since) / halfLifeMs;
  const promised = (rate * halfLifeMs * (1 - 2 ** -halfLives)) / Math.LN2;
  return (series, kind) => {
    const mine = own.get(keyOf(series, kind)) ?? noFeedback;
    const around = plus(bySeries.get(series) ?? noFeedback, byKind.get(kind) ?? noFeedback);
    const related = plus(around, mine, -2);
    const share = kind === "together" ? 1 : 1 / anomalyKinds.length;
    return budgetShare(pooledFeedback({ ...mine, promised: promised * share }, related));
  };
}

/** Tells the detector the shares of a series. */
export function applyShares(
  detector: Detector,
  slot: number,
  series: { id: string; value: string | null },
  shares: Shares,
): void {
  if (series.value === null) {
    detector.setShare(slot, shares(series.id, "together"));
    muteSilence(detector, slot);
  } else for (const kind of anomalyKinds) detector.setShare(slot, shares(series.id, kind), kind);
}

/** That no row came is what the series of its values say. */
export function muteSilence(detector: Detector, slot: number): void {
  detector.setShare(slot, 0, "missing");
}

function keyOf(series: string, kind: AlarmKind): string {
  return `${kind} ${series}`;
}

function plus(one: Feedback, other: Feedback, times = 1): Feedback {
  const sum = (of: keyof Feedback): number => Math.max(0, one[of] + times * other[of]);
  return { useful: sum("useful"), noise: sum("noise"), expected: sum("expected"), promised: sum("promised") };
}
