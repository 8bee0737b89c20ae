/**
 * Client of the Inlay HTTP API, for Node and browsers, with nothing but `fetch`. What may safely be repeated is repeated: reads, points and marks,
 * and decisions, which carry an idempotency key so that a repeat returns what was decided. Everything else is sent once.
 *
 * @example
 * const inlay = createClient({ baseUrl: "http://127.0.0.1:8417", key });
 * const { outcome, confidence } = await inlay.decide("ticket-routing", { subject: "VPN is down" });
 */
import type { InlayProblem } from "./problem.ts";
import { problemIn } from "./problem.ts";
import type {
  Alarm,
  AlarmSummary,
  Decision,
  DecisionTrace,
  Deployment,
  ModelVersion,
  Operations,
  Outcome,
  PointsTaken,
  Review,
  ReviewVerdict,
  Status,
  UseCase,
} from "./schema.gen.ts";
import { routes } from "./schema.gen.ts";

export { InlayProblem } from "./problem.ts";
export type * from "./schema.gen.ts";

export interface ClientOptions {
  /** Where Inlay serves, for example `http://127.0.0.1:8417`. */
  readonly baseUrl: string;
  /** An API key, made with `inlay keys create`. */
  readonly key: string;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
  /** How often a request that may be repeated is tried again (default: 2). */
  readonly retries?: number;
  /** How to wait; settles early with an error where the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface DecideOptions extends CallOptions {
  /** Names the request, where the caller repeats it by itself; otherwise each call is a new request. */
  readonly idempotencyKey?: string;
}

export interface InlayClient {
  /** @throws InlayProblem, as every method; or what `fetch` throws where the server cannot be reached */
  decide(useCase: string, record: Record<string, unknown>, options?: DecideOptions): Promise<Decision>;
  /** All are decided or none; the decisions are in the order of the records. */
  decideMany(useCase: string, records: readonly Record<string, unknown>[], options?: DecideOptions): Promise<Decision[]>;
  getDecision(id: string, options?: CallOptions): Promise<DecisionTrace>;
  recordOutcome(id: string, outcome: Operations["recordOutcome"]["body"], options?: CallOptions): Promise<Outcome>;
  /** Every review that fits, page after page as they are asked for. */
  listReviews(filter?: ReviewFilter, options?: CallOptions): AsyncGenerator<Review, void, undefined>;
  closeReview(id: string, verdict: ReviewVerdict, options?: CallOptions): Promise<Review>;
  /** Watches points of series. Sending again does no harm: what is not after the last point of its series is left aside. */
  sendPoints(useCase: string, points: readonly Record<string, unknown>[], options?: CallOptions): Promise<PointsTaken>;
  /** Newest first, page after page as they are asked for. */
  listAlarms(filter?: AlarmFilter, options?: CallOptions): AsyncGenerator<Alarm, void, undefined>;
  getAlarm(id: string, options?: CallOptions): Promise<Alarm>;
  /** Says what an alarm was worth, which moves the threshold of its series. */
  markAlarm(id: string, mark: Operations["markAlarm"]["body"], options?: CallOptions): Promise<Alarm>;
  /** Alarms of the last two weeks against the budget. */
  alarmSummary(useCase: string, options?: CallOptions): Promise<AlarmSummary>;
  useCases(options?: CallOptions): Promise<UseCase[]>;
  models(useCase: string, options?: CallOptions): Promise<ModelVersion[]>;
  deployments(useCase: string, options?: CallOptions): Promise<Deployment[]>;
  deploy(useCase: string, version: number, options?: CallOptions): Promise<Deployment>;
  rollback(useCase: string, options?: CallOptions): Promise<Deployment>;
  status(options?: CallOptions): Promise<Status>;
}

export interface ReviewFilter {
  readonly useCase?: string;
  readonly status?: Review["status"];
  /** Reviews a request fetches (default: 50). */
  readonly pageSize?: number;
}

export interface AlarmFilter {
  readonly useCase?: string;
  /** Only those that go on, or only those that have ended. */
  readonly open?: boolean;
  readonly mark?: "useful" | "noise" | "expected" | "none";
  /** Only those that began then or later, RFC 3339. */
  readonly since?: string;
  /** Alarms a request fetches (default: 50). */
  readonly pageSize?: number;
}

