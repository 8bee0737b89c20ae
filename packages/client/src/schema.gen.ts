// Generated from spec/openapi.json by `npm run spec`. Do not edit.

/** The decisions of the last hour on this server */
export type Activity = {
  use_case: string;
  until: string;
  minutes: ({
    /** Start of the minute */
    at: string;
    /** Decisions by path */
    paths: Record<"rules_first" | "model" | "rules" | "review" | "default", number>;
    /** Their mean latency inside the decision point */
    latency_ms: number;
  })[];
};

/** Something unusual in related series, with what was expected */
export type Alarm = {
  id: string;
  use_case: string;
  /** What its series share */
  group: string;
  start: string;
  /** The last unusual point so far */
  end: string;
  /** More points may still belong to it */
  open: boolean;
  /** The most unusual of its series; the following are of that one */
  series: string;
  /** Names the series for programs: as JSON the values of its columns, then the measured value, null where all are judged together */
  series_id: string;
  kind: "point" | "level" | "trend" | "variance" | "season" | "frequency" | "missing" | "together";
  peak: string;
  /** Share of ordinary points that are as unusual as its peak */
  rarity: number;
  reason: string;
  /** The series in it, by start; the first began it */
  parts: ({
    series: string;
    /** Names the series for programs: as JSON the values of its columns, then the measured value, null where all are judged together */
    series_id: string;
    kind: "point" | "level" | "trend" | "variance" | "season" | "frequency" | "missing" | "together";
    start: string;
    peak: string;
    /** The last unusual point so far */
    end: string;
    /** More points may still belong to it */
    open: boolean;
    /** Share of ordinary points that are as unusual as its peak */
    rarity: number;
    /** At the peak; null where nothing came */
    value: number | null;
    expected: number;
    lower: number;
    upper: number;
    /** Of values judged together those that do not go with the others, strongest first; `value` of the part is how far the first is off, in usual deviations */
    metrics?: ({
      metric: string;
      /** Where it was at the peak, smoothed over a few points */
      value: number;
      /** Where it would go with the others */
      expected: number;
    })[];
    /** Points before it and in it, thinned out where there are many */
    points: ({
      at: string;
      /** null where nothing came */
      value: number | null;
      expected: number;
      /** The range in which 99 % of such values lie */
      lower: number;
      upper: number;
    })[];
  })[];
  /** What a person said of it */
  mark: {
    as: "useful" | "noise" | "expected";
    note: string | null;
    by: string;
    at: string;
    /** Share of the alarm budget that this kind of alarm of its series had from then on */
    share: number;
  } | null;
  autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
  model_version: number;
  deployment: string;
  /** When Inlay knew */
  raised_at: string;
};

/** What an alarm was worth */
export type AlarmMark = {
  /** useful: it was worth it. noise: nothing was wrong. expected: right, but known of before */
  as: "useful" | "noise" | "expected";
  /** Why, in a few words */
  note?: string;
};

/** What people are told of an alarm */
export type AlarmMessage = {
  type: "alarm.opened" | "alarm.changed" | "alarm.closed" | "test";
  /** When Inlay knew */
  timestamp: string;
  /** The alarm as it was then */
  data: {
    /** null in a test */
    alarm: {
      id: string;
      use_case: string;
      /** What its series share */
      group: string;
      start: string;
      /** The last unusual point so far */
      end: string;
      /** More points may still belong to it */
      open: boolean;
      /** The most unusual of its series; the following are of that one */
      series: string;
      /** Names the series for programs: as JSON the values of its columns, then the measured value, null where all are judged together */
      series_id: string;
      kind: "point" | "level" | "trend" | "variance" | "season" | "frequency" | "missing" | "together";
      peak: string;
      /** Share of ordinary points that are as unusual as its peak */
      rarity: number;
      reason: string;
      autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
      model_version: number;
      deployment: string;
      /** When Inlay knew */
      raised_at: string;
      /** The series in it, by start; the first began it */
      parts: ({
        series: string;
        /** Names the series for programs: as JSON the values of its columns, then the measured value, null where all are judged together */
        series_id: string;
        kind: "point" | "level" | "trend" | "variance" | "season" | "frequency" | "missing" | "together";
        start: string;
        peak: string;
        /** The last unusual point so far */
        end: string;
        /** More points may still belong to it */
        open: boolean;
        /** Share of ordinary points that are as unusual as its peak */
        rarity: number;
        /** At the peak; null where nothing came */
        value: number | null;
        expected: number;
        lower: number;
        upper: number;
        /** Of values judged together those that do not go with the others, strongest first; `value` of the part is how far the first is off, in usual deviations */
        metrics?: ({
          metric: string;
          /** Where it was at the peak, smoothed over a few points */
          value: number;
          /** Where it would go with the others */
          expected: number;
        })[];
      })[];
    } | null;
  };
};

/** A page of alarms */
export type AlarmPage = {
  alarms: (Alarm)[];
  /** Pass as `after` for the next page; null on the last */
  next: string | null;
};

/** Alarms of the last two weeks against the budget */
export type AlarmSummary = {
  use_case: string;
  /** As the policy has it */
  budget: string;
  /** Series that are watched */
  series: number;
  days: ({
    day: string;
    alarms: number;
    useful: number;
    noise: number;
  })[];
  /** In all of these days */
  alarms: number;
  /** So many false alarms are promised for these days */
  promised: number;
  /** Going on now */
  open: number;
  /** Messages to the receivers of the project that have not come there */
  undelivered: {
    /** Sent again by themselves */
    waiting: number;
    /** Given up after three days */
    dead: number;
  };
};

/** What would have to be different in a record for another outcome */
export type Counterfactual = {
  decision_id: string;
  use_case: string;
  /** null where no model was asked; then nothing can be said */
  model_version: number | null;
  outcome: string;
  /** None where the model decides so already; null where nothing that may be changed is enough */
  changes: ({
    field: string;
    from: string | number | null;
    to: string | number;
  })[] | null;
  /** Of the outcome, with the changes made; null of numbers */
  confidence: number | null;
  /** Of numbers: what the model says with the changes made */
  value: number | null;
};

