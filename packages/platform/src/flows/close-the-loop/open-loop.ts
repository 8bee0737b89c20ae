/** The loop on real parts. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure, isFailure } from "#base/errors";
import type { OpenEncoder } from "#encoders/encoder";
import { recordWithVectors } from "#encoders/text-vectors";
import type { Artifacts } from "#files/artifacts";
import type { Loop } from "#flows/close-the-loop/loop";
import { changeableValues, counterfactual, decidedAs, valueWithin } from "#learn/explain/counterfactual";
import type { Counterfactual, Goal } from "#learn/explain/counterfactual";
import type { Row } from "#learn/data/table";
import { takeRows } from "#learn/data/table";
import type { VectorSource } from "#learn/model";
import type { Decision } from "#records/decision";
import type { ModelVersion } from "#records/model-version";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import { standardNumber } from "#records/standardise";
import { decidesRecords } from "#records/use-case";
import type { RecordUseCase, UseCase } from "#records/use-case";
import { findOutcome, recordOutcome } from "#stages/outcome/outcomes";
import { valueAdded } from "#stages/outcome/value-added";
import { labelledRows } from "#stages/prepare/prepare";
import { findReadinessReport } from "#stages/readiness/readiness-store";
import { findDeployment } from "#stages/registry/deployments";
import { openModel } from "#stages/registry/model-file";
import { findModelVersion } from "#stages/registry/model-store";
import { closeReview, findReview, listReviews } from "#stages/review/reviews";
import { findSnapshot } from "#stages/snapshot/snapshot-store";
import type { Tables } from "#tables/tables";

export interface LoopDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly artifacts: Artifacts;
  readonly tables: Tables;
  readonly project: Project;
  readonly openEncoder: OpenEncoder;
  readonly decisions: {
    /** @throws DECISION_UNKNOWN */
    find(id: string): Promise<Decision>;
    useCases(): readonly (Pick<UseCase, "use_case" | "task"> & { readonly outcomes: readonly string[] })[];
  };
}

/** Rows of a snapshot that are searched, the latest. */
const searched = 100_000;

