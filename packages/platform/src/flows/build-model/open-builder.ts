/** The builder on real parts. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { instant } from "#base/clock";
import { failure } from "#base/errors";
import { hashJson } from "#base/hash";
import type { OpenPublicHolidays } from "#calendars/public-holidays";
import type { Connection } from "#connectors/connector";
import type { Encoder, OpenEncoder } from "#encoders/encoder";
import type { Artifacts } from "#files/artifacts";
import type { BuiltModel, Builder, StepOptions, TrainOptions } from "#flows/build-model/builder";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import type { ReadinessReport } from "#records/readiness-report";
import type { Snapshot } from "#records/snapshot";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { ModelVersion } from "#records/model-version";
import type { DetectSeriesUseCase, RecordUseCase, UseCase } from "#records/use-case";
import { decidesRecords, featureKinds, watchesSeries } from "#records/use-case";
import { ruleDecider } from "#stages/decide/rules";
import { freezeFeedback } from "#stages/outcome/feedback";
import { preparePanel, withoutSums } from "#stages/prepare/panel";
import { prepare } from "#stages/prepare/prepare";
import { readiness } from "#stages/readiness/readiness";
import { saveReadinessReport } from "#stages/readiness/readiness-store";
import { addHistory } from "#stages/history/add-history";
import { judgeGates } from "#stages/registry/gates";
import { openForecaster, openSaved, saveModel } from "#stages/registry/model-file";
import { addModelVersion, listModelVersions } from "#stages/registry/model-store";
import { takeSnapshot } from "#stages/snapshot/snapshot";
import { findSnapshot, latestSnapshot, saveSnapshot } from "#stages/snapshot/snapshot-store";
import { train } from "#stages/train/train";
import { trainForecast } from "#stages/train/train-forecast";
import { trainOutliers } from "#stages/train/train-outliers";
import { trainNumbers } from "#stages/train/train-numbers";
import type { KnownEvent } from "#stages/watch/calendar";
import { readCalendar } from "#stages/watch/read-source";
import { trainSeries } from "#stages/watch/train-series";
import { saveSeries } from "#stages/watch/watch-file";
import type { Tables } from "#tables/tables";

export interface BuilderDeps {
  readonly project: Project;
  readonly pool: Pool;
  readonly artifacts: Artifacts;
  readonly tables: Tables;
  readonly clock: Clock;
  readonly tempFolder: string;
  readonly codeVersion: string;
  /** Worker threads that a fit may use. */
  readonly threads: number;
  connect(system: string): Connection;
  readonly openEncoder: OpenEncoder;
  readonly openPublicHolidays: OpenPublicHolidays;
}

