/**
 * Points that brokers deliver. A message is acknowledged once what its points led to is stored, and one that comes again does no harm: a point that is
 * not after the last of its series is left aside. While the state is away, or nothing is deployed, messages wait at the broker.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import type { Log } from "#base/log";
import type { BrokerConnection, Fate, Message } from "#connectors/broker";
import type { Watcher } from "#flows/watch-series/watcher";
import type { Project } from "#records/project";
import type { DetectSeriesUseCase } from "#records/use-case";
import { watchesSeries } from "#records/use-case";
import { whileLeading } from "#store/lead";

export interface FollowerDeps {
  readonly project: Project;
  readonly watcher: Pick<Watcher, "take">;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the state: of several processes one follows a broker, so that points stay in order. */
  readonly stateUrl: string;
  broker(system: string): BrokerConnection;
}

/** Points that are watched in one transaction, and those of one message at most. */
const mostPoints = 5000;
/** From one attempt to the next, at first and at most. */
const firstWaitMs = 1000;
const longestWaitMs = 30_000;

/** Follows the brokers of all use cases that name one, until the signal. Whatever happens to one does not hold up the others. */
export async function followEvents(deps: FollowerDeps, signal: AbortSignal): Promise<void> {
  const following = Object.values(deps.project.useCases).filter(watchesSeries);
  await Promise.all(following.map((useCase) => follow(deps, useCase, signal)));
}

async function follow(deps: FollowerDeps, { use_case: name, serve }: DetectSeriesUseCase, signal: AbortSignal): Promise<void> {
  const { events } = serve;
  if (!events) return;
  const { project, log, stateUrl, broker } = deps;
  const consumer = `inlay-${project.name}-${name}`;
  const away = (error: unknown): void => log("warn", "events:away", { use_case: name, system: events.system, error });
  await untilDone({ ...deps, signal, away }, () =>
    whileLeading(stateUrl, `events ${name}`, signal, async (leading) => {
      log("info", "events:following", { use_case: name, system: events.system, from: events.from });
      await broker(events.system).subscribe(
        { from: events.from, consumer },
        (messages) => take({ ...deps, away }, name, messages, leading),
        leading,
      );
    }),
  );
}

interface Trying extends Pick<FollowerDeps, "clock"> {
  readonly signal: AbortSignal;
  away(error: unknown): void;
}

/** Tries again until it is done; undefined where the signal came first. What is in the way is told when it is another thing than before. */
async function untilDone<T>({ clock, signal, away }: Trying, work: () => Promise<T>): Promise<T | undefined> {
  let told: string | undefined;
  for (let wait = firstWaitMs; !signal.aborted; wait = Math.min(2 * wait, longestWaitMs)) {
    const began = clock.monotonic();
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) break;
      if (clock.monotonic() - began > longestWaitMs) [wait, told] = [firstWaitMs, undefined];
      if (told !== String(error)) away(error);
      told = String(error);
      await delay(wait, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}

interface Read {
  readonly at: number;
  readonly points: readonly unknown[];
}

/** As many messages in one transaction as have room in it. Throws where the signal comes before they are stored. */
async function take(
  deps: FollowerDeps & Pick<Trying, "away">,
  name: string,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<Fate[]> {
  const fates: Fate[] = messages.map(() => "refused");
  const refusals: string[] = [];

  /** What is wrong with points; null once what they led to is stored. */
  const refusalOf = async (points: readonly unknown[]): Promise<string | null> => {
    const refusal = await untilDone({ ...deps, signal }, async () => {
      try {
        if (points.length > 0) await deps.watcher.take(name, points);
        return null;
      } catch (error) {
        if (isFailure(error, "POINTS_INVALID", "SERIES_TOO_MANY")) return error.message;
        throw error;
      }
    });
    if (refusal === undefined) throw failure("CANCELLED", { what: "Taking points" });
    return refusal;
  };
  /** All together, and where they do not fit each alone. */
  const watch = async (some: readonly Read[]): Promise<void> => {
    const refusal = await refusalOf(some.flatMap(({ points }) => points));
    if (refusal === null) for (const { at } of some) fates[at] = "taken";
    else if (some.length > 1) for (const one of some) await watch([one]);
    else refusals.push(refusal);
  };

  let some: Read[] = [];
  for (const [at, message] of messages.entries()) {
    const points = pointsIn(message);
    if (typeof points === "string") {
      refusals.push(points);
      continue;
    }
    if (some.reduce((sum, one) => sum + one.points.length, points.length) > mostPoints) {
      await watch(some);
      some = [];
    }
    some.push({ at, points });
  }
  if (some.length > 0) await watch(some);
  if (refusals.length > 0) deps.log("warn", "events:refused", { use_case: name, messages: refusals.length, first: refusals[0]! });
  return fates;
}

/** The points of a message, with the parts of its topic; a text says why there are none. */
function pointsIn({ body, fields }: Message): unknown[] | string {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return "the message is not JSON";
  }
  const listed = isObject(said) && Array.isArray(said["points"]) ? said["points"] : said;
  const points = Array.isArray(listed) ? listed : [listed];
  if (points.length > mostPoints) return `the message has ${points.length} points, and at most ${mostPoints} are taken`;
  return points.map((point) => (isObject(point) ? { ...fields, ...point } : point));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
