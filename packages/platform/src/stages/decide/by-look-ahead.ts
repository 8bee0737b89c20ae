/** What is to come: the model decides alone where its interval is as narrow as the policy asks for, or always where it asks for nothing. */
import { formatNumber, formatPercent } from "#base/text";
import type { ForecastPolicy } from "#records/forecast-use-case";
import { isNarrow } from "#records/within";
import type { Opinion } from "#stages/decide/ask-model";
import type { Sureness } from "#stages/decide/sureness";

export function byLookAhead({ confident_at: at }: Pick<ForecastPolicy, "confident_at">): Sureness {
  const allowed = at && (at.within.endsWith("%") ? `within ${at.within} of the value` : `within ${at.within}`);
  return {
    outcome(opinion) {
      const { interval, forecast } = said(opinion);
      return String(forecast.order ? forecast.order.quantity : interval.value);
    },
    doubt(opinion) {
      const { interval } = said(opinion);
      return at === undefined || isNarrow(at.within, interval) ? undefined : `${seen(opinion)}, which is wider than ${allowed}`;
    },
    reason(opinion) {
      const { order } = said(opinion).forecast;
      const bought = order
        ? `; up to ${formatNumber(order.up_to)} are enough in ${formatPercent(order.level, 0)} of cases, ${formatNumber(order.stock)} are there or on their way`
        : "";
      return `${seen(opinion)}${allowed === undefined ? "" : `, ${allowed}`}${bought}`;
    },
  };
}

function seen(opinion: Opinion): string {
  const { interval, forecast } = said(opinion);
  const when = forecast.from === forecast.until ? forecast.from : `${forecast.from} to ${forecast.until}`;
  return `${when}, seen until ${forecast.seen_until}: ${formatPercent(interval.coverage, 0)} of such ${forecast.from === forecast.until ? "values" : "sums"} lie from ${interval.lower} to ${interval.upper}`;
}

function said({ interval, forecast }: Opinion): {
  interval: NonNullable<Opinion["interval"]>;
  forecast: NonNullable<Opinion["forecast"]>;
} {
  if (interval && forecast) return { interval, forecast };
  throw new Error("a model that looks ahead gives an interval and what it is of");
}
