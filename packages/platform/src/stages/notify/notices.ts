/** Which alarms are worth a message: those that open and close, and those that have changed for whoever acts on them. */
import { uuidFromName } from "#base/id";
import type { Alarm } from "#records/alarm";
import type { NoticeAlarm, NoticeBody, NoticeType } from "#records/notice";
import type { Receiver } from "#records/project";

/** A message that has not been sent. */
export interface NewNotice {
  readonly id: string;
  readonly receiver: string;
  readonly alarm: NoticeAlarm;
  readonly body: NoticeBody;
}

/** An alarm that became so many times rarer is told of again. */
const rarer = 100;

/**
 * @param told the alarm as it was told last to a receiver, by id; null where it was not
 * @param now as RFC 3339 text
 */
export function noticesOf(
  receivers: Readonly<Record<string, Receiver>>,
  alarms: readonly Alarm[],
  told: (receiver: string, alarm: string) => NoticeAlarm | null,
  now: string,
): NewNotice[] {
  return Object.entries(receivers).flatMap(([receiver, { use_cases: wanted }]) =>
    alarms.flatMap((alarm): NewNotice[] => {
      if (wanted !== undefined && !wanted.includes(alarm.use_case)) return [];
      const before = told(receiver, alarm.id);
      const { parts, mark: _, ...rest } = alarm;
      const brief: NoticeAlarm = { ...rest, parts: parts.map(({ points: __, ...part }) => part) };
      return changesOf(before, alarm).map((type) => {
        // The same state told twice is one message, whoever writes it.
        const id = uuidFromName(`${receiver}\n${alarm.id}\n${type}\n${alarm.end}\n${alarm.rarity}\n${seriesOf(alarm)}`);
        return { id, receiver, alarm: brief, body: { type, timestamp: now, data: { alarm: brief } } };
      });
    }),
  );
}

/** What opened is always closed, also where it was over when it became known. */
function changesOf(before: NoticeAlarm | null, alarm: Alarm): NoticeType[] {
  if (before === null) return alarm.open ? ["alarm.opened"] : ["alarm.opened", "alarm.closed"];
  if (before.open && !alarm.open) return ["alarm.closed"];
  if (!alarm.open) return [];
  const hasChanged =
    !before.open || before.kind !== alarm.kind || seriesOf(alarm) > seriesOf(before) || alarm.rarity * rarer <= before.rarity;
  return hasChanged ? ["alarm.changed"] : [];
}

function seriesOf({ parts }: { readonly parts: readonly { readonly series_id: string }[] }): number {
  return new Set(parts.map(({ series_id: id }) => id)).size;
}
