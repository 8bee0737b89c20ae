/** A thread of the fits: takes task after task until none is left. */
import { report, workerInput } from "../math/parallel.ts";
import { fitFold, foldTasks } from "./fold-task.ts";
import type { FoldJob } from "./fold-task.ts";

const job = workerInput as FoldJob;
const tasks = foldTasks(job);
for (let task = Atomics.add(job.next, 0, 1); task < tasks; task = Atomics.add(job.next, 0, 1)) {
  for (const _epoch of fitFold(job, task)) report();
}
