/**
 * One round of ours in a process of its own; prints one line of JSON. Arguments: `adult`, or `made` and the file. Reading is not timed,
 * binning is.
 */
import { fitTrees } from "../../packages/learn/src/trees/boost.ts";
import type { TreesData } from "../../packages/learn/src/trees/columns.ts";
import type { TreeEnsemble } from "../../packages/learn/src/trees/ensemble.ts";
import { rawScoresInThreads } from "../../packages/learn/src/trees/predict.ts";
import { scoreRow } from "../../packages/learn/src/trees/score.ts";
import { contributions, explainerOf } from "../../packages/learn/src/trees/tree-shap.ts";
import type { TreesSettings } from "../../packages/learn/src/trees/settings.ts";
import { median } from "../harness.ts";
import { readAdult, readMade } from "./data.ts";

/** Those of the peer. */
const same = { learningRate: 0.1, maxDepth: 6, minRows: 1, minChildWeight: 1, l2: 1, maxBins: 255, maxLeaves: 64 } as const;
const threads = 2;

async function timed<Result>(work: () => Promise<Result>): Promise<{ seconds: number; result: Result }> {
  const from = performance.now();
  const result = await work();
  return { seconds: (performance.now() - from) / 1000, result };
}

function fit(settings: Partial<TreesSettings> & Pick<TreesSettings, "loss">, data: TreesData): Promise<TreeEnsemble> {
  return fitTrees({ ...same, ...settings }, data, { seed: 1, threads });
}

/** The share of pairs of a 1 and a 0 whose scores are in the right order; ties count half. */
function auc(scores: Float64Array, target: Float64Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let [below, pairs, positives] = [0, 0, 0];
  for (let at = 0; at < order.length;) {
    let end = at;
    let [ones, zeros] = [0, 0];
    for (; end < order.length && scores[order[end]!] === scores[order[at]!]; end++) {
      if (target[order[end]!] === 1) ones++;
      else zeros++;
    }
    pairs += ones * (below + zeros / 2);
    below += zeros;
    positives += ones;
    at = end;
  }
  return pairs / (positives * below);
}

const [, , set, file] = process.argv;
if (set === "adult") {
  const { train, test } = readAdult();
  const { seconds, result: model } = await timed(() => fit({ loss: { name: "logistic" }, rounds: 200 }, train));
  const scores = await rawScoresInThreads(model, test.columns, test.rows, { threads: 0 });
  const explainer = explainerOf(model);
  const [row, score, reasons] = [
    new Float64Array(test.columns.length),
    new Float64Array(1),
    new Float64Array(test.columns.length),
  ];
  const times = Array.from({ length: 4000 }, (_, at) => {
    test.columns.forEach((column, k) => (row[k] = column.kind === "number" ? column.values[at]! : column.codes[at]!));
    const from = performance.now();
    scoreRow(model, row, score);
    contributions(explainer, row, 0, reasons);
    return performance.now() - from;
  });
  const line = { fit_s: seconds, auc: auc(scores, test.target), nodes: model.left.length, row_us: median(times) * 1000 };
  console.log(JSON.stringify(line));
} else {
  const data = readMade(file!);
  const { seconds } = await timed(() => fit({ loss: { name: "squared" }, rounds: 100 }, data));
  const fitMb = process.resourceUsage().maxRSS / 1e3;
  const few = {
    ...data,
    rows: 100_000,
    columns: data.columns.map((column) =>
      "values" in column ? { ...column, values: column.values.subarray(0, 100_000) } : column,
    ),
    target: data.target.subarray(0, 100_000),
  };
  const model = await fit({ loss: { name: "squared" }, rounds: 200 }, few);
  const { seconds: predictSeconds, result } = await timed(() => rawScoresInThreads(model, data.columns, data.rows, { threads }));
  const error = result.reduce((sum, value, at) => sum + (value - data.target[at]!) ** 2, 0) / data.rows;
  console.log(JSON.stringify({ fit_s: seconds, fit_mb: fitMb, predict_s: predictSeconds, rmse: Math.sqrt(error) }));
}
