/** The sender on real parts. */
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure } from "#base/errors";
import { uuidv7 } from "#base/id";
import type { Log } from "#base/log";
import type { Outbox, Sender, Sent } from "#flows/send-notices/sender";
import type { Receiver } from "#records/project";
import { listNotices, recordResult, reviveNotices, takeDue, tidyNotices } from "#stages/notify/notice-store";
import type { Due, Result } from "#stages/notify/notice-store";
import { parseEndpoint, post } from "#stages/notify/webhook";

export interface SenderDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Their secrets are put in. */
  readonly receivers: Readonly<Record<string, Receiver>>;
  /** Only for a test that loses what a receiver answered, as a process does that is killed then. */
  readonly unsafe?: { answered(id: string): Promise<void> };
}

const minute = 60_000;
const hour = 60 * minute;
/** From one attempt to the next, as Standard Webhooks propose; after the last of them a message is dead. */
const waits = [5000, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour] as const;
/** Whoever takes a message has so long to say what became of it: longer than an attempt may take. */
const leaseMs = minute;
/** Messages that are in work at once. */
const atOnce = 20;
const lookMs = 2000;
const looksToTidy = 1000;

/** @throws RECEIVER_INVALID where a url or a secret is none */
export function openSender({ pool, clock, log, receivers, unsafe }: SenderDeps): Sender {
  const names = Object.keys(receivers);
  const endpoints = new Map(Object.entries(receivers).map(([name, one]) => [name, parseEndpoint(name, one)]));

  async function send({ id, receiver, body, attempts }: Due, signal?: AbortSignal): Promise<boolean> {
    const answer = await post(endpoints.get(receiver)!, { id, body, now: clock.now(), signal });
    await unsafe?.answered(id);
    if ("delivered" in answer) {
      await recordResult(pool, id, answer, clock.now());
      return true;
    }
    const { problem, again, afterMs } = answer;
    const wait = waits[attempts];
    const isDead = !again || wait === undefined;
    const result: Result = { problem, at: isDead ? null : clock.now() + Math.max(afterMs ?? 0, spread(wait, id, attempts)) };
    await recordResult(pool, id, result, clock.now());
    log("warn", isDead ? "notice:dead" : "notice:failed", { receiver, id, attempt: attempts + 1, problem });
    return false;
  }

  async function deliver(signal?: AbortSignal): Promise<Sent> {
    let [delivered, failed] = [0, 0];
    // What fails is not due again at once, so this ends.
    while (names.length > 0 && signal?.aborted !== true) {
      const due = await takeDue(pool, { receivers: names, now: clock.now(), leaseMs, limit: atOnce });
      if (due.length === 0) break;
      const came = await Promise.all(due.map((one) => send(one, signal)));
      delivered += came.filter(Boolean).length;
      failed += came.filter((one) => !one).length;
    }
    return { delivered, failed };
  }

  return {
    deliver,

    async run(signal) {
      let isAway = false;
      for (let looks = 0; !signal.aborted && (names.length > 0 || looks === 0); looks++) {
        try {
          if (looks % looksToTidy === 0) await tidyNotices(pool, names, clock.now());
          await deliver(signal);
          isAway = false;
        } catch (error) {
          // Whatever it was, what waits is in the database.
          if (!signal.aborted && !isAway) log("warn", "notices:away", { error });
          isAway = true;
        }
        await delay(lookMs, undefined, { signal }).catch(() => undefined);
      }
    },

    async test(receiver, signal) {
      const endpoint = endpoints.get(receiver);
      if (!endpoint) throw failure("RECEIVER_UNKNOWN", { receiver, known: names.join(", ") || "none is named under notify" });
      const id = uuidv7(clock);
      const body = { type: "test", timestamp: instant(clock), data: { alarm: null } } as const;
      const answer = await post(endpoint, { id, body, now: clock.now(), signal });
      if ("delivered" in answer) return { id };
      throw failure("RECEIVER_FAILED", { receiver, problem: answer.problem });
    },
  };
}

export function openOutbox({ pool, clock }: Pick<SenderDeps, "pool" | "clock">): Outbox {
  return {
    list: (filter) => listNotices(pool, filter),
    revive: (which) => reviveNotices(pool, which, clock.now()),
  };
}

/** Up to a fifth longer, by what the message is called: receivers that come back are not run over. */
function spread(wait: number, id: string, attempts: number): number {
  const digits = Number.parseInt(id.slice(24 + (attempts % 8), 28 + (attempts % 8)), 16);
  return wait * (1 + digits / 0xffff / 5);
}
