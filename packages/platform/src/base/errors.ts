/**
 * The one table of errors. Each row says who can mend it, whether trying again can help, what is wrong and what to do about it.
 * A code is never reused for something else. HTTP status and exit codes are attached by the doors, from `who`.
 * Messages and fixes are templates: `{name}` stands for a field that the thrower must supply (the compiler checks it).
 */
export const errorTable = {
  // whose: the person who wrote the project file, the request or the command
  PROJECT_NOT_FOUND: row(
    "user",
    "There is no inlay.yaml in {path}",
    "Run `inlay init` there, or name the project's folder with --project.",
  ),
  PROJECT_INVALID: row(
    "user",
    "The project has {count} problem(s):\n{problems}",
    "Mend the lines named above; `inlay check` shows what is left.",
  ),
  PROJECT_EXISTS: row("user", "{path} exists already", "Choose another folder, or add --force to overwrite it."),
  FILE_EXISTS: row("user", "{path} exists already", "Name another file, or add --force to overwrite it."),
  SECRET_MISSING: row(
    "user",
    "The environment has no {name}, which {where} asks for",
    "Set it, for example in a .env file beside inlay.yaml: {name}=...",
  ),
  USE_CASE_UNKNOWN: row("user", "There is no use case {name}", "Use one of: {known}."),
  SYSTEM_UNKNOWN: row("user", "There is no system {name}", "Use one of: {known}."),
  USAGE: row("user", "{problem}", "{hint}"),
  // systems
  SYSTEM_UNREACHABLE: row(
    "operator",
    "The system {system} cannot be reached: {reason}",
    "Check that it runs, its address, and the network between.",
    { retry: true },
  ),
  SUBSCRIPTION_FAILED: row(
    "operator",
    "{system} does not deliver {from}: {reason}",
    "Check serve.events.from of the use case and what the broker has under that name.",
    { retry: true },
  ),
  SYSTEM_REFUSED: row("operator", "The system {system} refused: {reason}", "Check user, password and rights."),
  QUERY_REFUSED: row("user", "The query for {system} is not allowed: {reason}", "Write a single SELECT that only reads."),
  QUERY_FAILED: row(
    "user",
    "The query for {system} failed: {reason}",
    "Mend the query at the place named; `inlay check` tries it without reading the rows.",
  ),
  QUERY_TIMEOUT: row(
    "user",
    "The query for {system} took longer than {limit}",
    "Make it faster (an index, fewer rows), or raise `timeout` of the system.",
  ),
  FILE_UNREADABLE: row("user", "{path}: {reason}", "Mend the file at the place named, or leave it out of the query."),
  WRITE_FAILED: row("operator", "Writing to {target} failed: {reason}", "Nothing was written. Mend the cause and try again.", {
    retry: true,
  }),
  // data
  SNAPSHOT_UNKNOWN: row("user", "There is no snapshot {hash}", "Take one with `inlay snapshot {use_case}`."),
  DATA_UNSUITABLE: row("user", "{use_case} cannot be trained: {reason}", "{fix}"),
  READINESS_BLOCKED: row(
    "user",
    "Readiness blocks {use_case}: {findings}",
    "Do what each finding says, or change the declared check.",
  ),
  CANCELLED: row("user", "{what} was cancelled", "Nothing was kept. Start it again when you like.", { retry: true }),
  // models
  MODEL_UNKNOWN: row("user", "There is no model version {version} of {use_case}", "`inlay models list {use_case}` shows them."),
  MODEL_OF_OTHER_TASK: row(
    "user",
    "Version {version} of {use_case} was trained for the task {trained}, the use case is now {task}",
    "Train again, or put back the task.",
  ),
  GATE_FAILED: row(
    "user",
    "Model version {version} of {use_case} did not pass its gate: {failed}",
    "Improve data or settings and train again, or change the gate in the use case.",
  ),
  NOTHING_TO_ROLL_BACK: row(
    "user",
    "{use_case} has no earlier deployment",
    "Deploy a version with `inlay models deploy {use_case} VERSION`.",
  ),
  ARTIFACT_CORRUPT: row(
    "operator",
    "The artifact {hash} is not what was stored: its content has the hash {actual}",
    "Restore the file from a backup, or train again. It is not used.",
    {},
  ),
  ARTIFACT_MISSING: row("operator", "The artifact {hash} is not in {folder}", "Restore the file from a backup, or train again."),
  ARTIFACT_FORMAT: row("operator", "The artifact {hash} cannot be read: {reason}", "Train again with this version of Inlay."),
  // alarms
  ALARM_UNKNOWN: row("user", "There is no alarm {id}", "`inlay alarms list` and GET /v1/alarms show them."),
  POINTS_NEEDED: row(
    "user",
    "{use_case} watches series: it takes points, and decides no records",
    "POST points to /v1/use-cases/{use_case}/points, or run `inlay detect {use_case}`.",
  ),
  RECORDS_NEEDED: row(
    "user",
    "{use_case} decides records: it watches no series, and takes no points",
    "POST records to /v1/use-cases/{use_case}/decisions, or run `inlay decide {use_case}`.",
  ),
  POINTS_INVALID: row(
    "user",
    "The points do not fit {use_case}:\n{problems}",
    "Send the fields that /v1/use-cases/{use_case} lists.",
  ),
  NOT_WATCHED: row(
    "user",
    "{use_case} is not watched yet: no version of it is deployed",
    "Train it with `inlay train {use_case}` and deploy it with `inlay models deploy {use_case}`.",
  ),
  SERIES_TOO_MANY: row(
    "user",
    "{use_case} would watch {count} series, and at most {limit} are",
    "Check the columns of source.series: one of them may name points rather than series.",
  ),
  RECEIVER_INVALID: row("operator", "The receiver {receiver} cannot be used: {reason}", "{fix}"),
  RECEIVER_UNKNOWN: row("user", "There is no receiver {receiver}", "Use one of: {known}."),
  RECEIVER_FAILED: row(
    "operator",
    "The receiver {receiver} did not take the message: {problem}",
    "Check that it runs, the address that inlay.yaml names for it, and the network between.",
    { retry: true },
  ),
  // encoders
  ENCODER_MISSING: row("user", "The encoder {source} is not there: {reason}", "{fix}"),
  ENCODER_INVALID: row(
    "user",
    "The encoder {source} cannot be used: {reason}",
    "Put its files there as its maker published them, or name another encoder.",
  ),
  ENCODER_CHANGED: row(
    "operator",
    "The encoder {source} is not the one that the model learnt with: its files have the hash {actual}, not {hash}",
    "Restore its files, or train again. Until then the model is not used.",
  ),
  ENCODER_FAILED: row(
    "operator",
    "The encoder {source} failed: {reason}",
    "It is started again by itself; where it goes on failing, `inlay check` says more.",
    { retry: true },
  ),
  // holidays
  PACKAGE_MISSING: row(
    "user",
    "The package {name}, which knows the {what}, is not installed",
    "Run `npm install {name}` in the project's folder.",
  ),
  PLACE_UNKNOWN: row("user", "{place} is {what}", "{fix}"),
  // forecasts
  NO_FORECASTS: row(
    "user",
    "{use_case} does not look ahead: its task is {task}",
    "Forecasts are of use cases with task: forecast.",
  ),
  WHAT_IF_REFUSED: row("user", "What if cannot be said of {use_case}: {reason}", "{fix}"),
  SERIES_UNKNOWN: row("user", "{use_case} has no such series: {reason}", "`inlay forecast {use_case}` shows which there are."),
  // decisions
  RECORD_INVALID: row(
    "user",
    "The record does not fit {use_case}:\n{problems}",
    "Send the fields that /v1/use-cases/{use_case} lists.",
  ),
  DECISION_UNKNOWN: row(
    "user",
    "There is no decision {id}",
    "Use the `id` of an answer to POST /v1/use-cases/{{name}}/decisions.",
  ),
  REVIEW_UNKNOWN: row("user", "There is no review {id}", "GET /v1/reviews lists the open ones."),
  REVIEW_CLOSED: row("user", "The review {id} was closed by {by} at {at}", "A closed review stays as it is."),
  OUTCOME_UNKNOWN: row("user", "{outcome} is not an outcome of {use_case}", "Use one of: {known}."),
  EXPORT_UNKNOWN: row(
    "user",
    "This model of the kind {kind} has no {format} form",
    "Export the card (--format card); what has an ONNX form is in docs/models-elsewhere.md.",
  ),
  FIELD_UNCHANGEABLE: row(
    "user",
    "{fields} is no field whose value can be changed",
    "Name numbers or categories of the use case: {known}.",
  ),
  OUTCOME_NO_NUMBER: row(
    "user",
    "{outcome} is not a number, and the outcomes of {use_case} are",
    "Write it as 12 or 0.5, without a unit.",
  ),
  USUALNESS_ALONE: row(
    "user",
    "{use_case} says how unusual a record is, and what would have to be different is said of outcomes and numbers alone",
    "The reasons of the decision say what makes it unusual.",
  ),
  BOUND_NEEDED: row(
    "user",
    "{outcome} is no bound, and {use_case} decides a number",
    'Write what it is to be: "<= 12" or ">= 0.5", in the unit of the outcome.',
  ),
  NUMBERS_NEEDED: row(
    "user",
    "{use_case} decides between outcomes, and how far off a person or a model was is said of numbers alone",
    "`inlay reviews list {use_case} --status overridden` shows what people decided otherwise.",
  ),
  OUTCOME_CONFLICT: row(
    "user",
    "The decision {id} has the outcome {recorded} already",
    "Send the outcome once; send `replaces: true` to correct it.",
  ),
  IDEMPOTENCY_CONFLICT: row("user", "The Idempotency-Key was used for a different request", "Use a new key for a new request."),
  SPOOL_FULL: row("operator", "The spool holds {size}, its limit", "Bring PostgreSQL back, or raise the limit.", { retry: true }),
  SPOOL_FAILED: row(
    "operator",
    "The decision could not be written to disk: {reason}",
    "Free space or mend the disk, then try again.",
    {
      retry: true,
    },
  ),
  OVERLOADED: row("operator", "Too many requests are waiting", "Try again after the time in Retry-After.", { retry: true }),
  // access
  KEY_MISSING: row("user", "This needs an API key", "Send `Authorization: Bearer <key>`; make one with `inlay keys create`."),
  KEY_REFUSED: row("user", "The API key is not valid: {reason}", "Make a new one with `inlay keys create`."),
  KEY_SCOPE: row("user", "The API key may not {verb} {target}", "Use a key with that scope: `inlay keys create --verb {verb}`."),
  KEY_UNKNOWN: row("user", "There is no API key {id}", "`inlay keys list` shows them."),
  // state
  STATE_UNREACHABLE: row(
    "operator",
    "The state database cannot be reached: {reason}",
    "Check INLAY_DATABASE_URL or the embedded server's log in {folder}.",
    { retry: true },
  ),
  STATE_OWNED: row(
    "operator",
    "{folder} is in use by process {pid} on {host}",
    "Stop that one first, or work in another project folder.",
  ),
  STATE_START_FAILED: row("operator", "The embedded PostgreSQL did not start: {reason}", "Its log is {log}."),
  STATE_NEWER: row(
    "operator",
    "The state database has migration {found}, this version of Inlay knows {known}",
    "Start the newer version of Inlay.",
  ),
  STATE_CHANGED: row(
    "us",
    "The migration {migration} is not the one that was applied to the state database",
    "A migration is never edited: restore the file and add a new one.",
  ),
  // http
  REQUEST_INVALID: row("user", "The request is not valid:\n{problems}", "The API is described at /docs."),
  REQUEST_TIMEOUT: row("user", "The request was not complete after {limit}", "Send head and body without pauses.", {
    retry: true,
  }),
  HEADERS_TOO_LARGE: row("user", "The request's headers are larger than {limit}", "Send fewer or shorter headers."),
  METHOD_UNKNOWN: row("user", "{path} does not take {method}", "It takes {allowed}."),
  PROBLEM_UNKNOWN: row("user", "There is no kind of problem {type}", "GET the `type` of a problem as it was answered."),
  ROUTE_UNKNOWN: row("user", "There is no {method} {path}", "The API is described at /docs."),
  BODY_TOO_LARGE: row("user", "The body is larger than {limit}", "Send fewer records at a time."),
  MEDIA_TYPE: row("user", "The content type {type} is not understood", "Send application/json."),
  RATE_LIMITED: row("user", "Too many requests for this key", "Try again in {retry_after} s.", { retry: true }),
  INTERNAL: row("us", "Something went wrong inside Inlay", "The log has the cause under {trace}.", { retry: true }),
} as const;

