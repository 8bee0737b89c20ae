/** Instants that cannot be: missing, before computers, after now, or far from all others. */
import { rowsHave } from "#checks/check";
import { instantText } from "#checks/profile";
import type { Finding } from "#records/readiness-report";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** Systems write their zero, 1970-01-01, where they know nothing. */
const earliest = "1971-01-01";
/** Far is further from the middle half than so many times its width, which counts as a month at least. */
const farWidths = 10;
const leastWidthMs = 30 * 86_400_000;
const shownInstants = 3;

export async function checkTimes({ tables, path, snapshot, useCase, now, signal }: Subject): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { time } = useCase.source;
  for (const { name } of snapshot.fields.filter(({ type }) => type === "time")) {
    const seen = await suspectTimes(name);
    const fix = `Correct them at the source, or set ${name} to null in source.query where it cannot be.`;
    for (const [where, what] of [
      ["future", "after now"],
      ["past", `before ${earliest.slice(0, 4)}`],
      ["far", "far from all others"],
    ] as const) {
      const { count, instants } = seen[where];
      if (count === 0) continue;
      const detail = `${rowsHave(count)} a ${name} ${what}`;
      findings.push(concern("warn", "time", name, detail, fix, { affected_rows: count, examples: instants }));
    }
    if (name === time && seen.missing > 0) {
      const detail = `${rowsHave(seen.missing)} no ${name}; such rows are learnt from and never judged on`;
      const fill = `Fill ${name} at the source where it is known.`;
      findings.push(concern("warn", "time", name, detail, fill, { affected_rows: seen.missing }));
    }
  }
  if (snapshot.fields.some(({ name, type }) => name === time && type !== "time")) {
    const detail = `${time} holds text, not instants; it is read as RFC 3339 where it can be`;
    const fix = "Cast it in source.query, so that the database says which are instants.";
    findings.push(concern("warn", "time", time ?? null, detail, fix));
  }
  return findings;

  interface Suspect {
    readonly count: number;
    readonly instants: string[];
  }

  async function suspectTimes(name: string): Promise<{ missing: number; future: Suspect; past: Suspect; far: Suspect }> {
    const at = quoteName(name);
    const rows = await tables.aggregate(
      path,
      `WITH instants AS (SELECT ${at} AS instant, CASE WHEN isfinite(${at}) THEN epoch_ms(${at}) END AS ms FROM records),
            middle AS (SELECT quantile_disc(ms, 0.25) AS low, quantile_disc(ms, 0.75) AS high FROM instants),
            bounds AS (SELECT low, high, ${farWidths} * greatest(high - low, ${leastWidthMs}) AS reach FROM middle),
            judged AS (SELECT instant, CASE WHEN instant IS NULL THEN 'missing' WHEN instant > make_timestamp(${Math.round(now * 1000)}) THEN 'future'
              WHEN instant < TIMESTAMP '${earliest}' THEN 'past' WHEN ms < low - reach OR ms > high + reach THEN 'far' END AS verdict FROM instants, bounds)
       SELECT verdict, instant, sum(count(*)) OVER (PARTITION BY verdict) AS n FROM judged WHERE verdict IS NOT NULL GROUP BY verdict, instant
       QUALIFY row_number() OVER (PARTITION BY verdict ORDER BY instant) <= ${shownInstants} ORDER BY verdict, instant`,
      { signal },
    );
    const found = (verdict: string): Suspect => {
      const those = rows.filter((row) => row["verdict"] === verdict);
      const instants = those.flatMap((row) => (row["instant"] === null ? [] : [instantText(Number(row["instant"]))]));
      return { count: Number(those[0]?.["n"] ?? 0), instants };
    };
    return { missing: found("missing").count, future: found("future"), past: found("past"), far: found("far") };
  }
}
