/** A thread of the forecasts of single series: takes chunk after chunk of the batch until none is left. */
import { report, workerInput } from "../math/parallel.ts";
import { fillMembers } from "./members.ts";
import type { MembersJob } from "./members.ts";

for (const _chunk of fillMembers(workerInput as MembersJob)) report();
