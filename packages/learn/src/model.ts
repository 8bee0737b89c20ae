/**
 * The contract of every learner: `fit(settings, data) -> model`. Settings are plain JSON; a model is an immutable value that
 * predicts, explains and can be saved. The same settings, data and seed give the same saved bytes on every machine.
 */
import type { Panel, SeriesKey } from "./data/series.ts";
import type { Row, Table } from "./data/table.ts";

export interface FitOptions {
  /** The source of all chance in the fit. */
  readonly seed: number;
  /** Called now and then with the share done, in [0, 1], and what is being done. */
  readonly onProgress?: (share: number, doing: string) => void;
  readonly signal?: AbortSignal;
  /** Called once with what models that did not see a row think of it: calibrated probabilities, shape (nRows, nClasses); NaN where none could know its label. */
  readonly onUnseen?: (probabilities: Float32Array) => void;
  /** Called once by learners that compare several models, with what each was worth, the simplest first. */
  readonly onTried?: (tried: readonly Tried[]) => void;
  /** Worker threads that the fit may use beside the calling one; 0 keeps everything in the calling thread. */
  readonly threads?: number;
}

/** One of the models that a learner has compared, on rows that none of them saw. */
export interface Tried {
  readonly learner: string;
  /** Mean log-loss; of numbers the mean squared error. Lower is better. */
  readonly loss: number;
  /** By what share of the loss of the simplest it is less, and the 95 % interval of that by the chance of the rows; 0 of the simplest itself. */
  readonly gain: number;
  readonly lower: number;
  readonly upper: number;
}

export interface ClassifierData {
  readonly table: Table;
  /** One label a row; rows without a label must have been left out. */
  readonly labels: readonly string[];
  /** Rows that are copies of each other share a number: none is judged by a model that saw another. Not heeded where rows are ordered. */
  readonly groups?: Uint32Array;
  /** As that of `RegressorData`. Learners of texts refuse it. */
  readonly weights?: Float64Array;
  /** As that of `RegressorData`. */
  readonly ordered?: boolean;
}

/** A fitted classifier with calibrated probabilities. */
export interface Classifier {
  /** Which learner made it: the name under which `loadClassifier` finds the loader. */
  readonly kind: string;
  /** Sorted by code unit; every probability array is in this order. */
  readonly classes: readonly string[];
  /** Names of the columns it reads. */
  readonly features: readonly string[];
  /** Which of them an encoder must fill, and from what. */
  readonly vectors: readonly VectorSource[];
  /** Calibrated probabilities, shape (nRows, nClasses), row-major; each row sums to 1. */
  predict(table: Table): Float32Array;
  /** The same for one record; fields that are absent count as missing. The array is the caller's to keep. */
  predictRow(row: Row): Float32Array;
  /**
   * What each piece of the record added to the score of class `classIndex`, against the mean score of all classes: strongest first, at most
   * `limit`, those that spoke against it included. Scores are logarithms of probabilities but for a constant of the record, and the
   * contributions are exact: all of them together, plus a constant of the class, are ln p - mean of ln p.
   */
  explainRow(row: Row, classIndex: number, limit: number): Contribution[];
  /** `predictRow` and `explainRow` of the most probable class in one pass: what a decision needs. */
  decideRow(row: Row, limit: number): RowDecision;
  /** The rows of a table that are most like a record as the model reads both, most alike first, at most `limit`. O(table). */
  nearest(table: Table, row: Row, limit: number, options?: { readonly signal?: AbortSignal }): Promise<Neighbour[]>;
  save(): SavedModel;
}

export interface RegressorData {
  readonly table: Table;
  /** One finite number a row; rows without an outcome must have been left out. */
  readonly targets: Float64Array;
  /** Rows that are copies of each other share a number: none is judged by a model that saw another. Not heeded where rows are ordered. */
  readonly groups?: Uint32Array;
  /**
   * What each row counts for, one positive finite number a row; only their ratios matter, and absent all count alike. A row of weight 2 is as two copies
   * of it that share a group, but for what is counted in observations: rows of a level and of a leaf, how usual a record is, and how sure it is that one
   * model beats another.
   */
  readonly weights?: Float64Array;
  /**
   * Rows are in the order of time and records to come are later than all of them: each is judged by models that saw nothing of its own
   * stretch of time, as those to come will be. Else rows are exchangeable.
   */
  readonly ordered?: boolean;
}

