/** What the schema cannot say of a use case that looks ahead: steps beyond the horizon, columns that contradict each other. */
import { coverOf, holidayNames } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";

/** `add` takes a path into the file and what is wrong there. */
export function checkForecast(useCase: ForecastUseCase, add: (path: readonly PropertyKey[], detail: string) => void): void {
  const { source, inputs, hierarchy, horizon, policy } = useCase;
  const seen = new Map<string, string>();
  const place = (path: readonly PropertyKey[], column: string, role: string): void => {
    const before = seen.get(column);
    if (before !== undefined) add(path, `${column} is ${before} already`);
    else seen.set(column, role);
  };
  source.series.forEach((column, at) => place(["source", "series", at], column, "a column of source.series"));
  place(["source", "time"], source.time, "the time");
  place(["source", "value"], source.value, "the value");
  if (source.censored !== undefined) place(["source", "censored"], source.censored, "the flag of source.censored");
  if (useCase.holidays !== undefined)
    for (const name of holidayNames(useCase.every)) seen.set(name, "what holidays add to what is known ahead");
  inputs?.columns.forEach((column, at) => place(["inputs", "columns", at], column, "an input"));
  hierarchy.forEach((column, at) => {
    if (hierarchy.indexOf(column) !== at) add(["hierarchy", at], `${column} is listed twice`);
    else if (!source.series.includes(column)) place(["hierarchy", at], column, "a column of the hierarchy");
  });
  for (const field of ["on_hand", "on_order"])
    if (policy.order && source.series.includes(field))
      add(
        ["source", "series", source.series.indexOf(field)],
        `${field} is the field of a record that tells the stock; name the column otherwise`,
      );
  const cover = coverOf(policy);
  if (policy.order && policy.cover !== undefined)
    add(["policy", "cover"], "cover does not go with an order, which covers its lead_time and review");
  else if (cover > horizon) {
    const detail = policy.order
      ? `lead_time and review are ${cover} steps, the horizon only ${horizon}; raise the horizon`
      : `cover is ${cover} steps, the horizon only ${horizon}`;
    add(["policy", policy.order ? "order" : "cover"], detail);
  }
}