/** What was decided for one record, and why */
export type Decision = {
  id: string;
  use_case: string;
  /** The record's key, where it brought one */
  key: string | null;
  /** null while it waits for a person */
  outcome: string | null;
  /** Calibrated probability of the model's choice; null of numbers, and where no model was asked */
  confidence: number | null;
  path: "rules_first" | "model" | "rules" | "review" | "default";
  cause: "rule_matched" | "confident" | "unsure" | "unfamiliar" | "out_of_reach" | "no_model" | "deadline" | "model_failed" | "breaker_open" | "no_history" | "autonomy";
  /** The cause in words */
  explanation: string;
  /** The model's best three, best first; what it would have said where it did not decide */
  alternatives: ({
    outcome: string;
    confidence: number;
  })[];
  /** Outcomes that hold the truth in nine of ten records, best first; empty where no model was asked */
  prediction_set: (string)[];
  /** The model's number and the interval about it; null where outcomes are no numbers, or no model was asked */
  interval: {
    /** What the model says */
    value: number;
    lower: number;
    upper: number;
    /** Share of outcomes that lie in such intervals */
    coverage: number;
  } | null;
  /** What the model looks ahead to; null of other tasks, and where no model could say it */
  forecast: {
    /** The values of its key */
    series: string;
    /** The first step that the decision is about */
    from: string;
    /** The last one */
    until: string;
    /** The last step that the model has seen */
    seen_until: string;
    /** Sum that is expected over these steps */
    mean: number;
    /** null where the policy orders nothing */
    order: {
      /** What to order */
      quantity: number;
      /** What stock and order must be enough for: the quantile of the demand */
      up_to: number;
      /** How often it is enough */
      level: number;
      /** What is there and on its way, as the record has it */
      stock: number;
    } | null;
  } | null;
  /** Share of training rows that are as unlike the others as this record; null where no model was asked */
  typicality: number | null;
  /** What weighed most for the model's best, strongest first */
  reasons: ({
    field: string;
    /** The word, category or number that weighed */
    value: string;
    /** Positive: spoke for the outcome; negative: against it */
    weight: number;
  })[];
  model_version: number | null;
  autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
  decided_at: string;
  latency_ms: number;
};

/** A decision with everything it traces back to */
export type DecisionTrace = {
  decision: RecordedDecision;
  review: Review | null;
  outcome: Outcome | null;
  deployment: Deployment | null;
  model_version: ModelVersion | null;
  readiness_report: {
    id: string;
    verdict: "pass" | "warn" | "block";
    made_at: string;
  } | null;
  snapshot: Snapshot | null;
};

/** Decisions in the order of the records */
export type Decisions = {
  decisions: (Decision)[];
};

/** Which model version decides, under which policy */
export type Deployment = {
  id: string;
  use_case: string;
  /** The model version that decides */
  version: number;
  /** The version that was active before: next on the ladder, target of a rollback */
  previous_version: number | null;
  /** The policy as it was when deployed; editing the file changes nothing until the next deployment */
  policy: {
    autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
    /** The promise: so many false alarms, and no more. Without `per series`, of all series together */
    alarms: string;
  } | {
    autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
    /** Longest time the model may take before the ladder goes on without it */
    deadline: string;
    /** The model does not decide on records that are as unlike the training rows as only this share of those themselves */
    unfamiliar_below: string;
    /** Where a decision goes that the model does not take */
    otherwise: "review" | "rules" | "default";
    /** Rules that decide before the model is asked; the first that holds wins */
    rules_first: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: string;
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The precision the model's own decisions must have; the confidence threshold is derived from it on held-out data */
    confident_at: {
      precision: string;
    };
    /** With costs the model decides what costs least on average, and alone where that is less than a person's look */
    costs?: {
      /** What a person's look at one record costs */
      review: number;
      /** What each kind of error costs; one that is not named costs as much as the dearest that is */
      errors: ({
        /** What is true */
        outcome: string;
        taken_for: string;
        /** An amount, or the column of numbers among the features that holds the amount of each record */
        cost: number | string;
      })[];
    };
    /** The rules of today: the fallback, and the baseline a model must beat */
    rules: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: string;
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The outcome when nothing else decides */
    default?: string;
  } | {
    autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
    /** Longest time the model may take before the ladder goes on without it */
    deadline: string;
    /** The model does not decide on records that are as unlike the training rows as only this share of those themselves */
    unfamiliar_below: string;
    /** Where a decision goes that the model does not take */
    otherwise: "review" | "rules" | "default";
    /** Rules that decide before the model is asked; the first that holds wins */
    rules_first: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: string;
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The model decides alone where its interval is this narrow */
    confident_at: {
      /** How far the interval may reach to each side for the model to decide alone: in the unit of the outcome, or as a share of the value */
      within: string;
      /** The share of outcomes that intervals must hold */
      coverage: string;
    };
    /** The rules of today: the fallback, and the baseline a model must beat */
    rules: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: string;
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The outcome when nothing else decides */
    default?: string;
  } | {
    autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
    /** Longest time the model may take before the ladder goes on without it */
    deadline: string;
    /** Not needed here: what is unlike the training rows is what is looked for */
    unfamiliar_below: string;
    /** Where a decision goes that the model does not take */
    otherwise: "review" | "rules" | "default";
    /** The promise: so many ordinary records are called unusual, and no more. The threshold follows from it */
    alarms: string;
    /** What becomes of an unusual record: the model says so alone, or a person looks at it first, as at what waits for review */
    unusual: "decide" | "review";
    /** Rules that decide before the model is asked; the first that holds wins */
    rules_first: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: "unusual" | "usual";
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The rules of today: the fallback, and what the model is compared with */
    rules: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: "unusual" | "usual";
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The outcome when nothing else decides */
    default?: "unusual" | "usual";
  } | {
    autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
    /** Longest time the model may take before the ladder goes on without it */
    deadline: string;
    /** Where a decision goes that the model does not take */
    otherwise: "review" | "rules" | "default";
    /** The share of outcomes that intervals must hold */
    coverage: string;
    /** Steps whose sum a decision is about; with an order they are its lead time and review (default: 1) */
    cover?: number;
    /** What to order: the quantile of the demand that the costs imply, less what is there */
    order?: {
      /** Steps from the order until it is there */
      lead_time: number;
      /** Steps from one order to the next */
      review: number;
      /** What a unit costs that is asked for and not there */
      understock?: number;
      /** What a unit costs that is left over */
      overstock?: number;
      /** How often the stock shall be enough, instead of the two costs */
      service_level?: string;
      /** Orders are multiples of so many units */
      pack?: number;
    };
    /** Rules that decide before the model is asked; the first that holds wins */
    rules_first: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: string;
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The model decides alone where its interval is this narrow; without it, whatever the interval */
    confident_at?: {
      /** How far the interval may reach to each side for the model to decide alone: in the unit of the outcome, or as a share of the value */
      within: string;
    };
    /** The rules of today: the fallback where there is no model */
    rules: ({
      /** Condition in CEL over `record`, for example record.priority == "P1" */
      when: string;
      /** The outcome when the condition holds */
      then: string;
      /** The reason given with the decision */
      because?: string;
    })[];
    /** The outcome when nothing else decides */
    default?: string;
  };
  policy_hash: string;
  kind: "deploy" | "rollback";
  deployed_at: string;
  deployed_by: string;
};