export function openLoop({ pool, clock, artifacts, tables, project, openEncoder, decisions }: LoopDeps): Loop {
  /** An outcome as it is kept. @throws OUTCOME_UNKNOWN, OUTCOME_NO_NUMBER */
  function standardFor(name: string): (outcome: string) => string {
    const served = decisions.useCases().find(({ use_case: one }) => one === name);
    return (outcome) => {
      if (served?.task === "regress" || served?.task === "forecast") {
        const number = standardNumber(outcome);
        if (number !== null) return number;
        throw failure("OUTCOME_NO_NUMBER", { outcome, use_case: name });
      }
      const known = served?.outcomes ?? [];
      if (known.includes(outcome)) return outcome;
      throw failure("OUTCOME_UNKNOWN", { outcome, use_case: name, known: known.join(", ") });
    };
  }

  /** A decision is of a use case of records; the file may have made another of it since. @throws POINTS_NEEDED */
  function ofRecords(name: string): RecordUseCase {
    const useCase = findUseCase(project, name);
    if (decidesRecords(useCase)) return useCase;
    throw failure("POINTS_NEEDED", { use_case: name });
  }

  /** The record as the model reads it: with what an encoder makes of its texts. @throws ENCODER_CHANGED, ENCODER_FAILED */
  async function asRead(record: Row, vectors: readonly VectorSource[], named: ModelVersion["encoder"]): Promise<Row> {
    if (named === null || vectors.length === 0) return record;
    const { source } = named;
    const encoder = await openEncoder(source, named.hash).catch((cause: unknown) => {
      // It was there when the model was trained: that it is gone is not the fault of who asks.
      throw isFailure(cause) && cause.who === "user"
        ? failure("ENCODER_FAILED", { source, reason: cause.message }, { cause })
        : cause;
    });
    try {
      return await recordWithVectors(encoder, record, vectors);
    } finally {
      await encoder.close();
    }
  }

  return {
    async trace(id) {
      const decision = await decisions.find(id);
      const [review, outcome, deployment] = await Promise.all([
        findReview(pool, id),
        findOutcome(pool, id),
        decision.deployment === null ? null : findDeployment(pool, decision.deployment),
      ]);
      const version =
        decision.model_version === null ? null : await findModelVersion(pool, decision.use_case, decision.model_version);
      const [report, snapshot] = await Promise.all([
        version && findReadinessReport(pool, version.readiness_report),
        version && findSnapshot(pool, version.snapshot),
      ]);
      const readiness = report && { id: report.id, verdict: report.verdict, made_at: report.made_at };
      return { decision, review, outcome, deployment, model_version: version, readiness_report: readiness, snapshot };
    },

    async similar(id, limit) {
      const { use_case: name, model_version: number, record } = await decisions.find(id);
      const about = { decision_id: id, use_case: name, model_version: number };
      if (number === null) return { ...about, rows: [] };
      const version = await findModelVersion(pool, name, number);
      const snapshot = await findSnapshot(pool, version.snapshot);
      if (version.evaluation.task === "forecast") return { ...about, rows: [] };
      const { table, keys, labels } = await labelledRows({ tables, artifacts }, snapshot, ofRecords(name));
      const first = Math.max(0, table.rows - searched);
      const latest = Uint32Array.from({ length: table.rows - first }, (_, at) => first + at);
      const model = await openModel(artifacts, version.artifact);
      if (!("nearest" in model)) return { ...about, rows: [] };
      const nearest = await model.nearest(takeRows(table, latest), record as Row, limit);
      return {
        ...about,
        rows: nearest.map(({ row, similarity }) => ({
          key: keys[first + row]!,
          outcome: labels[first + row]!,
          similarity: rounded(similarity),
        })),
      };
    },

    async counterfactual(id, outcome, fields) {
      const { use_case: name, model_version: number, record } = await decisions.find(id);
      const about = { decision_id: id, use_case: name, model_version: number, outcome };
      const nothing = { ...about, changes: null, confidence: null, value: null };
      if (number === null) return nothing;
      const version = await findModelVersion(pool, name, number);
      if (version.evaluation.task === "forecast") return nothing;
      const useCase = ofRecords(name);
      const model = await openModel(artifacts, version.artifact);
      if (!("classes" in model) && !("range" in model)) throw failure("USUALNESS_ALONE", { use_case: name });
      const changeable = [...useCase.features.category, ...useCase.features.number];
      // What happened before stays as it was, unless it is asked for.
      const byThemselves = changeable.filter((field) => !Object.hasOwn(useCase.history, field));
      const find = async <Said>(goal: Goal<Said>): Promise<Counterfactual<Said> | null> => {
        const unknown = (fields ?? []).filter((field) => !changeable.includes(field));
        if (unknown.length > 0) throw failure("FIELD_UNCHANGEABLE", { fields: unknown.join(", "), known: changeable.join(", ") });
        const read = await asRead(record as Row, model.vectors, version.encoder);
        const asItIs = counterfactual(goal, read, {});
        if (asItIs) return asItIs;
        const { table } = await labelledRows({ tables, artifacts }, await findSnapshot(pool, version.snapshot), useCase);
        return counterfactual(goal, read, changeableValues(table, fields ?? byThemselves));
      };
      if (!("classes" in model)) {
        const [, side, bound] = /^(<=|>=)\s*(\S+)$/.exec(outcome.trim()) ?? [];
        const limit = bound === undefined ? null : standardNumber(bound);
        if (limit === null) throw failure("BOUND_NEEDED", { outcome, use_case: name });
        const found = await find(valueWithin(model, side as "<=" | ">=", Number(limit)));
        return found ? { ...nothing, changes: found.changes, value: Number(found.said.toPrecision(6)) } : nothing;
      }
      const wanted = model.classes.indexOf(outcome);
      if (wanted < 0) throw failure("OUTCOME_UNKNOWN", { outcome, use_case: name, known: model.classes.join(", ") });
      const found = await find(decidedAs(model, wanted));
      return found ? { ...nothing, changes: found.changes, confidence: rounded(found.said[wanted]!) } : nothing;
    },

    listReviews: (filter) => listReviews(pool, filter),

    async closeReview(id, verdict) {
      const decision = await decisions.find(id).catch((error: unknown) => {
        throw error instanceof Error && "code" in error && error.code === "DECISION_UNKNOWN"
          ? failure("REVIEW_UNKNOWN", { id })
          : error;
      });
      return closeReview({ pool, clock }, decision, verdict, standardFor(decision.use_case));
    },

    async valueAdded(name) {
      const { task } = findUseCase(project, name);
      if (task === "classify") throw failure("NUMBERS_NEEDED", { use_case: name });
      return valueAdded(pool, name);
    },

    async recordOutcome(id, recorded) {
      const decision = await decisions.find(id);
      const outcome = standardFor(decision.use_case)(recorded.outcome);
      return recordOutcome({ pool, clock }, decision, { ...recorded, outcome });
    },
  };
}

function rounded(share: number): number {
  return Math.round(share * 1e4) / 1e4;
}
