/** Use cases as they are served: what to send, what comes back, and what happened in the last hour. */
import { z } from "zod";
import { failure } from "#base/errors";
import type { Activity } from "#doors/http/activity";
import { activitySchema } from "#doors/http/activity";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import { servedUseCase, useCaseName } from "#doors/http/schemas";
import type { DecisionPoint, ServedUseCase } from "#flows/decide-and-act/decision-point";
import type { ServedSeries, Watcher } from "#flows/watch-series/watcher";

const exampleUseCase = {
  use_case: "ticket-routing",
  task: "classify",
  takes: "records",
  autonomy: "suggest",
  version: 3,
  outcomes: ["accounts", "network", "printing"],
  fields: [
    { name: "subject", kind: "text" },
    { name: "priority", kind: "category" },
  ],
  key: "id",
};

const params = z.strictObject({ name: useCaseName });

const listUseCases: Operation = {
  id: "listUseCases",
  method: "GET",
  path: "/v1/use-cases",
  access: { verb: "any", of: "own" },
  tag: "Use cases",
  summary: "The use cases of the key",
  description: "Whatever the key may do with them.",
  answer: {
    status: 200,
    description: "The use cases",
    schema: z.strictObject({ use_cases: z.array(servedUseCase) }),
    example: { use_cases: [exampleUseCase] },
  },
  problems: [],
};

const getUseCase: Operation<z.infer<typeof params>> = {
  id: "getUseCase",
  method: "GET",
  path: "/v1/use-cases/{name}",
  access: { verb: "any", of: "use_case" },
  tag: "Use cases",
  summary: "What a record of a use case holds, and what decides",
  description: "Fields that a record leaves out count as missing.",
  params,
  answer: { status: 200, description: "The use case", schema: servedUseCase, example: exampleUseCase },
  problems: ["USE_CASE_UNKNOWN"],
};

const getActivity: Operation<z.infer<typeof params>> = {
  id: "getActivity",
  method: "GET",
  path: "/v1/use-cases/{name}/activity",
  access: { verb: "read", of: "use_case" },
  tag: "Use cases",
  summary: "The decisions of the last hour, by minute and path",
  description: "Counted by this server since it started; /metrics has the same for Prometheus, for as long as it keeps it.",
  params,
  answer: {
    status: 200,
    description: "Decisions by minute, oldest first; minutes without any are left out",
    schema: activitySchema,
    example: {
      use_case: "ticket-routing",
      until: "2026-03-02T09:30:00.000Z",
      minutes: [
        {
          at: "2026-03-02T09:29:00.000Z",
          paths: { rules_first: 2, model: 31, rules: 0, review: 7, default: 0 },
          latency_ms: 1.8,
        },
      ],
    },
  },
  problems: ["USE_CASE_UNKNOWN"],
};

export const useCaseOperations = { listUseCases, getUseCase, getActivity };

interface Deps {
  readonly decisionPoint: DecisionPoint;
  readonly watcher: Watcher;
  readonly activity: Activity;
}

export function useCaseRoutes({ decisionPoint, watcher, activity }: Deps): Route[] {
  /** Those that decide records, then those that watch series. */
  async function all(): Promise<ServedUseCase[]> {
    return [...decisionPoint.useCases(), ...(await watcher.useCases()).map(asServed)];
  }

  async function find(name: string): Promise<ServedUseCase> {
    const served = await all();
    const found = served.find(({ use_case }) => use_case === name);
    if (found) return found;
    throw failure("USE_CASE_UNKNOWN", {
      name,
      known: served.map(({ use_case }) => use_case).join(", ") || "none is defined yet",
    });
  }

  return [
    route(listUseCases, async ({ caller }) => ({
      use_cases: (await all()).filter(({ use_case }) => caller.use_cases.length === 0 || caller.use_cases.includes(use_case)),
    })),
    route(getUseCase, async ({ params: { name } }) => find(name)),
    route(getActivity, async ({ params: { name } }) => activity.of((await find(name)).use_case)),
  ];
}

/** Points as an API tells of fields. */
function asServed({ use_case, autonomy, version, series, time, values }: ServedSeries): ServedUseCase {
  return {
    use_case,
    task: "detect",
    takes: "points",
    autonomy,
    version,
    outcomes: [],
    fields: [
      ...series.map((name) => ({ name, kind: "category" as const })),
      { name: time, kind: "time" },
      ...values.map((name) => ({ name, kind: "number" as const })),
    ],
    key: null,
  };
}
