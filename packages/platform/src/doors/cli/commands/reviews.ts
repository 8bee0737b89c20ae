import { failure } from "#base/errors";
import type { Command } from "#doors/cli/command";
import { table } from "#doors/cli/output";
import type { Review } from "#records/review";

const statuses: readonly string[] = ["open", "accepted", "overridden"] satisfies Review["status"][];

export const reviewsList: Command = {
  name: "reviews list",
  summary: "Decisions that wait for a person, oldest first",
  positionals: [{ name: "use-case", description: "Only of this use case", optional: true }],
  options: {
    status: { description: `${statuses.join(", ")} (default: open)`, value: "STATUS" },
    limit: { description: "At most so many (default: 50)", value: "N" },
  },
  examples: ["inlay reviews list", "inlay reviews list ticket-routing --status overridden --json"],
  async run({ args, options, out, services }) {
    const status = options.text("status") ?? "open";
    if (!statuses.includes(status))
      throw failure("USAGE", { problem: `${status} is not a status`, hint: `Use one of: ${statuses.join(", ")}.` });
    const limit = Number(options.text("limit") ?? 50);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
      throw failure("USAGE", { problem: "--limit takes a whole number", hint: "From 1 to 1000." });
    const useCases = args["use-case"] === undefined ? {} : { useCases: [args["use-case"]] };
    const page = await (await services.loop()).listReviews({ ...useCases, status: status as Review["status"], limit });
    const rows = page.reviews.map((review) => [
      review.id,
      review.use_case,
      review.opened_at.slice(0, 16).replace("T", " "),
      review.suggestion ?? "",
      review.outcome ?? "",
    ]);
    out.answer(
      page,
      rows.length === 0 ? `No ${status} reviews.` : table(["id", "use case", "since (UTC)", "suggestion", "decided"], rows),
    );
  },
};

export const reviewsAccept: Command = {
  name: "reviews accept",
  summary: "Close a review with the suggested outcome",
  positionals: [{ name: "id", description: "Id of the review" }],
  options: { reason: { description: "Why", value: "TEXT" } },
  examples: ["inlay reviews accept 019abc12-3456-7def-8abc-0123456789ab"],
  async run({ args, options, out, services }) {
    const reason = options.text("reason");
    const review = await (
      await services.loop()
    ).closeReview(args["id"]!, { action: "accept", by: "cli", ...(reason !== undefined && { reason }) });
    out.answer(review, `accepted: ${review.outcome}`);
  },
};

export const reviewsOverride: Command = {
  name: "reviews override",
  summary: "Close a review with another outcome and say why",
  positionals: [
    { name: "id", description: "Id of the review, or of any decision" },
    { name: "outcome", description: "What is right" },
  ],
  options: { reason: { description: "Why (required)", value: "TEXT" } },
  examples: ['inlay reviews override 019abc12-3456-7def-8abc-0123456789ab network --reason "the VPN gateway is meant"'],
  async run({ args, options, out, services }) {
    const reason = options.text("reason");
    if (reason === undefined)
      throw failure("USAGE", {
        problem: "an override needs --reason",
        hint: "Say in a few words why, for the next training and the next person.",
      });
    const review = await (
      await services.loop()
    ).closeReview(args["id"]!, { action: "override", outcome: args["outcome"]!, reason, by: "cli" });
    out.answer(review, `overridden: ${review.outcome}`);
  },
};
