/** The electricity market, prequential: blocks of eight weeks decided by what was learnt before, against repeating the last class; and the drift. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasData } from "../csv.ts";
import type { Bench, Report } from "../harness.ts";
import { lastLine } from "../processes.ts";
import { policy } from "./data.ts";
import type { Prequential, Block } from "./ours.ts";

const here = dirname(fileURLToPath(import.meta.url));
const published =
  "river's documentation, whole file: last class 0.853, ALMA 0.906, leveraging bagging 0.893, adaptive random forest 0.877";

export const elec2Bench: Bench = {
  name: "elec2",
  title: "A market that drifts, with history",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    for (const history of ["none", "outcomes", "outcomes and prices"]) {
      tell(
        report,
        history,
        await lastLine<Prequential>(process.execPath, [
          "--conditions=inlay-source",
          "--disable-warning=ExperimentalWarning",
          join(here, "ours.ts"),
          history,
          "2",
        ]),
      );
    }
    tellHow(report);
    return undefined;
  },
};

/** One history: its accuracy beside the last class, by block, and the drift. */
export function tell(report: Report, history: string, { blocks, alarms }: Prequential): void {
  const sum = (of: (block: Block) => number): number => blocks.reduce((all, block) => all + of(block), 0);
  const rows = sum((block) => block.rows);
  report.add({
    what: `accuracy, history: ${history}`,
    unit: "",
    better: "higher",
    ours: [sum((block) => block.right) / rows],
    peer: { name: "last class, same rows", values: [sum((block) => block.right_by_last) / rows] },
    ...(history === "outcomes and prices" && { promise: "above 0.8533" }),
  });
  const shares = blocks.map(
    (block) => `${(block.right / block.rows).toFixed(3)} (${(block.right_by_last / block.rows).toFixed(3)})`,
  );
  report.note(`History ${history}, accuracy of each block (of the last class): ${shares.join(", ")}.`);
  report.note(
    alarms.length === 0
      ? `History ${history}: the errors never became more (Page-Hinkley).`
      : `History ${history}: the errors became more ${alarms.length} times, first from row ${alarms
          .slice(0, 5)
          .map(({ from, at }) => `${from} (told at ${at})`)
          .join(", ")} on (Page-Hinkley).`,
  );
  if (history === "outcomes and prices") report.note(`Columns unlike those learnt from: ${drifted(blocks)}.`);
}

export function tellHow(report: Report): void {
  report.note(
    `Rows in the order of time. On the first ${policy.chosenOn * 100} % of the file trained as \`inlay train\` does (learner auto, budget 0s), then fitted again every ${policy.refitWeeks} weeks as \`inlay train --refit\` does, on all that was seen but the latest ${policy.holdout * 100} %, which judge the version. History and how far back to learn from (13 weeks did worse) were compared on those first rows alone; how often is what a fit costs. Accuracy is of the rest.`,
  );
  report.note(
    "Columns of history are computed by the product's snapshot. The outcome of a half hour is known when the next is decided, as in every prequential figure of this file.",
  );
  report.note(
    "An outcome says whether the price is above its mean of the last 24 hours, and the price is a column: with the history of prices the model finds that rule, which nobody who sees one row at a time can. History of outcomes alone is shown beside it.",
  );
  report.note(`Published: ${published}.`);
}

/** Each column that drifted, in how many blocks, and the first of them. */
function drifted(blocks: readonly Block[]): string {
  const seen = new Map<string, { first: Block; index: number; times: number }>();
  for (const block of blocks) {
    for (const [name, index] of block.drifted) {
      const before = seen.get(name);
      seen.set(name, before ? { ...before, times: before.times + 1 } : { first: block, index, times: 1 });
    }
  }
  const told = [...seen].map(
    ([name, { first, index, times }]) =>
      `${name} in ${times} of ${blocks.length} blocks (first from row ${first.from}, index ${index.toFixed(2)})`,
  );
  return told.join(", ") || "none";
}
