/**
 * What people are told of an alarm: a message to a receiver, in the envelope of Standard Webhooks. Its id is the key by which a receiver knows that a
 * message came twice.
 */
import { z } from "zod";
import { alarmPartSchema, alarmSchema } from "#records/alarm";

/** `alarm.changed`: further series joined it, it became another kind, or it is far rarer than it was, or went on again. */
export const noticeTypes = ["alarm.opened", "alarm.changed", "alarm.closed", "test"] as const;

/** An alarm without the points of its parts and without what people said of it. */
export const noticeAlarmSchema = alarmSchema
  .omit({ parts: true, mark: true })
  .extend({ parts: z.array(alarmPartSchema.omit({ points: true })).describe("The series in it, by start; the first began it") });

export const noticeBodySchema = z.strictObject({
  type: z.enum(noticeTypes),
  timestamp: z.iso.datetime().describe("When Inlay knew"),
  data: z.strictObject({ alarm: noticeAlarmSchema.nullable().describe("null in a test") }).describe("The alarm as it was then"),
});

export const noticeStates = ["waiting", "delivered", "dead"] as const;

export type NoticeType = (typeof noticeTypes)[number];
export type NoticeBody = z.infer<typeof noticeBodySchema>;
export type NoticeAlarm = z.infer<typeof noticeAlarmSchema>;

/** A message and what became of it. */
export interface Notice {
  /** `webhook-id`: the same each time that the message is sent. */
  readonly id: string;
  readonly receiver: string;
  readonly use_case: string;
  readonly alarm: string;
  readonly type: NoticeType;
  readonly made_at: string;
  readonly status: (typeof noticeStates)[number];
  readonly attempts: number;
  /** When it is sent again; null where it is not. */
  readonly next_at: string | null;
  /** Why the last attempt failed; never an address. */
  readonly problem: string | null;
}
