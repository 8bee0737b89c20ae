/** What forecasts are worth on steps that the fit had not seen, beside seasonal naive. */
import type { Clock } from "#base/clock";
import { stepStart, stepText } from "#base/steps";
import { seriesCount, valuesOf } from "#learn/data/series";
import type { Panel } from "#learn/data/series";
import { seasonalScale } from "#learn/metrics/forecast";
import type { Forecaster, SeriesForecast } from "#learn/model";
import type { ForecastEvaluation, ForecastScores } from "#records/forecast-evaluation";
import { quantileAt } from "#records/quantile-at";
import type { ForecastUseCase } from "#records/forecast-use-case";

/** A forecast at a time of the past. */
export interface Judged {
  /** What was known then. */
  readonly past: Panel;
  readonly model: Forecaster;
  /** Steps that are judged from there on. */
  readonly steps: number;
}

export interface ForecastEvaluationInput {
  readonly useCase: ForecastUseCase;
  /** All that is known. */
  readonly panel: Panel;
  /** The step behind its last one. */
  readonly end: number;
  readonly ended: number;
  /** Oldest first. */
  readonly judged: readonly Judged[];
  /** Of the interval. */
  readonly coverage: number;
  /** Steps of the shortest season; 1 where there is none. */
  readonly season: number;
}

const shownGroups = 30;
/** A column with more values than that names series rather than groups. */
const mostLevels = 200;
const shownRanges = 7;
const timedSeries = 300;

export function evaluateForecast(clock: Clock, input: ForecastEvaluationInput): Omit<ForecastEvaluation, "methods"> {
  const { useCase, panel, end, ended, judged, coverage, season } = input;
  const { horizon, every } = useCase;
  const all = new Tally();
  const ranges = rangesOf(Math.max(...judged.map(({ steps }) => steps)));
  const byRange = ranges.map(() => new Tally());
  const groups = panel.keys
    .filter(({ values }) => new Set(values).size <= mostLevels)
    .map(({ name, values }) => ({ name, values, tallies: new Map<string, Tally>() }));
  let series = 0;
  for (let at = 0; at < seriesCount(panel); at++) {
    const own = groups.map(({ values, tallies }) => {
      const value = values[at] ?? "";
      if (!tallies.has(value)) tallies.set(value, new Tally());
      return tallies.get(value)!;
    });
    const before = all.rows;
    for (const { past, model, steps } of judged) {
      const history = valuesOf(past, at);
      const [said, plain] = [model.forecast(at), naiveForecast(history, season, steps)];
      if (!said || !plain) continue;
      const scale = seasonalScale(history, season);
      const [lower, upper] = intervalOf(model.levels, said, coverage);
      const from = panel.offsets[at]! + history.length;
      for (let step = 0; step < steps; step++) {
        const truth = panel.values[from + step];
        if (truth === undefined || Number.isNaN(truth) || panel.censored?.[from + step] === 1) continue;
        const one: Held = {
          truth,
          said: said.mean[step]!,
          plain: plain[step]!,
          lower: lower[step]!,
          upper: upper[step]!,
          scale,
        };
        const range = byRange[ranges.findIndex(({ to }) => step < to)]!;
        for (const tally of [all, range, ...own]) tally.add(one);
      }
    }
    if (all.rows > before) series++;
  }
  const slices = groups.flatMap(({ name, tallies }) =>
    tallies.size < 2
      ? []
      : [...tallies].filter(([, { rows }]) => rows > 0).map(([value, tally]) => ({ column: name, value, ...tally.slice() })),
  );
  const [first] = judged;
  return {
    task: "forecast",
    train_rows: first!.past.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0),
    test_rows: all.rows,
    copied_rows: 0,
    split: "time",
    split_at: splitAt(every, end - judged.reduce((sum, { steps }) => sum + steps, 0)),
    every,
    horizon,
    series: { learnt: seriesCount(panel), judged: series, ended, sums: first!.model.count - seriesCount(panel) },
    seen_until: stepText(every, end - 1),
    origins: judged.length,
    model: all.scores(),
    baselines: { seasonal_naive: all.naive() },
    intervals: { coverage_wanted: coverage, coverage: all.inside / all.rows, mean_width: all.width / all.rows },
    ahead: ranges.flatMap(({ from, to }, at) =>
      byRange[at]!.rows === 0 ? [] : [{ from: from + 1, to, ...byRange[at]!.slice() }],
    ),
    groups: slices.sort((a, b) => b.mae * b.rows - a.mae * a.rows || (a.value < b.value ? -1 : 1)).slice(0, shownGroups),
    latency_ms: latency(clock, first!.model),
  };
}

