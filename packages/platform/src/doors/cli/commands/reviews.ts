import { failure } from "#base/errors";
import type { Command } from "#doors/cli/command";
import { table } from "#doors/cli/output";
import { counted, formatNumber, formatPercent } from "#base/text";
import type { Review } from "#records/review";
import type { ValueAdded } from "#stages/outcome/value-added";

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

export const reviewsValue: Command = {
  name: "reviews value",
  summary: "Whether people who override numbers make them better",
  details: "Compares the model's number with the person's where both a review was overridden and an outcome was recorded.",
  positionals: [{ name: "use-case", description: "Name of a use case with task: regress or forecast" }],
  options: {},
  examples: ["inlay reviews value shop-demand"],
  async run({ args, out, services }) {
    const value = await (await services.loop()).valueAdded(args["use-case"]!);
    out.answer(value, valueText(value));
  },
};

function valueText({ decisions, measure, model, person, model_bias: bias, person_bias: personBias, better }: ValueAdded): string {
  if (model === null || person === null || better === null)
    return "No overridden decision has an outcome yet: POST /v1/decisions/{id}/outcome records what turned out.";
  const gained =
    model === 0 ? "" : ` People made it ${formatPercent(Math.abs(1 - person / model))} ${person <= model ? "better" : "worse"}.`;
  const row = (name: string, error: number, excess: number | null): string[] => [
    name,
    formatNumber(error),
    ...(excess === null ? [] : [formatNumber(excess)]),
  ];
  const columns = ["", `mean ${measure}`, ...(bias === null ? [] : ["says too much by"])];
  return [
    table(columns, [row("model", model, bias), row("people", person, personBias)]),
    "",
    `Over ${counted(decisions, "overridden decision")} whose outcome is known; in ${formatPercent(better)} of all the person was nearer.${gained}`,
  ].join("\n");
}
