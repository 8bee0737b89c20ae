/** A thread of a one-vs-rest fit: takes task after task until none is left. */
import { report, workerInput } from "../math/parallel.ts";
import { oneVsRestTasks } from "./one-vs-rest-task.ts";
import type { OneVsRestJob } from "./one-vs-rest-task.ts";

const job = workerInput as OneVsRestJob;
const fit = oneVsRestTasks(job);
for (let task = Atomics.add(job.next, 0, 1); task < job.end; task = Atomics.add(job.next, 0, 1)) {
  for (const _sweep of fit(task));
  report();
}
