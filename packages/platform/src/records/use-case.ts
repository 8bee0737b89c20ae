/**
 * One decision worth improving: its goal, its source query, its label, its policy. One YAML file; this schema is the truth. `task` says what a
 * decision is: one of some outcomes (`classify`), a number (`regress`), or whether something is unusual (`detect`).
 */
import { z } from "zod";
import { splitLabels, standardSet } from "#learn/data/label-sets";
import {
  detectRecordsPolicySchema,
  detectRecordsSchema,
  detectSeriesPolicySchema,
  detectSeriesSchema,
} from "#records/detect-use-case";
import type { Usualness } from "#records/detect-use-case";
import {
  forecastPolicySchema,
  forecastSchema,
  holidaysFrom,
  placeColumn,
  seriesKeys,
  stockFields,
} from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import type { Beside } from "#records/snapshot";
import { regressPolicySchema, regressSchema } from "#records/regress-use-case";
import { standardCategory, standardNumber } from "#records/standardise";
import {
  bound,
  common,
  duration,
  outcome,
  percent,
  policyParts,
  ruleSchema,
  source,
  weight,
  trainParts,
} from "#records/use-case-parts";
import { costColumns, costsSchema } from "#records/costs";
import { historyParts, matchColumns, matchOf } from "#records/history";
import type { History } from "#records/history";
import type { declaredCheckSchema } from "#records/use-case-parts";

export const classifyPolicySchema = z.strictObject({
  ...policyParts,
  rules_first: z.array(ruleSchema).default([]).describe("Rules that decide before the model is asked; the first that holds wins"),
  confident_at: z
    .strictObject({ precision: percent })
    .default({ precision: "90%" })
    .describe("The precision the model's own decisions must have; the confidence threshold is derived from it on held-out data"),
  costs: costsSchema.optional(),
  rules: z.array(ruleSchema).default([]).describe("The rules of today: the fallback, and the baseline a model must beat"),
  default: outcome.optional().describe("The outcome when nothing else decides"),
});

/** Whether texts are read by the learner of texts, and not only as columns of a regression. */
function readsTexts(learner: string, texts: readonly string[]): boolean {
  return learner === "auto" ? texts.length > 0 : learner.includes("text");
}

export const classifySchema = z
  .strictObject({
    ...common,
    ...historyParts,
    task: z.literal("classify"),
    source: z.strictObject({
      ...source,
      weight,
      label_separator: z
        .string()
        .min(1)
        .max(10)
        .optional()
        .describe('Between the labels where the column holds several at once, as tags: ";" reads "billing; urgent" as two'),
    }),
    train: z
      .strictObject({
        learner: z
          .enum(["auto", "text-linear", "text-network", "trees-text", "linear", "trees", "trees-linear"])
          .default("auto")
          .describe(
            "auto: texts by words, with pieces of words, a network beside, and trees over columns and text where they are better on unseen rows and fit the budget; columns alone by a regression, trees or both, the simplest that is as good as any",
          ),
        budget: duration
          .default("30s")
          .describe("How long trying more than the simplest model may take on a usual machine, about; 0s: the fastest"),
        ...trainParts,
      })
      .default({ learner: "auto", budget: "30s", feedback: true, seed: 1, holdout: "20%" }),
    gate: z
      .strictObject({
        accuracy: bound.optional(),
        macro_f1: bound.optional(),
        auc: bound.optional().describe("Area under the ROC curve"),
        beats: z.array(z.enum(["majority", "rules"])).default(["majority", "rules"]),
        p95_latency: duration.optional(),
      })
      .default({ beats: ["majority", "rules"] }),
    policy: classifyPolicySchema.default(classifyPolicySchema.parse({})),
  })
  .refine(({ features, policy }) => !policy.costs || costColumns(policy.costs).every((name) => features.number.includes(name)), {
    path: ["policy", "costs", "errors"],
    message: "a column of costs must be one of features.number, so that each record brings it",
  })
  .refine(
    ({ source: { weight: counts }, features, train }) => counts === undefined || !readsTexts(train.learner, features.text),
    {
      path: ["source", "weight"],
      message:
        "the learner of texts counts all rows alike; leave weight out, or set train.learner to linear, trees or trees-linear, which heed it",
    },
  );

export const useCaseSchema = z.discriminatedUnion("task", [
  classifySchema,
  regressSchema,
  forecastSchema,
  ofTask("detect", z.union([detectRecordsSchema, detectSeriesSchema])),
]);

/** Alternatives within one task: a union says by itself only which values its alternatives have, not which task they share. */
function ofTask<Schema extends z.ZodType>(task: string, schema: Schema): Schema & z.core.$ZodTypeDiscriminable {
  schema._zod.propValues = { task: new Set([task]) };
  return schema as Schema & z.core.$ZodTypeDiscriminable;
}