/** What changed since the version before */
export type ForecastChanges = {
  use_case: string;
  model_version: number;
  /** null where there is none to compare with */
  version_before: number | null;
  /** The first step that both look ahead to */
  from: string | null;
  until: string | null;
  /** Series that both know */
  series: number;
  new_series: number;
  gone_series: number;
  /** The greatest differences first; series that are as they were are left out */
  changes: ({
    series: string;
    /** Sum over the steps that both versions look ahead to */
    before: number;
    now: number;
    /** What moved it, strongest first; together the difference */
    moved: ({
      part: string;
      by: number;
    })[];
  })[];
};

/** A page of forecasts */
export type ForecastPage = {
  use_case: string;
  model_version: number;
  every: "15m" | "30m" | "hour" | "day" | "week" | "month" | "quarter" | "year";
  /** The last step that the model has seen */
  seen_until: string;
  /** Steps that are over since then */
  steps_old: number;
  /** Share of values that lie from `lower` to `upper` */
  coverage: number;
  series: ({
    /** The values of its key */
    series: string;
    /** Value by column; null: the sum over all of its values */
    key: Record<string, string | null>;
    /** What it rests on: its own past, or for want of one that of the others */
    basis: "history" | "others";
    /** Of all steps together */
    sum: {
      mean: number;
      lower: number;
      upper: number;
    };
    steps: ({
      step: string;
      mean: number;
      lower: number;
      upper: number;
    })[];
    /** The last steps before; null where a value is unknown. Empty unless asked for */
    history: ({
      step: string;
      value: number | null;
    })[];
  })[];
  /** Pass as `after` for the next page; null on the last */
  next: string | null;
};

