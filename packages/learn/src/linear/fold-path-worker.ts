/** A thread of the fits along a path of penalties: takes fold after fold until none is left. */
import { report, workerInput } from "../math/parallel.ts";
import { fitFoldOfPath } from "./fold-path.ts";
import type { PathJob } from "./fold-path.ts";

const job = workerInput as PathJob;
for (let fold = Atomics.add(job.next, 0, 1); fold < job.foldCount; fold = Atomics.add(job.next, 0, 1)) {
  for (const isDone of fitFoldOfPath(job, fold)) if (isDone) report();
}
