/** Records of columns against scikit-learn's logistic regression, random forest and histogram boosting, on five public collections. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasData } from "../csv.ts";
import type { Bench, Report } from "../harness.ts";
import { lastLine, pythonWith } from "../processes.ts";
import { tabularSets } from "./data.ts";
import type { TabularSet } from "./data.ts";

const here = dirname(fileURLToPath(import.meta.url));

interface Ours {
  readonly kind: string;
  readonly fit_s: number;
  readonly fit_mb: number;
  readonly auc: number;
  readonly brier: number;
  readonly log_loss: number;
  readonly ece: number;
  readonly ece_by_chance: number;
  readonly record_us: number;
}
type Measure = "auc" | "brier" | "log_loss";
interface Peers {
  readonly version: string;
  readonly models: Readonly<Record<string, Readonly<Record<Measure | "fit_s", number>>>>;
}

export const tabularBench: Bench = {
  name: "tabular",
  title: "Columns: accuracy and calibration",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    const python = await pythonWith("sklearn");
    if (python === null) return { skipped: "no python3 with scikit-learn is installed (Debian: python3-sklearn)" };
    for (const set of tabularSets) await compare(report, set, python);
    report.note(
      "`learner: auto` with a budget of 60 s and two threads, against the best of scikit-learn's three on the test part, untuned, each measure by itself.",
    );
    report.note(
      "Calibration error: the bound is what 95 % of perfectly calibrated models of the same confidences stay below by chance.",
    );
    return undefined;
  },
};

async function compare(report: Report, set: TabularSet, python: string): Promise<void> {
  const { folder, outcome, positive, drop, title } = set;
  const peers = await lastLine<Peers>(python, [join(here, "peer_sklearn.py"), folder, outcome, positive, drop.join(",")]);
  const ours = await lastLine<Ours>(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    join(here, "ours.ts"),
    set.name,
    "60",
  ]);
  const add = (measure: Measure, what: string, better: "higher" | "lower", promise: string): void => {
    const [name, values] = Object.entries(peers.models).reduce((best, one) =>
      (better === "higher" ? one[1][measure] > best[1][measure] : one[1][measure] < best[1][measure]) ? one : best,
    );
    report.add({
      what: `${title}: ${what}`,
      unit: "",
      better,
      ours: [ours[measure]],
      peer: { name: `${name}, scikit-learn ${peers.version}`, values: [values[measure]] },
      promise,
    });
  };
  add("auc", `AUC (auto: ${ours.kind})`, "higher", `at least ${set.promised}`);
  add("brier", "Brier score", "lower", "no worse than the peer");
  add("log_loss", "log-loss", "lower", "no worse than the peer");
  report.add({
    what: `${title}: calibration error`,
    unit: "",
    better: "lower",
    ours: [ours.ece],
    promise: `below ${ours.ece_by_chance.toPrecision(2)}`,
  });
  report.add({ what: `${title}: fit`, unit: "s", better: "lower", ours: [ours.fit_s] });
  report.add({ what: `${title}: one record with reasons`, unit: "µs", better: "lower", ours: [ours.record_us] });
}
