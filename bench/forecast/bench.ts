/** Forecasts of many series against R's forecast package: exponential smoothing, the Theta method, Croston's method. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { seriesCount, valuesOf } from "../../packages/learn/src/data/series.ts";
import { hasData } from "../csv.ts";
import type { Bench, Report } from "../harness.ts";
import { lastLine } from "../processes.ts";
import { readSets } from "./data.ts";
import type { SeriesSet } from "./data.ts";

const here = dirname(fileURLToPath(import.meta.url));

interface Scores {
  readonly seconds: number;
  /** One a series; null where it has no scale. */
  readonly mase: readonly (number | null)[];
  readonly smape: readonly number[];
}
interface Peer extends Scores {
  readonly version: string;
}
interface Ours extends Scores {
  readonly coverage80: number;
  readonly coverage95: number;
  readonly parted80: number;
  readonly parted95: number;
  readonly served90: number;
  readonly pinball90: number;
  readonly zeroPinball90: number;
}

/** Every so-manieth series is given to R's ets, which takes half a second for one of M3, and to its croston. */
const STRIDE = { monthly: 24, retail: 4, carparts: 4 };

export const forecastBench: Bench = {
  name: "forecast",
  title: "Forecasts of many series",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    const hasR = await promisify(execFile)("Rscript", ["-e", "library(forecast); library(jsonlite)"]).then(
      () => true,
      () => false,
    );
    if (!hasR) return { skipped: "no Rscript with the packages forecast and jsonlite is installed (Debian: r-cran-forecast)" };
    const folder = await mkdtemp(join(tmpdir(), "inlay-forecast-"));
    try {
      await compare(report, readSets(), folder);
    } finally {
      await rm(folder, { recursive: true });
    }
    report.note("`method: auto`, two threads, nothing set but horizon and season. M3 is judged over all 3,003 series.");
    report.note(
      `R's croston runs on every ${STRIDE.carparts}th series of carparts, R's ets on every ${STRIDE.monthly}th monthly series of M3 and on every ${STRIDE.retail}th of aus_retail; it is compared with ours on the same series, and its time is scaled up.`,
    );
    report.note(
      "Intervals of counts with many zeros hold more than they promise whatever is said: the lowest quantile is 0, and so are three quarters of the values. Whether the distribution is right shows where values that lie on a bound count as inside by chance, as often as they are expected there.",
    );
    return undefined;
  },
};

async function compare(report: Report, sets: readonly SeriesSet[], folder: string): Promise<void> {
  const m3: { ours: Ours; theta: Peer }[] = [];
  for (const set of sets) {
    const file = join(folder, `${set.name.replace(" ", "-")}.txt`);
    await writeFile(file, seriesLines(set));
    const peer = (method: string, stride = 1): Promise<Peer> =>
      lastLine<Peer>("Rscript", [join(here, "peer_r.R"), file, method, String(stride)]);
    const ours = await lastLine<Ours>(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      join(here, "ours.ts"),
      set.name,
    ]);
    const add = (what: string, own: number, theirs: number, by: string, unit = ""): void =>
      report.add({ what: `${set.name}: ${what}`, unit, better: "lower", ours: [own], peer: { name: by, values: [theirs] } });
    if (set.name === "carparts") {
      const croston = await peer("croston", STRIDE.carparts);
      const same = ours.mase.filter((_, series) => series % STRIDE.carparts === 0);
      add(`MASE on every ${STRIDE.carparts}th series`, mean(same), mean(croston.mase), `croston, R forecast ${croston.version}`);
      report.add({ what: "carparts: MASE", unit: "", better: "lower", ours: [mean(ours.mase)] });
      add("pinball loss of the 90 % quantile, scaled", ours.pinball90, ours.zeroPinball90, "forecasting zero");
      report.add({
        what: "carparts: demands met by the 90 % quantile",
        unit: "%",
        better: "higher",
        ours: [ours.served90],
        promise: "at least 90",
      });
    } else {
      const theta = await peer("thetaf");
      add("MASE", mean(ours.mase), mean(theta.mase), `thetaf, R forecast ${theta.version}`);
      add("sMAPE", mean(ours.smape), mean(theta.smape), `thetaf, R forecast ${theta.version}`);
      if (set.name.startsWith("M3")) m3.push({ ours, theta });
      const stride = set.name === "M3 monthly" ? STRIDE.monthly : set.name === "aus_retail" ? STRIDE.retail : 0;
      if (stride > 0) {
        const ets = await peer("ets", stride);
        const same = ours.mase.filter((_, series) => series % stride === 0);
        add("MASE on those series", mean(same), mean(ets.mase), `ets, R forecast ${ets.version}`);
        if (set.name === "M3 monthly")
          report.add({
            what: "M3 monthly: all fits",
            unit: "s",
            better: "lower",
            ours: [ours.seconds],
            peer: {
              name: "ets and thetaf, R",
              values: [(ets.seconds / ets.mase.length) * seriesCount(set.panel) + theta.seconds],
            },
            promise: "at least 20 x",
          });
      }
    }
    const isCount = set.name === "carparts";
    for (const [level, value, parted] of [
      [80, ours.coverage80, ours.parted80],
      [95, ours.coverage95, ours.parted95],
    ] as const) {
      const what = `${set.name}: values inside intervals of ${level} %`;
      const promise = `${level - 2} to ${level + 2}`;
      report.add({ what, unit: "%", better: "higher", ours: [value], ...(isCount ? {} : { promise }) });
      if (isCount)
        report.add({ what: `${what}, values on a bound parted by chance`, unit: "%", better: "higher", ours: [parted], promise });
    }
  }
  const all = (of: "ours" | "theta", score: "mase" | "smape"): number => mean(m3.flatMap((one) => one[of][score]));
  const name = `thetaf, R forecast ${m3[0]!.theta.version}`;
  for (const [score, promise] of [
    ["smape", "at most 12.6"],
    ["mase", "at most 1.38"],
  ] as const)
    report.add({
      what: `M3, all series: ${score === "mase" ? "MASE" : "sMAPE"}`,
      unit: "",
      better: "lower",
      ours: [all("ours", score)],
      peer: { name, values: [all("theta", score)] },
      promise,
    });
}

/** As `peer_r.R` reads them. */
function seriesLines({ panel, truth, season, horizon }: SeriesSet): string {
  return Array.from({ length: seriesCount(panel) }, (_, series) => {
    const values = valuesOf(panel, series);
    return [season, horizon, values.length, ...values, ...truth.subarray(series * horizon, (series + 1) * horizon)].join(" ");
  }).join("\n");
}

function mean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
