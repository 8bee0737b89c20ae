/**
 * Topics of messages with named parts: `sensors/{host}/values`. Parts are those between two separators; a name in braces stands for one of them,
 * whatever it holds, and is a field of what the message says.
 */
export interface TopicPattern {
  /** As the broker has it, with its own wildcard for each name. */
  readonly filter: string;
  /** The named parts of a topic; null where it is none of these. */
  fieldsOf(topic: string): Record<string, string> | null;
}

/** Stands for all parts that follow, in MQTT and in NATS. */
const rest = /^[#>]$/;
const named = /^\{([^{}]+)\}$/;

export function topicPattern(text: string, separator: string, wildcard: string): TopicPattern {
  const wanted = text.split(separator);
  const names = wanted.map((part) => named.exec(part)?.[1]);
  return {
    filter: wanted.map((part, at) => (names[at] === undefined ? part : wildcard)).join(separator),
    fieldsOf(topic) {
      const parts = topic.split(separator);
      const isOpen = rest.test(wanted.at(-1)!); // any parts may follow
      const fits = (part: string, at: number): boolean =>
        names[at] !== undefined || part === wildcard || rest.test(part) || part === parts[at];
      if (!wanted.every(fits) || (isOpen ? parts.length < wanted.length - 1 : parts.length !== wanted.length)) return null;
      return Object.fromEntries(names.flatMap((name, at) => (name === undefined ? [] : [[name, parts[at] ?? ""]])));
    },
  };
}

/** The names in braces, whatever separates them. */
export function namedParts(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);
}
