/** Snapshots against `psql \copy`, as a bench. */
import type { Bench } from "../harness.ts";
import { measureSnapshot } from "./snapshot.ts";

export const snapshotBench: Bench = {
  name: "snapshot",
  title: "Snapshot: a million rows and ten columns from PostgreSQL",
  async run(report) {
    for (const { order, psqlMs, inlayMs, addedBytes } of await measureSnapshot()) {
      report.add({
        what: `Rows ${order}`,
        unit: "s",
        better: "lower",
        ours: [inlayMs / 1000],
        peer: { name: "psql \\copy to CSV", values: [psqlMs / 1000] },
        promise: "at least 0.5 x",
      });
      report.add({
        what: `Memory added, rows ${order}`,
        unit: "MB",
        better: "lower",
        ours: [addedBytes / 1e6],
        promise: "under 300 MB",
      });
    }
    report.note("The peer writes a CSV file; ours a checked, ordered, hashed and synced Parquet file in the artifact store.");
    return undefined;
  },
};
