import { failure } from "#base/errors";
import { stepCount } from "#base/steps";
import { counted, formatCount, formatNumber, formatPercent, formatSize } from "#base/text";
import { chart } from "#doors/cli/chart";
import type { Command } from "#doors/cli/command";
import { table } from "#doors/cli/output";
import type { ForecastChanges, ForecastPage, LookAhead, SeriesAhead } from "#flows/look-ahead/look-ahead";
import type { ChangedInput, WhatIf } from "#flows/look-ahead/what-if";

/** Series that are shown without --limit, steps of the past beside one of them, and series that go into a file at a time. */
const shownSeries = 20;
const shownHistory = 60;
const pageSize = 1000;

export const forecast: Command = {
  name: "forecast",
  summary: "What is to come, series by series, what changed, and what if inputs were others",
  details:
    "Of the deployed version, or the newest where none is. One series is drawn with its past. With --out all series are written, a line for each step.",
  positionals: [{ name: "use-case", description: "Name of a use case with task: forecast" }],
  options: {
    series: { description: "Only series with these values of their key", value: "COLUMN=VALUE,...", short: "s" },
    version: { description: "Of this model version", value: "N" },
    limit: { description: `At most so many series (default: ${shownSeries})`, value: "N" },
    out: { description: "Write the forecasts of all series into this CSV file", value: "FILE", short: "o" },
    force: { description: "Overwrite the file" },
    changes: { description: "What changed since the version before, and which part moved" },
    "what-if": {
      description: "Replace planned values of inputs, or change them (-10%), and show the difference. Nothing is recorded",
      value: "INPUT=VALUE,...",
    },
    from: { description: "First step with other inputs (default: the first that is forecast)", value: "STEP" },
    until: { description: "Last step with other inputs (default: the last that is forecast)", value: "STEP" },
  },
  examples: [
    "inlay forecast shop-demand",
    "inlay forecast shop-demand --series store=1,item=2",
    "inlay forecast shop-demand --out forecast.csv",
    "inlay forecast shop-demand --changes",
    "inlay forecast shop-demand --what-if price=-10%,promo=true --from 2026-04-13 --until 2026-04-19",
  ],
  async run({ args, options, out, services }) {
    const ahead = await services.lookAhead();
    const name = args["use-case"]!;
    const version = numberOption(options.text("version"), "--version", 2_147_483_647);
    const limit = numberOption(options.text("limit"), "--limit", 10_000) ?? shownSeries;
    const series = keyOf(options.text("series"));
    const other = options.text("what-if");
    const [from, until] = [options.text("from"), options.text("until")];
    if (other !== undefined) {
      const changes = changesOf(other);
      const answer = await ahead.whatIf(name, { version, series, limit, changes, from, until });
      return out.answer(answer, whatIfText(answer, other));
    }
    if (from !== undefined || until !== undefined)
      throw failure("USAGE", {
        problem: "--from and --until go with --what-if",
        hint: "They say at which steps inputs would be others.",
      });
    if (options.flag("changes")) {
      const changes = await ahead.changes(name, { version, limit });
      return out.answer(changes, changesText(changes));
    }
    const file = options.text("out");
    if (file !== undefined) {
      const { content, count } = await csv(ahead, name, { version, series });
      await services.writeFile(file, content, { overwrite: options.flag("force") });
      return out.answer(
        { file, series: count, bytes: content.length },
        `Wrote ${file}: ${formatCount(count)} series, ${formatSize(content.length)}`,
      );
    }
    const page = await ahead.forecast(name, { version, series, limit });
    const [only] = page.series;
    if (page.series.length !== 1 || !only) return out.answer(page, pageText(page));
    const one = await ahead.forecast(name, { version, series, limit, history: shownHistory });
    out.answer(one, seriesText(one, one.series[0]!));
  },
};

/** `store=1,item=2` by column. @throws USAGE */
export function keyOf(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const pairs = text.split(",").map((pair) => /^([^=]+)=(.*)$/.exec(pair.trim()));
  if (pairs.some((pair) => pair === null))
    throw failure("USAGE", {
      problem: `--series takes values by column, got ${text}`,
      hint: "Write for example --series store=1,item=2.",
    });
  return Object.fromEntries(pairs.map((pair) => [pair![1]!.trim(), pair![2]!.trim()]));
}

