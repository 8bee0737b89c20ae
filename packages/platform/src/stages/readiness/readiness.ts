/**
 * The audit of one snapshot for one use case: declared checks, the health of the label, values that cannot be, and what gives the
 * answer away. Counting is done in DuckDB over all rows; texts are looked at in a sample of whole rows, chosen by their key.
 */
import { instant } from "#base/clock";
import type { Clock } from "#base/clock";
import { uuidv7 } from "#base/id";
import { runDeclaredChecks } from "#checks/declared";
import { profileColumns } from "#checks/profile";
import type { Artifacts } from "#files/artifacts";
import { worstVerdict } from "#records/readiness-report";
import type { ColumnProfile, Finding, ReadinessReport } from "#records/readiness-report";
import type { Snapshot } from "#records/snapshot";
import { featureKinds, watchesSeries } from "#records/use-case";
import type { LabelledUseCase, UseCase } from "#records/use-case";
import { checkColumns, checkPresence } from "#stages/readiness/columns";
import { checkLabel } from "#stages/readiness/label";
import { findLeakingColumns } from "#stages/readiness/leaking-columns";
import { findLeakingLevels } from "#stages/readiness/leaking-levels";
import { findLeakingNumbers } from "#stages/readiness/leaking-numbers";
import { findFilledLater } from "#stages/readiness/filled-later";
import { findLeakingSums } from "#stages/readiness/leaking-sums";
import { findLeakingText } from "#stages/readiness/leaking-text";
import { checkNearCopies } from "#stages/readiness/near-copies";
import { checkNumberLabel } from "#stages/readiness/number-label";
import { checkOutliers } from "#stages/readiness/outliers";
import { checkSeries } from "#stages/readiness/series";
import { checkSeriesAhead } from "#stages/readiness/series-ahead";
import type { Subject } from "#stages/readiness/subject";
import { checkTexts } from "#stages/readiness/texts";
import { checkTimes } from "#stages/readiness/times";
import { checkWeights } from "#stages/readiness/weights";
import type { Tables } from "#tables/tables";

export interface ReadinessDeps {
  readonly tables: Tables;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The report; nothing is stored. A column that is missing, an empty table or a label of one outcome is a finding that blocks, not an
 * error. Throws ARTIFACT_CORRUPT, ARTIFACT_MISSING, CANCELLED.
 */
export async function readiness(deps: ReadinessDeps, snapshot: Snapshot, useCase: UseCase): Promise<ReadinessReport> {
  const { tables, clock, signal } = deps;
  const path = await deps.artifacts.verifiedPath(snapshot.hash);
  const about = { tables, path, snapshot, now: clock.now(), signal };
  const columns = await profileColumns(tables, path, snapshot.fields, snapshot.rows, signal);
  const absent = checkPresence({ snapshot, useCase });
  const named = new Set(absent.map(({ column }) => column));
  const findings = [
    ...absent,
    ...(await runDeclaredChecks(
      { tables, path, fields: snapshot.fields, rows: snapshot.rows, now: about.now, time: snapshot.time_column, signal },
      useCase.readiness,
    )),
    ...(watchesSeries(useCase)
      ? await checkSeries({ ...about, useCase }, named)
      : useCase.task === "forecast"
        ? absent.length > 0
          ? []
          : await checkSeriesAhead({ ...about, useCase, artifacts: deps.artifacts })
        : await checkRecords({ ...about, useCase }, columns, named)),
  ];
  return {
    id: uuidv7(clock),
    use_case: useCase.use_case,
    snapshot: snapshot.hash,
    verdict: worstVerdict(findings),
    rows: snapshot.rows,
    columns,
    findings,
    made_at: instant(clock),
  };
}

/** @param absent columns that the snapshot does not have */
async function checkRecords(
  subject: Subject,
  columns: readonly ColumnProfile[],
  absent: ReadonlySet<string | null>,
): Promise<Finding[]> {
  const { useCase } = subject;
  const { key, label } = useCase.source;
  return [
    ...checkColumns(subject, columns),
    ...(await checkTimes(subject)),
    ...(await checkWeights(subject)),
    ...(absent.has(key) || (label !== undefined && absent.has(label))
      ? []
      : useCase.task === "detect"
        ? await checkOutliers({ ...subject, useCase })
        : await checkLearning({ ...subject, useCase }, columns)),
  ];
}

/** What needs the key and the label. */
async function checkLearning(subject: Subject<LabelledUseCase>, columns: readonly ColumnProfile[]): Promise<Finding[]> {
  const isNumber = subject.useCase.task === "regress";
  const leaks = isNumber ? await leaksOfNumbers(subject) : await findLeakingColumns(subject, columns);
  return [
    ...(await (isNumber ? checkNumberLabel(subject) : checkLabel(subject))),
    ...(await checkTexts(subject)),
    ...(await checkNearCopies(subject)),
    ...leaks,
    ...(isNumber ? [] : await findLeakingText(subject)),
  ];
}

/** What a label that is a number is given away by: a column alone first, then what is left of them together. */
async function leaksOfNumbers(subject: Subject<LabelledUseCase>): Promise<Finding[]> {
  const kinds = featureKinds(subject.useCase);
  const features = subject.snapshot.fields.filter(({ name }) => kinds.has(name));
  const alone = [
    ...(await findFilledLater(subject, features)),
    ...(await findLeakingNumbers(subject)),
    ...(await findLeakingLevels(subject)),
  ];
  return [...alone, ...(await findLeakingSums(subject, new Set(alone.map(({ column }) => column!))))];
}
