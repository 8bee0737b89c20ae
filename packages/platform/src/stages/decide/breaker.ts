/**
 * Leaves a failing model alone for a while. Three states:
 * - closed: every call goes through; `failuresToOpen` failures in a row open it;
 * - open: no call goes through until `openMs` have passed, then half-open;
 * - half-open: one call at a time goes through as a probe; success closes it, failure opens it again.
 */
import type { Clock } from "#base/clock";

export interface BreakerSettings {
  readonly failuresToOpen: number;
  readonly openMs: number;
}

export interface Breaker {
  /** Whether a call may go through now; a permitted call must end in `succeeded` or `failed`. */
  permit(): boolean;
  succeeded(): void;
  failed(): void;
  state(): "closed" | "open" | "half-open";
}

export const breakerDefaults: BreakerSettings = { failuresToOpen: 5, openMs: 5_000 };

export function openBreaker(clock: Clock, { failuresToOpen, openMs }: BreakerSettings = breakerDefaults): Breaker {
  let failures = 0;
  let openedAt: number | undefined;
  let probing = false;

  return {
    permit() {
      if (openedAt === undefined) return true;
      if (probing || clock.monotonic() - openedAt < openMs) return false;
      probing = true;
      return true;
    },
    succeeded() {
      failures = 0;
      openedAt = undefined;
      probing = false;
    },
    failed() {
      failures++;
      if (probing || failures >= failuresToOpen) openedAt = clock.monotonic();
      probing = false;
    },
    state() {
      if (openedAt === undefined) return "closed";
      return clock.monotonic() - openedAt < openMs ? "open" : "half-open";
    },
  };
}
