/**
 * The contract of every broker: messages come in the order in which they were sent, some at a time, and are acknowledged once it is known what became of
 * them. So each comes at least once; one that was in work when a process ended comes again. `test/brokers.test.ts` runs
 * one suite over every broker.
 */
import type { BrokerSettings } from "#records/project";

export interface Broker<Settings extends BrokerSettings = BrokerSettings> {
  readonly type: Settings["type"];
  /** Opens nothing yet. Secrets in the settings must have been resolved. */
  open(name: string, settings: Settings): BrokerConnection;
}

export interface BrokerConnection {
  readonly system: string;
  /** What answers, in a few words. @throws SYSTEM_UNREACHABLE, SYSTEM_REFUSED */
  describe(): Promise<string>;
  /**
   * Hands messages over until the signal, then ends; what `take` still has is waited for. `take` says of each what became of it; where it throws, they are
   * left to come again. What was sent since the consumer of this name subscribed first comes, also what was sent while it was away.
   *
   * @throws SYSTEM_UNREACHABLE, SYSTEM_REFUSED, SUBSCRIPTION_FAILED; also when the connection breaks: subscribing again goes on where it was
   */
  subscribe(
    subscription: Subscription,
    take: (messages: readonly Message[]) => Promise<readonly Fate[]>,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface Subscription {
  /** A subject, topic or queue, with named parts where the broker has parts. */
  readonly from: string;
  /** Who subscribes: what was delivered is remembered for this name. Lower-case words joined by hyphens. */
  readonly consumer: string;
}

export interface Message {
  readonly topic: string;
  /** The named parts of the topic. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** refused: it will never be of use; a broker that keeps such messages keeps it there. */
export type Fate = "taken" | "refused";

/** Messages that may be in work at once. */
export const mostInWork = 500;
