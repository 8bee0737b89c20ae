/** How many alarms are promised, as a policy writes it: `5 per day`, `2 per week per series`, or a share of the records, `0.5%`. */
import { parsePercent } from "#base/text";

/** So many in so many milliseconds: of each series where `perSeries`, else of all together. */
export interface AlarmRate {
  readonly alarms: number;
  readonly per: number;
  readonly perSeries: boolean;
}

const day = 86_400_000;
const spans: Readonly<Record<string, number>> = { hour: day / 24, day, week: 7 * day, month: 30 * day, year: 365 * day };
const pattern = /^(\d+(?:\.\d+)?) per (hour|day|week|month|year)( per series)?$/;

/** undefined where the text is none. */
export function parseAlarmRate(text: string): AlarmRate | undefined {
  const match = pattern.exec(text.trim());
  const alarms = Number(match?.[1]);
  return match && alarms > 0 ? { alarms, per: spans[match[2]!]!, perSeries: match[3] !== undefined } : undefined;
}

/** A share of the records above 0 and of at most a fifth; undefined where the text is none. */
export function parseAlarmShare(text: string): number | undefined {
  const share = parsePercent(text) ?? 0;
  return share > 0 && share <= 0.2 ? share : undefined;
}
