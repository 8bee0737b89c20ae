/** HTTP decisions against a bare fastify echo, as a bench. */
import type { Bench } from "../harness.ts";
import { measureHttpDecisions } from "./decisions.ts";

export const httpBench: Bench = {
  name: "http",
  title: "HTTP: decisions with key, validation, model, reasons and durable log",
  async run(report) {
    const { echo, inlay, atHalfLoad } = await measureHttpDecisions();
    const name = "fastify echo of the same payload";
    report.add({
      what: "Throughput",
      unit: "requests/s",
      better: "higher",
      ours: [inlay.requestsPerSecond],
      peer: { name, values: [echo.requestsPerSecond] },
      promise: "at least 0.5 x",
    });
    report.add({ what: "Latency at full load, median", unit: "ms", better: "lower", ours: [inlay.p50Ms] });
    report.add({
      what: "Latency at half load, 99th percentile",
      unit: "ms",
      better: "lower",
      ours: [atHalfLoad.p99Ms],
      promise: "under 15 ms",
    });
    report.note(
      "Server and load are processes of one machine and share its cores. The figures are of the round with the median throughput.",
    );
    return undefined;
  },
};
