/** Texts that were damaged on their way (broken encodings, markup), and rows that are there twice. */
import { rowsHave } from "#checks/check";
import { partsOf } from "#checks/columns-at-once";
import type { Finding } from "#records/readiness-report";
import { featureKinds } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";
import { quoteName } from "#tables/sql-text";

/** UTF-8 that was read as Latin-1 or Windows-1252: Ã or â followed by what its second byte becomes. */
const mojibake = "(Ã[\u0080-¿]|â€|Â[\u00a0-¿])";
const markup = "(?i)<(html|body|div|table|br|p|font|a href)[ >/]";
/** Some HTML is what people write about; more than this share of the rows is how the text was made. */
const markupShare = 0.01;

export async function checkTexts({ tables, path, snapshot, useCase, signal }: Subject): Promise<Finding[]> {
  const kinds = featureKinds(useCase);
  const texts = snapshot.fields.filter(({ name, type }) => type === "string" && kinds.has(name));
  const key = quoteName(useCase.source.key);
  const rest = snapshot.fields.filter(({ name }) => name !== useCase.source.key).map(({ name }) => quoteName(name));
  const [rows] = await tables.aggregate(
    path,
    `SELECT count(${key}) - count(DISTINCT ${key}) AS keys, count(*) - count(DISTINCT hash(${rest.join(", ")})) AS copies FROM records`,
    { signal },
  );
  const count = (what: string): number => Number(rows![what]);
  const findings: Finding[] = [];
  if (count("keys") > 0) {
    const detail = `${rowsHave(count("keys"))} a ${useCase.source.key} that an earlier row has too`;
    const fix = "A join in source.query may multiply rows: make it return each record once.";
    findings.push(concern("warn", "key", useCase.source.key, detail, fix, { affected_rows: count("keys") }));
  }
  if (count("copies") > 0) {
    const detail = `${rowsHave(count("copies"))} the same values as an earlier one in everything but ${useCase.source.key}`;
    const { label } = useCase.source;
    const fix =
      label === undefined || useCase.task === "detect"
        ? "What is there several times seems usual: leave copies out in source.query that a join or an import has made."
        : `Copies on both sides of the split flatter the model; leave them out in source.query if ${label} was decided once.`;
    findings.push(concern("warn", "duplicate", null, detail, fix, { affected_rows: count("copies") }));
  }
  for (const some of partsOf(texts)) {
    const parts = some.map(
      ({ name }, at) =>
        `count(*) FILTER (contains(${quoteName(name)}, chr(65533)) OR regexp_matches(${quoteName(name)}, '${mojibake}')) AS broken${at},
         count(*) FILTER (regexp_matches(${quoteName(name)}, '${markup}')) AS markup${at}`,
    );
    const [seen] = await tables.aggregate(path, `SELECT ${parts.join(", ")} FROM records`, { signal });
    for (const [at, { name }] of some.entries()) {
      const broken = Number(seen![`broken${at}`]);
      const marked = Number(seen![`markup${at}`]);
      if (broken > 0) {
        const detail = `${rowsHave(broken)} broken characters in ${name} (such as \uFFFD or Ã¤)`;
        const fix = "Text was decoded with the wrong character set on its way: mend it where it is written.";
        findings.push(concern("warn", "encoding", name, detail, fix, { affected_rows: broken }));
      }
      if (marked > markupShare * snapshot.rows) {
        const detail = `${rowsHave(marked)} HTML in ${name}`;
        const fix = "Its tags are read as words: take them out in source.query if they mean nothing.";
        findings.push(concern("warn", "markup", name, detail, fix, { affected_rows: marked }));
      }
    }
  }
  return findings;
}
