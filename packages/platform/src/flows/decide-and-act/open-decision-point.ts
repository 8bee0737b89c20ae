/** The decision point on real parts. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Pool } from "pg";
import type { Clock } from "#base/clock";
import { failure } from "#base/errors";
import { problemText } from "#base/problem-text";
import type { Problem } from "#base/errors";
import { uuidFromName, uuidv7 } from "#base/id";
import type { Log } from "#base/log";
import { parseDuration } from "#base/text";
import type { Connection } from "#connectors/connector";
import type { Encoder, OpenEncoder } from "#encoders/encoder";
import type { Artifacts } from "#files/artifacts";
import type { DecideContext, DecisionPoint } from "#flows/decide-and-act/decision-point";
import { askHistory } from "#flows/decide-and-act/ask-history";
import { followDeployments } from "#flows/decide-and-act/follow-deployments";
import type { Serving } from "#flows/decide-and-act/serving";
import { describeServing, openServing } from "#flows/decide-and-act/serving";
import type { Row } from "#learn/data/table";
import { ageColumn, ageOf } from "#learn/recipe/ages";
import type { Decision } from "#records/decision";
import type { Project } from "#records/project";
import { findUseCase } from "#records/project";
import { agedColumns, historyOf, watchesSeries } from "#records/use-case";
import type { DecidingUseCase } from "#records/use-case";
import { askModel } from "#stages/decide/ask-model";
import type { Answer } from "#stages/decide/ask-model";
import { openBreaker } from "#stages/decide/breaker";
import type { Breaker } from "#stages/decide/breaker";
import { decide, decideByRulesFirst } from "#stages/decide/decide";
import type { Verdict } from "#stages/decide/decide";
import { openDecisionLog } from "#stages/decide/decision-log";
import type { ValidRecord } from "#stages/decide/validate";
import { openHistoryLookup } from "#stages/history/look-up-history";
import type { HistoryLookup } from "#stages/history/look-up-history";

export interface DecisionPointDeps {
  readonly project: Project;
  readonly pool: Pool;
  /** PostgreSQL of the state, for a connection that listens. */
  readonly stateUrl: string;
  readonly artifacts: Artifacts;
  /** `.inlay`: the spool and the last known deployments lie in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly openEncoder: OpenEncoder;
  connect(system: string): Connection;
}

/** Opens the spool, loads what is deployed and follows it. Works without PostgreSQL from what was deployed last. */
export async function openDecisionPoint(deps: DecisionPointDeps): Promise<DecisionPoint> {
  const { project, pool, clock, log } = deps;
  const decisions = await openDecisionLog({ folder: join(deps.folder, "spool"), pool, clock, log });
  const asked = Object.values(project.useCases).filter((useCase): useCase is DecidingUseCase => !watchesSeries(useCase));
  let serving: ReadonlyMap<string, Serving> = new Map();
  /** Encoders that were replaced at the last change; decisions that had begun before may still ask them. */
  let retired: readonly Encoder[] = [];
  const following = await followDeployments({ pool, stateUrl: deps.stateUrl, folder: deps.folder, log }, async (deployments) => {
    const opened = await Promise.all(
      asked.map((useCase) =>
        openServing(
          { artifacts: deps.artifacts, pool, clock, log, openEncoder: deps.openEncoder },
          useCase,
          deployments.get(useCase.use_case),
          serving.get(useCase.use_case),
        ),
      ),
    );
    const before = encodersOf(serving);
    serving = new Map(opened.map((one) => [one.useCase.use_case, one]));
    const after = new Set(encodersOf(serving));
    await Promise.all(retired.map((encoder) => encoder.close()));
    retired = before.filter((encoder) => !after.has(encoder));
  });
  const histories = await openHistories(deps);
  /** Requests with an idempotency key that are being decided: a repeat that comes meanwhile waits for the same answer. */
  const inFlight = new Map<string, Promise<Decision[]>>();

  async function decideAll(one: Serving, records: readonly ValidRecord[], context: DecideContext): Promise<Decision[]> {
    const { idempotencyKey, caller } = context;
    const made: Decision[] = [];
    const ids: string[] = [];
    const repeated: (Decision | null)[] = [];
    for (const [at, { row, key }] of records.entries()) {
      const name = `${one.useCase.use_case}\n${caller}\n${idempotencyKey}\n${at}`;
      const id = idempotencyKey === undefined ? uuidv7(clock) : uuidFromName(name);
      const before = idempotencyKey === undefined ? null : await recorded(id);
      if (before && (before.key !== key || !isDeepStrictEqual(sent(one, before.record), sent(one, row))))
        throw failure("IDEMPOTENCY_CONFLICT", {});
      ids.push(id);
      repeated.push(before);
    }
    const fresh = Array.from(records.keys()).filter((at) => !repeated[at]);
    for (const some of askedTogether(fresh)) {
      const asking = clock.monotonic();
      const rows = await withHistory(
        one,
        some.map((at) => records[at]!),
      );
      const historyMs = rows === undefined ? 0 : clock.monotonic() - asking;
      for (const [index, at] of some.entries()) {
        const started = clock.monotonic() - historyMs;
        const { key } = records[at]!;
        const id = ids[at]!;
        const row = aged(one.useCase, rows?.[index] ?? records[at]!.row, records[at]!.at ?? clock.now());
        const asked = decideOne(one, row, rows === null ? "no_history" : historyMs);
        const verdict = asked instanceof Promise ? await asked : asked;
        made.push({
          id,
          use_case: one.useCase.use_case,
          key,
          ...verdict,
          model_version: verdict.typicality === null ? null : one.version,
          deployment: one.deployment?.id ?? null,
          policy_hash: one.policyHash,
          autonomy: one.ladder.policy.autonomy,
          record: row,
          decided_at: new Date(clock.now()).toISOString(),
          decided_by: caller,
          latency_ms: Math.round((clock.monotonic() - started) * 1000) / 1000,
        });
      }
    }
    if (made.length > 0) await decisions.record(made);
    let next = 0;
    return repeated.map((before) => before ?? made[next++]!);
  }

  /** `history`: how long it took, which is a part of the deadline. */
  function decideOne(one: Serving, row: ValidRecord["row"], history: number | "no_history"): Verdict | Promise<Verdict> {
    const first = decideByRulesFirst(one.ladder, row);
    if (first) return first;
    if (!one.scorer) return decide(one.ladder, row, "no_model");
    if (history === "no_history") return decide(one.ladder, row, history);
    const deps = {
      clock,
      breaker: one.breaker,
      deadlineMs: parseDuration(one.ladder.policy.deadline)! - history,
      onFailure: (error: unknown) =>
        log("error", "model:failed", { use_case: one.useCase.use_case, version: one.version, error }),
    };
    const answer: Answer | Promise<Answer> = askModel(deps, one.scorer, row);
    return answer instanceof Promise ? answer.then((said) => decide(one.ladder, row, said)) : decide(one.ladder, row, answer);
  }

  /** The rows with their history; null where it did not come, undefined where the use case has none. */
  async function withHistory(one: Serving, records: readonly ValidRecord[]): Promise<ValidRecord["row"][] | null | undefined> {
    const history = histories.get(one.useCase.use_case);
    if (!history || records.length === 0 || one.useCase.task === "forecast") return undefined;
    const deadlineMs = parseDuration(one.ladder.policy.deadline)!;
    const onFailure = (error: unknown): void => log("error", "history:failed", { use_case: one.useCase.use_case, error });
    return askHistory({ clock, ...history, deadlineMs, onFailure }, one.useCase, records);
  }

  /** What is recorded under an id. While PostgreSQL is away, only what is still here is known; an id is stored once all the same. */
  async function recorded(id: string): Promise<Decision | null> {
    try {
      return await decisions.find(id);
    } catch {
      return null;
    }
  }

  return {
    useCases: () => [...serving.values()].map(describeServing),

    async decide(name, inputs, context) {
      const one = serving.get(findUseCase(project, name).use_case);
      if (!one) throw failure("POINTS_NEEDED", { use_case: name });
      const problems: Problem[] = [];
      const records = inputs.map((input, at) => one.validate(input, `/records/${at}`, problems)!);
      if (problems.length > 0) {
        const told = { use_case: name, problems: problemText(problems, "/records") };
        throw failure("RECORD_INVALID", told, { problems: problems.slice(0, 100) });
      }
      if (context.idempotencyKey === undefined) return decideAll(one, records, context);
      const request = `${name}\n${context.caller}\n${context.idempotencyKey}`;
      const running = inFlight.get(request);
      if (running) await running.catch(() => {});
      const asked = decideAll(one, records, context);
      inFlight.set(request, asked);
      try {
        return await asked;
      } finally {
        if (inFlight.get(request) === asked) inFlight.delete(request);
      }
    },

    async find(id) {
      const found = await decisions.find(id);
      if (found) return found;
      throw failure("DECISION_UNKNOWN", { id });
    },

    ready: () => ({
      ready: serving.size > 0 || asked.length === 0,
      details: {
        use_cases: String(serving.size),
        undrained_decisions: String(decisions.pending().decisions),
        state: following.connected() ? "connected" : "away; decisions go on and are stored later",
      },
    }),

    backlog: decisions.pending,

    async close() {
      await following.close();
      await Promise.all([...retired, ...encodersOf(serving)].map((encoder) => encoder.close()));
      await Promise.all([...histories.values()].map(({ lookup }) => lookup.close()));
      await decisions.close();
    },
  };
}

