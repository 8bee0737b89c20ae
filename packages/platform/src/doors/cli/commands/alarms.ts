import { failure } from "#base/errors";
import { formatDuration, formatNumber, formatPercent } from "#base/text";
import type { Command } from "#doors/cli/command";
import { table } from "#doors/cli/output";
import { marks } from "#records/alarm";
import type { Alarm, AlarmPart, Mark } from "#records/alarm";
import { findUseCase } from "#records/project";
import { watchesSeries } from "#records/use-case";
import type { UseCase } from "#records/use-case";
import { halfLifeMs } from "#stages/watch/feedback";

const id = { name: "id", description: "Id of the alarm" };
const marked: readonly string[] = [...marks, "none"];

export const alarmsList: Command = {
  name: "alarms list",
  summary: "What was unusual in the series that are watched, newest first; unusual records are named with where they are",
  positionals: [{ name: "use-case", description: "Only of this use case", optional: true }],
  options: {
    open: { description: "Only those that go on" },
    mark: { description: `Only those marked ${marks.join(", ")}, or none`, value: "MARK" },
    limit: { description: "At most so many (default: 20)", value: "N" },
  },
  examples: ["inlay alarms list", "inlay alarms list host-metrics --mark none", "inlay alarms list --open --json"],
  async run({ args, options, out, services }) {
    const mark = options.text("mark");
    if (mark !== undefined && !marked.includes(mark))
      throw failure("USAGE", { problem: `${mark} is not a mark`, hint: `Use one of: ${marked.join(", ")}.` });
    const limit = Number(options.text("limit") ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
      throw failure("USAGE", { problem: "--limit takes a whole number", hint: "From 1 to 1000." });
    const project = await services.project();
    const name = args["use-case"];
    const elsewhere = recordsText(name === undefined ? Object.values(project.useCases) : [findUseCase(project, name)]);
    const page = await (
      await services.watcher()
    ).alarms({
      useCases: name === undefined ? undefined : [name],
      open: options.flag("open") ? true : undefined,
      mark: mark as Mark | "none" | undefined,
      limit,
    });
    const lines = page.alarms.length === 0 ? "No alarms of series." : alarmLines(page.alarms);
    out.answer(page, [lines, ...elsewhere].join("\n"));
  },
};

export const alarmsShow: Command = {
  name: "alarms show",
  summary: "One alarm: each of its series with what was expected, as a small chart",
  positionals: [id],
  options: {},
  examples: ["inlay alarms show 019abc12-3456-8def-8abc-0123456789ab"],
  async run({ args, out, services }) {
    const alarm = await (await services.watcher()).alarm(args["id"]!);
    out.answer(alarm, alarmText(alarm));
  },
};

export const alarmsMark: Command = {
  name: "alarms mark",
  summary: "Say what an alarm was worth; it moves the threshold of its kind in its series",
  details:
    "useful: it was worth it. noise: nothing was wrong. expected: right, but known of before; a calendar would have kept it quiet.",
  positionals: [id, { name: "mark", description: marks.join(", ") }],
  options: { note: { description: "Why, in a few words", value: "TEXT" } },
  examples: [
    "inlay alarms mark 019abc12-3456-8def-8abc-0123456789ab useful",
    'inlay alarms mark 019abc12-3456-8def-8abc-0123456789ab noise --note "a batch job"',
  ],
  async run({ args, options, out, services }) {
    const as = marks.find((one) => one === args["mark"]);
    if (!as) throw failure("USAGE", { problem: `${args["mark"]} is not a mark`, hint: `Use one of: ${marks.join(", ")}.` });
    const alarm = await (await services.watcher()).mark(args["id"]!, { as, note: options.text("note"), by: "cli" });
    out.answer(
      alarm,
      `${as}: ${alarm.kind} alarms of ${alarm.series} have ${formatPercent(alarm.mark!.share, 0)} of their budget from now on; it fades by half in ${formatDuration(halfLifeMs)}`,
    );
  },
};

/** Where unusual records are: they are decisions, and alarms are of series. */
function recordsText(useCases: readonly UseCase[]): string[] {
  return useCases.flatMap((useCase) => {
    if (useCase.task !== "detect" || watchesSeries(useCase)) return [];
    const { use_case: name, policy } = useCase;
    const where =
      policy.unusual === "review"
        ? `wait for a person: inlay reviews list ${name}`
        : `are decisions with the outcome unusual: those that inlay decide ${name} and its API answer`;
    return [`Unusual records of ${name} ${where}`];
  });
}

/** Alarms, one a line. */
export function alarmLines(alarms: readonly Alarm[]): string {
  return table(
    ["began (UTC)", "series", "kind", "goes on", "marked", "id"],
    alarms.map((alarm) => [
      clockText(alarm.start),
      `${alarm.series}${others(alarm)}`,
      alarm.kind,
      alarm.open ? "yes" : "",
      alarm.mark?.as ?? "",
      alarm.id,
    ]),
  );
}

function others({ parts }: Alarm): string {
  const count = new Set(parts.map(({ series_id: one }) => one)).size - 1;
  return count === 0 ? "" : ` and ${count} more`;
}

function alarmText(alarm: Alarm): string {
  return [
    `${alarm.use_case}: ${alarm.reason}`,
    `from ${clockText(alarm.start)} to ${clockText(alarm.end)} UTC${alarm.open ? ", goes on" : ""}; peak ${clockText(alarm.peak)}`,
    ...(alarm.mark
      ? [`marked ${alarm.mark.as} by ${alarm.mark.by}${alarm.mark.note === null ? "" : `: ${alarm.mark.note}`}`]
      : [`What was it worth? inlay alarms mark ${alarm.id} useful|noise|expected`]),
    ...alarm.parts.flatMap((part) => ["", ...chart(part)]),
  ].join("\n");
}

const rows = 8;
const columns = 60;

/** A part as text: `o` a value in its range, `#` one outside of it, `.` the range. */
export function chart(part: AlarmPart): string[] {
  const step = Math.ceil(part.points.length / columns);
  const points = part.points.filter((point, at) => at % step === 0 || point.at === part.peak).slice(-columns);
  const numbers = points.flatMap(({ value, lower, upper }) => [value ?? lower, lower, upper]);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const row = (value: number): number => (most === least ? 0 : Math.round(((value - least) / (most - least)) * (rows - 1)));
  const lines = Array.from({ length: rows }, (_, from) => {
    const at = rows - 1 - from;
    const cells = points.map(({ value, lower, upper }) => {
      if (value !== null && row(value) === at) return value < lower || value > upper ? "#" : "o";
      return at >= row(lower) && at <= row(upper) ? "." : " ";
    });
    const label = at === rows - 1 ? formatNumber(most) : at === 0 ? formatNumber(least) : "";
    return `${label.padStart(12)} |${cells.join("")}`.trimEnd();
  });
  const inside = part.points.flatMap(({ at, value }) => (value !== null && at >= part.start && at <= part.end ? [value] : []));
  const span =
    inside.length < 2 ? "" : `; from ${formatNumber(Math.min(...inside))} to ${formatNumber(Math.max(...inside))} in it`;
  const peak = part.value === null ? "nothing" : formatNumber(part.value);
  return [
    `${part.series} (${part.kind}${part.open ? ", goes on" : ""}): ${peak} at its peak, ${formatNumber(part.lower)} to ${formatNumber(part.upper)} expected${span}`,
    ...(part.metrics ?? []).map(
      ({ metric, value, expected }) => `  ${metric}: ${formatNumber(value)}, ${formatNumber(expected)} would go with the others`,
    ),
    ...lines,
    `${"".padStart(13)} ${clockText(points[0]!.at)} to ${clockText(points.at(-1)!.at)} UTC; # outside, o inside of . the expected range`,
  ];
}

function clockText(instant: string): string {
  return instant.slice(0, 16).replace("T", " ");
}
