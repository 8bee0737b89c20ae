/** `npm run bench -- NAME ...` runs benches by name, `npm run bench` lists them. */
import type { Bench } from "./harness.ts";
import { runBench } from "./harness.ts";
import { anomalyBench } from "./anomaly/bench.ts";
import { elec2Bench } from "./elec2/bench.ts";
import { encoderBench } from "./encoder/bench.ts";
import { forecastBench } from "./forecast/bench.ts";
import { httpBench } from "./http/bench.ts";
import { regressionBench } from "./regression/bench.ts";
import { snapshotBench } from "./snapshot/bench.ts";
import { tabularBench } from "./tabular/bench.ts";
import { textBench } from "./text/bench.ts";
import { treesBench } from "./trees/bench.ts";

const benches: readonly Bench[] = [
  anomalyBench,
  elec2Bench,
  encoderBench,
  forecastBench,
  httpBench,
  regressionBench,
  snapshotBench,
  tabularBench,
  textBench,
  treesBench,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (wanted.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no bench ${name}.`);
  for (const { name, title } of benches) console.log(`${name.padEnd(12)}${title}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}
for (const bench of benches.filter(({ name }) => wanted.includes(name))) console.log(await runBench(bench, new Date()));