/** `price=9.99,promo=true` by input: numbers and flags as such, all else as it is written. @throws USAGE */
function changesOf(text: string): Record<string, ChangedInput> {
  const pairs = text.split(",").map((pair) => /^([^=]+)=(.+)$/.exec(pair.trim()));
  if (pairs.some((pair) => pair === null))
    throw failure("USAGE", {
      problem: `--what-if takes values by input, got ${text}`,
      hint: "Write for example --what-if price=9.99,promo=true, or --what-if price=-10%.",
    });
  const valueOf = (written: string): ChangedInput => {
    if (/^(true|false)$/i.test(written)) return written.toLowerCase() === "true";
    return Number.isFinite(Number(written)) ? Number(written) : written;
  };
  return Object.fromEntries(pairs.map((pair) => [pair![1]!.trim(), valueOf(pair![2]!.trim())]));
}

function numberOption(text: string | undefined, option: string, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw failure("USAGE", { problem: `${option} takes a whole number`, hint: `From 1 to ${most}.` });
}

function head({ use_case: name, model_version: version, seen_until: until, steps_old: old, every }: ForecastPage): string {
  const age = old > 0 ? `, ${stepCount(every, old)} ago` : "";
  return `${name} version ${version}, which has seen everything until ${until}${age}.`;
}

function pageText(page: ForecastPage): string {
  const [first] = page.series;
  if (!first) return `${head(page)} Nothing can be said of any series.`;
  const share = formatPercent(page.coverage, 0);
  const rows = page.series.map(({ series, steps, sum }) => [
    series,
    formatNumber(steps[0]!.mean),
    `${formatNumber(steps[0]!.lower)} to ${formatNumber(steps[0]!.upper)}`,
    formatNumber(sum.mean),
    `${formatNumber(sum.lower)} to ${formatNumber(sum.upper)}`,
  ]);
  return [
    head(page),
    "",
    table(
      ["series", first.steps[0]!.step, `${share} of cases`, `sum until ${first.steps.at(-1)!.step}`, `${share} of cases`],
      rows,
    ),
    ...(page.next === null
      ? []
      : ["", `There are more: raise --limit, write them to a file with --out, or name some with --series.`]),
  ].join("\n");
}

/** One series, drawn with its past; as a table too where that is wanted. */
export function seriesText(
  page: ForecastPage,
  { series, steps, history, sum }: SeriesAhead,
  { rows: height, isTable }: { rows: number; isTable: boolean } = { rows: 12, isTable: true },
): string {
  const share = formatPercent(page.coverage, 0);
  const drawn = {
    history: history.map(({ value }) => value ?? Number.NaN),
    mean: steps.map(({ mean }) => mean),
    lower: steps.map(({ lower }) => lower),
    upper: steps.map(({ upper }) => upper),
  };
  const ends = { first: (history[0] ?? steps[0]!).step, last: steps.at(-1)!.step };
  const rows = steps.map(({ step, mean, lower, upper }) => [step, formatNumber(mean), formatNumber(lower), formatNumber(upper)]);
  return [
    head(page),
    "",
    `${series}: • what was, o what is expected, ░ where ${share} of values lie`,
    "",
    chart(drawn, { rows: height, columns: 100, ...ends }, formatNumber),
    "",
    ...(isTable ? [table([page.every, "expected", "from", "to"], rows), ""] : []),
    `In all ${formatNumber(sum.mean)}, in ${share} of cases from ${formatNumber(sum.lower)} to ${formatNumber(sum.upper)}.`,
  ].join("\n");
}

function whatIfText(answer: WhatIf, changes: string): string {
  const { use_case: name, model_version: version, seen_until: seen, from, until, count, sum, coverage } = answer;
  const [only] = answer.series;
  const steps = from === until ? `at ${from}` : `from ${from} until ${until}`;
  const opening = `What if ${changes} ${steps}? By ${name} version ${version}, which has seen everything until ${seen}.`;
  if (!only) return `${opening}\nNothing can be said of any series.`;
  const share = formatPercent(coverage, 0);
  const rows =
    count === 1
      ? only.steps.map((one) => [one.step, ...numbersOf(one), `${formatNumber(one.lower)} to ${formatNumber(one.upper)}`])
      : answer.series.map((one) => [
          one.series,
          ...numbersOf(one.sum),
          ...(answer.outside === 0 ? [] : [one.inputs.some(({ outside }) => outside) ? "never seen so" : ""]),
        ]);
  const head =
    count === 1 ? [answer.every, ...columns, `${share} of cases`] : ["series", ...columns, ...(answer.outside === 0 ? [] : [""])];
  const all = count === 1 ? only.series : `${formatCount(count)} series`;
  const relative = sum.planned === 0 ? "" : ` (${signed(sum.difference / sum.planned, (value) => formatPercent(value))})`;
  return [
    opening,
    "",
    table(head, rows),
    ...(count > answer.series.length
      ? [`and ${formatCount(count - answer.series.length)} more, which move less; --limit shows them`]
      : []),
    "",
    `${all} in sum: ${formatNumber(sum.planned)} as planned, ${formatNumber(sum.what_if)} so: ${signed(sum.difference)}${relative}.`,
    ...outsideText(answer),
    ...unplannedText(answer),
    "Nothing was recorded.",
  ].join("\n");
}

