/** Inputs of a forecast as they were planned when it was trained, and between which values each series has seen them: read from its snapshot. */
import { failure, isFailure } from "#base/errors";
import type { Forecaster } from "#learn/model";
import { seriesKeys } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Snapshot } from "#records/snapshot";
import type { PanelDeps } from "#stages/prepare/panel";
import { preparePanel, withoutSums } from "#stages/prepare/panel";

export interface PlannedInputs {
  /** In the order of the forecaster's inputs, shape (series, inputs, horizon). NaN is unknown. */
  readonly ahead: Float64Array;
  /** Shape (series, inputs); NaN where a series has never had the input. */
  readonly least: Float64Array;
  readonly greatest: Float64Array;
}

/**
 * Of all series without the sums. O(values x inputs), as the preparation of a training.
 *
 * @throws WHAT_IF_REFUSED where the file of the use case has changed since, ARTIFACT_*
 */
export async function plannedInputs(
  deps: PanelDeps,
  {
    useCase,
    snapshot,
    forecaster,
    version,
  }: {
    readonly useCase: ForecastUseCase;
    readonly snapshot: Snapshot;
    readonly forecaster: Forecaster;
    readonly version: number;
  },
): Promise<PlannedInputs> {
  const { horizon, inputs: names } = forecaster;
  const dropped = (useCase.inputs?.columns ?? []).filter((name) => !names.includes(name));
  const first = withoutSums(forecaster);
  const remedies = dropped.length === 0 ? [] : [{ kind: "drop_columns" as const, columns: dropped }];
  const changed = (): Error =>
    failure("WHAT_IF_REFUSED", {
      use_case: useCase.use_case,
      reason: `its file is another than version ${version} was trained with`,
      fix: "Train it again.",
    });
  const keys = forecaster.keys.map(({ name }) => name);
  if (useCase.horizon !== horizon || keys.join("\n") !== seriesKeys(useCase).join("\n")) throw changed();
  const { panel } = await preparePanel(deps, snapshot, useCase, { remedies, first }).catch((error: unknown) => {
    throw isFailure(error, "DATA_UNSUITABLE") ? changed() : error;
  });
  const count = first[0]?.values.length ?? 1;
  const { offsets, starts } = panel;
  const planned = {
    ahead: new Float64Array(count * names.length * horizon).fill(Number.NaN),
    least: new Float64Array(count * names.length).fill(Number.NaN),
    greatest: new Float64Array(count * names.length).fill(Number.NaN),
  };
  for (const [at, name] of names.entries()) {
    const input = panel.inputs?.find((one) => one.name === name);
    const calendar = panel.calendar?.find((one) => one.name === name);
    if (!input && !calendar) throw changed();
    for (let series = 0; series < count; series++) {
      const [from, to] = [offsets[series]!, offsets[series + 1]!];
      const begin = calendar ? starts[series]! - calendar.start : 0;
      const place = series * names.length + at;
      const history = input ? input.history.subarray(from, to) : calendar!.values.subarray(begin, begin + to - from);
      for (const value of history) {
        if (Number.isNaN(value)) continue;
        if (!(value >= planned.least[place]!)) planned.least[place] = value;
        if (!(value <= planned.greatest[place]!)) planned.greatest[place] = value;
      }
      const coming = input
        ? input.ahead.subarray(series * horizon, (series + 1) * horizon)
        : calendar!.values.subarray(begin + to - from, begin + to - from + horizon);
      planned.ahead.set(coming, place * horizon);
    }
  }
  return planned;
}
