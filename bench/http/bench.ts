/** HTTP decisions against a bare fastify echo, as a bench. */
import type { Bench } from "../harness.ts";
import { measureHttpDecisions } from "./decisions.ts";

export const httpBench: Bench = {
  name: "http",
  title: "HTTP: decisions with key, validation, model, reasons and durable log",
  async run(report) {
    for (const { payload, echo, inlay, p99AtHalfLoadMs } of await measureHttpDecisions()) {
      report.add({
        what: `Throughput, ${payload.name}`,
        unit: "requests/s",
        better: "higher",
        ours: inlay.map((load) => load.requestsPerSecond),
        peer: { name: "fastify echo of the same payload", values: echo.map((load) => load.requestsPerSecond) },
        promise: "at least 0.5 x",
      });
      report.add({
        what: `Latency at full load, median, ${payload.name}`,
        unit: "ms",
        better: "lower",
        ours: inlay.map((load) => load.p50Ms),
      });
      report.add({
        what: `Latency at half load, 99th percentile, ${payload.name}`,
        unit: "ms",
        better: "lower",
        ours: p99AtHalfLoadMs.inlay,
        peer: { name: "the echo at the same rate", values: p99AtHalfLoadMs.echo },
        promise: "under 15 ms",
      });
    }
    report.note("Server, PostgreSQL and load are processes of one machine and share its cores.");
    report.note(
      "Half load is half of our own throughput; requests are due at even intervals, and latency counts from when they were due.",
    );
    return undefined;
  },
};
