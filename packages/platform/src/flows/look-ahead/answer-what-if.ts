/** What other inputs do to a forecast: computed on the model as it is, series by series. Inputs add up, so each step stands for itself. */
import { failure } from "#base/errors";
import { stepNamed, stepText } from "#base/steps";
import { nearest, parsePercent } from "#base/text";
import { greatestNumber } from "#checks/series-sql";
import type { PlannedInputs } from "#flows/look-ahead/planned-inputs";
import { isSum, keyOf, nameOf, selectedSeries, shown } from "#flows/look-ahead/series-of";
import type { ChangedInput, SeriesWhatIf, WhatIf, WhatIfQuery } from "#flows/look-ahead/what-if";
import { sumAt } from "#learn/forecasters/panel-forecaster";
import { Pace } from "#learn/math/pause";
import type { ForecastExplanation, Forecaster } from "#learn/model";
import { seriesKeys } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import { quantileAt } from "#records/quantile-at";

export interface WhatIfGiven {
  /** With the step of the version. */
  readonly useCase: ForecastUseCase;
  readonly version: number;
  readonly forecaster: Forecaster;
  readonly planned: PlannedInputs;
}

/** A planned value to another. */
type Change = (planned: number) => number;

/** @throws WHAT_IF_REFUSED, SERIES_UNKNOWN */
export async function answerWhatIf({ useCase, version, forecaster, planned }: WhatIfGiven, query: WhatIfQuery): Promise<WhatIf> {
  const { every, time_zone: zone } = useCase;
  const { horizon, inputs } = forecaster;
  const refuse = (reason: string, fix: string): Error => failure("WHAT_IF_REFUSED", { use_case: useCase.use_case, reason, fix });
  const changes = new Map(Object.entries(query.changes).map(([name, change]) => [placeOf(name), changeOf(name, change)]));
  if (changes.size === 0) throw refuse("no input is named", `Name one: ${inputs.join(", ") || "there is none"}.`);
  const series = selectedSeries(useCase, forecaster, query.series).filter((at) => !isSum(forecaster, at));
  const begin = series.reduce((least, at) => Math.min(least, forecaster.origins[at]!), Infinity);
  const end = series.reduce((most, at) => Math.max(most, forecaster.origins[at]! + horizon), -Infinity);
  const [from, until] = [stepOf("from", query.from) ?? begin, stepOf("until", query.until) ?? end - 1];
  if (from > until)
    throw refuse(`it would end with ${stepText(every, until)}, before ${stepText(every, from)}`, "Let it begin before it ends.");
  const coverage = parsePercent(useCase.policy.coverage)!;
  // First the sums of all, then the steps of those that are shown: there may be many.
  const sums = new Map<number, readonly [planned: number, other: number]>();
  const pace = new Pace(500, undefined);
  let outside = 0;
  for (const at of series) {
    await pace.spend(1);
    const told = replacedIn(at);
    const [stands, other] = told ? [forecaster.explain(at), forecaster.explain(at, told.values)] : [null, null];
    if (!told || !stands || !other) continue;
    sums.set(at, [sumOf(stands, told), sumOf(other, told)]);
    if (told.inputs.some((input) => input.outside)) outside++;
  }
  const moved = (at: number): number => Math.abs(sums.get(at)![1] - sums.get(at)![0]);
  const order = [...sums.keys()].sort((a, b) => moved(b) - moved(a) || a - b);
  const totals = [...sums.values()].reduce(([a, b], [planned, other]) => [a + planned, b + other] as const, [0, 0] as const);
  return {
    use_case: useCase.use_case,
    model_version: version,
    every,
    seen_until: stepText(every, Math.max(...forecaster.origins) - 1),
    coverage,
    from: stepText(every, from),
    until: stepText(every, until),
    count: sums.size,
    sum: differenceOf(...totals),
    outside,
    series: order.slice(0, query.limit).map((at) => whatIf(at)),
  };

  function placeOf(name: string): number {
    const at = inputs.indexOf(name);
    if (at >= 0) return at;
    if (inputs.length === 0)
      throw refuse(
        `version ${version} reads no inputs`,
        "Name what is known ahead, such as price, under inputs.columns, and train it again.",
      );
    const near = nearest(name, inputs);
    throw refuse(
      `${name} is no input of version ${version}`,
      near === undefined ? `Its inputs are ${inputs.join(", ")}.` : `Did you mean ${near}?`,
    );
  }

  function changeOf(name: string, change: ChangedInput): Change {
    const value = typeof change === "string" ? shareOf(change) : Number(change);
    if (!(Math.abs(value) <= greatestNumber))
      throw refuse(
        `${name} must be a number, true or false, or a change such as -10%, got ${typeof change === "string" ? change : String(change)}`,
        `Write for example ${name}=9.99.`,
      );
    return typeof change === "string" ? (own) => own * (1 + value) : () => value;
  }

  function stepOf(which: string, text: string | undefined): number | undefined {
    if (text === undefined) return undefined;
    const step = stepNamed(every, zone, text);
    if (step === undefined)
      throw refuse(`${which} must be a ${every} such as ${stepText(every, begin)}, got ${text}`, "Write it so.");
    if (step >= begin && step < end) return step;
    throw refuse(
      `${stepText(every, step)} lies outside of what version ${version} looks ahead to`,
      `That is ${stepText(every, begin)} to ${stepText(every, end - 1)}.`,
    );
  }

  /** The inputs of a series as they would be; null where none of its steps is meant. */
  function replacedIn(at: number): Replaced | null {
    const origin = forecaster.origins[at]!;
    const [first, last] = [Math.max(0, from - origin), Math.min(horizon - 1, until - origin)];
    if (first > last) return null;
    const values: Record<string, Float64Array> = {};
    const told = [...changes].map(([input, change]) => {
      const place = at * inputs.length + input;
      const own = planned.ahead.subarray(place * horizon, (place + 1) * horizon);
      const other = own.map((value, step) => (step >= first && step <= last ? change(value) : value));
      values[inputs[input]!] = other;
      const seen = rangeOf([planned.least[place]!, planned.greatest[place]!]);
      const asked = other.subarray(first, last + 1);
      const now = rangeOf(asked);
      return {
        input: inputs[input]!,
        planned: rangeOf(own.subarray(first, last + 1)),
        what_if: now,
        seen,
        outside: now !== null && (seen === null || now.least < seen.least || now.greatest > seen.greatest),
        unplanned: asked.filter(Number.isNaN).length,
      };
    });
    return { first, last, values, inputs: told };
  }

  function whatIf(at: number): SeriesWhatIf {
    const { first, last, values, inputs: told } = replacedIn(at)!;
    const [stands, other] = [forecaster.forecast(at)!, forecaster.forecast(at, values)!];
    const { levels } = forecaster;
    const steps = Array.from({ length: last - first + 1 }, (_, index) => {
      const step = first + index;
      const quantiles = levels.map((_level, level) => other.quantiles[level * horizon + step]!);
      const mean = other.mean[step]!;
      const [lower, upper] = [
        quantileAt(levels, quantiles, (1 - coverage) / 2),
        quantileAt(levels, quantiles, (1 + coverage) / 2),
      ];
      return {
        step: stepText(every, forecaster.origins[at]! + step),
        ...differenceOf(stands.mean[step]!, mean),
        lower: shown(Math.min(lower, mean)),
        upper: shown(Math.max(upper, mean)),
      };
    });
    const keys = seriesKeys(useCase);
    const key = keyOf(forecaster, keys, at);
    return {
      series: nameOf(useCase, forecaster, at),
      key: Object.fromEntries(keys.map((name, index) => [name, key[index]!])),
      basis: stands.basis,
      sum: differenceOf(...sums.get(at)!),
      inputs: told,
      steps,
    };
  }
}

interface Replaced {
  /** Steps ahead, the first and the last that are meant. */
  readonly first: number;
  readonly last: number;
  /** By input, shape (horizon). */
  readonly values: Readonly<Record<string, Float64Array>>;
  readonly inputs: SeriesWhatIf["inputs"];
}

function sumOf(explanation: ForecastExplanation, { first, last }: Replaced): number {
  let sum = 0;
  for (let step = first; step <= last; step++) sum += sumAt(explanation, step);
  return sum;
}

/** `-10%` as a share; NaN where it is none. */
function shareOf(text: string): number {
  const match = /^([+-])\s?(\d+(?:\.\d+)?)\s?%$/.exec(text.trim());
  return match ? Number(`${match[1]}${match[2]}`) / 100 : Number.NaN;
}

function differenceOf(planned: number, other: number): { planned: number; what_if: number; difference: number } {
  return { planned: shown(planned), what_if: shown(other), difference: shown(other - planned) };
}

/** Least and greatest of what is known; null where nothing is. */
function rangeOf(values: Iterable<number>): { least: number; greatest: number } | null {
  const known = [...values].filter((value) => !Number.isNaN(value));
  return known.length === 0 ? null : { least: shown(Math.min(...known)), greatest: shown(Math.max(...known)) };
}
