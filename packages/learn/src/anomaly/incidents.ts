/** Alarms of related series that come together, as one incident. */

/** An event of a series, as much as grouping needs of it. Times in epoch milliseconds. */
export interface SeriesEvent {
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** Series of one group are related: a host, a service, a line. Only events of one group become one incident. */
  readonly group: string;
}

export interface Incident<Event extends SeriesEvent> {
  readonly group: string;
  readonly start: number;
  readonly end: number;
  /** By start, then as given: the first is the one that began it. */
  readonly events: readonly Event[];
  /** The one with the highest score; of equal ones the first. */
  readonly strongest: Event;
}

/**
 * Events of a group that overlap, or follow each other within `within` milliseconds, are one incident, and so are those that others connect.
 * Incidents by start, then by group. The order in which events are given changes nothing but the order of those that start at once. O(n log n).
 */
export function groupIncidents<Event extends SeriesEvent>(events: readonly Event[], within: number): Incident<Event>[] {
  const sorted = events.toSorted((a, b) => a.start - b.start);
  const open = new Map<string, { end: number; events: Event[] }>();
  const all: { end: number; events: Event[] }[] = [];
  for (const event of sorted) {
    const last = open.get(event.group);
    if (last && event.start <= last.end + within) {
      last.events.push(event);
      last.end = Math.max(last.end, event.end);
    } else {
      const next = { end: event.end, events: [event] };
      open.set(event.group, next);
      all.push(next);
    }
  }
  return all
    .map(({ end, events: members }) => ({
      group: members[0]!.group,
      start: members[0]!.start,
      end,
      events: members,
      strongest: members.reduce((best, one) => (one.score > best.score ? one : best)),
    }))
    .sort((a, b) => a.start - b.start || (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
}
