import { failure } from "#base/errors";
import { counted, formatCount } from "#base/text";
import type { Command } from "#doors/cli/command";
import { table } from "#doors/cli/output";
import { noticeStates } from "#records/notice";
import type { Notice } from "#records/notice";

export const noticesList: Command = {
  name: "notices list",
  summary: "Messages about alarms to the receivers of inlay.yaml, newest first, with what became of them",
  positionals: [],
  options: {
    status: { description: `Only those that are ${noticeStates.join(", ")}`, value: "STATUS" },
    limit: { description: "At most so many (default: 20)", value: "N" },
  },
  examples: ["inlay notices list", "inlay notices list --status dead --json"],
  async run({ options, out, services }) {
    const asked = options.text("status");
    const status = noticeStates.find((one) => one === asked);
    if (asked !== undefined && !status)
      throw failure("USAGE", { problem: `${asked} is not a status`, hint: `Use one of: ${noticeStates.join(", ")}.` });
    const limit = Number(options.text("limit") ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
      throw failure("USAGE", { problem: "--limit takes a whole number", hint: "From 1 to 1000." });
    const notices = await (await services.outbox()).list({ status, limit });
    out.answer({ notices }, notices.length === 0 ? `No ${status ?? ""} messages.`.replace("  ", " ") : lines(notices));
  },
};

export const noticesTest: Command = {
  name: "notices test",
  summary: "Send a message of the type test to a receiver, to see that it comes",
  positionals: [{ name: "receiver", description: "Name under notify in inlay.yaml" }],
  options: {},
  examples: ["inlay notices test on-call"],
  async run({ args, out, signal, services }) {
    const receiver = args["receiver"]!;
    const { id } = await (await services.sender()).test(receiver, signal);
    out.answer({ receiver, id }, `${receiver} took the message ${id}`);
  },
};

export const noticesRetry: Command = {
  name: "notices retry",
  summary: "Send dead messages again: one, or all of a receiver",
  positionals: [{ name: "id-or-receiver", description: "Id of the message, or name of the receiver" }],
  options: {},
  examples: ["inlay notices retry on-call", "inlay notices retry 5c1b4a0e-7d2f-8a61-9b3c-2f6d8e0a1c47"],
  async run({ args, out, signal, services }) {
    const which = args["id-or-receiver"]!;
    const { notify } = await services.project();
    const revived = await (await services.outbox()).revive(Object.hasOwn(notify, which) ? { receiver: which } : { id: which });
    if (revived === 0)
      throw failure("USAGE", { problem: `${which} has no dead message`, hint: "`inlay notices list --status dead` shows them." });
    const sent = await (await services.sender()).deliver(signal);
    out.answer(
      { revived, ...sent },
      `${counted(revived, "message")} to send again: ${formatCount(sent.delivered)} delivered, ${formatCount(sent.failed)} failed`,
    );
  },
};

function lines(notices: readonly Notice[]): string {
  return table(
    ["made (UTC)", "receiver", "use case", "what", "status", "tried", "next (UTC)", "why not", "id"],
    notices.map(({ id, receiver, use_case: useCase, type, made_at: made, status, attempts, next_at: next, problem }) => [
      clockText(made),
      receiver,
      useCase,
      type,
      status,
      String(attempts),
      next === null ? "" : clockText(next),
      problem ?? "",
      id,
    ]),
  );
}

function clockText(instant: string): string {
  return instant.slice(0, 16).replace("T", " ");
}