/** A trained model with its evaluation and the hashes of what it came from */
export type ModelVersion = {
  use_case: string;
  /** 1, 2, 3 ... within the use case */
  version: number;
  /** SHA-256 of the saved model; it is loaded only when its content has this hash */
  artifact: string;
  learner: string;
  /** The outcomes it decides between; none where the outcome is a number */
  classes: (string)[];
  features: (string)[];
  snapshot: string;
  /** What closed reviews and recorded outcomes taught beside the snapshot; null where there were none */
  feedback: {
    /** SHA-256 of the rows, which are kept as an artifact */
    hash: string;
    /** Rows of the snapshot whose outcome a person or an event has corrected or confirmed */
    relabelled: number;
    /** Rows that only Inlay's own decisions brought */
    added: number;
  } | null;
  /** The pretrained encoder whose vectors the model reads beside the words; null where there is none */
  encoder: {
    /** The folder or package, as the use case named it */
    source: string;
    /** SHA-256 of its files; with other files the model is not used */
    hash: string;
    /** Numbers in a vector */
    size: number;
  } | null;
  /** The version whose choices and calibration were kept; null where all was found out anew */
  refit_of: number | null;
  /** What was compared on training rows that each did not see; the simplest is kept that none beats by more than one standard error. Null where nothing was compared */
  tried: ({
    learner: string;
    /** Mean log-loss; of numbers the mean squared error */
    loss: number;
    /** By what share of the loss of the first, the simplest, it is less */
    gain: number;
    /** 95 % interval of the gain, by the chance of the rows */
    lower: number;
    upper: number;
  })[] | null;
  readiness_report: string;
  settings_hash: string;
  code_version: string;
  seed: number;
  evaluation: {
    task: "classify";
    train_rows: number;
    test_rows: number;
    /** Held-out rows that repeat one of training: its key, or nearly word for word its texts */
    copied_rows: number;
    split: "time" | "random";
    /** Rows from this instant on were held out */
    split_at: string | null;
    model: {
      accuracy: number;
      macro_f1: number;
    };
    /** Area under the ROC curve, the mean over outcomes, each against the others */
    auc: number | null;
    baselines: {
      majority: {
        accuracy: number;
        macro_f1: number;
      };
      rules: {
        accuracy: number;
        macro_f1: number;
      } | null;
    };
    classes: ({
      outcome: string;
      /** Held-out rows of this outcome */
      support: number;
      precision: number;
      recall: number;
      f1: number;
    })[];
    /** Which outcomes are taken for which, most often first */
    confusions: ({
      outcome: string;
      taken_for: string;
      rows: number;
    })[];
    /** By confident learning (Northcutt et al. 2021), over training and held-out rows */
    label_noise: {
      /** Estimated share of rows with a wrong outcome; an upper one where outcomes overlap */
      share: number;
      lower: number;
      upper: number;
      /** The rows whose outcome is most likely wrong, by models that did not see them */
      suspects: ({
        key: string;
        outcome: string;
        expected: string;
        probability: number;
      })[];
    };
    calibration: {
      /** Expected calibration error of the chosen class's confidence */
      ece: number;
      /** What 95 % of perfectly calibrated models with the same confidences stay below */
      ece_by_chance: number;
      brier: number;
      /** Mean confidence and share of right choices in groups of equal size, least confident first */
      reliability: ({
        confidence: number;
        right: number;
        rows: number;
      })[];
    };
    confident: {
      precision_wanted: number;
      /** Least confidence at which the model decides alone; above 1: never */
      threshold: number;
      /** Share of held-out rows at or above the threshold */
      coverage: number;
      /** Precision of those; null where there are none */
      precision: number | null;
      /** Its one-sided 95 % lower bound (Clopper-Pearson) */
      precision_lower: number | null;
    };
    /** Where the policy says what errors cost */
    costs: {
      /** What a person's look costs, from the policy */
      review: number;
      /** Mean cost of a held-out row if the model decides all */
      alone: number;
      /** If it decides alone what costs no more than a look, and a person looks at the rest */
      with_review: number;
      /** Share of rows that it decides alone then */
      decided_alone: number;
      /** If the most frequent outcome is always decided */
      majority: number;
      /** If the rules of today decide, and a person where none holds */
      rules: number | null;
      /** Mean cost of a row where it decides alone up to an expected cost, and a person looks at the rest */
      curve: ({
        limit: number;
        coverage: number;
        cost: number;
      })[];
    } | null;
    /** Share of rows answered from a confidence on, and how many of them are right */
    risk_coverage: {
      points: ({
        coverage: number;
        confidence: number;
        precision: number;
      })[];
      /** Mean error over all coverages (AURC); lower is better */
      area: number;
    };
    /** "One of these": null where there are too few held-out rows to promise anything */
    prediction_sets: {
      /** How often the truth is promised to be in the set */
      coverage: number;
      /** Sum of probabilities up to which outcomes come in */
      bound: number;
      mean_size: number;
      /** Share of held-out rows whose set is one outcome */
      single: number;
    } | null;
    /** What the model goes by, to be read and challenged by whoever knows the outcomes */
    learnt: ({
      outcome: string;
      /** Training rows of this outcome that were read for it */
      rows: number;
      speaks_for: ({
        field: string;
        value: string;
        /** Mean weight in the rows that have it */
        weight: number;
        /** Rows of the outcome in which it was among the strongest reasons */
        rows: number;
      })[];
      speaks_against: ({
        field: string;
        value: string;
        /** Mean weight in the rows that have it */
        weight: number;
        /** Rows of the outcome in which it was among the strongest reasons */
        rows: number;
      })[];
    })[];
    /** How well groups of rows fare, by level of the categories and of protected columns; worst first */
    slices: ({
      column: string;
      /** The model does not read the column */
      protected: boolean;
      value: string;
      /** Held-out rows */
      rows: number;
      accuracy: number;
      /** 95 % interval (Clopper-Pearson) */
      lower: number;
      upper: number;
      /** The three outcomes chosen most often */
      decided: ({
        outcome: string;
        share: number;
      })[];
    })[];
    /** What the model leans on, most important first, on held-out rows */
    importance: ({
      /** One field, or several that rise and fall together and were dealt together */
      fields: (string)[];
      /** By how much the log-loss rises, in nats, or the RMSE, in the unit of the outcome; about 0: it says nothing */
      rise: number;
      /** 95 % interval */
      lower: number;
      upper: number;
    })[];
    /** How predictions go with the most important fields, the others as they are */
    effects: ({
      field: string;
      /** Whose probability is shown: the one that the field moves most; null of numbers */
      outcome: string | null;
      /** Values ascending (accumulated local effects), or levels, the most frequent first (partial dependence) */
      points: ({
        /** A value of the field */
        at: number | string;
        /** By how much the prediction is more than on average */
        effect: number;
      })[];
    })[];
    /** How the later, held-out rows differ from those of training; null where they were drawn by chance */
    drift: {
      /** Columns that were looked at, the outcome among them */
      compared: number;
      /** Columns that differ in the later rows by more than chance, the outcome first */
      findings: ({
        column: string;
        /** It is the outcome itself */
        is_label: boolean;
        /** Of numbers the statistic of Kolmogorov and Smirnov, of levels the total variation, in [0, 1] */
        distance: number;
        /** What 99 % of columns without drift stay below, at these numbers of rows */
        by_chance: number;
        detail: string;
      })[];
      /** How good it is in the first, the second and the last third of the held-out rows; none of too few rows */
      thirds: ({
        from: string;
        /** Accuracy, or the mean absolute error */
        score: number;
      })[];
      /** It is worse in the last third than in the first, by more than chance */
      falls: boolean;
    } | null;
    /** One decision with reasons, on the training machine */
    latency_ms: {
      p50: number;
      p95: number;
    };
  } | {
    task: "regress";
    train_rows: number;
    test_rows: number;
    /** Held-out rows that repeat one of training: its key, or nearly word for word its texts */
    copied_rows: number;
    split: "time" | "random";
    /** Rows from this instant on were held out */
    split_at: string | null;
    model: {
      /** Root of the mean squared error, in the unit of the outcome */
      rmse: number;
      /** Mean absolute error, in the unit of the outcome */
      mae: number;
      /** Share of the variance that is explained: 1 at best, below 0 where the mean of the truth would do better */
      r2: number;
    };
    baselines: {
      /** Always the mean outcome of training */
      mean: {
        /** Root of the mean squared error, in the unit of the outcome */
        rmse: number;
        /** Mean absolute error, in the unit of the outcome */
        mae: number;
        /** Share of the variance that is explained: 1 at best, below 0 where the mean of the truth would do better */
        r2: number;
      };
      /** The rules of today; the mean where none holds and there is no default */
      rules: {
        /** Root of the mean squared error, in the unit of the outcome */
        rmse: number;
        /** Mean absolute error, in the unit of the outcome */
        mae: number;
        /** Share of the variance that is explained: 1 at best, below 0 where the mean of the truth would do better */
        r2: number;
      } | null;
    };
    intervals: {
      coverage_wanted: number;
      /** Share of held-out outcomes that lie in their interval */
      coverage: number;
      /** In the unit of the outcome */
      mean_width: number;
    };
    confident: {
      /** As written: how far the interval may reach to each side where the model decides alone */
      within: string;
      /** Share of held-out rows that the model would decide alone */
      coverage: number;
      /** Share of those whose outcome was that near; null where there are none */
      kept: number | null;
      /** Mean absolute error of those */
      mae: number | null;
    };
    /** What the model goes by, strongest first, over held-out rows */
    learnt: ({
      field: string;
      /** Mean amount by which it moves the value */
      weight: number;
    })[];
    /** Groups of held-out rows, furthest off first */
    slices: ({
      column: string;
      /** The model does not read the column */
      protected: boolean;
      value: string;
      /** Held-out rows */
      rows: number;
      /** Mean absolute error, in the unit of the outcome */
      mae: number;
      /** Mean of what the model says too much; negative: too little */
      bias: number;
    })[];
    /** What the model leans on, most important first, on held-out rows */
    importance: ({
      /** One field, or several that rise and fall together and were dealt together */
      fields: (string)[];
      /** By how much the log-loss rises, in nats, or the RMSE, in the unit of the outcome; about 0: it says nothing */
      rise: number;
      /** 95 % interval */
      lower: number;
      upper: number;
    })[];
    /** How predictions go with the most important fields, the others as they are */
    effects: ({
      field: string;
      /** Whose probability is shown: the one that the field moves most; null of numbers */
      outcome: string | null;
      /** Values ascending (accumulated local effects), or levels, the most frequent first (partial dependence) */
      points: ({
        /** A value of the field */
        at: number | string;
        /** By how much the prediction is more than on average */
        effect: number;
      })[];
    })[];
    /** How the later, held-out rows differ from those of training; null where they were drawn by chance */
    drift: {
      /** Columns that were looked at, the outcome among them */
      compared: number;
      /** Columns that differ in the later rows by more than chance, the outcome first */
      findings: ({
        column: string;
        /** It is the outcome itself */
        is_label: boolean;
        /** Of numbers the statistic of Kolmogorov and Smirnov, of levels the total variation, in [0, 1] */
        distance: number;
        /** What 99 % of columns without drift stay below, at these numbers of rows */
        by_chance: number;
        detail: string;
      })[];
      /** How good it is in the first, the second and the last third of the held-out rows; none of too few rows */
      thirds: ({
        from: string;
        /** Accuracy, or the mean absolute error */
        score: number;
      })[];
      /** It is worse in the last third than in the first, by more than chance */
      falls: boolean;
    } | null;
    /** One decision with reasons, on the training machine */
    latency_ms: {
      p50: number;
      p95: number;
    };
  } | {
    task: "forecast";
    /** Values that the judged fit learnt from; the version itself has learnt from the held-out ones too */
    train_rows: number;
    /** Held-out values */
    test_rows: number;
    /** 0: values of series are no copies of each other */
    copied_rows: number;
    split: "time";
    /** Begin of the held-out steps */
    split_at: string | null;
    every: "15m" | "30m" | "hour" | "day" | "week" | "month" | "quarter" | "year";
    horizon: number;
    series: {
      learnt: number;
      /** Those with values on both sides */
      judged: number;
      /** Without a value for so long that they are not forecast */
      ended: number;
      /** Sums over groups of series, which are forecast too */
      sums: number;
    };
    /** The last step that the version has seen */
    seen_until: string;
    /** Times in the held-out steps at which a forecast was made */
    origins: number;
    model: {
      /** Mean absolute error of a value, in its unit */
      mae: number;
      /** Sum of absolute errors as a share of the sum of values; null where that is 0 */
      wape: number | null;
      /** Mean absolute error, as a share of what seasonal naive is off by over the history, mean over series; null where no series changes */
      mase: number | null;
      /** Sum of what is said too much as a share of the sum of values; negative: too little */
      bias: number | null;
    };
    baselines: {
      /** The value of one season before */
      seasonal_naive: {
        /** Mean absolute error of a value, in its unit */
        mae: number;
        /** Sum of absolute errors as a share of the sum of values; null where that is 0 */
        wape: number | null;
        /** Mean absolute error, as a share of what seasonal naive is off by over the history, mean over series; null where no series changes */
        mase: number | null;
        /** Sum of what is said too much as a share of the sum of values; negative: too little */
        bias: number | null;
      };
    };
    intervals: {
      coverage_wanted: number;
      /** Share of held-out values that lie in their interval */
      coverage: number;
      mean_width: number;
    };
    /** By steps ahead */
    ahead: ({
      /** Mean absolute error of a value, in its unit */
      mae: number;
      /** Sum of absolute errors as a share of the sum of values; null where that is 0 */
      wape: number | null;
      /** Mean absolute error, as a share of what seasonal naive is off by over the history, mean over series; null where no series changes */
      mase: number | null;
      /** Sum of what is said too much as a share of the sum of values; negative: too little */
      bias: number | null;
      /** The same of seasonal naive */
      naive_mae: number;
      /** Share of values that lie in their interval */
      coverage: number;
      /** Held-out values */
      rows: number;
      from: number;
      to: number;
    })[];
    /** By columns of the key, furthest off first */
    groups: ({
      /** Mean absolute error of a value, in its unit */
      mae: number;
      /** Sum of absolute errors as a share of the sum of values; null where that is 0 */
      wape: number | null;
      /** Mean absolute error, as a share of what seasonal naive is off by over the history, mean over series; null where no series changes */
      mase: number | null;
      /** Sum of what is said too much as a share of the sum of values; negative: too little */
      bias: number | null;
      /** The same of seasonal naive */
      naive_mae: number;
      /** Share of values that lie in their interval */
      coverage: number;
      /** Held-out values */
      rows: number;
      column: string;
      value: string;
    })[];
    /** What is combined, mean weight over series */
    methods: ({
      name: string;
      weight: number;
    })[];
    /** One decision with reasons, on the training machine */
    latency_ms: {
      p50: number;
      p95: number;
    };
  } | {
    task: "detect";
    train_rows: number;
    test_rows: number;
    /** Held-out rows that repeat one of training: its key, or nearly word for word its texts */
    copied_rows: number;
    split: "time" | "random";
    /** Rows from this instant on were held out */
    split_at: string | null;
    /** Series that are watched; null of records */
    series: number | null;
    /** Where the values of one row are judged together */
    together?: {
      /** Things whose values are judged together; each is one more of the series */
      things: number;
      /** Things with too few rows for that, or fewer than two values that change */
      left_out: number;
    };
    /** What series may follow, those of most series first: found in the history, or of days and weeks where it was too short to tell */
    seasons?: ({
      /** How long they are, shortest first; none where values do not come again */
      seconds: (number)[];
      /** So many series follow these */
      series: number;
    })[];
    alarms: {
      /** As the policy has it */
      budget: string;
      /** A record, or a value, alarms where a smaller share than this of ordinary ones is as unusual */
      threshold: number;
      /** So many on the held-out rows, were all of them ordinary */
      promised: number;
      /** Between these two it lies 95 times of 100, by chance alone */
      lower: number;
      upper: number;
      raised: number;
    };
    /** Where known anomalies are named by a label or by people; null where there are none */
    known: {
      /** Known ones among the held-out rows; of series, stretches of them */
      anomalies: number;
      model: {
        /** Share of the alarms that were known anomalies; 0 where there was no alarm */
        precision: number;
        /** Share of the known anomalies that were found */
        recall: number;
        f1: number;
      };
      /** The rules of today */
      rules: {
        /** Share of the alarms that were known anomalies; 0 where there was no alarm */
        precision: number;
        /** Share of the known anomalies that were found */
        recall: number;
        f1: number;
      } | null;
    } | null;
    /** The largest alarms on held-out rows, largest first */
    largest: ({
      /** The key of the record, or the series */
      name: string;
      /** What is unusual: `record`, or of a series point, level, trend, variance, season, frequency, missing, together */
      kind: string;
      /** When it began; of a record when it came to be, where that is known */
      start: string | null;
      peak: string | null;
      end: string | null;
      /** At the peak; null of records */
      value: number | null;
      expected: number | null;
      /** The range in which 99 % of such values lie */
      lower: number | null;
      upper: number | null;
      /** Share of ordinary records, or values, that are as unusual */
      rarity: number;
      reason: string;
    })[];
    /** Which fields alarms come from, most first; of series, which values */
    learnt: ({
      field: string;
      /** Share of what makes its alarms unusual */
      weight: number;
    })[];
    /** One record with reasons, or one point, on the training machine */
    latency_ms: {
      p50: number;
      p95: number;
    };
  };
  gates: ({
    /** As written, such as macro_f1, rmse, beats rules, p95_latency */
    gate: string;
    wanted: string;
    got: string;
    passed: boolean;
  })[];
  trained_at: string;
  training_ms: number;
};

