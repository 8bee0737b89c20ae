/** A thread of the fits without a fold: takes fit after fit until none is left. */
import { report, workerInput } from "../math/parallel.ts";
import { fitFoldOfTrees } from "./fold-trees.ts";
import type { FoldTreesJob } from "./fold-trees.ts";

const job = workerInput as FoldTreesJob;
for (let at = Atomics.add(job.next, 0, 1); at < job.wanted.length; at = Atomics.add(job.next, 0, 1)) {
  report(await fitFoldOfTrees(job, job.wanted[at]!));
}
