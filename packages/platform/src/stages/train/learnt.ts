/**
 * What a classifier goes by, outcome by outcome: the reasons it gives for the training rows of the outcome, added up. A word that stands
 * for an outcome by accident (a name, a footer, a date) shows here, where whoever knows the outcomes can challenge it.
 */
import type { Row, Table } from "#learn/data/table";
import { rowAt } from "#learn/data/table";
import type { Classifier } from "#learn/model";
import type { ClassifyEvaluation } from "#records/model-version";

type Learnt = ClassifyEvaluation["learnt"][number];
type Piece = Learnt["speaks_for"][number];

/** Rows read of each outcome, evenly spread, and of all together. */
const perOutcome = 200;
const inAll = 10_000;
/** Reasons of a row that count, and pieces that are kept. */
const strongest = 10;
const kept = 8;

export function learntBy(classifier: Classifier, table: Table, labels: readonly string[]): Learnt[] {
  const limit = Math.max(10, Math.min(perOutcome, Math.floor(inAll / classifier.classes.length)));
  const rowsOf = Map.groupBy(labels.keys(), (row) => labels[row]!);
  return classifier.classes.map((outcome, at) => {
    const all = rowsOf.get(outcome) ?? [];
    const step = Math.max(1, Math.ceil(all.length / limit));
    const rows = all.filter((_, index) => index % step === 0);
    const pieces = new Map<string, { field: string; value: string; sum: number; rows: number }>();
    for (const row of rows) {
      for (const { field, value, weight } of reasonsOf(classifier, rowAt(table, row), at)) {
        const name = `${field}\0${value}`;
        const piece = pieces.get(name) ?? { field, value: value.slice(0, 100), sum: 0, rows: 0 };
        piece.sum += weight;
        piece.rows++;
        pieces.set(name, piece);
      }
    }
    const bySum = [...pieces.values()].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum) || (a.value < b.value ? -1 : 1));
    const toPiece = ({ field, value, sum, rows: count }: (typeof bySum)[number]): Piece => ({
      field,
      value,
      weight: Math.round((sum / count) * 1000) / 1000,
      rows: count,
    });
    return {
      outcome,
      rows: rows.length,
      speaks_for: bySum
        .filter(({ sum }) => sum > 0)
        .slice(0, kept)
        .map(toPiece),
      speaks_against: bySum
        .filter(({ sum }) => sum < 0)
        .slice(0, kept)
        .map(toPiece),
    };
  });
}

function reasonsOf(classifier: Classifier, row: Row, outcome: number): ReturnType<Classifier["explainRow"]> {
  return classifier.explainRow(row, outcome, strongest);
}
