/** A thread of a fit of trees. The first hands on what comes of each round. */
import { report, workerInput } from "../math/parallel.ts";
import type { BoostJob } from "./boost-job.ts";
import { boost } from "./boost-task.ts";

const { job, next } = workerInput as { readonly job: BoostJob; readonly next: Int32Array };
for (const _work of boost(job, Atomics.add(next, 0, 1), report));
