/** What every fit keeps, whatever it learns from. */
import { ensure, equal } from "./assert.ts";

/** An aborted fit ends with the reason. @throws Error where it does not */
export async function endsWithReason(fit: (options: { readonly signal: AbortSignal }) => Promise<unknown>): Promise<void> {
  const reason = new Error("not wanted any more");
  const ended = await fit({ signal: AbortSignal.abort(reason) }).then(
    () => null,
    (error: unknown) => error,
  );
  equal(ended, reason, "the error of an aborted fit");
}

/** Progress never goes back and ends at 1. @throws Error where it does not */
export async function tellsProgress(fit: (options: { onProgress(share: number): void }) => Promise<unknown>): Promise<void> {
  const shares: number[] = [];
  await fit({ onProgress: (share) => shares.push(share) });
  ensure(
    shares.every((share, at) => share >= (shares[at - 1] ?? 0) && share <= 1),
    `shares: ${shares.join(", ")}`,
  );
  equal(shares.at(-1), 1, "the last share");
}
