/** What was decided in the last hour, counted by use case, minute and path: sixty small rows a use case, however much comes in. */
import { z } from "zod";
import type { Clock } from "#base/clock";
import type { Decision, Path } from "#records/decision";
import { paths } from "#records/decision";

const minuteMs = 60_000;
const kept = 60;

export const activitySchema = z
  .strictObject({
    use_case: z.string(),
    until: z.iso.datetime(),
    minutes: z.array(
      z.strictObject({
        at: z.iso.datetime().describe("Start of the minute"),
        paths: z.record(z.enum(paths), z.int()).describe("Decisions by path"),
        latency_ms: z.number().describe("Their mean latency inside the decision point"),
      }),
    ),
  })
  .meta({ id: "Activity", description: "The decisions of the last hour on this server" });

export interface Activity {
  count(decision: Decision): void;
  of(useCase: string): z.infer<typeof activitySchema>;
}

interface Minute {
  readonly start: number;
  readonly byPath: Record<Path, number>;
  count: number;
  latencySum: number;
}

export function openActivity({ clock }: { clock: Clock }): Activity {
  /** Of each use case, oldest first. Only use cases that decided something are here. */
  const minutes = new Map<string, Minute[]>();

  return {
    count(decision) {
      const start = Math.floor(clock.now() / minuteMs) * minuteMs;
      let rows = minutes.get(decision.use_case);
      if (!rows) minutes.set(decision.use_case, (rows = []));
      let row = rows.at(-1);
      if (!row || row.start < start) {
        row = { start, byPath: { rules_first: 0, model: 0, rules: 0, review: 0, default: 0 }, count: 0, latencySum: 0 };
        rows.push(row);
        if (rows.length > kept) rows.shift();
      }
      row.byPath[decision.path]++;
      row.count++;
      row.latencySum += decision.latency_ms;
    },

    of(useCase) {
      const now = clock.now();
      return {
        use_case: useCase,
        until: new Date(now).toISOString(),
        minutes: (minutes.get(useCase) ?? [])
          .filter(({ start }) => start > now - kept * minuteMs)
          .map(({ start, byPath, count, latencySum }) => ({
            at: new Date(start).toISOString(),
            paths: { ...byPath },
            latency_ms: Math.round((latencySum / count) * 1000) / 1000,
          })),
      };
    },
  };
}