/** Bounds of the interval that holds this share, shape (horizon) each: quantiles of the forecast, or values between two of them. */
function intervalOf(
  levels: readonly number[],
  { mean, quantiles }: Pick<SeriesForecast, "mean" | "quantiles">,
  coverage: number,
): [lower: Float64Array, upper: Float64Array] {
  const bound = (level: number): Float64Array =>
    mean.map((_, step) =>
      quantileAt(
        levels,
        levels.map((_level, at) => quantiles[at * mean.length + step]!),
        level,
      ),
    );
  return [bound((1 - coverage) / 2), bound((1 + coverage) / 2)];
}

/** The last known value of the same place in the season, else the last one that is known; null where there is none. */
function naiveForecast(history: Float64Array, season: number, steps: number): Float64Array | null {
  const last = history.findLast((value) => !Number.isNaN(value));
  if (last === undefined) return null;
  return Float64Array.from({ length: steps }, (_, step) => {
    let at = history.length + (step % season) - season;
    while (at >= 0 && Number.isNaN(history[at]!)) at -= season;
    return at < 0 ? last : history[at]!;
  });
}

interface Held {
  readonly truth: number;
  readonly said: number;
  readonly plain: number;
  readonly lower: number;
  readonly upper: number;
  readonly scale: number;
}

/** Sums over held-out values. */
class Tally {
  rows = 0;
  inside = 0;
  width = 0;
  #sum = 0;
  #size = 0;
  #scaledRows = 0;
  readonly #own = { absolute: 0, scaled: 0, excess: 0 };
  readonly #plain = { absolute: 0, scaled: 0, excess: 0 };

  add({ truth, said, plain, lower, upper, scale }: Held): void {
    this.rows++;
    this.#sum += truth;
    this.#size += Math.abs(truth);
    // A bound that is the truth but for rounding holds it.
    const slack = 1e-9 * Math.abs(truth);
    if (truth >= lower - slack && truth <= upper + slack) this.inside++;
    this.width += upper - lower;
    const isScaled = scale > 0;
    if (isScaled) this.#scaledRows++;
    for (const [into, value] of [
      [this.#own, said],
      [this.#plain, plain],
    ] as const) {
      into.absolute += Math.abs(value - truth);
      into.excess += value - truth;
      if (isScaled) into.scaled += Math.abs(value - truth) / scale;
    }
  }

  scores(): ForecastScores {
    return this.#scoresOf(this.#own);
  }

  naive(): ForecastScores {
    return this.#scoresOf(this.#plain);
  }

  slice(): ForecastScores & { naive_mae: number; coverage: number; rows: number } {
    return { ...this.scores(), naive_mae: this.naive().mae, coverage: this.inside / this.rows, rows: this.rows };
  }

  #scoresOf({ absolute, scaled, excess }: { absolute: number; scaled: number; excess: number }): ForecastScores {
    return {
      mae: shown(absolute / this.rows),
      wape: this.#size > 0 ? shown(absolute / this.#size) : null,
      mase: this.#scaledRows > 0 ? shown(scaled / this.#scaledRows) : null,
      bias: this.#sum === 0 ? null : shown(excess / Math.abs(this.#sum)),
    };
  }
}

/** Six digits; what is left of a 0 by rounding is 0. */
function shown(value: number): number {
  return Math.abs(value) < 1e-9 ? 0 : Number(value.toPrecision(6));
}

/** Steps ahead in a few ranges of about the same length. */
function rangesOf(steps: number): { readonly from: number; readonly to: number }[] {
  const count = Math.min(shownRanges, steps);
  return Array.from({ length: count }, (_, at) => ({
    from: Math.round((at * steps) / count),
    to: Math.round(((at + 1) * steps) / count),
  }));
}

function splitAt(every: ForecastUseCase["every"], step: number): string | null {
  const at = stepStart(every, step);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function latency(clock: Clock, model: Forecaster): { p50: number; p95: number } {
  const durations = Array.from({ length: Math.min(timedSeries, model.count) }, (_, series) => {
    const started = clock.monotonic();
    model.forecast(series);
    model.explain(series);
    return clock.monotonic() - started;
  }).sort((a, b) => a - b);
  const quantile = (share: number): number => durations[Math.floor(share * (durations.length - 1))] ?? 0;
  return { p50: quantile(0.5), p95: quantile(0.95) };
}
