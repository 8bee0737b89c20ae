/** Times of series that cannot be read, lie where they cannot, or seem to be of another zone; rows without a name. */
import { isCalendar, stepText } from "#base/steps";
import { rowsHave } from "#checks/check";
import { instantText } from "#checks/profile";
import { earliestDay } from "#checks/series-sql";
import { leastRows } from "#stages/readiness/series-subject";
import type { SeriesSubject } from "#stages/readiness/series-subject";

/** False where there is no time at all, so that nothing else can be said. */
export async function checkSeriesTimes(subject: SeriesSubject): Promise<boolean> {
  const { useCase, snapshot, running, hasKey, read, ask, add, note } = subject;
  const { source, every } = useCase;
  const [seen] = await ask(
    `${read} SELECT count(*) FILTER (NOT (${hasKey})) AS nameless, count(*) FILTER (step IS NULL) AS timeless,
       count(*) FILTER (step > ${running} AND value IS NOT NULL) AS future, max(epoch_ms(moment)) FILTER (step > ${running} AND value IS NOT NULL)::DOUBLE AS latest,
       count(*) FILTER (step = ${running} AND value IS NOT NULL) AS running,
       count(*) FILTER (moment < TIMESTAMP '${earliestDay}') AS ancient, min(epoch_ms(moment))::DOUBLE AS earliest FROM read`,
  );
  const count = (name: string): number => Number(seen![name] ?? 0);
  if (count("timeless") === snapshot.rows) {
    add(
      "block",
      "time",
      source.time,
      `${source.time} holds no instant and no date in any row`,
      "Cast it in source.query, or name another column as source.time.",
      snapshot.rows,
    );
    return false;
  }
  if (count("timeless") > 0)
    add(
      "warn",
      "time",
      source.time,
      `${rowsHave(count("timeless"))} no ${source.time} that can be read; they are left out`,
      `Fill or correct ${source.time} at the source.`,
      count("timeless"),
    );
  if (count("nameless") > 0)
    add(
      "warn",
      "series",
      source.series[0] ?? null,
      `${rowsHave(count("nameless"))} no ${source.series.join(" or ")}; they are left out`,
      "Leave such rows out in source.query, or give them a name of their own.",
      count("nameless"),
    );
  if (count("ancient") > 0)
    add(
      "warn",
      "time",
      source.time,
      `${rowsHave(count("ancient"))} a ${source.time} before ${earliestDay.slice(0, 4)}; they are left out`,
      `Correct them at the source, or set ${source.time} to null in source.query where it cannot be.`,
      count("ancient"),
      [instantText(count("earliest"))],
    );
  if (count("future") > 0)
    add(
      "warn",
      "time",
      source.time,
      `${rowsHave(count("future"))} a ${source.value} after now; they are left out`,
      "What is planned is no history: leave it out in source.query, or bring it as an input.",
      count("future"),
      [instantText(count("latest"))],
    );
  if (count("running") > 0)
    note(
      "time",
      source.time,
      `${stepText(every, running)} is not over and is left out until it is (${rowsHave(count("running"))} it)`,
    );
  await checkZone(subject);
  return true;
}

/** A column of times that no zone was said of, or of midnights of another zone. */
async function checkZone({ useCase, snapshot, dates, read, ask, add }: SeriesSubject): Promise<void> {
  const { source, every } = useCase;
  const field = snapshot.fields.find(({ name }) => name === source.time)!;
  const isLocal = field.type === "string" || /^timestamp$|without time zone|datetime/i.test(field.source_type);
  if (!isCalendar(every) && useCase.time_zone !== "UTC" && isLocal)
    add(
      "warn",
      "zone",
      source.time,
      `${source.time} says no zone and is read as UTC: the hours of a clock change may be there twice, or not at all`,
      `Return instants in source.query, for example ${source.time} at time zone '${useCase.time_zone}'.`,
      null,
    );
  if (!isCalendar(every) || dates || useCase.time_zone !== "UTC") return;
  const [hours] = await ask(
    `${read} SELECT count(DISTINCT epoch_ms(moment) % 86400000) AS n, count(DISTINCT step) AS steps, min(epoch_ms(moment) % 86400000)::DOUBLE AS first FROM past`,
  );
  if (Number(hours!["n"]) > 2 || Number(hours!["steps"]) < leastRows) return;
  const at = new Date(Number(hours!["first"])).toISOString().slice(11, 16);
  add(
    "warn",
    "zone",
    source.time,
    `every ${source.time} is at ${at} UTC, or at that and one other time: it seems to be the midnight of another zone`,
    "Name that zone, for example time_zone: Europe/Berlin; else each day is taken for the one before or after.",
    null,
  );
}
