import { setTimeout as delay } from "node:timers/promises";
import { failure } from "#base/errors";
import { counted, formatCount, parseDuration } from "#base/text";
import type { Command } from "#doors/cli/command";
import { alarmLines } from "#doors/cli/commands/alarms";
import { progressTo } from "#doors/cli/commands/build";
import type { Outcome } from "#flows/watch-series/watcher";
import type { Taken } from "#records/alarm";

export const detect: Command = {
  name: "detect",
  summary: "Watch what the source has since the last time, and say what is unusual",
  details:
    "Reads the points that came since, judges each by those before it and records alarms. It may be ended at any time: the next run goes on where this one was.",
  positionals: [{ name: "use-case", description: "Name of a use case that watches series" }],
  options: {
    watch: { description: "Go on until Ctrl-C, with a look every so often" },
    pause: { description: "With --watch: from one look to the next (default: 1m)", value: "DURATION" },
    "dry-run": { description: "Show what would be, and keep nothing" },
  },
  examples: [
    "inlay detect host-metrics",
    "inlay detect host-metrics --watch --pause 5m",
    "inlay detect host-metrics --dry-run --json",
  ],
  async run({ args, options, out, signal, services }) {
    const pause = parseDuration(options.text("pause") ?? "1m");
    if (pause === undefined || pause < 1000)
      throw failure("USAGE", { problem: "--pause takes a duration", hint: "From a second on, for example 30s or 5m." });
    if (options.flag("watch") && options.flag("dry-run"))
      throw failure("USAGE", { problem: "--watch and --dry-run do not go together", hint: "Leave one of them out." });
    const dryRun = options.flag("dry-run");
    const watcher = await services.watcher();
    const sender = dryRun ? null : await services.sender();
    for (;;) {
      const outcome = await watcher.detect(args["use-case"]!, { signal, dryRun, onProgress: progressTo(out) });
      if (!options.flag("watch") || outcome.alarms.length > 0) out.answer(outcome, outcomeText(outcome, dryRun));
      const sent = await sender?.deliver(signal);
      if (sent && sent.failed > 0) out.note(`${counted(sent.failed, "message")} not delivered; \`inlay notices list\` says why.`);
      if (!options.flag("watch")) return;
      await delay(pause, undefined, { signal });
    }
  },
};

function outcomeText({ taken, alarms }: Outcome, dryRun: boolean): string {
  return [
    dryRun ? `Would be (nothing was kept): ${takenText(taken)}` : takenText(taken),
    ...(alarms.length === 0 ? ["Nothing unusual."] : ["", alarmLines(alarms)]),
  ].join("\n");
}

function takenText({ judged, warming, missing, known, late, ahead }: Taken): string {
  const parts = [
    [warming, "of series too young for alarms"],
    [missing, "missing"],
    [known, "in known events or first since a deployment"],
    [late, "late or the same again, left aside"],
    [ahead, "later than now, left aside"],
  ] as const;
  const rest = parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  return [`${formatCount(judged)} values judged`, ...rest].join(", ");
}