/** A hundred records of a batch ask for their history at once: the deadline is that of a decision, however many are asked for. */
function* askedTogether(places: readonly number[]): Generator<readonly number[]> {
  for (let from = 0; from < places.length; from += 100) yield places.slice(from, from + 100);
}

/** The row with how long before its decision its instants were. */
function aged(useCase: DecidingUseCase, row: Row, decided: number): Row {
  const columns = agedColumns(useCase);
  if (columns.length === 0) return row;
  const ages = columns.map((name): [string, number | null] => {
    const age = ageOf(row[name], decided);
    return [ageColumn(name), Number.isNaN(age) ? null : age];
  });
  return { ...row, ...Object.fromEntries(ages) };
}

/** What a caller sent of a row: all but its history and ages, which are others at another time. */
function sent({ useCase }: Serving, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const computed = new Set([...Object.keys(historyOf(useCase)), ...agedColumns(useCase).map(ageColumn)]);
  return Object.fromEntries(Object.entries(row).filter(([name]) => !computed.has(name)));
}

interface History {
  readonly lookup: HistoryLookup;
  readonly breaker: Breaker;
}

/** How long opening waits for the systems of history to be ready; a decision before waits no longer than its deadline. */
const readyWithinMs = 5000;

/** By use case, where it has history. Each is asked for nothing first: what takes long at the first question is done then. */
async function openHistories({ project, connect, clock, log }: DecisionPointDeps): Promise<ReadonlyMap<string, History>> {
  const histories = new Map<string, History>();
  for (const useCase of Object.values(project.useCases)) {
    if (watchesSeries(useCase) || useCase.task === "forecast" || Object.keys(useCase.history).length === 0) continue;
    histories.set(useCase.use_case, { lookup: openHistoryLookup(connect, useCase), breaker: openBreaker(clock) });
  }
  await Promise.all(
    Array.from(histories, ([use_case, { lookup }]) =>
      lookup
        .of([], AbortSignal.timeout(readyWithinMs))
        .catch((error: unknown) => log("error", "history:failed", { use_case, error })),
    ),
  );
  return histories;
}

function encodersOf(serving: ReadonlyMap<string, Serving>): Encoder[] {
  return [...serving.values()].flatMap(({ encoder }) => encoder ?? []);
}
