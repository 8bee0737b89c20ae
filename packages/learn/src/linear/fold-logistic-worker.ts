/** A thread of the fits along a path of penalties: takes fold after fold until none is left. */
import { report, workerInput } from "../math/parallel.ts";
import { fitLogisticFold } from "./fold-logistic.ts";
import type { LogisticJob } from "./fold-logistic.ts";

const job = workerInput as LogisticJob;
for (let fold = Atomics.add(job.next, 0, 1); fold < job.foldCount; fold = Atomics.add(job.next, 0, 1)) {
  for (const isDone of fitLogisticFold(job, fold)) if (isDone) report();
}
