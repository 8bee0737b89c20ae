/** One round of ours in a process of its own: fits, judges, times, and prints one line of JSON. Arguments: the collection, the budget in seconds. */
import { rowAt } from "../../packages/learn/src/data/table.ts";
import {
  intervalScores,
  meanAbsoluteError,
  rootMeanSquaredError,
  rSquared,
} from "../../packages/learn/src/metrics/regression.ts";
import { fitTabularRegressor } from "../../packages/learn/src/regressors/tabular.ts";
import { median } from "../harness.ts";
import { readParts, setNamed } from "./data.ts";

const [name, budget] = process.argv.slice(2);
const { train, test, fields } = readParts(setNamed(name!));
const from = performance.now();
const model = await fitTabularRegressor({ recipe: { fields }, budget: Number(budget) }, train, { seed: 1, threads: 2 });
const fitSeconds = (performance.now() - from) / 1000;
const fitMb = (process.resourceUsage().maxRSS * 1024) / 1e6;

const values = model.predict(test.table);
const times: number[] = [];
const decided = Array.from({ length: test.table.rows }, (_, row) => {
  const record = rowAt(test.table, row);
  const start = performance.now();
  const answer = model.decideRow(record, 6);
  if (row < 1000) times.push(performance.now() - start);
  return answer;
});
const { coverage, width } = intervalScores(
  test.targets,
  Float64Array.from(decided, ({ lower }) => lower),
  Float64Array.from(decided, ({ upper }) => upper),
);

console.log(
  JSON.stringify({
    kind: model.kind,
    fit_s: fitSeconds,
    fit_mb: fitMb,
    rmse: rootMeanSquaredError(test.targets, values),
    mae: meanAbsoluteError(test.targets, values),
    r2: rSquared(test.targets, values),
    coverage,
    width,
    record_us: median(times) * 1000,
  }),
);
