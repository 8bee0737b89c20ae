/** What a model that looks ahead says of a record, as a decision tells it: the sum of the steps to come, and the order that it takes. */
import type { Clock } from "#base/clock";
import { stepAt, stepCount, stepNamed, stepText } from "#base/steps";
import { formatNumber, formatPercent, parsePercent } from "#base/text";
import { reasonLimit } from "#flows/decide-and-act/reasons";
import { toDigits } from "#flows/decide-and-act/score-number";
import type { Row } from "#learn/data/table";
import { orderQuantity } from "#learn/forecasters/order-quantity";
import type { Forecaster } from "#learn/model";
import type { Cause, Reason } from "#records/decision";
import { coverOf, seriesName, serviceLevelOf } from "#records/forecast-use-case";
import type { ForecastPolicy, ForecastUseCase } from "#records/forecast-use-case";
import { quantileAt } from "#records/quantile-at";
import { seasonName } from "#records/season-name";
import type { Opinion } from "#stages/decide/ask-model";
import { laterSteps, partsAhead } from "#stages/decide/sum-ahead";

/** Steps into which an interval is cut by the last digit that is shown, at least. */
const digitSteps = 100;

export function scoreSeries(
  clock: Clock,
  { source, every, time_zone: zone }: ForecastUseCase,
  policy: ForecastPolicy,
  forecaster: Forecaster,
): (row: Row) => Opinion {
  const seriesOf = seriesByKey(forecaster, source.series);
  const coverage = parsePercent(policy.coverage)!;
  const cover = coverOf(policy);
  const text = (step: number): string => stepText(every, step);

  return (row) => {
    const values = source.series.map((name) => String(row[name]));
    const series = seriesOf.get(JSON.stringify(values));
    if (series === undefined) return nothing("unfamiliar", `no series ${seriesName(values)} was learnt from, or it is over`);
    const forecast = forecaster.forecast(series);
    const explanation = forecaster.explain(series);
    if (!forecast || !explanation) return nothing("unfamiliar", `nothing is known of the series ${seriesName(values)}`);
    const origin = forecaster.origins[series]!;
    const { from: wanted, asked } = beginOf(row[source.time]);
    const first = asked ? wanted : Math.max(origin, wanted);
    const end = origin + forecaster.horizon;
    if (first < origin || first + cover > end) {
      const reach = `the model looks ahead from ${text(origin)} to ${text(end - 1)}`;
      const until = cover === 1 ? "" : ` to ${text(first + cover - 1)}`;
      return nothing("out_of_reach", `${text(first)}${until} is asked for, ${reach}: train it again`);
    }
    const skipped = first - origin;
    const later = laterSteps(forecast, skipped);
    const left = later.mean.length;
    const mean = later.mean.subarray(0, cover).reduce((sum, value) => sum + value, 0);
    const sums = forecaster.levels.map((_, at) => later.cumulative[at * left + cover - 1]!);
    const [lower, upper] = [(1 - coverage) / 2, (1 + coverage) / 2].map((level) =>
      quantileAt(forecaster.levels, sums, level),
    ) as [number, number];
    const shown = toDigits((upper - lower) / digitSteps);
    const reasons: Reason[] = partsAhead(explanation, forecaster, skipped, cover).map(({ name, season, sum: part }) => ({
      field: name,
      value: season === undefined ? partValue(name) : seasonName(every, season),
      weight: shown(part),
    }));
    const order = orderOf();
    return {
      alternatives: [],
      predictionSet: [],
      expectedCost: null,
      // The mean may lie outside of an interval where most values are 0.
      interval: { value: shown(mean), lower: shown(Math.min(lower, mean)), upper: shown(Math.max(upper, mean)), coverage },
      forecast: {
        series: seriesName(values),
        from: text(first),
        until: text(first + cover - 1),
        seen_until: text(origin - 1),
        mean: shown(mean),
        order,
      },
      reasons: [...reasons.slice(0, 1), ...strongest(reasons.slice(1))],
      typicality: 1,
    };

    function partValue(name: string): string {
      if (name === "level") return `${shown(explanation!.level)} in a ${every}`;
      const at = forecaster.inputs.indexOf(name);
      return at < 0 ? (name === "bounds" ? "sums and least values" : `over ${stepCount(every, cover)}`) : "as planned";
    }

    /** What it adds to the reasons, so that all of them together are the quantity. */
    function orderOf(): NonNullable<Opinion["forecast"]>["order"] {
      if (!policy.order) return null;
      const [onHand, onOrder] = [numberIn(row["on_hand"]), numberIn(row["on_order"])];
      const { pack = 1, lead_time: leadTime, review: reviewPeriod } = policy.order;
      const { levels } = forecaster;
      const level = Math.min(levels.at(-1)!, Math.max(levels[0]!, serviceLevelOf(policy.order)));
      const ordered = orderQuantity(levels, later, {
        service: { level },
        leadTime,
        reviewPeriod,
        onHand,
        onOrder,
        packSize: pack,
      });
      const { upTo } = ordered;
      const quantity = Number(ordered.quantity.toPrecision(12));
      reasons.push(
        { field: "reserve", value: `enough in ${formatPercent(level, 0)} of cases`, weight: shown(upTo - mean) },
        {
          field: "stock",
          value: `${formatNumber(onHand)} on hand, ${formatNumber(onOrder)} on order`,
          weight: -(onHand + onOrder) + 0,
        },
        {
          field: "pack",
          value: `of ${formatNumber(pack)}, none less than 0`,
          weight: shown(quantity - (upTo - onHand - onOrder)),
        },
      );
      return { quantity, up_to: shown(upTo), level, stock: onHand + onOrder };
    }
  };

  /** The step that a record names, else the one that is running. */
  function beginOf(when: Row[string]): { from: number; asked: boolean } {
    const named = typeof when === "string" ? stepNamed(every, zone, when) : undefined;
    return named === undefined ? { from: stepAt(every, zone, clock.now()), asked: false } : { from: named, asked: true };
  }
}

/** Series by the values of their key, as JSON; sums of series are none. */
export function seriesByKey(
  { keys, count }: Pick<Forecaster, "keys" | "count">,
  columns: readonly string[],
): ReadonlyMap<string, number> {
  const own = columns.map((name) => keys.find((key) => key.name === name)!.values);
  const found = new Map<string, number>();
  for (let series = 0; series < count; series++) {
    const values = own.map((column) => column[series] ?? null);
    if (values.every((value) => value !== null) && !found.has(JSON.stringify(values))) found.set(JSON.stringify(values), series);
  }
  return found;
}

function strongest(reasons: readonly Reason[]): Reason[] {
  const told = reasons.filter(({ weight }) => weight !== 0);
  const [made, rest] = [told.filter(isOrder), told.filter((reason) => !isOrder(reason))];
  return [...rest.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, reasonLimit), ...made];
}

function isOrder({ field }: Reason): boolean {
  return field === "reserve" || field === "stock" || field === "pack";
}

function numberIn(value: Row[string]): number {
  return typeof value === "number" ? value : 0;
}

function nothing(cause: Cause, why: string): Opinion {
  return {
    alternatives: [],
    predictionSet: [],
    expectedCost: null,
    interval: null,
    reasons: [],
    typicality: 0,
    nothing: { cause, why },
  };
}