/** What tells policies of records apart is how sure is sure enough. */
export const recordPolicySchema = z.union([classifyPolicySchema, regressPolicySchema, detectRecordsPolicySchema]);
export const decidingPolicySchema = z.union([recordPolicySchema, forecastPolicySchema]);
/** That of series is the shorter one, so it is tried first. */
export const policySchema = z.union([detectSeriesPolicySchema, decidingPolicySchema]);

export type Rule = z.infer<typeof ruleSchema>;
export type DeclaredCheck = z.infer<typeof declaredCheckSchema>;
export type Policy = z.infer<typeof policySchema>;
export type DecidingPolicy = z.infer<typeof decidingPolicySchema>;
export type RecordPolicy = z.infer<typeof recordPolicySchema>;
export type ClassifyPolicy = z.infer<typeof classifyPolicySchema>;
export type RegressPolicy = z.infer<typeof regressPolicySchema>;
export type DetectRecordsPolicy = z.infer<typeof detectRecordsPolicySchema>;
export type UseCase = z.infer<typeof useCaseSchema>;
export type ClassifyUseCase = z.infer<typeof classifySchema>;
export type RegressUseCase = z.infer<typeof regressSchema>;
export type DetectRecordsUseCase = z.infer<typeof detectRecordsSchema>;
export type DetectSeriesUseCase = z.infer<typeof detectSeriesSchema>;
/** Decided record by record, by what columns hold. */
export type RecordUseCase = ClassifyUseCase | RegressUseCase | DetectRecordsUseCase;
/** Decided when it is asked for, be it about records or about what is to come. */
export type DecidingUseCase = RecordUseCase | ForecastUseCase;
/** Learnt from what people or events said was right. */
export type LabelledUseCase = ClassifyUseCase | RegressUseCase;

/** Whether it watches series of values; all others decide when they are asked. */
export function watchesSeries(useCase: UseCase): useCase is DetectSeriesUseCase {
  return useCase.task === "detect" && "every" in useCase;
}

/** Whether it decides record by record, by what columns hold. */
export function decidesRecords(useCase: UseCase): useCase is RecordUseCase {
  return useCase.task !== "forecast" && !watchesSeries(useCase);
}

/** An outcome as training and decisions have it; null where it is none. */
export function outcomeOf(useCase: DecidingUseCase, outcome: string): string | null {
  if (useCase.task === "regress" || useCase.task === "forecast") return standardNumber(outcome);
  return useCase.task === "detect" ? usualnessOf(outcome) : standardOutcome(useCase.source, outcome);
}

/** What a column of known anomalies says: flags and numbers other than 0 are anomalies, and so is whatever is neither `usual`, nor a word for no. */
export function usualnessOf(label: string): Usualness {
  return /^(|usual|0+(\.0+)?|-0|f|false|n|no|normal|ok|none|null)$/i.test(label.trim()) ? "usual" : "unusual";
}

/** An outcome in its one spelling: several labels at once are in order and distinct. null where it is missing. */
export function standardOutcome({ label_separator: separator }: ClassifyUseCase["source"], outcome: string): string | null {
  const text = standardCategory(outcome);
  return text === null || separator === undefined ? text : standardCategory(standardSet(text, separator));
}

/** The labels of an outcome: itself, or those it holds. */
export function labelsOf({ label_separator: separator }: ClassifyUseCase["source"], outcome: string): readonly string[] {
  return separator === undefined ? [outcome] : splitLabels(outcome, separator);
}

/** A column that a use case names of its source query, and where in the file. */
export interface NamedColumn {
  readonly place: string;
  readonly column: string;
}

/** The columns that name a record, or a series. */
export function keyColumns(useCase: UseCase): readonly string[] {
  if (useCase.task === "forecast") return seriesKeys(useCase);
  return watchesSeries(useCase) ? useCase.source.series : [useCase.source.key];
}

/** A query of a use case as it is frozen: in which order, with which columns kept as text, digit for digit, since they are names and no quantities. */
export interface FrozenQuery {
  /** In the file: `source.query`. */
  readonly place: string;
  readonly query: string;
  /** What it must return. */
  readonly columns: readonly NamedColumn[];
  readonly asText: readonly string[];
  readonly orderBy: readonly string[];
}

export function sourceQuery(useCase: UseCase): FrozenQuery {
  const { source } = useCase;
  const key = keyColumns(useCase);
  const names = useCase.task === "forecast" ? useCase.source.series : key;
  const label = "label" in source && source.label !== undefined ? [source.label] : [];
  const place = useCase.task === "forecast" ? placeColumn(useCase) : undefined;
  return {
    place: "source.query",
    query: source.query,
    columns: namedColumns(useCase),
    asText: [
      ...new Set([...key, ...label, ...(place === undefined ? [] : [place]), ...matchColumns({ history: historyOf(useCase) })]),
    ],
    orderBy: source.time === undefined ? names : [source.time, ...names],
  };
}

