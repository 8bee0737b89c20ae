/** Looking ahead on real parts. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import { stepAt, stepText } from "#base/steps";
import type { Every } from "#base/steps";
import { parsePercent } from "#base/text";
import type { Artifacts } from "#files/artifacts";
import type { ForecastChange, LookAhead, SeriesAhead } from "#flows/look-ahead/look-ahead";
import { changeSince } from "#learn/forecasters/change-since";
import type { Forecaster } from "#learn/model";
import { answerWhatIf } from "#flows/look-ahead/answer-what-if";
import { plannedInputs } from "#flows/look-ahead/planned-inputs";
import type { PlannedInputs } from "#flows/look-ahead/planned-inputs";
import { keyOf, nameOf, selectedSeries, shown } from "#flows/look-ahead/series-of";
import { seriesKeys } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { ModelVersion } from "#records/model-version";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import { quantileAt } from "#records/quantile-at";
import { seasonName } from "#records/season-name";
import { seriesHistory } from "#stages/prepare/history";
import { listDeployments } from "#stages/registry/deployments";
import { openForecaster } from "#stages/registry/model-file";
import { findModelVersion, listModelVersions } from "#stages/registry/model-store";
import { findSnapshot } from "#stages/snapshot/snapshot-store";
import type { Tables } from "#tables/tables";

export interface LookAheadDeps {
  readonly project: Project;
  readonly pool: Pool;
  readonly artifacts: Artifacts;
  readonly tables: Tables;
  readonly clock: Clock;
}

/** Series whose past is shown on one page, at most: each is a query of its own. */
const mostHistories = 20;
/** Opened forecasts that are kept: the one that is asked for and the one before. */
const kept = 2;

export function openLookAhead({ project, pool, artifacts, tables, clock }: LookAheadDeps): LookAhead {
  /** By artifact, the least recently used first. */
  const opened = new Map<string, Forecaster>();
  /** What was planned when it was trained, by artifact; it goes with the forecast. */
  const planned = new Map<string, Promise<PlannedInputs>>();

  async function open({ artifact }: ModelVersion): Promise<Forecaster> {
    const found = opened.get(artifact) ?? (await openForecaster(artifacts, artifact));
    opened.delete(artifact);
    opened.set(artifact, found);
    for (const oldest of opened.keys()) {
      if (opened.size <= kept) break;
      opened.delete(oldest);
      planned.delete(oldest);
    }
    return found;
  }

  async function plannedOf(useCase: ForecastUseCase, version: ModelVersion, forecaster: Forecaster): Promise<PlannedInputs> {
    const found = planned.get(version.artifact);
    if (found) return found;
    const reading = findSnapshot(pool, version.snapshot).then((snapshot) =>
      plannedInputs({ tables, artifacts }, { useCase, snapshot, forecaster, version: version.version }),
    );
    planned.set(version.artifact, reading);
    reading.catch(() => planned.delete(version.artifact));
    return reading;
  }

  function known(name: string): ForecastUseCase {
    const useCase = findUseCase(project, name);
    if (useCase.task === "forecast") return useCase;
    throw failure("NO_FORECASTS", { use_case: name, task: useCase.task });
  }

  /** With the step that it was trained on, which the file may have changed since. */
  async function versionOf(name: string, wanted: number | undefined): Promise<{ version: ModelVersion; every: Every }> {
    const number = wanted ?? (await listDeployments(pool, name))[0]?.version ?? (await listModelVersions(pool, name))[0]?.version;
    if (number === undefined) throw failure("MODEL_UNKNOWN", { use_case: name, version: "yet" });
    const version = await findModelVersion(pool, name, number);
    if (version.evaluation.task === "forecast") return { version, every: version.evaluation.every };
    throw failure("MODEL_OF_OTHER_TASK", { use_case: name, version: number, trained: version.evaluation.task, task: "forecast" });
  }

  return {
    async forecast(name, query) {
      const useCase = known(name);
      const { version, every } = await versionOf(name, query.version);
      const forecaster = await open(version);
      const wanted = selectedSeries(useCase, forecaster, query.series);
      const from = query.after === undefined ? 0 : placeOf(query.after, wanted.length);
      const page = wanted.slice(from, from + query.limit);
      const end = Math.max(...forecaster.origins);
      const coverage = parsePercent(useCase.policy.coverage)!;
      const snapshot = query.history === undefined || query.history === 0 ? null : await findSnapshot(pool, version.snapshot);
      if (snapshot && page.length > mostHistories)
        throw invalid("/history", `goes with at most ${mostHistories} series: name fewer, or lower the limit`);
      const series: SeriesAhead[] = [];
      for (const at of page) {
        const ahead = seriesAhead({ ...useCase, every }, forecaster, at, coverage);
        if (!ahead) continue;
        const steps = query.history ?? 0;
        const past = snapshot
          ? await seriesHistory(
              { tables, artifacts },
              snapshot,
              { ...useCase, every },
              { key: ahead.key, end: forecaster.origins[at]!, steps },
            )
          : new Float64Array();
        const first = forecaster.origins[at]! - past.length;
        series.push({
          ...ahead,
          history: Array.from(past, (value, index) => ({
            step: stepText(every, first + index),
            value: Number.isNaN(value) ? null : shown(value),
          })),
        });
      }
      const next = from + query.limit;
      return {
        use_case: name,
        model_version: version.version,
        every,
        seen_until: stepText(every, end - 1),
        steps_old: Math.max(0, stepAt(every, useCase.time_zone, clock.now()) - end),
        coverage,
        series,
        next: next < wanted.length ? String(next) : null,
      };
    },

    async whatIf(name, query) {
      const useCase = known(name);
      const { version, every } = await versionOf(name, query.version);
      const forecaster = await open(version);
      const inputs = await plannedOf({ ...useCase, every }, version, forecaster);
      return answerWhatIf({ useCase: { ...useCase, every }, version: version.version, forecaster, planned: inputs }, query);
    },

    async changes(name, { version: wanted, limit }) {
      const useCase = known(name);
      const { version, every } = await versionOf(name, wanted);
      const columns = seriesKeys(useCase);
      const earlier = (await listModelVersions(pool, name)).find(
        (one) => one.version < version.version && one.evaluation.task === "forecast" && one.evaluation.every === every,
      );
      const about = { use_case: name, model_version: version.version };
      if (!earlier) {
        return { ...about, version_before: null, from: null, until: null, series: 0, new_series: 0, gone_series: 0, changes: [] };
      }
      const [now, before] = [await open(version), await open(earlier)];
      const numbers = new Map(Array.from({ length: before.count }, (_, at) => [JSON.stringify(keyOf(before, columns, at)), at]));
      let common = 0;
      let [from, until] = [Infinity, -Infinity];
      const changes: ForecastChange[] = [];
      for (let at = 0; at < now.count; at++) {
        const other = numbers.get(JSON.stringify(keyOf(now, columns, at)));
        if (other === undefined) continue;
        common++;
        const change = changeOf(nameOf(useCase, now, at), [now, at], [before, other], every);
        if (!change) continue;
        const { start, steps, ...said } = change;
        [from, until] = [Math.min(from, start), Math.max(until, start + steps - 1)];
        if (said.moved.length > 0) changes.push(said);
      }
      const size = ({ before: old, now: own }: ForecastChange): number => Math.abs(own - old);
      changes.sort((a, b) => size(b) - size(a) || (a.series < b.series ? -1 : 1));
      return {
        ...about,
        version_before: earlier.version,
        from: from > until ? null : stepText(every, from),
        until: from > until ? null : stepText(every, until),
        series: common,
        new_series: now.count - common,
        gone_series: before.count - common,
        changes: changes.slice(0, limit),
      };
    },
  };
}

