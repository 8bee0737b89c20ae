/**
 * History of records that are to be decided, by one question for all of them to each system. The facts of the records are read, and what was known is
 * computed from them as for training rows.
 */
import type { Connection } from "#connectors/connector";
import type { FactValue } from "#learn/history/timeline";
import { historyGroups } from "#records/history";
import type { HistoryGroup } from "#records/history";
import type { RecordUseCase } from "#records/use-case";
import { asTextOf, factsOf, matchText, microseconds, timelineOf, valueColumn } from "#stages/history/facts";
import { valueAt } from "#learn/data/table";

/** Whose history, and as of when. */
export interface Subject {
  /** Columns of the record that its facts are found by, as text. */
  readonly match: Readonly<Record<string, string | null>>;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** By column of history. Instants are epoch milliseconds. */
export type Known = Readonly<Record<string, FactValue>>;

export interface HistoryLookup {
  /** What was known of each. Throws what a connection throws, DATA_UNSUITABLE where the facts lack a column. */
  of(subjects: readonly Subject[], signal?: AbortSignal): Promise<Known[]>;
  close(): Promise<void>;
}

/** Connects at the first question. */
export function openHistoryLookup(connect: (system: string) => Connection, useCase: RecordUseCase): HistoryLookup {
  const groups = historyGroups(useCase);
  const connections = new Map<string, Connection>();
  const connectionTo = (system: string): Connection => {
    const connection = connections.get(system) ?? connect(system);
    connections.set(system, connection);
    return connection;
  };
  async function ask(subjects: readonly Subject[], signal: AbortSignal): Promise<Known[]> {
    const known = await Promise.all(
      groups.map(async (group) => knownOf(connectionTo(group.system), useCase.use_case, { group, subjects, signal })),
    );
    return subjects.map((_, at) => Object.assign({}, ...known.map((of) => of[at]!)) as Known);
  }
  return {
    of: gathered(ask),
    async close() {
      await Promise.all([...connections.values()].map((connection) => connection.close()));
    },
  };
}

interface Asker {
  readonly subjects: readonly Subject[];
  readonly signal: AbortSignal | undefined;
  resolve(known: Known[]): void;
  reject(error: unknown): void;
}

/**
 * One question at a time: those that come meanwhile are gathered and asked together, so that many requests at once need no more connections than one. A
 * question ends early when all who asked it have gone.
 */
function gathered(ask: (subjects: readonly Subject[], signal: AbortSignal) => Promise<Known[]>): HistoryLookup["of"] {
  let waiting: Asker[] = [];
  let asking = false;

  async function askAll(): Promise<void> {
    asking = true;
    while (waiting.length > 0) {
      const askers = waiting;
      waiting = [];
      const all = new AbortController();
      let left = askers.length;
      const leave = (): void => {
        if (--left === 0) all.abort();
      };
      for (const { signal } of askers) {
        if (signal?.aborted === true) leave();
        else signal?.addEventListener("abort", leave);
      }
      try {
        const known = await ask(
          askers.flatMap(({ subjects }) => subjects),
          all.signal,
        );
        let from = 0;
        for (const { subjects, resolve } of askers) resolve(known.slice(from, (from += subjects.length)));
      } catch (error) {
        for (const { reject } of askers) reject(error);
      } finally {
        for (const { signal } of askers) signal?.removeEventListener("abort", leave);
      }
    }
    asking = false; // in the same turn as the last look at `waiting`
  }

  return (subjects, signal) =>
    new Promise((resolve, reject) => {
      waiting.push({ subjects, signal, resolve, reject });
      if (!asking) void askAll();
    });
}

interface Question {
  readonly group: HistoryGroup;
  readonly subjects: readonly Subject[];
  readonly signal: AbortSignal;
}

async function knownOf(connection: Connection, useCase: string, { group, subjects, signal }: Question): Promise<Known[]> {
  const { match, columns } = group;
  const nothing: Known = Object.fromEntries(columns.map(({ name }) => [name, null]));
  const known = subjects.map((): Known => nothing);
  /** Subjects with the same facts, by whose they are. */
  const asking = new Map<string, number[]>();
  for (const [at, subject] of subjects.entries()) {
    const whose = matchText(match.map(([record]) => subject.match[record] ?? null));
    if (whose === null) continue;
    const same = asking.get(whose);
    if (same) same.push(at);
    else asking.set(whose, [at]);
  }
  const asked = [...asking.values()].flat();
  const times = asked.map((at) => subjects[at]!.at).sort((a, b) => a - b);
  const where = {
    equal: Object.fromEntries(
      match.map(([record, fact]) => [fact, [...new Set(asked.map((at) => subjects[at]!.match[record]!))]]),
    ),
    during: {
      column: group.time,
      from: (times[0] ?? 0) - Math.max(...columns.map(({ window }) => window)),
      before: times.at(-1) ?? 0,
    },
  };
  const found = await connection.find(group.from, where, { asText: asTextOf(group), signal });
  const facts = factsOf(useCase, group, found);
  const factTimes = facts.columns["instant"]!.values as Float64Array;
  const factsOfWhom = Map.groupBy(
    Array.from({ length: facts.rows }, (_, at) => at).filter((at) => Number.isFinite(factTimes[at])),
    (at) => facts.columns["whose"]!.values[at],
  );
  const values = columns.map((_, at) => facts.columns[valueColumn(at)]!);
  for (const [whose, those] of asking) {
    const timeline = timelineOf(group);
    const inTurn = (factsOfWhom.get(whose) ?? []).sort((a, b) => factTimes[a]! - factTimes[b]!);
    let next = 0;
    for (const at of those.sort((a, b) => subjects[a]!.at - subjects[b]!.at)) {
      const now = microseconds(subjects[at]!.at);
      for (; next < inTurn.length && factTimes[inTurn[next]!]! < now; next++) {
        const fact = inTurn[next]!;
        timeline.fact(
          factTimes[fact]!,
          values.map((column) => valueAt(column, fact) as FactValue),
        );
      }
      const said = timeline.knownAt(now);
      known[at] = Object.fromEntries(columns.map(({ name }, index) => [name, said[index]!]));
    }
  }
  return known;
}