/** What a fit of numbers is told beside settings and rows. */
export type RegressorOptions = Omit<FitOptions, "onUnseen">;

/** A fitted model of a number, with an interval about each of its values. */
export interface Regressor {
  /** Which learner made it: the name under which `loadRegressor` finds the loader. */
  readonly kind: string;
  /** Names of the columns it reads. */
  readonly features: readonly string[];
  /** Which of them an encoder must fill, and from what. */
  readonly vectors: readonly VectorSource[];
  /** Least and greatest outcome of training: no value lies outside. */
  readonly range: readonly [least: number, most: number];
  /** The share of outcomes that intervals hold, in (0, 1). */
  readonly coverage: number;
  /** What contributions are added to, in the unit of the outcome: about the value of an ordinary row. */
  readonly constant: number;
  /** Values in the unit of the outcome, shape (nRows). */
  predict(table: Table): Float64Array;
  /** The same for one record; fields that are absent count as missing. */
  predictRow(row: Row): number;
  /**
   * What each piece of the record added to the value or took from it, in the unit of the outcome: strongest first, at most `limit`. Exact: all of
   * them together and `constant` are the value, before it is kept within `range`.
   */
  explainRow(row: Row, limit: number): Contribution[];
  /** Value, interval and contributions in one pass: what a decision needs. */
  decideRow(row: Row, limit: number): RowEstimate;
  /** The rows of a table that are most like a record as the model reads both, most alike first, at most `limit`. O(table). */
  nearest(table: Table, row: Row, limit: number, options?: { readonly signal?: AbortSignal }): Promise<Neighbour[]>;
  save(): SavedModel;
}

export interface RowEstimate {
  readonly value: number;
  /** The interval: of records like those of training, the share `coverage` has its outcome in it. lower <= value <= upper. */
  readonly lower: number;
  readonly upper: number;
  readonly contributions: Contribution[];
  /** As that of `RowDecision`. */
  readonly typicality: number;
}

/** What a fit of series is told beside settings and panel. */
export type ForecasterOptions = Omit<FitOptions, "onUnseen" | "onTried">;

/**
 * Fitted forecasts of many series, and of their sums where there is a hierarchy. Series are asked for by number: those of the panel in its order,
 * behind them the sums.
 */
export interface Forecaster {
  /** Which learner made it: the name under which `loadForecaster` finds the loader. */
  readonly kind: string;
  /** Steps ahead. */
  readonly horizon: number;
  /** Levels of the quantiles, ascending, in (0, 1). */
  readonly levels: readonly number[];
  /** Lengths of the seasons, in steps: the order of `Explanation.seasons`. */
  readonly seasons: readonly number[];
  /** Names of the inputs and calendar columns it reads, in the order of `Explanation.inputs`. */
  readonly inputs: readonly string[];
  /** Series of the panel and sums. */
  readonly count: number;
  /** What tells them apart, one value a series; null where a sum goes over all values of the key. */
  readonly keys: readonly SeriesKey[];
  /** The first step that is forecast, of each series. */
  readonly origins: Int32Array;
  /** Errors at origins of the past by fits that saw nothing behind them, beside those of seasonal naive. */
  readonly accuracy: ForecastAccuracy;
  /**
   * The forecast, or null where nothing can be said: a panel without any value.
   *
   * @throws RangeError where there is no such series, or an input is none of `inputs` or not of the length of the horizon
   */
  forecast(series: number, changed?: ChangedInputs): SeriesForecast | null;
  /** What the mean is made of: parts that add up to it exactly. null with `forecast`. */
  explain(series: number, changed?: ChangedInputs): ForecastExplanation | null;
  /** The same choices on newer history of the same series, in the same order; series that are new may follow. Quantiles adapt to what came since. */
  update(panel: Panel, options: ForecasterOptions): Promise<Forecaster>;
  save(): SavedModel;
}

/** Inputs that shall be otherwise than the panel said, by name: one value for each step of the horizon. "What if the price were 5?" */
export type ChangedInputs = Readonly<Record<string, Float64Array>>;

