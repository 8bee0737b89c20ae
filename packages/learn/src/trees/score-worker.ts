/** A thread that scores: takes rows until none are left. */
import { workerInput } from "../math/parallel.ts";
import type { ScoreJob } from "./predict.ts";
import { scoreRows } from "./score.ts";

const { scorer, columns, rows, scores, next } = workerInput as ScoreJob;
const TAKEN = 16_384;
for (let from = Atomics.add(next, 0, TAKEN); from < rows; from = Atomics.add(next, 0, TAKEN)) {
  scoreRows(scorer, columns, from, Math.min(from + TAKEN, rows), scores);
}
