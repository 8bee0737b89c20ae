/** Series of a forecast by what they are called: which are asked for, and how each is written. */
import { failure } from "#base/errors";
import { nearest } from "#base/text";
import type { Forecaster } from "#learn/model";
import { seriesKeys, seriesName } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";

/**
 * Numbers of the series whose key has these values: sums first.
 *
 * @throws SERIES_UNKNOWN
 */
export function selectedSeries(
  useCase: ForecastUseCase,
  forecaster: Forecaster,
  wanted: Readonly<Record<string, string>> = {},
): number[] {
  const columns = seriesKeys(useCase);
  const unknown = Object.keys(wanted).find((name) => !columns.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, columns);
    const known = columns.length === 0 ? "there is one series alone" : `known: ${columns.join(", ")}`;
    throw failure("SERIES_UNKNOWN", {
      use_case: useCase.use_case,
      reason: `${unknown} is no column of its series; ${near === undefined ? known : `did you mean ${near}?`}`,
    });
  }
  const all = Array.from({ length: forecaster.count }, (_, at) => at);
  const found = all.filter((at) =>
    Object.entries(wanted).every(([name, value]) => forecaster.keys.find((key) => key.name === name)?.values[at] === value),
  );
  if (found.length === 0 && Object.keys(wanted).length > 0) {
    const said = Object.entries(wanted).map(([name, value]) => `${name}=${value}`);
    throw failure("SERIES_UNKNOWN", { use_case: useCase.use_case, reason: `none has ${said.join(", ")}` });
  }
  return [...found.filter((at) => isSum(forecaster, at)), ...found.filter((at) => !isSum(forecaster, at))];
}

export function isSum({ keys }: Forecaster, at: number): boolean {
  return keys.some(({ values }) => values[at] === null);
}

/** Value by column; null where a sum goes over all of them. */
export function keyOf({ keys }: Forecaster, columns: readonly string[], at: number): (string | null)[] {
  return columns.map((name) => keys.find((key) => key.name === name)?.values[at] ?? null);
}

/** A series by the columns that name it, a sum by those that it keeps apart. */
export function nameOf(useCase: ForecastUseCase, forecaster: Forecaster, at: number): string {
  const columns = seriesKeys(useCase);
  const own = keyOf(forecaster, useCase.source.series, at);
  if (own.every((value) => value !== null)) return seriesName(own);
  const parts = keyOf(forecaster, columns, at).filter((value) => value !== null);
  return parts.length === 0 ? "total" : `${parts.join(" / ")} in total`;
}

/** Six digits say all that a forecast can. */
export function shown(value: number): number {
  return Math.abs(value) < 1e-9 ? 0 : Number(value.toPrecision(6));
}
