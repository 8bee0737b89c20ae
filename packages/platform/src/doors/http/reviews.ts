/** Reviews: the decisions that wait for a person, and what the person decides. */
import { z } from "zod";
import { failure } from "#base/errors";
import { requestInvalid } from "#doors/http/problems";
import type { Operation, Route } from "#doors/http/operation";
import { route } from "#doors/http/operation";
import { decisionId, givenOutcome, plainText, review, useCaseName } from "#doors/http/schemas";
import { exampleId } from "#doors/http/examples";
import type { Loop } from "#flows/close-the-loop/loop";

const exampleReview = {
  id: exampleId,
  use_case: "ticket-routing",
  status: "open",
  suggestion: "network",
  outcome: null,
  reason: null,
  opened_at: "2026-03-02T09:30:12.431Z",
  closed_at: null,
  closed_by: null,
};

const listQuery = z.strictObject({
  use_case: useCaseName.optional().describe("Only of this use case"),
  status: z.enum(["open", "accepted", "overridden"]).optional().describe("Only in this state; all where it is left out"),
  after: plainText(200).optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("At most so many on a page"),
});

const listReviews: Operation<unknown, z.infer<typeof listQuery>> = {
  id: "listReviews",
  method: "GET",
  path: "/v1/reviews",
  access: { verb: "read", of: "own" },
  tag: "Reviews",
  summary: "Decisions that wait for a person, and those a person has decided",
  description:
    "Oldest first, of the use cases that the key may read. The next page is in the `Link` header (rel=next) and in `next`.",
  query: listQuery,
  answer: {
    status: 200,
    description: "A page of reviews",
    schema: z
      .strictObject({
        reviews: z.array(review),
        next: z.string().nullable().describe("Pass as `after` for the next page; null on the last"),
      })
      .meta({ id: "ReviewPage", description: "A page of reviews" }),
    example: { reviews: [exampleReview], next: null },
    headers: [{ name: "Link", description: "The next page, rel=next (RFC 8288)", schema: { type: "string" } }],
  },
  problems: ["STATE_UNREACHABLE"],
};

const closeParams = z.strictObject({ id: decisionId });
const closeBody = z
  .strictObject({
    action: z.enum(["accept", "override"]).describe("accept: the suggestion is right. override: `outcome` is right"),
    outcome: givenOutcome.optional().describe("What the person decided; needed to override"),
    reason: plainText(1000).optional().describe("Why; needed to override"),
  })
  .meta({ id: "ReviewVerdict", description: "What the person decided" });

const closeReview: Operation<z.infer<typeof closeParams>, unknown, z.infer<typeof closeBody>> = {
  id: "closeReview",
  method: "POST",
  path: "/v1/reviews/{id}",
  access: { verb: "review", of: "decision" },
  tag: "Reviews",
  summary: "Accept the suggestion, or override it with a reason",
  description: "The id of a review is the id of its decision. A closed review stays as it is.",
  params: closeParams,
  body: closeBody,
  examples: {
    accept: { action: "accept" },
    override: { action: "override", outcome: "accounts", reason: "It is about an invoice" },
  },
  answer: {
    status: 200,
    description: "The closed review",
    schema: review,
    example: {
      ...exampleReview,
      status: "accepted",
      outcome: "network",
      closed_at: "2026-03-02T10:02:40.118Z",
      closed_by: "k7f3a9x2",
    },
  },
  problems: [
    "REVIEW_UNKNOWN",
    "REVIEW_CLOSED",
    "OUTCOME_UNKNOWN",
    "OUTCOME_NO_NUMBER",
    "BODY_TOO_LARGE",
    "MEDIA_TYPE",
    "STATE_UNREACHABLE",
  ],
};

export const reviewOperations = { listReviews, closeReview };

export function reviewRoutes({ loop }: { loop: Loop }): Route[] {
  return [
    route(listReviews, async ({ query, caller, url, reply }) => {
      const useCases = visible(caller.use_cases, query.use_case);
      const page = await loop.listReviews({
        limit: query.limit,
        ...(useCases && { useCases }),
        ...(query.status && { status: query.status }),
        ...(query.after !== undefined && { after: query.after }),
      });
      if (page.next !== null) reply.header("link", `<${nextPage(url, page.next)}>; rel="next"`);
      return page;
    }),
    route(closeReview, async ({ params, body, caller }) => {
      if (body.action === "override") requireForOverride(body);
      return loop.closeReview(params.id, {
        action: body.action,
        by: caller.id,
        ...(body.outcome !== undefined && { outcome: String(body.outcome) }),
        ...(body.reason !== undefined && { reason: body.reason }),
      });
    }),
  ];
}

/** The use cases of which something is listed; undefined: all. @throws KEY_SCOPE where the wanted one is none of the key's */
export function visible(ofKey: readonly string[], wanted: string | undefined): readonly string[] | undefined {
  if (wanted === undefined) return ofKey.length === 0 ? undefined : ofKey;
  if (ofKey.length > 0 && !ofKey.includes(wanted)) throw failure("KEY_SCOPE", { verb: "read", target: wanted });
  return [wanted];
}

function requireForOverride(body: { outcome?: string | number | undefined; reason?: string | undefined }): void {
  const missing = (["outcome", "reason"] as const).filter((field) => body[field] === undefined);
  if (missing.length > 0)
    throw requestInvalid(missing.map((field) => ({ pointer: `/${field}`, detail: "is needed to override" })));
}

/** The path of the next page. */
export function nextPage(url: string, after: string): string {
  const [path = "", query] = url.split("?", 2);
  const search = new URLSearchParams(query);
  search.set("after", after);
  return `${path}?${search.toString()}`;
}