/** What turned out to be true for one decision */
export type Outcome = {
  decision_id: string;
  use_case: string;
  /** What turned out to be right */
  outcome: string;
  recorded_at: string;
  /** Id of the API key, or `cli` */
  recorded_by: string;
};

/** Points of series that are watched */
export type Points = {
  /** At most 5000, of any series: all are taken or none */
  points: (Record<string, unknown>)[];
};

/** What became of points, and the alarms that began, grew or ended */
export type PointsTaken = {
  taken: {
    /** Values that were judged and learnt from */
    judged: number;
    /** Learnt from; their series is too young for alarms */
    warming: number;
    /** Nothing was measured, or a series stayed silent */
    missing: number;
    /** In a known event: observed, neither alarmed nor learnt */
    known: number;
    /** Not after the last point of their series, the same again included: left aside */
    late: number;
    /** Later than now: left aside */
    ahead: number;
  };
  alarms: (Alarm)[];
};

/** RFC 9457 problem details */
export type Problem = {
  /** Stable name of the kind of problem; GET it for what it means */
  type: string;
  /** The kind of problem in words */
  title: string;
  /** The HTTP status again */
  status: number;
  /** What is wrong with this request */
  detail: string;
  /** The path that was asked for */
  instance: string;
  /** The same name as in the log, the CLI and the docs */
  code: "PROJECT_NOT_FOUND" | "PROJECT_INVALID" | "PROJECT_EXISTS" | "FILE_EXISTS" | "SECRET_MISSING" | "USE_CASE_UNKNOWN" | "SYSTEM_UNKNOWN" | "USAGE" | "SYSTEM_UNREACHABLE" | "SUBSCRIPTION_FAILED" | "SYSTEM_REFUSED" | "QUERY_REFUSED" | "QUERY_FAILED" | "QUERY_TIMEOUT" | "FILE_UNREADABLE" | "WRITE_FAILED" | "SNAPSHOT_UNKNOWN" | "DATA_UNSUITABLE" | "READINESS_BLOCKED" | "CANCELLED" | "MODEL_UNKNOWN" | "MODEL_OF_OTHER_TASK" | "GATE_FAILED" | "NOTHING_TO_ROLL_BACK" | "ARTIFACT_CORRUPT" | "ARTIFACT_MISSING" | "ARTIFACT_FORMAT" | "ALARM_UNKNOWN" | "POINTS_NEEDED" | "RECORDS_NEEDED" | "POINTS_INVALID" | "NOT_WATCHED" | "SERIES_TOO_MANY" | "RECEIVER_INVALID" | "RECEIVER_UNKNOWN" | "RECEIVER_FAILED" | "ENCODER_MISSING" | "ENCODER_INVALID" | "ENCODER_CHANGED" | "ENCODER_FAILED" | "PACKAGE_MISSING" | "PLACE_UNKNOWN" | "NO_FORECASTS" | "WHAT_IF_REFUSED" | "SERIES_UNKNOWN" | "RECORD_INVALID" | "DECISION_UNKNOWN" | "REVIEW_UNKNOWN" | "REVIEW_CLOSED" | "OUTCOME_UNKNOWN" | "EXPORT_UNKNOWN" | "FIELD_UNCHANGEABLE" | "OUTCOME_NO_NUMBER" | "USUALNESS_ALONE" | "BOUND_NEEDED" | "NUMBERS_NEEDED" | "OUTCOME_CONFLICT" | "IDEMPOTENCY_CONFLICT" | "SPOOL_FULL" | "SPOOL_FAILED" | "OVERLOADED" | "KEY_MISSING" | "KEY_REFUSED" | "KEY_SCOPE" | "KEY_UNKNOWN" | "STATE_UNREACHABLE" | "STATE_OWNED" | "STATE_START_FAILED" | "STATE_NEWER" | "STATE_CHANGED" | "REQUEST_INVALID" | "REQUEST_TIMEOUT" | "HEADERS_TOO_LARGE" | "METHOD_UNKNOWN" | "PROBLEM_UNKNOWN" | "ROUTE_UNKNOWN" | "BODY_TOO_LARGE" | "MEDIA_TYPE" | "RATE_LIMITED" | "INTERNAL";
  /** What to do about it */
  fix: string;
  /** Each problem by itself. A pointer is a JSON pointer into the body, or path:NAME, query:NAME, header:NAME */
  errors?: ({
    pointer: string;
    detail: string;
  })[];
  /** The trace of this request, from its traceparent or made here; the log knows it */
  trace_id: string;
};

