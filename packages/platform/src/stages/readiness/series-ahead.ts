/** The health of series that are looked ahead of. Counted in DuckDB over all rows; what blocks is what leaves nothing to learn. */
import type { Artifacts } from "#files/artifacts";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Finding } from "#records/readiness-report";
import { checkInputs, checkPlaces, checkPlan } from "#stages/readiness/series-inputs";
import { checkShapes } from "#stages/readiness/series-shapes";
import { seriesSubject } from "#stages/readiness/series-subject";
import { checkSeriesTimes } from "#stages/readiness/series-times";
import { checkSeriesValues } from "#stages/readiness/series-values";
import type { Subject } from "#stages/readiness/subject";

export async function checkSeriesAhead(given: Subject<ForecastUseCase> & { readonly artifacts: Artifacts }): Promise<Finding[]> {
  const subject = await seriesSubject(given);
  if (!(await checkSeriesTimes(subject)) || !(await checkSeriesValues(subject))) return subject.findings;
  await checkShapes(subject);
  subject.findings.push(...(await checkInputs(subject)));
  await checkPlan(subject);
  await checkPlaces(subject);
  return subject.findings;
}
