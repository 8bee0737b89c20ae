/**
 * Tells people of alarms. Messages are written with the alarm, and sent from there: at least once each, the same each time, of an alarm in order. What a
 * receiver does not take is tried again for three days, less and less often, then it is dead until somebody revives it.
 */
import type { Notice } from "#records/notice";

export interface Sender {
  /** Sends what is due. How many came through, and how many failed. @throws STATE_UNREACHABLE */
  deliver(signal?: AbortSignal): Promise<Sent>;
  /** Sends what is due as time goes by, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends a message of the type `test` to a receiver at once, beside all that waits. @throws RECEIVER_UNKNOWN, RECEIVER_FAILED */
  test(receiver: string, signal?: AbortSignal): Promise<{ readonly id: string }>;
}

/** What became of messages: those that wait, were delivered or are dead. No receiver need be reachable for it. */
export interface Outbox {
  list(filter: { readonly status?: Notice["status"] | undefined; readonly limit: number }): Promise<Notice[]>;
  /** Dead ones are tried again: one by its id, or all of a receiver. How many they are. */
  revive(which: { readonly id: string } | { readonly receiver: string }): Promise<number>;
}

export interface Sent {
  readonly delivered: number;
  readonly failed: number;
}
