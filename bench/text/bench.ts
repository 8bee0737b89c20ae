/** Texts against scikit-learn's TF-IDF + LinearSVC on five public collections, both in a fresh process each round. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench, Report } from "../harness.ts";
import { inTurn } from "../harness.ts";
import { hasData, textSets } from "./data.ts";
import type { TextSet } from "./data.ts";

const here = dirname(fileURLToPath(import.meta.url));
const execute = promisify(execFile);
const rounds = 3;

interface Ours {
  readonly kind: string;
  readonly fit_s: number;
  readonly fit_mb: number;
  readonly accuracy: number;
  readonly macro_f1: number;
  readonly ece: number;
  readonly ece_by_chance: number;
  readonly with_abstention: number;
  readonly rows_per_s: number;
  readonly record_us: number;
  readonly model_mb: number;
}
interface Peer {
  readonly version: string;
  readonly fit_s: number;
  readonly fit_mb: number;
  readonly fit_calibrated_s: number;
  readonly accuracy: number;
  readonly macro_f1: number;
  readonly rows_per_s: number;
  readonly record_us: number;
}

/** What is promised of accuracy and macro-F1. */
const promised: Readonly<Record<string, readonly [accuracy: string, macroF1: string]>> = {
  banking77: ["0.920", ""],
  "it-tickets": ["0.876", "0.876"],
  r8: ["0.980", "0.95"],
  spamassassin: ["0.988", ""],
};

export const textBench: Bench = {
  name: "text",
  title: "Text: accuracy, calibration and speed",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    const python = await pythonWithSklearn();
    if (python === null) return { skipped: "no python3 with scikit-learn is installed (Debian: python3-sklearn)" };
    for (const set of textSets) await compare(report, set, python);
    report.note(
      "Ours reads words, pairs and pieces of words and gives calibrated probabilities (three folds, in two threads); the peer reads words and pairs and gives none.",
    );
    report.note(
      "`auto` may fit a network beside the margins, for at most 30 s or so, and keeps it where it is right more often on unseen rows by more than a standard error; `text-linear` never does. Accuracy and calibration are of `auto`, speeds of `text-linear`.",
    );
    report.note(
      "Calibration error: the bound is what 95 % of perfectly calibrated models of the same confidences stay below by chance.",
    );
    report.note(
      "HINT3: in-scope rows in the first lines; with abstention over all 991, where an answer is given from the confidence on that keeps 95 % precision on unseen training rows. Haptik's best published point is 0.748.",
    );
    return undefined;
  },
};

async function compare(report: Report, set: TextSet, python: string): Promise<void> {
  const run = (network: string): Promise<Ours> =>
    line<Ours>(process.execPath, ["--disable-warning=ExperimentalWarning", join(here, "ours.ts"), set.name, network]);
  const { peer, ours } = await inTurn(
    rounds,
    () => line<Peer>(python, [join(here, "peer_sklearn.py"), set.folder]),
    () => run("none"),
  );
  const best = await run("auto");
  const [accuracy, macroF1] = promised[set.name] ?? ["", ""];
  const name = `scikit-learn ${peer[0]!.version}`;
  const theirs = (pick: (round: Peer) => number, as: string = name) => ({ name: as, values: peer.map(pick) });
  const mine = (pick: (round: Ours) => number): number[] => ours.map(pick);
  const once = (value: number): number[] => ours.map(() => value);
  report.add({
    what: `${set.title}: accuracy (auto: ${best.kind})`,
    unit: "",
    better: "higher",
    ours: once(best.accuracy),
    peer: theirs((r) => r.accuracy),
    promise: accuracy === "" ? "" : `at least ${accuracy}`,
  });
  report.add({
    what: `${set.title}: macro-F1`,
    unit: "",
    better: "higher",
    ours: once(best.macro_f1),
    peer: theirs((r) => r.macro_f1),
    promise: macroF1 === "" ? "" : `at least ${macroF1}`,
  });
  report.add({ what: `${set.title}: accuracy of text-linear`, unit: "", better: "higher", ours: mine((r) => r.accuracy) });
  report.add({
    what: `${set.title}: calibration error`,
    unit: "",
    better: "lower",
    ours: once(best.ece),
    promise: `below ${best.ece_by_chance.toPrecision(2)}`,
  });
  if (set.name === "curekart") {
    report.add({
      what: `${set.title}: accuracy with abstention`,
      unit: "",
      better: "higher",
      ours: once(best.with_abstention),
      promise: "above 0.748",
    });
  }
  report.add({
    what: `${set.title}: fit`,
    unit: "s",
    better: "lower",
    ours: mine((r) => r.fit_s),
    peer: theirs((r) => r.fit_s),
    promise: set.name === "it-tickets" ? "at most half of the peer's time" : "",
  });
  report.add({ what: `${set.title}: fit with a network, where it pays`, unit: "s", better: "lower", ours: [best.fit_s] });
  report.add({
    what: `${set.title}: memory of the fit`,
    unit: "MB",
    better: "lower",
    ours: mine((r) => r.fit_mb),
    peer: theirs((r) => r.fit_mb, `${name}, whole process`),
    promise: set.name === "it-tickets" ? "under 600 MB" : "",
  });
  report.add({
    what: `${set.title}: scoring a table`,
    unit: "rows/s",
    better: "higher",
    ours: mine((r) => r.rows_per_s),
    peer: theirs((r) => r.rows_per_s),
    promise: set.name === "it-tickets" ? "at least 3 x" : "",
  });
  report.add({
    what: `${set.title}: one record with reasons, median`,
    unit: "µs",
    better: "lower",
    ours: mine((r) => r.record_us),
    peer: theirs((r) => r.record_us, `${name}, the outcome alone`),
    promise: "under 100 µs",
  });
}

async function line<Result>(command: string, args: readonly string[]): Promise<Result> {
  const { stdout } = await execute(command, args, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}

async function pythonWithSklearn(): Promise<string | null> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const found = await execute(python, ["-c", "import sklearn"]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}
