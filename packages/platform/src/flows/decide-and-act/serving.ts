/** One use case ready to decide: compiled rules, validator and, where a version is deployed and whole, its scorer. */
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { hashJson } from "#base/hash";
import type { Log } from "#base/log";
import { parsePercent } from "#base/text";
import type { Encoder, OpenEncoder } from "#encoders/encoder";
import { recordWithVectors } from "#encoders/text-vectors";
import type { Artifacts } from "#files/artifacts";
import type { ServedUseCase } from "#flows/decide-and-act/decision-point";
import type { ActiveDeployment } from "#flows/decide-and-act/follow-deployments";
import { scoreClasses } from "#flows/decide-and-act/score-classes";
import { scoreNumber } from "#flows/decide-and-act/score-number";
import { scoreSeries } from "#flows/decide-and-act/score-series";
import { scoreOutlier } from "#flows/decide-and-act/score-outlier";
import { costsOf } from "#records/costs";
import type { Deployment } from "#records/deployment";
import { usualness } from "#records/detect-use-case";
import type { ModelVersion } from "#records/model-version";
import { matchColumns } from "#records/history";
import type { DecidingUseCase, RecordPolicy, RecordUseCase } from "#records/use-case";
import { decidingPolicySchema, featureKinds, sentKinds } from "#records/use-case";
import type { Scorer } from "#stages/decide/ask-model";
import { openBreaker } from "#stages/decide/breaker";
import type { Breaker } from "#stages/decide/breaker";
import { byConfidence } from "#stages/decide/by-confidence";
import { byCost } from "#stages/decide/by-cost";
import { byInterval } from "#stages/decide/by-interval";
import { byLookAhead } from "#stages/decide/by-look-ahead";
import { byRarity } from "#stages/decide/by-rarity";
import type { Ladder } from "#stages/decide/decide";
import { compileRules } from "#stages/decide/rules";
import type { Sureness } from "#stages/decide/sureness";
import { compileValidator } from "#stages/decide/validate";
import { compileSeriesValidator } from "#stages/decide/validate-series";
import type { Validator } from "#stages/decide/validate";
import { openForecaster, openModel } from "#stages/registry/model-file";
import type { Model } from "#stages/registry/model-file";

export interface Serving {
  readonly useCase: DecidingUseCase;
  readonly deployment: Deployment | null;
  /** The version that scores; the one before the deployed one where that could not be loaded; null where none could. */
  readonly version: number | null;
  readonly classes: readonly string[];
  readonly scorer: Scorer | null;
  /** What the scorer's model needs; whoever opened the serving closes it. */
  readonly encoder: Encoder | null;
  readonly breaker: Breaker;
  readonly ladder: Ladder;
  readonly policyHash: string;
  readonly validate: Validator;
}

interface Deps {
  readonly artifacts: Artifacts;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly openEncoder: OpenEncoder;
}

interface Loaded {
  readonly version: ModelVersion;
  readonly scorer: Scorer;
  readonly encoder: Encoder | null;
  readonly sureness: Sureness;
}

/**
 * Loads the deployed version; where its file or its encoder is not what it was, the version before; where that fails too, none. What
 * already serves the same deployment is kept as it is, and an encoder that already runs is used again.
 */
export async function openServing(
  { artifacts, clock, log, openEncoder }: Deps,
  useCase: DecidingUseCase,
  active: ActiveDeployment | undefined,
  current: Serving | undefined,
): Promise<Serving> {
  if (current && (current.deployment?.id ?? null) === (active?.deployment.id ?? null)) return current;
  // A policy that an earlier version stored gets the defaults of what that version did not know.
  const policy = active ? decidingPolicySchema.parse(active.deployment.policy) : useCase.policy;
  const fields = [...featureKinds(useCase).keys()];
  let loaded: Loaded | undefined;
  for (const version of active?.versions ?? []) {
    try {
      loaded = await load(version);
      break;
    } catch (error) {
      log("error", "model:refused", { use_case: useCase.use_case, version: version.version, error });
    }
  }
  return {
    useCase,
    deployment: active?.deployment ?? null,
    version: loaded?.version.version ?? null,
    classes: loaded?.version.classes ?? [],
    scorer: loaded?.scorer ?? null,
    encoder: loaded?.encoder ?? null,
    breaker: openBreaker(clock),
    ladder: {
      policy,
      rulesFirst: compileRules(policy.rules_first, fields).rules,
      rules: compileRules(policy.rules, fields).rules,
      unfamiliarBelow: "unfamiliar_below" in policy ? parsePercent(policy.unfamiliar_below)! : 0,
      sureness: loaded?.sureness ?? unasked,
    },
    policyHash: active?.deployment.policy_hash ?? hashJson(policy),
    validate: useCase.task === "forecast" ? compileSeriesValidator(useCase) : compileValidator(useCase),
  };

  /** @throws Error where the version decides something else than its policy is about; ARTIFACT_*, ENCODER_* */
  async function load(version: ModelVersion): Promise<Loaded> {
    if (useCase.task === "forecast") {
      if (version.evaluation.task !== "forecast" || "unfamiliar_below" in policy) throw otherTask(version);
      if (version.evaluation.every !== useCase.every)
        throw new Error(`the version looks ahead by the ${version.evaluation.every}, the use case by the ${useCase.every}`);
      const forecaster = await openForecaster(artifacts, version.artifact);
      return { version, scorer: scoreSeries(clock, useCase, policy, forecaster), encoder: null, sureness: byLookAhead(policy) };
    }
    if (!("unfamiliar_below" in policy)) throw otherTask(version);
    const model = await openModel(artifacts, version.artifact);
    const sureness = surenessOf(policy, version, model);
    const encoder = await encoderOf(model, version, current?.encoder ?? null, openEncoder);
    return { version, scorer: scorerOf(model, encoder, version, policy), encoder, sureness };
  }
}