export type ErrorCode = keyof typeof errorTable;

/** Who can mend it. */
export type Culprit = "user" | "operator" | "us";

export interface ErrorRow<Message extends string, Fix extends string> {
  readonly who: Culprit;
  readonly message: Message;
  readonly fix: Fix;
  /** Whether the same call may succeed later without anything being changed by the caller. */
  readonly retry: boolean;
}

type Names<Template extends string> = Template extends `${string}{{${infer Rest}`
  ? Rest extends `${string}}}${infer Tail}`
    ? Names<Tail>
    : never
  : Template extends `${string}{${infer Name}}${infer Rest}`
    ? Name | Names<Rest>
    : never;

/** The fields that the message and the fix of an error name. */
export type ErrorFields<Code extends ErrorCode> = {
  readonly [Name in Names<(typeof errorTable)[Code]["message"]> | Names<(typeof errorTable)[Code]["fix"]>]: string | number;
};

/** One problem of many: where it is and what is wrong there. `pointer` is a JSON pointer, or `file:line:column`. */
export interface Problem {
  readonly pointer: string;
  readonly detail: string;
}

/** Every error that Inlay raises on purpose. Anything else that is thrown is a fault of ours and is reported as INTERNAL. */
export class InlayError extends Error {
  readonly code: ErrorCode;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly fix: string;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    fields: Readonly<Record<string, string | number>>,
    options: { cause?: unknown; problems?: readonly Problem[] } = {},
  ) {
    super(fill(errorTable[code].message, fields), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "InlayError";
    this.code = code;
    this.fields = fields;
    this.fix = fill(errorTable[code].fix, fields);
    this.problems = options.problems ?? [];
  }

  get who(): Culprit {
    return errorTable[this.code].who;
  }

  get retry(): boolean {
    return errorTable[this.code].retry;
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      fix: this.fix,
      ...(this.problems.length > 0 && { problems: this.problems }),
    };
  }
}

/**
 * The error of that code, to be thrown.
 *
 * @example throw failure("DECISION_UNKNOWN", { id });
 */
export function failure<Code extends ErrorCode>(
  code: Code,
  fields: ErrorFields<Code>,
  options?: { cause?: unknown; problems?: readonly Problem[] },
): InlayError {
  return new InlayError(code, fields, options);
}

export function isFailure(error: unknown, ...codes: ErrorCode[]): error is InlayError {
  return error instanceof InlayError && (codes.length === 0 || codes.includes(error.code));
}

function row<const Message extends string, const Fix extends string>(
  who: Culprit,
  message: Message,
  fix: Fix,
  options: { retry?: boolean } = {},
): ErrorRow<Message, Fix> {
  return { who, message, fix, retry: options.retry ?? false };
}

function fill(template: string, fields: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{\{(\w+)\}\}|\{(\w+)\}/g, (_whole, literal: string | undefined, name: string) =>
    literal === undefined ? String(fields[name] ?? `{${name}}`) : `{${literal}}`,
  );
}
