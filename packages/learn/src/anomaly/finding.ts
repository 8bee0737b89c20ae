/** What a detector says of a value of a series, one at a time or in blocks, and of the events that its alarms open. */

/** What can be unusual about a series. The place in this list is the number that stands for a kind in blocks. */
export const anomalyKinds = ["point", "level", "trend", "variance", "season", "frequency", "missing"] as const;
/**
 * - `point`: one value far from what was expected of it
 * - `level`: values lie higher or lower than before, and stay there
 * - `trend`: values climb or fall
 * - `variance`: values scatter more than before
 * - `season`: the pattern of a season, such as the day or the week, is broken
 * - `frequency`: what is rare comes more often, or changes come less often
 * - `missing`: values stay away
 */
export type AnomalyKind = (typeof anomalyKinds)[number];

/**
 * What became of a value. The place in this list is the number that stands for it in blocks.
 *
 * - `judged`: it has a score, and was learnt from
 * - `warming`: it was learnt from, but too few values came before it for an alarm
 * - `missing`: nothing came at this time (NaN or an infinite value was given); the score is that of its staying away
 * - `known`: it has a score, lies in a known event and was neither learnt from nor alarmed
 * - `late`: its time is not after that of the value before, or no time at all; it was left aside
 */
export const outcomes = ["judged", "warming", "missing", "known", "late"] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * Whether a value belongs to an event. The place in this list is the number that stands for it in blocks. `starts` is the alarm: there is one an
 * event.
 */
export const eventStates = ["none", "starts", "goes on", "ends"] as const;
export type EventState = (typeof eventStates)[number];

/** Of one value. No number in it is ever NaN or infinite. */
export interface Finding {
  readonly outcome: Outcome;
  /**
   * One minus a tail probability, in [0, 1): of a series that goes on as before, a share of 1 - score of the values has this score or a higher one. That
   * holds for scores of 0.99 and more; fewer values than that have lower ones, since what was reached before at this time of the season has 0.
   */
  readonly score: number;
  /** What the value was expected to be, of all that came before it. */
  readonly expected: number;
  /** The range in which 99 % of the values lie. lower <= expected <= upper. */
  readonly lower: number;
  readonly upper: number;
  /** What is most unusual about it; of an ordinary value the least ordinary. */
  readonly kind: AnomalyKind;
  readonly event: EventState;
}

/** The findings of a block: place i is that of value i. */
export interface Findings {
  readonly outcome: Uint8Array;
  readonly score: Float64Array;
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly kind: Uint8Array;
  readonly event: Uint8Array;
}

/** Room for the findings of `length` values. */
export function newFindings(length: number): Findings {
  const bytes = (): Uint8Array => new Uint8Array(length);
  const numbers = (): Float64Array => new Float64Array(length);
  return {
    outcome: bytes(),
    score: numbers(),
    expected: numbers(),
    lower: numbers(),
    upper: numbers(),
    kind: bytes(),
    event: bytes(),
  };
}

export function findingAt(findings: Findings, at: number): Finding {
  return {
    outcome: outcomes[findings.outcome[at]!]!,
    score: findings.score[at]!,
    expected: findings.expected[at]!,
    lower: findings.lower[at]!,
    upper: findings.upper[at]!,
    kind: anomalyKinds[findings.kind[at]!]!,
    event: eventStates[findings.event[at]!]!,
  };
}

/** Values of a series that are unusual together: from the alarm to the last of them. Times in epoch milliseconds. */
export interface AnomalyEvent {
  /** Of its peak. */
  readonly kind: AnomalyKind;
  readonly start: number;
  readonly peak: number;
  /** Of the last unusual value so far. */
  readonly end: number;
  /** Whether more values may still belong to it. */
  readonly open: boolean;
  /** The highest score. */
  readonly score: number;
  /** The value at the peak and what was expected there; of a value that was missing, both are what was expected. */
  readonly value: number;
  readonly expected: number;
}