/** What clients may know about it. */
export function describeServing({ useCase, version, classes, ladder }: Serving): ServedUseCase {
  const { policy } = ladder;
  const outcomes = new Set([
    ...(useCase.task === "detect" ? usualness : classes),
    ...[...policy.rules_first, ...policy.rules].map((rule) => rule.then),
    ...(policy.default === undefined ? [] : [policy.default]),
  ]);
  return {
    use_case: useCase.use_case,
    task: useCase.task,
    autonomy: policy.autonomy,
    version,
    takes: "records",
    outcomes: useCase.task === "regress" || useCase.task === "forecast" ? [] : [...outcomes].sort(),
    fields: (useCase.task === "forecast" ? [...featureKinds(useCase)] : [...sentKinds(useCase), ...matchedOnly(useCase)]).map(
      ([name, kind]) => ({ name, kind }),
    ),
    key: useCase.task === "forecast" ? null : useCase.source.key,
  };
}

/** Columns that are sent for the history alone. */
function matchedOnly(useCase: RecordUseCase): [name: string, kind: "category"][] {
  const names = matchColumns(useCase).filter((name) => !sentKinds(useCase).has(name) && name !== useCase.source.key);
  return names.map((name) => [name, "category"]);
}

/** @throws ENCODER_* */
async function encoderOf(
  model: Model,
  { encoder: wanted }: ModelVersion,
  running: Encoder | null,
  open: OpenEncoder,
): Promise<Encoder | null> {
  if (!("vectors" in model) || model.vectors.length === 0 || !wanted) return null;
  return running?.source === wanted.source && running.hash === wanted.hash ? running : open(wanted.source, wanted.hash);
}

/** Answers at once; with an encoder, when that has read the texts. */
function scorerOf(model: Model, encoder: Encoder | null, { evaluation }: ModelVersion, policy: RecordPolicy): Scorer {
  const sets = evaluation.task === "classify" ? evaluation.prediction_sets : null;
  const costs = "costs" in policy && policy.costs ? policy.costs : null;
  const score =
    "classes" in model
      ? scoreClasses(model, sets, costs && ((row) => costsOf(costs, model.classes, row)))
      : "range" in model
        ? scoreNumber(model)
        : scoreOutlier(model, evaluation.task === "detect" ? evaluation.alarms.threshold : 0);
  if (!encoder || !("vectors" in model)) return score;
  return async (row) => score(await recordWithVectors(encoder, row, model.vectors));
}

/** @throws Error where the version decides something else than its policy is about */
function surenessOf(policy: RecordPolicy, version: ModelVersion, model: Model): Sureness {
  const { evaluation } = version;
  if ("alarms" in policy) {
    if (evaluation.task === "detect" && "decideRow" in model && !("classes" in model) && !("range" in model))
      return byRarity(evaluation.alarms.threshold, policy);
    throw otherTask(version);
  }
  const { confident_at: at } = policy;
  if ("costs" in policy && policy.costs && "classes" in model) return byCost(policy.costs);
  if ("precision" in at && evaluation.task === "classify" && "classes" in model) {
    return byConfidence(evaluation.confident.threshold, at);
  }
  if ("within" in at && "range" in model) return byInterval(at);
  throw otherTask(version);
}

function otherTask({ evaluation }: ModelVersion): Error {
  return new Error(`the version was trained for the task ${evaluation.task}, its policy is of another`);
}

/** Where there is no model, nobody asks how sure it is. */
const unasked: Sureness = byConfidence(2, { precision: "100%" });