/** Everything in the unit of the series. */
export interface SeriesForecast {
  /** What it rests on: the history of the series, or for want of one that of the others. */
  readonly basis: "history" | "others";
  /** Shape (horizon). */
  readonly mean: Float64Array;
  /** For each level one value a step, shape (levels, horizon), row-major. They do not cross. */
  readonly quantiles: Float64Array;
  /** Quantiles of the sum of the first 1, 2, ... steps: what an order must cover. Same shape. The mean of a sum is the sum of means. */
  readonly cumulative: Float64Array;
}

/** mean[h] = level + trend[h] + the seasons and inputs at h + limit[h]. */
export interface ForecastExplanation {
  /** Where the series is at its end, free of seasons and inputs. */
  readonly level: number;
  /** How far it moves from there, shape (horizon). */
  readonly trend: Float64Array;
  /** For each season what it adds, shape (horizon). */
  readonly seasons: readonly Float64Array[];
  /** For each input and calendar column what it adds against its usual value, shape (horizon). */
  readonly inputs: readonly Float64Array[];
  /** What bounds and sums of the hierarchy moved, shape (horizon): a mean that may not be negative is held at 0. */
  readonly limit: Float64Array;
  /** Whose forecasts are combined, with weights that add up to 1. */
  readonly methods: readonly { readonly name: string; readonly weight: number }[];
}

/** Errors at origins of the past. NaN where a series was too short for any. */
export interface ForecastAccuracy {
  /** Origins of each series, at most: the last a horizon before its end. */
  readonly origins: number;
  /** Mean absolute error of each series and step ahead, shape (count, horizon), row-major: of this forecaster, and of seasonal naive. */
  readonly errors: Float64Array;
  readonly naiveErrors: Float64Array;
  /** Mean of forecast less truth, same shape: above 0 where it says too much. */
  readonly bias: Float64Array;
  /** Scale of each series for scaled errors: mean absolute change from one season to the next, NaN where there is none. */
  readonly scales: Float64Array;
}

/** A fitted model of what records usually are. */
export interface Outliers {
  /** Which learner made it. */
  readonly kind: string;
  /** Names of the columns it reads. */
  readonly features: readonly string[];
  /** Scores of all rows, shape (nRows): one minus the share of training rows that are as unusual, in [0, 1). */
  score(table: Table): Float64Array;
  /** The score of one record, and what each field has to do with it; fields that are absent count as missing. */
  decideRow(row: Row, limit: number): RowOutlier;
  save(): SavedModel;
}

export interface RowOutlier {
  readonly score: number;
  /** What made the record unusual (positive) or spoke against it, strongest first. */
  readonly contributions: Contribution[];
}

/** A column of vectors that a pretrained encoder makes of a text. */
export interface VectorSource {
  readonly column: string;
  /** The field that holds the text. */
  readonly of: string;
  /** What the encoder is to read of a record; null where there is nothing, and the vector is missing. */
  textOf(row: Row): string | null;
}

export interface Neighbour {
  readonly row: number;
  /** Cosine of the angle between the two, in [0, 1]: 1 is the same but for what the model does not read. */
  readonly similarity: number;
}

export interface RowDecision {
  /** Calibrated, in the order of `classes`. */
  readonly probabilities: Float32Array;
  /** Index of the most probable class. */
  readonly best: number;
  readonly contributions: Contribution[];
  /**
   * The share of training rows that are as unlike the others as this record, or more, in [0, 1]: 0.01 says that one ordinary record of a
   * hundred looks as strange. 0 where training rows had none of its words, or of a record without words, of its values.
   */
  readonly typicality: number;
}

/** What one piece of a record added to (positive) or took from (negative) the score of a class, or a number. */
export interface Contribution {
  readonly field: string;
  /** The piece as a person would name it: the word, the category, `missing`, the number, or `the meaning as a whole` of an encoded text. */
  readonly value: string;
  readonly weight: number;
}

/** A model at rest: JSON and raw little-endian tensors, nothing that can run. */
export interface SavedModel {
  readonly header: Readonly<Record<string, unknown>> & { readonly kind: string; readonly format: number };
  readonly tensors: Readonly<Record<string, Tensor>>;
}

export type Tensor = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
