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
import { predictionSet } from "#learn/calibrate/prediction-sets";
import type { PredictionSetRule } from "#learn/calibrate/prediction-sets";
import type { Row } from "#learn/data/table";
import type { Classifier } from "#learn/model";
import type { Deployment } from "#records/deployment";
import type { ModelVersion } from "#records/model-version";
import type { UseCase } from "#records/use-case";
import { featureKinds, policySchema } from "#records/use-case";
import type { Opinion, Scorer } from "#stages/decide/ask-model";
import { openBreaker } from "#stages/decide/breaker";
import type { Breaker } from "#stages/decide/breaker";
import type { Ladder } from "#stages/decide/decide";
import { compileRules } from "#stages/decide/rules";
import { compileValidator } from "#stages/decide/validate";
import type { Validator } from "#stages/decide/validate";
import { openModel } from "#stages/registry/model-file";

export interface Serving {
  readonly useCase: UseCase;
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

interface Model {
  readonly version: ModelVersion;
  readonly classifier: Classifier;
  readonly encoder: Encoder | null;
}

/** Reasons that an answer holds. */
const reasonLimit = 6;

/**
 * Loads the deployed version; where its file or its encoder is not what it was, the version before; where that fails too, none. What
 * already serves the same deployment is kept as it is, and an encoder that already runs is used again.
 */
export async function openServing(
  { artifacts, clock, log, openEncoder }: Deps,
  useCase: UseCase,
  active: ActiveDeployment | undefined,
  current: Serving | undefined,
): Promise<Serving> {
  if (current && (current.deployment?.id ?? null) === (active?.deployment.id ?? null)) return current;
  // A policy that an earlier version stored gets the defaults of what that version did not know.
  const policy = active ? policySchema.parse(active.deployment.policy) : useCase.policy;
  const fields = [...featureKinds(useCase).keys()];
  let model: Model | undefined;
  for (const version of active?.versions ?? []) {
    try {
      const classifier = await openModel(artifacts, version.artifact);
      model = { version, classifier, encoder: await encoderOf(classifier, version, current?.encoder ?? null, openEncoder) };
      break;
    } catch (error) {
      log("error", "model:refused", { use_case: useCase.use_case, version: version.version, error });
    }
  }
  return {
    useCase,
    deployment: active?.deployment ?? null,
    version: model?.version.version ?? null,
    classes: model?.classifier.classes ?? [],
    scorer: model ? scorerOf(model) : null,
    encoder: model?.encoder ?? null,
    breaker: openBreaker(clock),
    ladder: {
      policy,
      rulesFirst: compileRules(policy.rules_first, fields).rules,
      rules: compileRules(policy.rules, fields).rules,
      unfamiliarBelow: parsePercent(policy.unfamiliar_below)!,
      threshold: model?.version.evaluation.confident.threshold ?? 2,
    },
    policyHash: active?.deployment.policy_hash ?? hashJson(policy),
    validate: compileValidator(useCase),
  };
}

/** What clients may know about it. */
export function describeServing({ useCase, version, classes, ladder }: Serving): ServedUseCase {
  const { policy } = ladder;
  const outcomes = new Set([
    ...classes,
    ...[...policy.rules_first, ...policy.rules].map((rule) => rule.then),
    ...(policy.default === undefined ? [] : [policy.default]),
  ]);
  return {
    use_case: useCase.use_case,
    autonomy: policy.autonomy,
    version,
    outcomes: [...outcomes].sort(),
    fields: [...featureKinds(useCase)].map(([name, kind]) => ({ name, kind })),
    key: useCase.source.key,
  };
}

/** @throws ENCODER_* */
async function encoderOf(
  { vectors }: Classifier,
  { encoder: wanted }: ModelVersion,
  running: Encoder | null,
  open: OpenEncoder,
): Promise<Encoder | null> {
  if (vectors.length === 0 || !wanted) return null;
  return running?.source === wanted.source && running.hash === wanted.hash ? running : open(wanted.source, wanted.hash);
}

/** Answers at once; with an encoder, when that has read the texts. */
function scorerOf({ classifier, encoder, version }: Model): Scorer {
  const score = scoring(classifier, version.evaluation.prediction_sets);
  if (!encoder) return score;
  return async (row) => score(await recordWithVectors(encoder, row, classifier.vectors));
}

function scoring(classifier: Classifier, setRule: PredictionSetRule | null): (row: Row) => Opinion {
  const { classes } = classifier;
  return (row) => {
    const { probabilities, contributions, typicality } = classifier.decideRow(row, reasonLimit);
    return {
      alternatives: bestThree(probabilities).map((at) => ({ outcome: classes[at]!, confidence: round(probabilities[at]!) })),
      reasons: contributions.map(({ field, value, weight }) => ({ field, value: value.slice(0, 200), weight: round(weight) })),
      predictionSet: setRule ? predictionSet(setRule, probabilities).map((at) => classes[at]!) : [],
      typicality: round(typicality),
    };
  };
}

/** Indices of the three greatest, greatest first. O(n). */
function bestThree(values: Float32Array): number[] {
  const best: number[] = [];
  for (let at = 0; at < values.length; at++) {
    let place = best.length;
    while (place > 0 && values[at]! > values[best[place - 1]!]!) place--;
    if (place < 3) {
      best.splice(place, 0, at);
      if (best.length > 3) best.pop();
    }
  }
  return best;
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
