/** Numbers against scikit-learn's ridge regression, random forest and histogram boosting, on two public collections. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasData } from "../csv.ts";
import type { Bench, Report } from "../harness.ts";
import { lastLine, pythonWith } from "../processes.ts";
import { regressionSets } from "./data.ts";
import type { RegressionSet } from "./data.ts";

const here = dirname(fileURLToPath(import.meta.url));

type Measure = "rmse" | "mae" | "r2";
interface Ours extends Readonly<Record<Measure, number>> {
  readonly kind: string;
  readonly fit_s: number;
  readonly coverage: number;
  readonly width: number;
  readonly record_us: number;
}
interface Peers {
  readonly version: string;
  readonly models: Readonly<Record<string, Readonly<Record<Measure | "fit_s", number>>>>;
}

export const regressionBench: Bench = {
  name: "regression",
  title: "Numbers: errors and intervals",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    const python = await pythonWith("sklearn");
    if (python === null) return { skipped: "no python3 with scikit-learn is installed (Debian: python3-sklearn)" };
    for (const set of regressionSets) await compare(report, set, python);
    report.note(
      "`learner: auto` with a budget of 60 s and two threads, against the best of scikit-learn's three on the test part, untuned, each measure by itself.",
    );
    report.note(
      "The hours of bikes to be told are months later than those learnt from; `casual` and `registered`, which add up to the outcome, are left out.",
    );
    return undefined;
  },
};

async function compare(report: Report, set: RegressionSet, python: string): Promise<void> {
  const { name: title, folder, outcome, drop } = set;
  const peers = await lastLine<Peers>(python, [join(here, "peer_sklearn.py"), folder, outcome, drop.join(",")]);
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
  add("rmse", `root of the mean squared error (auto: ${ours.kind})`, "lower", `at most ${set.promised.toLocaleString("en")}`);
  add("mae", "mean absolute error", "lower", "no worse than the peer");
  add("r2", "R2", "higher", "no worse than the peer");
  report.add({
    what: `${title}: outcomes inside intervals of 90 %`,
    unit: "%",
    better: "higher",
    ours: [ours.coverage * 100],
    promise: "about 90",
  });
  report.add({ what: `${title}: mean width of them`, unit: "", better: "lower", ours: [ours.width] });
  report.add({ what: `${title}: fit`, unit: "s", better: "lower", ours: [ours.fit_s] });
  report.add({ what: `${title}: one record with reasons`, unit: "µs", better: "lower", ours: [ours.record_us] });
}
