/**
 * What people who overrode a number made better or worse, where it is known what turned out: the error of the model's number beside that of the
 * person's. Of orders it is what being short and having too much would have cost. Gilliland: The Business Forecasting Deal, 2010.
 */
import type { Pool } from "pg";
import type { Decision } from "#records/decision";
import type { Deployment } from "#records/deployment";
import { serviceLevelOf } from "#records/forecast-use-case";

export interface ValueAdded {
  readonly use_case: string;
  /** What errors are measured in: the unit of the outcome, or what orders cost. */
  readonly measure: "absolute error" | "cost of the order";
  /** Overridden decisions whose outcome is known. */
  readonly decisions: number;
  /** Mean error; null where there is none. */
  readonly model: number | null;
  readonly person: number | null;
  /** Mean of what is said too much; negative: too little. null of orders, and where there is none. */
  readonly model_bias: number | null;
  readonly person_bias: number | null;
  /** Share of these decisions in which the person was nearer than the model. */
  readonly better: number | null;
}

interface Overridden {
  readonly decision: Pick<Decision, "interval" | "forecast">;
  readonly person: string;
  readonly outcome: string;
  readonly policy: Deployment["policy"] | null;
}

const limit = 200_000;

/** Over the newest decisions, as many as fit. */
export async function valueAdded(pool: Pool, useCase: string): Promise<ValueAdded> {
  const { rows } = await pool.query<Overridden>(
    `select jsonb_build_object('interval', d.body->'interval', 'forecast', d.body->'forecast') as decision,
       r.outcome as person, o.outcome as outcome, p.body->'policy' as policy
     from inlay.decisions d
       join inlay.reviews r on r.id = d.id and r.status = 'overridden'
       join inlay.outcomes o on o.decision_id = d.id
       left join inlay.deployments p on p.id = (d.body->>'deployment')::uuid
     where d.use_case = $1
     order by d.decided_at desc, d.id desc limit $2`,
    [useCase, limit],
  );
  const judged = rows.flatMap((row) => errorsOf(row) ?? []);
  const count = judged.length;
  const ordered = rows.some(({ decision }) => (decision.forecast?.order ?? null) !== null);
  const mean = (of: (one: Errors) => number): number | null =>
    count === 0 ? null : judged.reduce((sum, one) => sum + of(one), 0) / count;
  return {
    use_case: useCase,
    measure: ordered ? "cost of the order" : "absolute error",
    decisions: count,
    model: mean(({ model }) => model),
    person: mean(({ person }) => person),
    model_bias: ordered ? null : mean(({ modelBias }) => modelBias),
    person_bias: ordered ? null : mean(({ personBias }) => personBias),
    better: mean(({ model, person }) => Number(person < model)),
  };
}

interface Errors {
  readonly model: number;
  readonly person: number;
  readonly modelBias: number;
  readonly personBias: number;
}

/** null where no model gave a number, or one of the three is none. */
function errorsOf({ decision: { interval, forecast }, person, outcome, policy }: Overridden): Errors | null {
  const order = forecast?.order ?? null;
  const said = order ? order.quantity : interval?.value;
  const [decided, truth] = [Number(person), Number(outcome)];
  if (said === undefined || !Number.isFinite(decided) || !Number.isFinite(truth)) return null;
  if (!order) {
    const [modelBias, personBias] = [said - truth, decided - truth];
    return { model: Math.abs(modelBias), person: Math.abs(personBias), modelBias, personBias };
  }
  const costs = policy && "order" in policy && policy.order ? policy.order : undefined;
  const level = costs ? serviceLevelOf(costs) : order.level;
  const [short, over] = [costs?.understock ?? level, costs?.overstock ?? 1 - level];
  const costOf = (quantity: number): number => {
    const left = order.stock + quantity - truth;
    return left >= 0 ? left * over : -left * short;
  };
  return { model: costOf(said), person: costOf(decided), modelBias: 0, personBias: 0 };
}
