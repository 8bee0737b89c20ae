/**
 * Trains forecasts: fits on all but the last steps and judges on those, beside seasonal naive; then the same choices take the last steps too, so
 * that the version which is deployed has seen all there is. With a model to fit again its choices are kept.
 */
import { usualSeasons } from "#base/steps";
import { failure } from "#base/errors";
import { parseDuration, parsePercent } from "#base/text";
import { fitForecaster } from "#learn/forecasters/fit-forecaster";
import type { ForecastSettings } from "#learn/forecasters/settings";
import type { Panel } from "#learn/data/series";
import type { Forecaster } from "#learn/model";
import type { ForecastEvaluation } from "#records/forecast-evaluation";
import { seriesKeys, methodNames, serviceLevelOf, writtenMethod } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import { cutPanel } from "#stages/train/cut-panel";
import { evaluateForecast } from "#stages/train/evaluate-forecast";
import type { Judged } from "#stages/train/evaluate-forecast";
import type { TrainDeps, TrainOptions } from "#stages/train/train";

export interface TrainedForecast {
  readonly model: Forecaster;
  readonly evaluation: ForecastEvaluation;
  /** Everything that shaped the fit beside the rows. */
  readonly settings: { readonly forecast: ForecastSettings; readonly seed: number; readonly holdout: number };
}

export interface TrainForecastInput {
  readonly useCase: ForecastUseCase;
  /** As the preparation made it. */
  readonly prepared: { readonly panel: Panel; readonly end: number; readonly ended: number };
  /** Fit this model again, with the choices it has, instead of finding them out. */
  readonly last?: { readonly model: Forecaster; readonly every: ForecastUseCase["every"] } | undefined;
}

/** Levels that every forecast has, so that intervals and orders may be changed without training again. */
const levels = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99];
/** Series whose methods are looked at. */
const lookedAt = 500;

/** @throws DATA_UNSUITABLE (nothing to learn from before the held-out steps, or other settings than the last model had), CANCELLED */
export async function trainForecast(
  { clock, threads }: Pick<TrainDeps, "clock" | "threads">,
  { useCase, prepared, last }: TrainForecastInput,
  { onProgress, signal }: TrainOptions,
): Promise<TrainedForecast> {
  const { panel, end, ended } = prepared;
  const { horizon, every, train } = useCase;
  const { seed } = train;
  const holdout = train.holdout ?? horizon;
  const settings = forecastSettings(useCase);
  const season = Math.round(usualSeasons[every][0] ?? 1);
  const unsuitable = (reason: string, fix: string, cause?: Error): Error =>
    failure("DATA_UNSUITABLE", { use_case: useCase.use_case, reason, fix }, cause && { cause });
  if (last) refuseOther();
  const cuts: { past: Panel; steps: number }[] = [];
  for (let left = holdout; left > 0; left -= horizon) {
    cuts.push({ past: cutPanel(panel, left, horizon), steps: Math.min(left, horizon) });
  }
  if (!cuts[0]!.past.values.some((value) => !Number.isNaN(value))) {
    throw unsuitable(
      `no series has a value before the last ${holdout} steps, on which the version is judged`,
      "Let source.query return more of the past, or lower train.holdout or the horizon.",
    );
  }
  const options = (from: number, to: number) => ({
    seed,
    threads,
    ...(signal && { signal }),
    onProgress: (done: number, doing: string) => onProgress?.(`training: ${doing}`, from + (to - from) * done),
  });
  try {
    const judged: Judged[] = [];
    for (const [at, { past, steps }] of cuts.entries()) {
      const share = (part: number): number => (0.9 * (at + part)) / cuts.length;
      const before = judged.at(-1)?.model ?? last?.model;
      const model = before
        ? await before.update(past, options(share(0), share(1)))
        : await fitForecaster(settings, past, options(share(0), share(1)));
      judged.push({ past, steps, model });
    }
    const model = await (last?.model ?? judged[0]!.model).update(panel, options(0.9, 1));
    onProgress?.("evaluating", null);
    const coverage = parsePercent(useCase.policy.coverage)!;
    const evaluation = evaluateForecast(clock, { useCase, panel, end, ended, judged, coverage, season });
    if (evaluation.test_rows === 0) {
      throw unsuitable(
        `no series has values both before and in the last ${holdout} steps, on which the version is judged`,
        "Let source.query return more of the past, or lower train.holdout or the horizon.",
      );
    }
    return { model, evaluation: { ...evaluation, methods: methodsOf(model) }, settings: { forecast: settings, seed, holdout } };
  } catch (error) {
    if (signal?.aborted) throw failure("CANCELLED", { what: "The training" }, { cause: error });
    if (!(error instanceof RangeError)) throw error;
    throw unsuitable(error.message, "Check source.query, source.value and inputs.columns.", error);
  }

  /** Choices hold for what they were made of. */
  function refuseOther(): void {
    const { model } = last!;
    const inputs = [...(panel.inputs ?? []), ...(panel.calendar ?? [])].map(({ name }) => name);
    const same: readonly (readonly [what: string, before: string, now: string])[] = [
      ["every", last!.every, every],
      ["the horizon", String(model.horizon), String(horizon)],
      ["the columns of the series", model.keys.map(({ name }) => name).join(", "), seriesKeys(useCase).join(", ")],
      ["what is known ahead", [...model.inputs].sort().join(", "), inputs.sort().join(", ")],
    ];
    const other = same.find(([, before, now]) => before !== now);
    if (!other) return;
    const [what, before, now] = other;
    throw unsuitable(
      `${what} was ${before || "nothing"} in the last version and is now ${now || "nothing"}`,
      "Train without --refit.",
    );
  }
}

/** What is to be learnt, as the learner takes it. */
export function forecastSettings(useCase: ForecastUseCase): ForecastSettings {
  const { horizon, every, hierarchy, policy, train, source } = useCase;
  const coverage = parsePercent(policy.coverage)!;
  const wanted = [(1 - coverage) / 2, (1 + coverage) / 2, ...(policy.order ? [serviceLevelOf(policy.order)] : [])];
  const sums = hierarchy.map((_, at) => hierarchy.slice(0, at + 1));
  const isSum = (keys: readonly string[]): boolean => source.series.some((name) => !keys.includes(name));
  return {
    horizon,
    seasons: usualSeasons[every],
    levels: [...new Set([...levels, ...wanted.map((level) => Math.min(0.999, Math.max(0.001, rounded(level))))])].sort(
      (a, b) => a - b,
    ),
    method: methodNames.get(train.method) ?? "auto",
    hierarchy: hierarchy.length === 0 ? [] : [[], ...sums.filter(isSum)],
    budget: parseDuration(train.budget)! / 1000,
  };
}

/** What is combined, mean weight over series. */
function methodsOf(model: Forecaster): { name: string; weight: number }[] {
  const weights = new Map<string, number>();
  const count = Math.min(lookedAt, model.count);
  let explained = 0;
  for (let at = 0; at < count; at++) {
    const explanation = model.explain(Math.floor((at * model.count) / count));
    if (!explanation) continue;
    explained++;
    for (const { name, weight } of explanation.methods) weights.set(name, (weights.get(name) ?? 0) + weight);
  }
  return [...weights]
    .map(([name, weight]) => ({ name: writtenMethod(name), weight: Number((weight / explained).toPrecision(4)) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
}

function rounded(level: number): number {
  return Number(level.toFixed(6));
}
