/** The model card of a model that looks ahead, in the sections of `model-card.ts`. */
import { stepCount } from "#base/steps";
import { counted, formatCount, formatDuration, formatNumber, formatPercent } from "#base/text";
import type { ForecastEvaluation, ForecastScores } from "#records/forecast-evaluation";
import { coverOf } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import { bullets, closingSections, detailsSection, purposeOf, table } from "#stages/registry/card-parts";
import type { CardOf } from "#stages/registry/card-parts";

export function forecastCard({ version, evaluation, useCase, snapshot }: CardOf<ForecastEvaluation, ForecastUseCase>): string {
  const { model, baselines, intervals, series, every, horizon } = evaluation;
  const share = (value: number | null): string => (value === null ? "none" : formatPercent(value));
  const scores = (name: string, { mae, wape, mase, bias }: ForecastScores): string[] => [
    name,
    formatNumber(mae),
    share(wape),
    mase?.toFixed(3) ?? "none",
    share(bias),
  ];
  const cover = coverOf(useCase.policy);
  const { order, otherwise } = useCase.policy;
  const known = version.features.filter((name) => !useCase.source.series.includes(name));
  const wide = intervals.coverage < intervals.coverage_wanted - 0.03;
  return [
    `# ${version.use_case}, version ${version.version}`,
    "",
    ...detailsSection(
      { version, useCase },
      `looks ahead of \`${useCase.source.value}\` for ${stepCount(every, horizon)}${known.length === 0 ? "" : `, with ${known.join(", ")} known ahead`}`,
    ),
    "## Intended use",
    "",
    purposeOf(useCase) +
      `A decision is ${order ? "what to order for" : "the sum of"} ${stepCount(every, cover)}; what the model does not decide goes to ${otherwise === "review" ? "a person" : `the ${otherwise}`}.`,
    "",
    "## Factors",
    "",
    `${formatCount(series.learnt)} series, of which ${formatCount(series.judged)} could be judged${series.ended > 0 ? `; ${counted(series.ended, "more is over and is", "more are over and are")} not forecast` : ""}. Results by group and by steps ahead are below.`,
    "",
    "## Metrics and results",
    "",
    `On ${formatCount(evaluation.test_rows)} values of the last steps (from ${evaluation.split_at?.slice(0, 16)}), which the judged fit had not seen, at ${formatCount(evaluation.origins)} time${evaluation.origins === 1 ? "" : "s"}:`,
    "",
    table(
      ["", "MAE", "of the values", "MASE", "bias"],
      [scores("**model**", model), scores("seasonal naive: the value of one season before", baselines.seasonal_naive)],
    ),
    "",
    bullets([
      `Intervals hold ${formatPercent(intervals.coverage)} of the values (${formatPercent(intervals.coverage_wanted, 0)} was asked for) and are ${formatNumber(intervals.mean_width)} wide on average`,
      `It combines ${evaluation.methods.map(({ name, weight }) => `${name} (${formatPercent(weight, 0)})`).join(", ")}`,
      `One decision takes ${formatDuration(evaluation.latency_ms.p50)}, in the slowest twentieth ${formatDuration(evaluation.latency_ms.p95)}`,
    ]),
    "",
    table(
      ["steps ahead", "values", "MAE", "seasonal naive", "bias", "in their interval"],
      evaluation.ahead.map(({ from, to, rows, mae, naive_mae: naive, bias, coverage }) => [
        from === to ? String(from) : `${from} to ${to}`,
        formatCount(rows),
        formatNumber(mae),
        formatNumber(naive),
        share(bias),
        formatPercent(coverage),
      ]),
    ),
    ...(evaluation.groups.length === 0
      ? []
      : [
          "",
          "By group, greatest sum of errors first:",
          "",
          table(
            ["group", "values", "MAE", "seasonal naive", "bias"],
            evaluation.groups
              .slice(0, 15)
              .map(({ column, value, rows, mae, naive_mae: naive, bias }) => [
                `${column}: ${value}`,
                formatCount(rows),
                formatNumber(mae),
                formatNumber(naive),
                share(bias),
              ]),
          ),
        ]),
    "",
    ...closingSections(
      { version, evaluation, snapshot },
      [
        ...(snapshot.beside ?? []).map(({ name, rows, hash }) => `Beside it the ${name}: ${formatCount(rows)} rows, \`${hash}\``),
        `The version itself has seen all values until ${evaluation.seen_until}, the held-out ones included, with the choices that were judged`,
      ],
      "each decision says what it is made of",
    ),
    "## Caveats and recommendations",
    "",
    bullets([
      `It says nothing beyond ${stepCount(every, horizon)} after ${evaluation.seen_until}; train it again as new values come (\`--refit\`).`,
      "Series that it has not learnt from are not decided by it.",
      ...(useCase.source.censored === undefined
        ? ["Days on which something was sold out count as days of little demand, since no column says so."]
        : []),
      ...(wide
        ? ["The held-out values lie outside of their intervals more often than was asked for: they differ from those before."]
        : []),
      "All of this holds for times like the last ones; when they change, so may the results.",
    ]),
    "",
  ].join("\n");
}