/** Of sums over the steps that both look ahead to. Parts of versions that read other inputs or seasons cannot be compared: it is one part then. */
function changeOf(
  series: string,
  [now, at]: readonly [Forecaster, number],
  [old, before]: readonly [Forecaster, number],
  every: Every,
): (ForecastChange & { readonly start: number; readonly steps: number }) | null {
  const [own, earlier] = [now.forecast(at), old.forecast(before)];
  if (!own || !earlier) return null;
  const start = Math.max(now.origins[at]!, old.origins[before]!);
  const steps = Math.min(now.origins[at]! + now.horizon, old.origins[before]! + old.horizon) - start;
  if (steps <= 0) return null;
  const sumOf = (mean: Float64Array, origin: number): number => total(mean.subarray(start - origin, start - origin + steps));
  const sums = { before: sumOf(earlier.mean, old.origins[before]!), now: sumOf(own.mean, now.origins[at]!) };
  const isAlike = now.seasons.join() === old.seasons.join() && now.inputs.join("\n") === old.inputs.join("\n");
  const change = isAlike ? changeSince(now, at, old, before) : null;
  const parts: (readonly [part: string, by: number])[] = change
    ? [
        ["level", change.level * steps],
        ["trend", total(change.trend)],
        ...change.seasons.map((part, one) => [seasonName(every, now.seasons[one]!), total(part)] as const),
        ...change.inputs.map((part, one) => [now.inputs[one]!, total(part)] as const),
        ["bounds", total(change.limit)],
      ]
    : [["other inputs or seasons", sums.now - sums.before]];
  const moved = parts
    .map(([part, by]) => ({ part, by: shown(by) }))
    .filter(({ by }) => by !== 0)
    .sort((one, other) => Math.abs(other.by) - Math.abs(one.by));
  return { series, before: shown(sums.before), now: shown(sums.now), moved, start, steps };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function seriesAhead(
  useCase: ForecastUseCase,
  forecaster: Forecaster,
  at: number,
  coverage: number,
): Omit<SeriesAhead, "history"> | null {
  const forecast = forecaster.forecast(at);
  if (!forecast) return null;
  const { levels, horizon } = forecaster;
  const bounds = (values: Float64Array, step: number, mean: number): { mean: number; lower: number; upper: number } => {
    const own = levels.map((_, level) => values[level * horizon + step]!);
    const [lower, upper] = [quantileAt(levels, own, (1 - coverage) / 2), quantileAt(levels, own, (1 + coverage) / 2)];
    return { mean: shown(mean), lower: shown(Math.min(lower, mean)), upper: shown(Math.max(upper, mean)) };
  };
  return {
    series: nameOf(useCase, forecaster, at),
    key: Object.fromEntries(seriesKeys(useCase).map((name, index) => [name, keyOf(forecaster, seriesKeys(useCase), at)[index]!])),
    basis: forecast.basis,
    sum: bounds(forecast.cumulative, horizon - 1, total(forecast.mean)),
    steps: Array.from(forecast.mean, (mean, step) => ({
      step: stepText(useCase.every, forecaster.origins[at]! + step),
      ...bounds(forecast.quantiles, step, mean),
    })),
  };
}

function placeOf(after: string, count: number): number {
  if (/^\d{1,9}$/.test(after) && Number(after) <= count) return Number(after);
  throw invalid("/after", "must be the `next` of a page");
}

function invalid(pointer: string, detail: string): Error {
  return failure("REQUEST_INVALID", { problems: `${pointer} ${detail}` }, { problems: [{ pointer, detail }] });
}