/** A kind of problem */
export type ProblemType = {
  type: string;
  title: string;
  status: number;
  code: string;
  /** What it says; {words} in braces are filled in */
  detail: string;
  fix: string;
  /** Who can mend it: whoever sent the request, whoever runs Inlay, or its makers */
  mended_by: "user" | "operator" | "us";
  /** Whether the same request may succeed later */
  retry: boolean;
};

/** A decision with the record it was made on and the policy it was made under */
export type RecordedDecision = {
  id: string;
  use_case: string;
  /** The record's key, where it brought one */
  key: string | null;
  /** null while it waits for a person */
  outcome: string | null;
  /** Calibrated probability of the model's choice; null of numbers, and where no model was asked */
  confidence: number | null;
  path: "rules_first" | "model" | "rules" | "review" | "default";
  cause: "rule_matched" | "confident" | "unsure" | "unfamiliar" | "out_of_reach" | "no_model" | "deadline" | "model_failed" | "breaker_open" | "no_history" | "autonomy";
  /** The cause in words */
  explanation: string;
  /** The model's best three, best first; what it would have said where it did not decide */
  alternatives: ({
    outcome: string;
    confidence: number;
  })[];
  /** Outcomes that hold the truth in nine of ten records, best first; empty where no model was asked */
  prediction_set: (string)[];
  /** The model's number and the interval about it; null where outcomes are no numbers, or no model was asked */
  interval: {
    /** What the model says */
    value: number;
    lower: number;
    upper: number;
    /** Share of outcomes that lie in such intervals */
    coverage: number;
  } | null;
  /** What the model looks ahead to; null of other tasks, and where no model could say it */
  forecast: {
    /** The values of its key */
    series: string;
    /** The first step that the decision is about */
    from: string;
    /** The last one */
    until: string;
    /** The last step that the model has seen */
    seen_until: string;
    /** Sum that is expected over these steps */
    mean: number;
    /** null where the policy orders nothing */
    order: {
      /** What to order */
      quantity: number;
      /** What stock and order must be enough for: the quantile of the demand */
      up_to: number;
      /** How often it is enough */
      level: number;
      /** What is there and on its way, as the record has it */
      stock: number;
    } | null;
  } | null;
  /** Share of training rows that are as unlike the others as this record; null where no model was asked */
  typicality: number | null;
  /** What weighed most for the model's best, strongest first */
  reasons: ({
    field: string;
    /** The word, category or number that weighed */
    value: string;
    /** Positive: spoke for the outcome; negative: against it */
    weight: number;
  })[];
  model_version: number | null;
  deployment: string | null;
  policy_hash: string;
  autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
  /** The record as it was decided on, after standardising */
  record: Record<string, unknown>;
  decided_at: string;
  /** Id of the API key, or `cli` */
  decided_by: string;
  latency_ms: number;
};

/** A decision waiting for, or changed by, a person */
export type Review = {
  id: string;
  use_case: string;
  status: "open" | "accepted" | "overridden";
  /** What the model or the path proposed */
  suggestion: string | null;
  /** What the person decided; null while open */
  outcome: string | null;
  reason: string | null;
  opened_at: string;
  closed_at: string | null;
  closed_by: string | null;
};

/** A page of reviews */
export type ReviewPage = {
  reviews: (Review)[];
  /** Pass as `after` for the next page; null on the last */
  next: string | null;
};

