/** Training and scoring of short texts against scikit-learn's TF-IDF + LinearSVC, both in a fresh process each round. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "../harness.ts";
import { inTurn } from "../harness.ts";
import { dataFolder, hasData } from "./data.ts";

const here = dirname(fileURLToPath(import.meta.url));
const execute = promisify(execFile);
const rounds = 3;

interface Ours {
  readonly fit_calibrated_s: number;
  readonly accuracy: number;
  readonly ece: number;
  readonly rows_per_s: number;
  readonly record_us: number;
  readonly model_mb: number;
}
interface Peer {
  readonly version: string;
  readonly fit_s: number;
  readonly fit_calibrated_s: number;
  readonly accuracy: number;
  readonly rows_per_s: number;
  readonly record_us: number;
}

export const textBench: Bench = {
  name: "text",
  title: "Text: training and scoring on BANKING77",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    const python = await pythonWithSklearn();
    if (python === null) return { skipped: "no python3 with scikit-learn is installed (Debian: python3-sklearn)" };
    const { peer, ours } = await inTurn(
      rounds,
      () => line<Peer>(python, [join(here, "peer_sklearn.py"), dataFolder]),
      () => line<Ours>(process.execPath, ["--disable-warning=ExperimentalWarning", join(here, "ours.ts")]),
    );
    const name = `scikit-learn ${peer[0]!.version}`;
    const theirs = (pick: (round: Peer) => number, as: string = name) => ({ name: as, values: peer.map(pick) });
    const mine = (pick: (round: Ours) => number): number[] => ours.map(pick);
    report.add({
      what: "Accuracy",
      unit: "",
      better: "higher",
      ours: mine((r) => r.accuracy),
      peer: theirs((r) => r.accuracy),
      promise: "at least 0.90",
    });
    report.add({
      what: "Fit with calibration (3 folds)",
      unit: "s",
      better: "lower",
      ours: mine((r) => r.fit_calibrated_s),
      peer: theirs((r) => r.fit_calibrated_s, `${name}, CalibratedClassifierCV`),
      promise: "under 5 s on two cores",
    });
    report.add({
      what: "The same against a fit without calibration",
      unit: "s",
      better: "lower",
      ours: mine((r) => r.fit_calibrated_s),
      peer: theirs((r) => r.fit_s, `${name}, LinearSVC alone`),
    });
    report.add({
      what: "Scoring a table",
      unit: "rows/s",
      better: "higher",
      ours: mine((r) => r.rows_per_s),
      peer: theirs((r) => r.rows_per_s),
    });
    report.add({
      what: "One record (ours with probabilities and reasons), median",
      unit: "µs",
      better: "lower",
      ours: mine((r) => r.record_us),
      peer: theirs((r) => r.record_us),
    });
    report.add({ what: "Calibration error", unit: "", better: "lower", ours: mine((r) => r.ece) });
    report.add({ what: "Model at rest", unit: "MB", better: "lower", ours: mine((r) => r.model_mb), promise: "under 30 MB" });
    report.note(
      "Ours reads words, pairs and pieces of words and gives calibrated probabilities; the peer reads words and pairs.",
    );
    report.note("Ours fits in two threads; the peer fits its three folds in two processes, one of its fits uses one core.");
    return undefined;
  },
};

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
