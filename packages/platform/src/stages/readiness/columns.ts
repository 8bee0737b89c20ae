/** Columns that are not there, and features that cannot teach: empty, constant, or different in nearly every row. */
import { formatCount, nearest } from "#base/text";
import { rowsHave } from "#checks/check";
import type { ColumnProfile, Finding } from "#records/readiness-report";
import { featureKinds, historyOf, namedColumns } from "#records/use-case";
import type { UseCase } from "#records/use-case";
import { concern } from "#stages/readiness/finding";
import type { Subject } from "#stages/readiness/subject";

/** A category with a new value in more than this share of its rows names rows rather than kinds of rows. */
const identifierShare = 0.9;
const leastRows = 50;

/** The columns that the use case names and the snapshot does not have: a finding each. */
export function checkPresence({ snapshot, useCase }: Pick<Subject<UseCase>, "snapshot" | "useCase">): Finding[] {
  const names = snapshot.fields.map(({ name }) => name);
  const computed = Object.keys(historyOf(useCase)).map((column) => ({ place: `history.${column}`, column }));
  return [...namedColumns(useCase), ...computed]
    .filter(({ column }) => !names.includes(column))
    .map(({ place, column }) => {
      const near = nearest(column, names);
      return concern(
        "block",
        "column",
        column,
        `${place} names ${column}, which is not in the snapshot${near === undefined ? "" : `; did you mean ${near}?`}`,
        `The snapshot has ${names.join(", ")}. Correct the name, or add the column to source.query and take a new snapshot.`,
      );
    });
}

export function checkColumns({ snapshot, useCase }: Subject, profiles: readonly ColumnProfile[]): Finding[] {
  const kinds = featureKinds(useCase);
  return profiles.flatMap((profile) => {
    const { name, missing, distinct } = profile;
    const kind = kinds.get(name);
    const present = snapshot.rows - missing;
    if (name === useCase.source.key && missing > 0) {
      const fix = "Every record needs a key: leave such rows out in source.query.";
      return concern("block", "key", name, `${rowsHave(missing)} no ${name}`, fix, { affected_rows: missing });
    }
    if (kind === undefined) return [];
    if (present === 0) {
      const fix = "Take it out of features, or find out why it is not filled.";
      return concern("warn", "empty", name, `${name} is empty in every row`, fix, { affected_rows: snapshot.rows });
    }
    if (distinct <= 1 && snapshot.rows > 1) {
      const detail = `${name} has the same value wherever it is filled`;
      return concern("warn", "constant", name, detail, "Take it out of features: it tells nothing apart.", {
        examples: profile.top.slice(0, 1).map(({ value }) => value),
      });
    }
    if (kind === "category" && present >= leastRows && distinct > identifierShare * present) {
      const detail = `${name} has about ${formatCount(distinct)} values in ${formatCount(present)} rows`;
      const fix =
        profile.type === "number"
          ? "It measures rather than names a kind: make it a number, or take it out of features."
          : "It names rows rather than kinds of rows: take it out of features, or make it text.";
      return concern("warn", "identifier", name, detail, fix);
    }
    return [];
  });
}