/** What the person decided */
export type ReviewVerdict = {
  /** accept: the suggestion is right. override: `outcome` is right */
  action: "accept" | "override";
  /** What the person decided; needed to override */
  outcome?: string | number;
  /** Why; needed to override */
  reason?: string;
};

/** Rows of the snapshot that are most like the record of a decision */
export type SimilarRows = {
  decision_id: string;
  use_case: string;
  /** null where no model was asked; then there are no rows */
  model_version: number | null;
  rows: ({
    key: string;
    outcome: string;
    /** Cosine, in [0, 1] */
    similarity: number;
  })[];
};

/** The frozen data that a model version was trained on */
export type Snapshot = {
  /** SHA-256 of the Parquet file; also its name in the artifact store */
  hash: string;
  use_case: string;
  system: string;
  query: string;
  /** The columns that were computed from facts, and how */
  history?: Record<string, {
    /** Where the facts are; the system of source where it is left out */
    system?: string;
    /** One SELECT that returns the facts, one a row, of all records */
    from: string;
    /** Which facts are the record's: the column that both have, or `record column: column of from` for each; without it all facts are, and a window is needed */
    match?: string | Record<string, string>;
    /** When the fact became known; only facts before the record's own time count */
    time: string;
    /** How far back facts count; everything before, where it is left out */
    window?: string;
    /** count: facts; since: days since the last one; or what to make of one of their columns */
    value: "count" | "since" | {
      /** The column of `from` to add up */
      sum: string;
    } | {
      /** The column of `from` to average */
      mean: string;
    } | {
      /** The column of `from` to take the least of */
      min: string;
    } | {
      /** The column of `from` to take the greatest of */
      max: string;
    } | {
      /** The column of `from` to take the latest value of */
      last: string;
    } | {
      /** The column of `from` to count the different values of */
      distinct: string;
    };
  }>;
  key: string | null;
  fields: ({
    name: string;
    type: "string" | "number" | "boolean" | "time";
    source_type: string;
  })[];
  rows: number;
  bytes: number;
  time_column: string | null;
  time_from: string | null;
  time_to: string | null;
  taken_at: string;
  /** What was frozen together with it: inputs of the steps to come, and holidays. Their hashes stand in its file */
  beside?: ({
    name: "plan" | "holidays";
    /** What was asked; of a library the places and years */
    query: string;
    /** The library that said it, and its version, where no query did */
    library?: string;
    hash: string;
    fields: ({
      name: string;
      type: "string" | "number" | "boolean" | "time";
      source_type: string;
    })[];
    rows: number;
  })[];
};

/** How the server is */
export type Status = {
  version: string;
  ready: boolean;
  /** What was looked at, and how it is */
  details: Record<string, string>;
  started_at: string;
};

/** A use case as it is served */
export type UseCase = {
  use_case: string;
  /** Whether a decision is one of some outcomes, a number, what is to come, or whether something is unusual */
  task: "classify" | "regress" | "forecast" | "detect";
  /** What is sent to it: records, to /decisions, or points of series that are watched, to /points */
  takes: "records" | "points";
  autonomy: "observe" | "shadow" | "suggest" | "veto" | "act";
  /** The deployed model version; null where rules and people decide alone */
  version: number | null;
  /** What a decision can be; empty where it is a number */
  outcomes: (string)[];
  /** The fields that a record brings; all may be missing */
  fields: ({
    name: string;
    kind: "text" | "category" | "number" | "time";
  })[];
  /** The field that names the record; optional. null of points, and where its series names it */
  key: string | null;
};

/** What other inputs would do to the forecast */
export type WhatIf = {
  use_case: string;
  model_version: number;
  every: "15m" | "30m" | "hour" | "day" | "week" | "month" | "quarter" | "year";
  /** The last step that the model has seen */
  seen_until: string;
  /** Share of values that lie from `lower` to `upper` */
  coverage: number;
  /** The first step with other inputs */
  from: string;
  /** The last one */
  until: string;
  /** Series that are asked for */
  count: number;
  /** Over these steps and all series that are asked for */
  sum: {
    /** As the forecast stands */
    planned: number;
    what_if: number;
    difference: number;
  };
  /** Series with an input that was never seen so */
  outside: number;
  /** Those that move most first */
  series: ({
    series: string;
    key: Record<string, string | null>;
    /** What it rests on: its own past, or for want of one that of the others */
    basis: "history" | "others";
    /** Over these steps */
    sum: {
      /** As the forecast stands */
      planned: number;
      what_if: number;
      difference: number;
    };
    inputs: ({
      input: string;
      /** Its values over these steps as they are planned; null where none is known */
      planned: {
        least: number;
        greatest: number;
      } | null;
      /** Those that they are replaced by */
      what_if: {
        least: number;
        greatest: number;
      } | null;
      /** Its values in the history of the series; null where it has none */
      seen: {
        least: number;
        greatest: number;
      } | null;
      /** It was never seen so in this series: how far it moves the forecast is a guess */
      outside: boolean;
      /** Steps with no value of it, neither planned nor given: they stay as they are */
      unplanned: number;
    })[];
    steps: ({
      /** As the forecast stands */
      planned: number;
      what_if: number;
      difference: number;
      step: string;
      /** Of the interval about `what_if` */
      lower: number;
      upper: number;
    })[];
  })[];
};

/** Planned values of inputs replaced */
export type WhatIfQuery = {
  /** By input: the value in place of the planned one, or a change of it such as `-10%` */
  changes: Record<string, number | boolean | string>;
  /** Only series with these values of their key; sums of the hierarchy are left out */
  series?: Record<string, string>;
  /** The first step with other inputs (default: the first that is forecast) */
  from?: string;
  /** The last one (default: the last that is forecast) */
  until?: string;
  /** Of this model version (default: the deployed one) */
  version?: number;
  /** At most so many series, those that move most */
  limit?: number;
};

