/** Where no confidence keeps the precision that is wanted: whether more rows would help, and about how many. */
import { formatCount, formatPercent } from "#base/text";
import { leastRows, rowsEnough } from "#learn/select/threshold";
import type { ClassifyEvaluation } from "#records/model-version";

type Seen = Pick<ClassifyEvaluation, "confident" | "risk_coverage" | "train_rows" | "test_rows">;

/** A sentence. What it says of more rows supposes that the model would be right as often on them as on the held-out ones. */
export function rowsNeededText({ confident, risk_coverage: { points }, train_rows: train, test_rows: held }: Seen): string {
  const wanted = confident.precision_wanted;
  const inAll = (rows: number): string => formatCount(Number(((rows * (train + held)) / held).toPrecision(2)));
  const least = leastRows(wanted);
  if (least === Infinity) return "No number of rows proves that a model is never wrong.";
  const enough = rowsEnough(points, wanted);
  const surest = Math.min(
    wanted,
    points.reduce((most, { precision }) => Math.max(most, precision), 0),
  );
  const few = `${formatCount(held)} held-out rows cannot show that, even without an error: it takes ${formatCount(least)}`;
  if (enough === null) {
    const right = `of those that it is surest of ${formatPercent(surest)} were right`;
    return held < least ? `${few}; ${right}.` : `More rows to judge on would not change that: ${right}.`;
  }
  const rows = inAll(Math.max(enough, least, held + 1));
  return held < least
    ? `${few}; were it as often right on more, about ${rows} rows in all would.`
    : `Were it as often right on more rows as on these, about ${rows} in all would be enough.`;
}