export function openBuilder(deps: BuilderDeps): Builder {
  const { project, pool, artifacts, tables, clock } = deps;

  async function take(useCase: UseCase, { onProgress, signal }: StepOptions): Promise<Snapshot> {
    const connection = deps.connect(useCase.source.system);
    try {
      const snapshot = await takeSnapshot(
        {
          connection,
          artifacts,
          tables,
          clock,
          tempFolder: deps.tempFolder,
          openPublicHolidays: deps.openPublicHolidays,
          ...(signal && { signal }),
          ...(decidesRecords(useCase) &&
            Object.keys(useCase.history).length > 0 && {
              addHistory: (rows, folder) =>
                addHistory(
                  {
                    tables,
                    connect: deps.connect,
                    folder,
                    signal,
                    onProgress: (facts) => onProgress?.(`reading history: ${facts} facts`, null),
                  },
                  useCase,
                  rows,
                ),
            }),
          onProgress: (rows) => onProgress?.(`reading ${useCase.source.system}: ${rows} rows`, null),
        },
        useCase,
      );
      return await saveSnapshot(pool, snapshot);
    } finally {
      await connection.close();
    }
  }

  async function audit(useCase: UseCase, snapshot: Snapshot, { onProgress, signal }: StepOptions): Promise<ReadinessReport> {
    onProgress?.("checking the data", null);
    const report = await readiness({ tables, artifacts, clock, ...(signal && { signal }) }, snapshot, useCase);
    await saveReadinessReport(pool, report);
    return report;
  }

  async function named(hash: string | undefined, useCase: UseCase): Promise<Snapshot | undefined> {
    if (hash === undefined) return undefined;
    const snapshot = await findSnapshot(pool, hash);
    if (snapshot.use_case === useCase.use_case) return snapshot;
    throw failure("SNAPSHOT_UNKNOWN", { hash, use_case: useCase.use_case });
  }

  /** The version to fit again. */
  async function newest({ use_case: name, task }: UseCase): Promise<ModelVersion> {
    const [version] = await listModelVersions(pool, name);
    if (!version) throw failure("MODEL_UNKNOWN", { use_case: name, version: "yet" });
    const { task: trained } = version.evaluation;
    if (trained === task) return version;
    throw failure("MODEL_OF_OTHER_TASK", { use_case: name, version: version.version, trained, task });
  }

  type Made = Pick<
    ModelVersion,
    "artifact" | "learner" | "classes" | "features" | "feedback" | "encoder" | "settings_hash" | "tried" | "evaluation"
  >;

  /** A model that decides record by record. */
  async function decider(
    useCase: RecordUseCase,
    snapshot: Snapshot,
    report: ReadinessReport,
    last: ModelVersion | undefined,
    options: StepOptions,
  ): Promise<Made> {
    const saved = last && (await openSaved(artifacts, last.artifact));
    const { encoder: source } = useCase.features;
    await using encoder = source === undefined ? null : closing(await deps.openEncoder(source));
    const feedback = useCase.train.feedback ? await freezeFeedback({ pool, artifacts }, useCase.use_case) : null;
    const prepared = await prepare({ tables, artifacts, signal: options.signal }, snapshot, useCase, report, feedback?.rows);
    const rules = ruleDecider(useCase.policy, [...featureKinds(useCase).keys()]);
    const training = { clock, threads: deps.threads, encoder };
    const { model, evaluation, tried, settings } =
      useCase.task === "detect"
        ? await trainOutliers(training, { useCase, rows: prepared, rules, known: feedback !== null }, options)
        : useCase.task === "regress"
          ? await trainNumbers(training, { useCase, rows: prepared, rules, last: saved }, options)
          : await train(training, { useCase, rows: prepared, rules, last: saved }, options);
    return {
      artifact: await saveModel(artifacts, model),
      learner: model.kind,
      classes: "classes" in model ? [...model.classes] : [],
      features: [...model.features],
      feedback: feedback && { hash: feedback.hash, ...prepared.feedback },
      encoder: encoder && { source: encoder.source, hash: encoder.hash, size: encoder.size },
      settings_hash: hashJson(settings),
      tried,
      evaluation,
    };
  }

  /** One that looks ahead. */
  async function ahead(
    useCase: ForecastUseCase,
    snapshot: Snapshot,
    report: ReadinessReport,
    last: ModelVersion | undefined,
    options: StepOptions,
  ): Promise<Made> {
    const before = last && (await openForecaster(artifacts, last.artifact));
    const prepared = await preparePanel({ tables, artifacts, signal: options.signal }, snapshot, useCase, {
      remedies: report.findings.flatMap((finding) => finding.remedy ?? []),
      ...(before && { first: withoutSums(before) }),
    });
    const training = { clock, threads: deps.threads };
    const every = last?.evaluation.task === "forecast" ? last.evaluation.every : useCase.every;
    const input = { useCase, prepared, ...(before && { last: { model: before, every } }) };
    const { model, evaluation, settings } = await trainForecast(training, input, options);
    return {
      artifact: await saveModel(artifacts, model),
      learner: model.kind,
      classes: [],
      features: [...useCase.source.series, ...model.inputs],
      feedback: null,
      encoder: null,
      settings_hash: hashJson(settings),
      tried: null,
      evaluation,
    };
  }

  async function calendarOf(useCase: DetectSeriesUseCase, { signal }: StepOptions): Promise<KnownEvent[]> {
    const connection = deps.connect(useCase.source.system);
    try {
      return await readCalendar(connection, useCase, signal);
    } finally {
      await connection.close();
    }
  }

  /** Watches the history of series: what is known of them in the end is the model. */
  async function trainWatch(useCase: DetectSeriesUseCase, options: StepOptions & TrainOptions): Promise<BuiltModel> {
    const { use_case: name } = useCase;
    if (options.refit === true) {
      const reason = "series are watched from the beginning each time";
      throw failure("DATA_UNSUITABLE", { use_case: name, reason, fix: "Train without --refit." });
    }
    const snapshot = (await named(options.snapshot, useCase)) ?? (await take(useCase, options));
    const report = await audit(useCase, snapshot, options);
    refuseBlocked(report, options);
    const started = clock.monotonic();
    const known = await calendarOf(useCase, options);
    const watching = { tables, artifacts, clock, signal: options.signal, onProgress: options.onProgress };
    const trained = await trainSeries(watching, { useCase, snapshot, known });
    const { detector, evaluation } = trained;
    options.onProgress?.("registering", null);
    const version = await addModelVersion(pool, {
      use_case: name,
      artifact: await saveSeries(artifacts, trained),
      learner: "series-detector",
      classes: [],
      features: [...useCase.source.values],
      snapshot: snapshot.hash,
      feedback: null,
      encoder: null,
      tried: null,
      refit_of: null,
      readiness_report: report.id,
      settings_hash: hashJson({ settings: detector.settings, known, holdout: useCase.train.holdout }),
      code_version: deps.codeVersion,
      seed: 0,
      evaluation,
      gates: judgeGates(useCase, evaluation),
      trained_at: instant(clock),
      training_ms: Math.round(clock.monotonic() - started),
    });
    return { snapshot, report, version };
  }

  return {
    snapshot: async (name, options = {}) => take(findUseCase(project, name), options),

    async readiness(name, options = {}) {
      const useCase = findUseCase(project, name);
      const snapshot =
        (await named(options.snapshot, useCase)) ?? (await latestSnapshot(pool, name)) ?? (await take(useCase, options));
      return audit(useCase, snapshot, options);
    },

    async train(name, options = {}): Promise<BuiltModel> {
      const useCase = findUseCase(project, name);
      if (watchesSeries(useCase)) return trainWatch(useCase, options);
      if (options.refit === true && useCase.task === "detect") {
        const reason = "a model of what is usual keeps no choices to fit again with";
        throw failure("DATA_UNSUITABLE", { use_case: name, reason, fix: "Train without --refit." });
      }
      const last = options.refit === true ? await newest(useCase) : undefined;
      const snapshot = (await named(options.snapshot, useCase)) ?? (await take(useCase, options));
      const report = await audit(useCase, snapshot, options);
      refuseBlocked(report, options);
      const started = clock.monotonic();
      options.onProgress?.("preparing", null);
      const made =
        useCase.task === "forecast"
          ? await ahead(useCase, snapshot, report, last, options)
          : await decider(useCase, snapshot, report, last, options);
      options.onProgress?.("registering", null);
      const version = await addModelVersion(pool, {
        use_case: name,
        ...made,
        snapshot: snapshot.hash,
        refit_of: last?.version ?? null,
        readiness_report: report.id,
        code_version: deps.codeVersion,
        seed: useCase.train.seed,
        gates: judgeGates(useCase, made.evaluation),
        trained_at: instant(clock),
        training_ms: Math.round(clock.monotonic() - started),
      });
      return { snapshot, report, version };
    },
  };
}

/** @throws READINESS_BLOCKED */
function refuseBlocked({ use_case: name, verdict, findings }: ReadinessReport, { force }: TrainOptions): void {
  if (verdict !== "block" || force === true) return;
  const blocks = findings.filter((finding) => finding.verdict === "block");
  throw failure("READINESS_BLOCKED", { use_case: name, findings: blocks.map(({ detail }) => detail).join("; ") });
}

/** Closed at the end of the block that holds it. */
function closing(encoder: Encoder): Encoder & AsyncDisposable {
  return { ...encoder, [Symbol.asyncDispose]: () => encoder.close() };
}
