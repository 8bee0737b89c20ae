/** What went wrong, as the server said it (RFC 9457), to be caught and asked for its `code`. */
import type { Problem } from "./schema.gen.ts";

export class InlayProblem extends Error {
  /** Stable name of the kind of problem, for example `RECORD_INVALID`; `UNREADABLE` where something other than Inlay answered. */
  readonly code: Problem["code"] | "UNREADABLE";
  readonly status: number;
  readonly type: string;
  readonly title: string;
  /** What to do about it. */
  readonly fix: string;
  /** Each problem by itself, with a pointer to where it is. */
  readonly errors: NonNullable<Problem["errors"]>;
  /** Under which the server's log has more. */
  readonly traceId: string;
  /** Seconds after which the same request may succeed; undefined where the server gave none. */
  readonly retryAfter: number | undefined;

  constructor(problem: Omit<Problem, "code"> & { code: InlayProblem["code"] }, retryAfter: number | undefined) {
    super(problem.detail);
    this.name = "InlayProblem";
    this.code = problem.code;
    this.status = problem.status;
    this.type = problem.type;
    this.title = problem.title;
    this.fix = problem.fix;
    this.errors = problem.errors ?? [];
    this.traceId = problem.trace_id;
    this.retryAfter = retryAfter;
  }
}

/** The problem in an answer that is no success. */
export async function problemIn(response: Response): Promise<InlayProblem> {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
  const written = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
  const body: unknown = await (written ? response.json() : response.text()).catch(() => undefined);
  if (written && typeof body === "object" && body !== null) return new InlayProblem(body as Problem, retryAfter);
  return new InlayProblem(
    {
      type: "about:blank",
      title: "Unreadable answer",
      status: response.status,
      detail: `The answer has status ${response.status} and is no problem that Inlay wrote`,
      instance: "",
      code: "UNREADABLE",
      fix: "Check the address; a proxy may have answered instead.",
      trace_id: "",
    },
    retryAfter,
  );
}