/** Queries that are frozen with the source, by name. */
export function besideQueries(useCase: UseCase): Partial<Record<Beside["name"], FrozenQuery>> {
  if (useCase.task !== "forecast") return {};
  const { source, inputs } = useCase;
  const holidays = holidaysFrom(useCase);
  const time = { place: "source.time", column: source.time };
  const plan = inputs?.query;
  return {
    ...(plan !== undefined && {
      plan: {
        place: "inputs.query",
        query: plan,
        columns: [...several("source.series", source.series), time, ...several("inputs.columns", inputs!.columns)],
        asText: source.series,
        orderBy: [source.time, ...source.series],
      },
    }),
    ...(holidays &&
      "query" in holidays && {
        holidays: { place: "holidays.query", query: holidays.query, columns: [time], asText: [], orderBy: [source.time] },
      }),
  };
}

/** The column that says how much a row counts in training, where there is one. */
export function weightColumn(useCase: UseCase): string | undefined {
  return useCase.task === "detect" || useCase.task === "forecast" ? undefined : useCase.source.weight;
}

/** Every column that training needs of the source query, in the order of the file. */
export function namedColumns(useCase: UseCase): NamedColumn[] {
  if (watchesSeries(useCase)) return seriesColumns(useCase);
  if (useCase.task === "forecast") return panelColumns(useCase);
  const { source, features, history, protected: kept } = useCase;
  const counts = weightColumn(useCase);
  return [
    { place: "source.key", column: source.key },
    ...(source.time === undefined ? [] : [{ place: "source.time", column: source.time }]),
    ...(source.label === undefined ? [] : [{ place: "source.label", column: source.label }]),
    ...(counts === undefined ? [] : [{ place: "source.weight", column: counts }]),
    ...(["text", "category", "number", "time"] as const).flatMap((kind) =>
      features[kind].flatMap((column, at) =>
        Object.hasOwn(history, column) ? [] : [{ place: `features.${kind}[${at}]`, column }],
      ),
    ),
    ...Object.entries(history).flatMap(([name, declared]) =>
      matchOf(declared).map(([column]) => ({ place: `history.${name}.match`, column })),
    ),
    ...kept.map((column, at) => ({ place: `protected[${at}]`, column })),
  ];
}

function seriesColumns({ source }: DetectSeriesUseCase): NamedColumn[] {
  return [
    ...source.series.map((column, at) => ({ place: `source.series[${at}]`, column })),
    { place: "source.time", column: source.time },
    ...source.values.map((column, at) => ({ place: `source.values[${at}]`, column })),
    ...(source.label === undefined ? [] : [{ place: "source.label", column: source.label }]),
  ];
}

/** The columns that a decision is made on, with their kind. */
export function featureKinds(useCase: DecidingUseCase): ReadonlyMap<string, "text" | "category" | "number" | "time"> {
  const kinds = new Map<string, "text" | "category" | "number" | "time">();
  if (useCase.task === "forecast") {
    for (const at of useCase.source.series) kinds.set(at, "category");
    kinds.set(useCase.source.time, "time");
    if (useCase.policy.order) for (const at of stockFields) kinds.set(at, "number");
    return kinds;
  }
  for (const kind of ["text", "category", "number", "time"] as const)
    for (const at of useCase.features[kind]) kinds.set(at, kind);
  return kinds;
}

/** Columns that are computed from the past of a record; a use case of series has none. */
export function historyOf(useCase: UseCase): Readonly<Record<string, History>> {
  return decidesRecords(useCase) ? useCase.history : {};
}

/** Those of them that a record brings; the others are computed from its history. */
export function sentKinds(useCase: RecordUseCase): ReadonlyMap<string, "text" | "category" | "number" | "time"> {
  return new Map([...featureKinds(useCase)].filter(([name]) => !Object.hasOwn(useCase.history, name)));
}

/** Columns of instants whose age at the decision is read: all but the time of the record itself, where that is known. */
export function agedColumns(useCase: DecidingUseCase): readonly string[] {
  if (useCase.task === "forecast") return [];
  const { features, source } = useCase;
  const { time } = source;
  return time === undefined ? [] : features.time.filter((name) => name !== time);
}

function panelColumns(useCase: ForecastUseCase): NamedColumn[] {
  const { source, inputs, hierarchy } = useCase;
  const place = placeColumn(useCase);
  return [
    ...several("source.series", source.series),
    { place: "source.time", column: source.time },
    { place: "source.value", column: source.value },
    ...(source.censored === undefined ? [] : [{ place: "source.censored", column: source.censored }]),
    ...several("inputs.columns", inputs?.columns ?? []),
    ...several("hierarchy", hierarchy),
    ...(place === undefined ? [] : [{ place: "holidays.column", column: place }]),
  ];
}

function several(place: string, columns: readonly string[]): NamedColumn[] {
  return columns.map((column, at) => ({ place: `${place}[${at}]`, column }));
}
