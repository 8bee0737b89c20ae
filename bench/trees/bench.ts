/** Gradient boosting against XGBoost's `hist` with the same settings, both in a fresh process each round, two threads each. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasData } from "../csv.ts";
import { inTurn } from "../harness.ts";
import type { Bench, Report } from "../harness.ts";
import { lastLine, pythonWith } from "../processes.ts";
import { adult, made, writeMade } from "./data.ts";

const here = dirname(fileURLToPath(import.meta.url));
const rounds = 3;

interface Adult {
  readonly fit_s: number;
  readonly auc: number;
  readonly row_us: number;
}
interface PeerAdult extends Adult {
  readonly version: string;
  readonly codes_fit_s: number;
  readonly codes_auc: number;
}
interface Made {
  readonly fit_s: number;
  readonly fit_mb: number;
  readonly predict_s: number;
  readonly rmse: number;
}

export const treesBench: Bench = {
  name: "trees",
  title: "Trees: gradient boosting against XGBoost",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    const python = await pythonWith("xgboost, sklearn");
    if (python === null) return { skipped: "no python3 with xgboost is installed (Debian: python3-xgboost, python3-sklearn)" };
    const name = await census(report, python);
    await million(report, python, name);
    report.note(
      "Both: 200 trees of depth 6 on `adult` and for scoring, 100 on the million; learning rate 0.1, least child weight 1, l2 1, 256 bins, two threads. Fits include binning, or making the peer's matrix, but no reading; the peer's scoring starts from its matrix, ours from columns.",
    );
    return undefined;
  },
};

async function census(report: Report, python: string): Promise<string> {
  const turns = await inTurn(
    rounds,
    () => lastLine<PeerAdult>(python, [join(here, "peer_xgboost.py"), "adult", adult]),
    () => ours<Adult>("adult"),
  );
  const name = `XGBoost ${turns.peer[0]!.version}`;
  const theirs = (pick: (round: PeerAdult) => number, as = name) => ({ name: as, values: turns.peer.map(pick) });
  const mine = (pick: (round: Adult) => number): number[] => turns.ours.map(pick);
  report.add({
    what: "adult: fit",
    unit: "s",
    better: "lower",
    ours: mine((r) => r.fit_s),
    peer: theirs((r) => r.fit_s),
    promise: "at most 2 x the time (0.5 x)",
  });
  report.add({
    what: "adult: fit, the peer with categories as numbers",
    unit: "s",
    better: "lower",
    ours: mine((r) => r.fit_s),
    peer: theirs((r) => r.codes_fit_s),
    promise: "at most 2 x the time (0.5 x)",
  });
  report.add({
    what: "adult: AUC",
    unit: "",
    better: "higher",
    ours: mine((r) => r.auc),
    peer: theirs((r) => r.auc),
    promise: "at most 0.001 less",
  });
  report.add({
    what: "adult: AUC, the peer with categories as numbers",
    unit: "",
    better: "higher",
    ours: mine((r) => r.auc),
    peer: theirs((r) => r.codes_auc),
    promise: "at most 0.001 less",
  });
  report.add({
    what: "adult: one row with reasons",
    unit: "µs",
    better: "lower",
    ours: mine((r) => r.row_us),
    peer: theirs((r) => r.row_us, `${name}, \`pred_contribs\``),
    promise: "under 200 µs",
  });
  return name;
}

async function million(report: Report, python: string, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "inlay-trees-"));
  const file = join(folder, "made.f64");
  try {
    await writeMade(file);
    const turns = await inTurn(
      rounds,
      () => lastLine<Made>(python, [join(here, "peer_xgboost.py"), "made", file, String(made.rows), String(made.columns)]),
      () => ours<Made>("made", file),
    );
    const figure = (
      what: string,
      unit: string,
      better: "higher" | "lower",
      pick: (round: Made) => number,
      promise?: string,
    ): void =>
      report.add({
        what: `a million rows of 30 numbers: ${what}`,
        unit,
        better,
        ours: turns.ours.map(pick),
        peer: { name, values: turns.peer.map(pick) },
        ...(promise === undefined ? {} : { promise }),
      });
    figure("fit", "s", "lower", (r) => r.fit_s, "at most 2.5 x the time (0.4 x)");
    figure("memory of the fit", "MB", "lower", (r) => r.fit_mb, "under 2,000 MB");
    figure("scoring with 200 trees", "rows/s", "higher", (r) => made.rows / r.predict_s, "at least 1 x");
    figure("error of those trees (RMSE)", "", "lower", (r) => r.rmse);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ours<Result>(...args: readonly string[]): Promise<Result> {
  return lastLine<Result>(process.execPath, ["--disable-warning=ExperimentalWarning", join(here, "ours.ts"), ...args]);
}
