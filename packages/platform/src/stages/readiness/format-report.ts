/** A readiness report for people: the verdict, what must be done worst first, then what holds, then the columns. */
import { formatCount, formatPercent } from "#base/text";
import type { Finding, ReadinessReport } from "#records/readiness-report";

const order = { block: 0, warn: 1, pass: 2 } as const;

export function formatReport(report: ReadinessReport): string {
  const concerns = report.findings
    .filter(({ verdict }) => verdict !== "pass")
    .sort((a, b) => order[a.verdict] - order[b.verdict]);
  const passed = report.findings.filter(({ verdict }) => verdict === "pass");
  return [
    `${report.use_case}: ${report.verdict}. ${formatCount(report.rows)} rows of snapshot ${report.snapshot.slice(0, 12)}.`,
    ...(concerns.length === 0 ? ["Nothing to do."] : concerns.flatMap((finding) => ["", ...concernLines(finding)])),
    ...(passed.length === 0 ? [] : ["", "Holds:", ...passed.map(({ detail }) => `  ${detail}`)]),
    "",
    "Columns:",
    ...report.columns.map((column) => {
      const missing =
        column.missing === 0
          ? ""
          : `, ${formatCount(column.missing)} missing (${formatPercent(column.missing / Math.max(1, report.rows), 2)})`;
      const range = column.min === null ? "" : `, ${shown(column.min)} to ${shown(column.max)}`;
      return `  ${column.name} (${column.type}): ${formatCount(column.distinct)} values${missing}${range}`;
    }),
  ].join("\n");
}

function concernLines(finding: Finding): string[] {
  const examples =
    finding.examples.length === 0
      ? []
      : [`         for example ${finding.examples.map((text) => JSON.stringify(text)).join(", ")}`];
  return [
    `${finding.verdict.toUpperCase().padEnd(7)}${finding.detail}`,
    ...examples,
    ...(finding.fix === null ? [] : [`       ${finding.fix}`]),
  ];
}

function shown(value: number | string | null): string {
  return typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value).slice(0, 10);
}
