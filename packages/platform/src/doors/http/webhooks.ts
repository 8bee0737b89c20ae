/** What Inlay sends by itself, as its API describes it. */
import type { z } from "zod";
import { exampleAlarm } from "#doors/http/alarm-examples";
import type { HeaderField } from "#doors/http/operation";
import { noticeBodySchema } from "#records/notice";
import type { NoticeBody } from "#records/notice";

const { parts, mark: _, ...rest } = exampleAlarm;
const example: NoticeBody = {
  type: "alarm.opened",
  timestamp: "2026-03-02T09:25:03.201Z",
  data: { alarm: { ...rest, parts: parts.map(({ points: __, ...part }) => part) } },
};

export interface Webhook {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly headers: readonly HeaderField[];
  readonly body: z.ZodType;
  readonly example: unknown;
}

const text = { type: "string" };

export const alarmWebhook: Webhook = {
  name: "alarm",
  summary: "An alarm opened, changed or closed",
  description:
    "POSTed to each receiver under `notify` in inlay.yaml, as Standard Webhooks have it. Any 2xx says that it came; 410 that it is not wanted any more; all else is tried again for three days. It comes at least once: `webhook-id` is the same each time.",
  headers: [
    { name: "webhook-id", description: "Names the message: whoever has it already leaves it aside", schema: text },
    { name: "webhook-timestamp", description: "Of this attempt, in seconds since 1970", schema: text },
    {
      name: "webhook-signature",
      description:
        "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; several, separated by spaces, while the secret is replaced",
      schema: text,
    },
  ],
  body: noticeBodySchema.meta({ id: "AlarmMessage", description: "What people are told of an alarm" }),
  example,
};
