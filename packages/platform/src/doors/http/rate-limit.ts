/**
 * A token bucket for each key: a minute's worth of requests at most at once, refilled evenly. Only keys that were verified have a
 * bucket, so there are never more buckets than keys.
 */
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";

export interface RateLimiter {
  /** Takes one request from the key's bucket and tells the RateLimit fields. @throws RATE_LIMITED */
  take(keyId: string, onLimit: (header: string, value: string) => void): void;
}

const minuteMs = 60_000;

export function openRateLimiter({ clock }: { clock: Clock }, perMinute: number): RateLimiter {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const perMs = perMinute / minuteMs;

  return {
    take(keyId, onLimit) {
      const now = clock.monotonic();
      const bucket = buckets.get(keyId) ?? { tokens: perMinute, at: now };
      buckets.set(keyId, bucket);
      bucket.tokens = Math.min(perMinute, bucket.tokens + (now - bucket.at) * perMs);
      bucket.at = now;
      const allowed = bucket.tokens >= 1;
      if (allowed) bucket.tokens--;
      // Fields of draft-ietf-httpapi-ratelimit-headers: quota and window of the policy, what is left and when there is more.
      const moreInSeconds = Math.ceil(Math.max(0, 1 - bucket.tokens) / perMs / 1000);
      onLimit("ratelimit-policy", `"key";q=${perMinute};w=60`);
      onLimit("ratelimit", `"key";r=${Math.floor(bucket.tokens)};t=${moreInSeconds}`);
      if (!allowed) throw failure("RATE_LIMITED", { retry_after: moreInSeconds });
    },
  };
}
