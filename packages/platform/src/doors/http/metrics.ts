/**
 * What Prometheus reads: our own registry, base units, and no label that a caller can invent. Use cases, paths and causes come
 * from decisions that were made, routes from the table of routes, statuses from answers.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import type { Backlog } from "#flows/decide-and-act/decision-point";
import type { Decision } from "#records/decision";

export interface Metrics {
  decided(decision: Decision): void;
  answered(method: string, routePath: string, status: number, seconds: number): void;
  text(): Promise<string>;
}

const decisionBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
// The advisory buckets of OpenTelemetry's http.server.request.duration, with two more where we live.
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export function openMetrics({ version, backlog }: { version: string; backlog: () => Backlog }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: "inlay_build_info", help: "The version that runs", labelNames: ["version"], registers })
    .labels(version)
    .set(1);
  const gauge = (name: string, help: string, read: () => number): void => {
    const shown: Gauge = new Gauge({ name, help, registers: [], collect: () => shown.set(read()) });
    registry.registerMetric(shown);
  };
  gauge("inlay_decisions_undrained", "Decisions that are durable here and not in PostgreSQL yet", () => backlog().decisions);
  gauge("inlay_spool_bytes", "Size of the durable log of decisions on this machine", () => backlog().bytes);
  const decisions = new Counter({
    name: "inlay_decisions_total",
    help: "Decisions answered",
    labelNames: ["use_case", "path", "cause"],
    registers,
  });
  const decisionSeconds = new Histogram({
    name: "inlay_decision_duration_seconds",
    help: "Time inside the decision point, durable record included",
    labelNames: ["use_case", "path"],
    buckets: decisionBuckets,
    registers,
  });
  const requestSeconds = new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Time from the request's head to the end of the answer",
    labelNames: ["http_request_method", "http_route", "http_response_status_code"],
    buckets: requestBuckets,
    registers,
  });

  return {
    decided({ use_case, path, cause, latency_ms }) {
      decisions.inc({ use_case, path, cause }, 1);
      decisionSeconds.observe({ use_case, path }, latency_ms / 1000);
    },
    answered(method, routePath, status, seconds) {
      requestSeconds.observe({ http_request_method: method, http_route: routePath, http_response_status_code: status }, seconds);
    },
    text: () => registry.metrics(),
  };
}

const readMetrics: Operation = {
  id: "metrics",
  method: "GET",
  path: "/metrics",
  access: { verb: "read", of: "all" },
  tag: "Operation",
  summary: "Metrics for Prometheus",
  description:
    "Needs a key with `read` for all use cases, from loopback too: behind a proxy on the same machine everyone comes from loopback. " +
    "In Prometheus: `authorization: { credentials_file: ... }`.",
  answer: { status: 200, description: "Text exposition format", mediaType: "text/plain; version=0.0.4; charset=utf-8" },
  problems: [],
};

export const metricsOperations = { readMetrics };

export function metricsRoutes({ metrics }: { metrics: Metrics }): Route[] {
  return [route(readMetrics, () => metrics.text())];
}
