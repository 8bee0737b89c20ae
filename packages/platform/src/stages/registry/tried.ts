/** What a training has compared, for people: as rows of a table, and why one was kept. */
import { formatNumber, formatPercent } from "#base/text";
import type { ModelVersion } from "#records/model-version";

export const triedRule =
  "Kept is the simplest that none beats by more than one standard error, on training rows that each did not see.";

/** None where nothing was compared. */
export function triedTable({ tried, learner, evaluation }: ModelVersion): { head: string[]; rows: string[][] } | null {
  if (tried === null || tried.length < 2) return null;
  const isNumber = evaluation.task === "regress";
  return {
    head: [
      "tried",
      isNumber ? "RMSE" : "log-loss",
      `less ${isNumber ? "squared error" : "loss"} than the first`,
      "95 % interval",
    ],
    rows: tried.map(({ learner: name, loss, gain, lower, upper }, at) => [
      name === learner ? `${name}, kept` : name,
      isNumber ? formatNumber(Math.sqrt(loss)) : loss.toFixed(4),
      at === 0 ? "" : formatPercent(gain),
      at === 0 ? "" : `${formatPercent(lower)} to ${formatPercent(upper)}`,
    ]),
  };
}
