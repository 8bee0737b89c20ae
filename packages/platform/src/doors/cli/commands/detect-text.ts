/** What looks for the unusual, for people. */
import { counted, formatCount, formatDuration, formatNumber, formatPercent } from "#base/text";
import { table } from "#doors/cli/output";
import type { DetectEvaluation, DetectionScores } from "#records/detect-evaluation";

/** How many alarms there were, against the promise and against what is known. */
export function alarmsText({ alarms, known, series, seasons, together }: DetectEvaluation): string[] {
  const scores = (name: string, { precision, recall, f1 }: DetectionScores): string[] => [
    name,
    ...[precision, recall, f1].map((share) => formatPercent(share)),
  ];
  const within = alarms.raised >= alarms.lower && alarms.raised <= alarms.upper;
  return [
    `${counted(alarms.raised, "alarm")} on them; ${alarms.budget} promises ${formatNumber(alarms.promised)} at most were all ordinary, ` +
      `${formatCount(alarms.lower)} to ${formatCount(alarms.upper)} by chance${within ? "" : alarms.raised > alarms.upper ? ": more than that is unusual" : ""}.`,
    ...(series === null ? [] : [`${formatCount(series)} series are watched.`]),
    ...(seasons ? [seasonsText(seasons)] : []),
    ...(together ? [togetherText(together)] : []),
    ...(known
      ? [
          "",
          table(
            [`${formatCount(known.anomalies)} known anomalies`, "precision", "recall", "F1"],
            [scores("model", known.model), ...(known.rules ? [scores("rules of today", known.rules)] : [])],
          ),
          "",
        ]
      : []),
  ];
}

/** What comes again, and in how many series. */
function seasonsText(seasons: NonNullable<DetectEvaluation["seasons"]>): string {
  const named = seasons.map(({ seconds, series }) => {
    const lengths = seconds.map((length) => formatDuration(length * 1000)).join(" and ");
    return `${lengths || "none"} (${counted(series, "series", "series")})`;
  });
  return `Seasons they may follow: ${named.join(", ")}.`;
}

/** Of how many things values are judged together. */
function togetherText({ things, left_out: left }: NonNullable<DetectEvaluation["together"]>): string {
  const rest = left === 0 ? "" : `; ${formatCount(left)} left out: too few rows, or fewer than two values that change`;
  return `The values of ${counted(things, "thing")} are judged together${rest}.`;
}

/** The largest alarms, one a line. */
export function largestText({ largest, learnt, series }: DetectEvaluation, most: number): string[] {
  if (largest.length === 0) return ["No alarm on the held-out rows."];
  return [
    table(
      ["largest alarms", "began (UTC)", "why"],
      largest.slice(0, most).map(({ name, start, reason }) => [name, start?.slice(0, 16).replace("T", " ") ?? "", reason]),
    ),
    "",
    table(
      [series === null ? "field" : "series", "share of the alarms"],
      learnt.slice(0, most).map(({ field, weight }) => [field, formatPercent(weight)]),
    ),
  ];
}