const columns = ["as planned", "what if", "difference"];

function numbersOf({ planned, what_if: other, difference }: WhatIf["sum"]): string[] {
  return [formatNumber(planned), formatNumber(other), signed(difference)];
}

/** What the model has never seen so. */
function outsideText({ count, outside, series }: WhatIf): string[] {
  if (outside === 0) return [];
  const guess = "How far that moves things is a guess; where an input never moved, nothing is taken to come of it.";
  if (count > 1) return [`! ${formatCount(outside)} of the series have never seen such a value. ${guess}`];
  const told = series[0]!.inputs.flatMap(({ input, what_if: other, seen, outside: is }) => {
    if (!is) return [];
    if (!seen) return [`${input} was never known of this series`];
    const before =
      seen.least === seen.greatest
        ? `always ${formatNumber(seen.least)}`
        : `${formatNumber(seen.least)} to ${formatNumber(seen.greatest)}`;
    const asked =
      other!.least === other!.greatest
        ? `and never ${formatNumber(other!.least)}`
        : `and is asked for at ${formatNumber(other!.least)} to ${formatNumber(other!.greatest)}`;
    return [`${input} was ${before} so far, ${asked}`];
  });
  return [`! ${told.join("; ")}. ${guess}`];
}

/** Steps that a change by a share leaves as they are, since there is nothing to change. */
function unplannedText({ series }: WhatIf): string[] {
  const most = new Map<string, number>();
  for (const { inputs } of series)
    for (const { input, unplanned } of inputs) most.set(input, Math.max(most.get(input) ?? 0, unplanned));
  return [...most].flatMap(([input, steps]) =>
    steps === 0
      ? []
      : [`! ${input} is not planned for ${counted(steps, "step")}, which stay as they are: give it a value of its own there.`],
  );
}

function signed(value: number, format: (value: number) => string = formatNumber): string {
  return `${value > 0 ? "+" : ""}${format(value)}`;
}

function changesText(changes: ForecastChanges): string {
  const { use_case: name, model_version: now, version_before: before, from, until } = changes;
  if (before === null) return `${name} version ${now} has no version before it to compare with.`;
  const counts = `${formatCount(changes.series)} series are in both, ${formatCount(changes.new_series)} are new, ${formatCount(changes.gone_series)} are gone.`;
  if (from === null) return `${name} version ${now} against ${before}: they look ahead to no common step. ${counts}`;
  if (changes.changes.length === 0) return `${name} version ${now} says the same as version ${before}. ${counts}`;
  const rows = changes.changes.map((one) => [
    one.series,
    formatNumber(one.before),
    formatNumber(one.now),
    signed(one.now - one.before),
    one.moved
      .slice(0, 3)
      .map(({ part, by }) => `${part} ${signed(by)}`)
      .join(", "),
  ]);
  return [
    `${name} version ${now} against ${before}, over ${from} to ${until}. ${counts}`,
    "",
    table(["series", `version ${before}`, `version ${now}`, "difference", "what moved"], rows),
  ].join("\n");
}

async function csv(
  ahead: LookAhead,
  name: string,
  query: { version: number | undefined; series: Record<string, string> | undefined },
): Promise<{ content: Uint8Array; count: number }> {
  const parts: string[] = [];
  let count = 0;
  let after: string | undefined;
  do {
    const page = await ahead.forecast(name, { ...query, limit: pageSize, after });
    for (const { key, series, steps } of page.series) {
      const columns = Object.keys(key);
      if (count === 0)
        parts.push(
          `${[...(columns.length === 0 ? ["series"] : columns), page.every, "expected", "lower", "upper"].map(cell).join(",")}\n`,
        );
      const named = columns.length === 0 ? [series] : columns.map((column) => key[column] ?? "");
      for (const { step, mean, lower, upper } of steps)
        parts.push(`${[...named, step, mean, lower, upper].map(cell).join(",")}\n`);
      count++;
    }
    after = page.next ?? undefined;
  } while (after !== undefined);
  return { content: Buffer.from(parts.join("")), count };
}

/** RFC 4180. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
