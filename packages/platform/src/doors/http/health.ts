/** Whether the process lives, whether it can answer, and what it is. */
import { z } from "zod";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import type { DecisionPoint } from "#flows/decide-and-act/decision-point";

const livez: Operation = {
  id: "livez",
  method: "GET",
  path: "/livez",
  access: "open",
  tag: "Operation",
  summary: "The process runs",
  description: "For a liveness probe. It asks nothing else: a database that is down is no reason to restart this process.",
  answer: { status: 200, description: "It does", schema: z.strictObject({ live: z.literal(true) }), example: { live: true } },
  problems: [],
};

const readyz: Operation = {
  id: "readyz",
  method: "GET",
  path: "/readyz",
  access: "open",
  tag: "Operation",
  summary: "Decisions can be answered",
  description: "For a readiness probe: 200 or 503. /v1/status says why.",
  answer: {
    status: 200,
    also: [503],
    description: "Whether they can",
    schema: z.strictObject({ ready: z.boolean() }),
    example: { ready: true },
  },
  problems: [],
};

const status: Operation = {
  id: "getStatus",
  method: "GET",
  path: "/v1/status",
  access: { verb: "any", of: "own" },
  tag: "Operation",
  summary: "Version and readiness, in words",
  description: "What /readyz says, and why.",
  answer: {
    status: 200,
    description: "The status",
    schema: z
      .strictObject({
        version: z.string(),
        ready: z.boolean(),
        details: z.record(z.string(), z.string()).describe("What was looked at, and how it is"),
        started_at: z.iso.datetime(),
      })
      .meta({ id: "Status", description: "How the server is" }),
    example: { version: "0.1.0", ready: true, details: { spool: "ok" }, started_at: "2026-03-02T08:00:00.000Z" },
  },
  problems: [],
};

export const healthOperations = { livez, readyz, status };

interface Deps {
  readonly decisionPoint: DecisionPoint;
  readonly version: string;
  readonly startedAt: string;
}

export function healthRoutes({ decisionPoint, version, startedAt }: Deps): Route[] {
  return [
    route(livez, () => ({ live: true })),
    route(readyz, ({ reply }) => {
      const { ready } = decisionPoint.ready();
      if (!ready) reply.status(503);
      return { ready };
    }),
    route(status, () => ({ version, ...decisionPoint.ready(), started_at: startedAt })),
  ];
}
