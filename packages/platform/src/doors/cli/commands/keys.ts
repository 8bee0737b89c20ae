import { failure } from "#base/errors";
import { formatDuration, parseDuration } from "#base/text";
import type { Command } from "#doors/cli/command";
import { table } from "#doors/cli/output";
import { verbs } from "#records/api-key";
import type { Verb } from "#records/api-key";

export const keysCreate: Command = {
  name: "keys create",
  summary: "Make an API key; it is shown once",
  positionals: [{ name: "name", description: "Who or what will use it" }],
  options: {
    verb: { description: `What it may do: ${verbs.join(", ")} (default: decide)`, value: "VERB", many: true },
    "use-case": { description: "For this use case only (default: all)", value: "NAME", many: true },
    expires: { description: "Lifetime, for example 90d (default: none)", value: "DURATION" },
  },
  examples: ["inlay keys create helpdesk", "inlay keys create console --verb read --verb review --expires 90d"],
  async run({ args, options, out, services }) {
    const chosen = options.list("verb").length === 0 ? ["decide"] : options.list("verb");
    const unknown = chosen.find((verb) => !verbs.includes(verb as Verb));
    if (unknown !== undefined)
      throw failure("USAGE", { problem: `${unknown} is not a verb`, hint: `Use one or more of: ${verbs.join(", ")}.` });
    const expires = options.text("expires");
    const lifetimeMs = expires === undefined ? null : parseDuration(expires);
    if (lifetimeMs === undefined)
      throw failure("USAGE", { problem: `${expires} is not a duration`, hint: "Write for example 12h or 90d." });
    const useCases = options.list("use-case");
    const known = Object.keys((await services.project()).useCases);
    const stranger = useCases.find((name) => !known.includes(name));
    if (stranger !== undefined) throw failure("USE_CASE_UNKNOWN", { name: stranger, known: known.join(", ") });
    const { key, secret } = await (
      await services.keys()
    ).create({ name: args["name"]!, verbs: chosen as Verb[], useCases, lifetimeMs });
    out.answer(
      { ...key, secret },
      [
        secret,
        "",
        `It may ${key.verbs.join(", ")} for ${key.use_cases.join(", ") || "every use case"}${lifetimeMs === null ? "" : `, for ${formatDuration(lifetimeMs)}`}.`,
        "Keep it now: only its hash is stored.",
      ].join("\n"),
    );
  },
};

export const keysList: Command = {
  name: "keys list",
  summary: "The API keys, without their secrets",
  positionals: [],
  options: {},
  examples: ["inlay keys list"],
  async run({ out, services }) {
    const keys = await (await services.keys()).list();
    const rows = keys.map((key) => [
      key.id,
      key.name,
      key.verbs.join(" "),
      key.use_cases.join(" ") || "all",
      key.expires_at?.slice(0, 10) ?? "never",
      key.revoked_at === null ? "" : "revoked",
    ]);
    out.answer(
      keys,
      rows.length === 0
        ? "No keys yet: inlay keys create NAME"
        : table(["id", "name", "verbs", "use cases", "expires", ""], rows),
    );
  },
};

export const keysRevoke: Command = {
  name: "keys revoke",
  summary: "Make a key invalid; running servers refuse it within a second",
  positionals: [{ name: "id", description: "Id of the key" }],
  options: {},
  examples: ["inlay keys revoke a1b2c3d4"],
  async run({ args, out, services }) {
    const key = await (await services.keys()).revoke(args["id"]!);
    out.answer(key, `revoked: ${key.id} (${key.name})`);
  },
};
