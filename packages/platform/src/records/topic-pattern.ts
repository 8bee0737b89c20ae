/**
 * Topics of messages with named parts: `sensors/{host}/values`. Parts are those between two separators; a name in braces stands for one of them,
 * whatever it holds, and is a field of what the message says.
 */
export interface TopicPattern {
  /** As the broker has it, with its own wildcard for each name. */
  readonly filter: string;
  readonly fields: readonly string[];
  /** The named parts of a topic. */
  fieldsOf(topic: string): Record<string, string>;
}

const named = /^\{([^{}]+)\}$/;

export function topicPattern(text: string, separator: string, wildcard: string): TopicPattern {
  const names = text.split(separator).map((part) => named.exec(part)?.[1]);
  return {
    filter: text
      .split(separator)
      .map((part, at) => (names[at] === undefined ? part : wildcard))
      .join(separator),
    fields: names.filter((name) => name !== undefined),
    fieldsOf(topic) {
      const parts = topic.split(separator);
      return Object.fromEntries(names.flatMap((name, at) => (name === undefined ? [] : [[name, parts[at] ?? ""]])));
    },
  };
}

/** The names in braces, whatever separates them. */
export function namedParts(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);
}