/** What each operation takes and answers. */
export interface Operations {
  /** Decide one record or many */
  decide: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: {
      /** The one record to decide */
      record?: Record<string, unknown>;
      /** Or many, at most 1000: all are decided or none */
      records?: (Record<string, unknown>)[];
    };
    answer: Decision | Decisions;
  };
  /** A decision with everything it traces back to */
  getDecision: {
    params: {
      /** Id of the decision */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: DecisionTrace;
  };
  /** Rows the model learnt from that are most like this record */
  getSimilar: {
    params: {
      /** Id of the decision */
      id: string;
    };
    query: {
      /** At most so many rows */
      limit?: number;
    };
    body: undefined;
    answer: SimilarRows;
  };
  /** What would have to be different for another outcome */
  getCounterfactual: {
    params: {
      /** Id of the decision */
      id: string;
    };
    query: {
      /** How the model should have decided; of numbers a bound such as "<= 3" */
      outcome: string;
      /** Fields that may be changed; all numbers and categories where none is named */
      change?: string | (string)[];
    };
    body: undefined;
    answer: Counterfactual;
  };
  /** Say what turned out to be right */
  recordOutcome: {
    params: {
      /** Id of the decision */
      id: string;
    };
    query: undefined;
    body: {
      /** What turned out to be right: of numbers the number */
      outcome: string | number;
      /** true: correct the outcome recorded before */
      replaces?: boolean;
    };
    answer: Outcome;
  };
  /** Decisions that wait for a person, and those a person has decided */
  listReviews: {
    params: undefined;
    query: {
      /** Only of this use case */
      use_case?: string;
      /** Only in this state; all where it is left out */
      status?: "open" | "accepted" | "overridden";
      /** `next` of the page before */
      after?: string;
      /** At most so many on a page */
      limit?: number;
    };
    body: undefined;
    answer: ReviewPage;
  };
  /** Accept the suggestion, or override it with a reason */
  closeReview: {
    params: {
      /** Id of the decision */
      id: string;
    };
    query: undefined;
    body: ReviewVerdict;
    answer: Review;
  };
  /** Watch points of series */
  sendPoints: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: Points;
    answer: PointsTaken;
  };
  /** What was unusual in series */
  listAlarms: {
    params: undefined;
    query: {
      /** Only of this use case */
      use_case?: string;
      /** true: only those that go on; false: only those that have ended */
      open?: "true" | "false";
      /** Only those marked so; none: not marked yet */
      mark?: "useful" | "noise" | "expected" | "none";
      /** Only those that began then or later */
      since?: string;
      /** `next` of the page before */
      after?: string;
      /** At most so many on a page */
      limit?: number;
    };
    body: undefined;
    answer: AlarmPage;
  };
  /** One alarm with the points of its series */
  getAlarm: {
    params: {
      /** Id of the alarm */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Alarm;
  };
  /** Say what an alarm was worth */
  markAlarm: {
    params: {
      /** Id of the alarm */
      id: string;
    };
    query: undefined;
    body: AlarmMark;
    answer: Alarm;
  };
  /** Alarms of the last two weeks against the budget */
  getAlarmSummary: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: AlarmSummary;
  };
  /** The use cases of the key */
  listUseCases: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      use_cases: (UseCase)[];
    };
  };
  /** What a record of a use case holds, and what decides */
  getUseCase: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: UseCase;
  };
  /** The decisions of the last hour, by minute and path */
  getActivity: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: Activity;
  };
  /** The model versions of a use case */
  listModels: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      models: (ModelVersion)[];
    };
  };
  /** One model version */
  getModel: {
    params: {
      /** Name of the use case */
      name: string;
      /** Number of the model version */
      version: number;
    };
    query: undefined;
    body: undefined;
    answer: ModelVersion;
  };
  /** The deployments of a use case */
  listDeployments: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      deployments: (Deployment)[];
    };
  };
  /** Let a model version decide */
  deploy: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: {
      /** The model version that shall decide */
      version: number;
    };
    answer: Deployment;
  };
  /** Back to the version before */
  rollback: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: Deployment;
  };
  /** What is to come, series by series */
  getForecast: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: {
      /** Only series with these values of their key: `store=1,item=2` */
      series?: string;
      /** Of this model version (default: the deployed one) */
      version?: number;
      /** Steps of the past to send with each series; with at most 20 series */
      history?: number;
      /** `next` of the page before */
      after?: string;
      /** At most so many series on a page */
      limit?: number;
    };
    body: undefined;
    answer: ForecastPage;
  };
  /** What changed since the version before, and which part moved */
  getForecastChanges: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: {
      /** Of this model version (default: the deployed one) */
      version?: number;
      /** At most so many series, those that changed most */
      limit?: number;
    };
    body: undefined;
    answer: ForecastChanges;
  };
  /** What other inputs would do to the forecast */
  whatIf: {
    params: {
      /** Name of the use case */
      name: string;
    };
    query: undefined;
    body: WhatIfQuery;
    answer: WhatIf;
  };
  /** The process runs */
  livez: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      live: true;
    };
  };
  /** Decisions can be answered */
  readyz: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      ready: boolean;
    };
  };
  /** Version and readiness, in words */
  getStatus: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Status;
  };
  /** Metrics for Prometheus */
  metrics: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: string;
  };
  /** What a kind of problem means */
  getProblemType: {
    params: {
      /** Last part of a problem's `type` */
      type: string;
    };
    query: undefined;
    body: undefined;
    answer: ProblemType;
  };
}

/** Method and path of each operation. */
export const routes = {
  decide: { method: "POST", path: "/v1/use-cases/{name}/decisions" },
  getDecision: { method: "GET", path: "/v1/decisions/{id}" },
  getSimilar: { method: "GET", path: "/v1/decisions/{id}/similar" },
  getCounterfactual: { method: "GET", path: "/v1/decisions/{id}/counterfactual" },
  recordOutcome: { method: "POST", path: "/v1/decisions/{id}/outcome" },
  listReviews: { method: "GET", path: "/v1/reviews" },
  closeReview: { method: "POST", path: "/v1/reviews/{id}" },
  sendPoints: { method: "POST", path: "/v1/use-cases/{name}/points" },
  listAlarms: { method: "GET", path: "/v1/alarms" },
  getAlarm: { method: "GET", path: "/v1/alarms/{id}" },
  markAlarm: { method: "POST", path: "/v1/alarms/{id}/mark" },
  getAlarmSummary: { method: "GET", path: "/v1/use-cases/{name}/alarms" },
  listUseCases: { method: "GET", path: "/v1/use-cases" },
  getUseCase: { method: "GET", path: "/v1/use-cases/{name}" },
  getActivity: { method: "GET", path: "/v1/use-cases/{name}/activity" },
  listModels: { method: "GET", path: "/v1/use-cases/{name}/models" },
  getModel: { method: "GET", path: "/v1/use-cases/{name}/models/{version}" },
  listDeployments: { method: "GET", path: "/v1/use-cases/{name}/deployments" },
  deploy: { method: "POST", path: "/v1/use-cases/{name}/deployments" },
  rollback: { method: "POST", path: "/v1/use-cases/{name}/deployments/rollback" },
  getForecast: { method: "GET", path: "/v1/use-cases/{name}/forecast" },
  getForecastChanges: { method: "GET", path: "/v1/use-cases/{name}/forecast/changes" },
  whatIf: { method: "POST", path: "/v1/use-cases/{name}/forecast/what-if" },
  livez: { method: "GET", path: "/livez" },
  readyz: { method: "GET", path: "/readyz" },
  getStatus: { method: "GET", path: "/v1/status" },
  metrics: { method: "GET", path: "/metrics" },
  getProblemType: { method: "GET", path: "/problems/{type}" },
} as const;