export function createClient(options: ClientOptions): InlayClient {
  const { key, retries = 2, wait = waitWithTimer } = options;
  const send = options.fetch ?? fetch;
  const baseUrl = options.baseUrl.replace(/\/+$/, "");

  /** Sends a request and reads its answer; tries again where that is safe and may help. */
  async function call<Name extends keyof Operations>(name: Name, request: Request<Name>): Promise<Operations[Name]["answer"]> {
    const { method, path } = routes[name];
    const url = `${baseUrl}${fill(path, request.params)}${search(request.query)}`;
    const init = {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(request.body !== undefined && { "content-type": "application/json" }),
        ...(request.idempotencyKey !== undefined && { "idempotency-key": request.idempotencyKey }),
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(request.signal && { signal: request.signal }),
    };
    const repeatable = method === "GET" || request.idempotencyKey !== undefined || request.repeatable === true;
    for (let attempt = 0; ; attempt++) {
      const answer = await send(url, init).catch((error: unknown) => ({ unreachable: error }));
      if ("unreachable" in answer) {
        if (!repeatable || attempt >= retries || request.signal?.aborted) throw answer.unreachable;
        await wait(backoffMs(attempt), request.signal);
        continue;
      }
      if (answer.ok) return (await answer.json()) as Operations[Name]["answer"];
      const problem = await problemIn(answer);
      if (!repeatable || attempt >= retries || !mayHelp(problem)) throw problem;
      await wait(Math.max((problem.retryAfter ?? 0) * 1000, backoffMs(attempt)), request.signal);
    }
  }

  async function decide(
    useCase: string,
    body: Operations["decide"]["body"],
    { idempotencyKey = newKey(), signal }: DecideOptions,
  ): Promise<Operations["decide"]["answer"]> {
    return call("decide", { params: { name: useCase }, body, idempotencyKey, ...(signal && { signal }) });
  }

  return {
    decide: async (useCase, record, options = {}) => (await decide(useCase, { record }, options)) as Decision,
    decideMany: async (useCase, records, options = {}) => {
      const answer = await decide(useCase, { records: [...records] }, options);
      return "decisions" in answer ? answer.decisions : [answer];
    },
    getDecision: async (id, options) => call("getDecision", { params: { id }, ...options }),
    recordOutcome: async (id, body, options) => call("recordOutcome", { params: { id }, body, ...options }),
    async *listReviews({ useCase, status, pageSize } = {}, options = {}) {
      let after: string | null = null;
      do {
        const query = {
          ...(useCase !== undefined && { use_case: useCase }),
          ...(status && { status }),
          ...(pageSize !== undefined && { limit: pageSize }),
          ...(after !== null && { after }),
        };
        const page: Operations["listReviews"]["answer"] = await call("listReviews", { query, ...options });
        yield* page.reviews;
        after = page.next;
      } while (after !== null);
    },
    closeReview: async (id, body, options) => call("closeReview", { params: { id }, body, ...options }),
    sendPoints: async (useCase, points, options) =>
      call("sendPoints", { params: { name: useCase }, body: { points: [...points] }, repeatable: true, ...options }),
    async *listAlarms({ useCase, open, pageSize, ...rest } = {}, options = {}) {
      let after: string | null = null;
      do {
        const query = {
          ...rest,
          ...(useCase !== undefined && { use_case: useCase }),
          ...(open !== undefined && { open: open ? ("true" as const) : ("false" as const) }),
          ...(pageSize !== undefined && { limit: pageSize }),
          ...(after !== null && { after }),
        };
        const page: Operations["listAlarms"]["answer"] = await call("listAlarms", { query, ...options });
        yield* page.alarms;
        after = page.next;
      } while (after !== null);
    },
    getAlarm: async (id, options) => call("getAlarm", { params: { id }, ...options }),
    markAlarm: async (id, body, options) => call("markAlarm", { params: { id }, body, repeatable: true, ...options }),
    alarmSummary: async (useCase, options) => call("getAlarmSummary", { params: { name: useCase }, ...options }),
    useCases: async (options) => (await call("listUseCases", { ...options })).use_cases,
    models: async (useCase, options) => (await call("listModels", { params: { name: useCase }, ...options })).models,
    deployments: async (useCase, options) =>
      (await call("listDeployments", { params: { name: useCase }, ...options })).deployments,
    deploy: async (useCase, version, options) => call("deploy", { params: { name: useCase }, body: { version }, ...options }),
    rollback: async (useCase, options) => call("rollback", { params: { name: useCase }, ...options }),
    status: async (options) => call("getStatus", { ...options }),
  };
}

interface Request<Name extends keyof Operations> extends CallOptions {
  readonly params?: Operations[Name]["params"];
  readonly query?: Operations[Name]["query"];
  readonly body?: Operations[Name]["body"];
  readonly idempotencyKey?: string;
  /** Sending again does no harm. */
  readonly repeatable?: boolean;
}

/** Too many requests, or a service that is not there for a moment. Anything else fails again. */
function mayHelp({ status }: InlayProblem): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** 100, 200, 400 ... ms, each with up to as much again, so that clients which failed together do not come back together. */
function backoffMs(attempt: number): number {
  return 100 * 2 ** attempt * (1 + Math.random());
}

function fill(path: string, params: Readonly<Record<string, string | number>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
}

/** A list is a parameter that stands several times. */
function search(query: Readonly<Record<string, string | number | readonly string[]>> = {}): string {
  const text = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)])),
  ).toString();
  return text === "" ? "" : `?${text}`;
}

/** 128 random bits. Not `randomUUID`: browsers have that one in secure contexts only. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function waitWithTimer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = (): void => reject(signal!.reason as Error);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
