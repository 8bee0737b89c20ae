/**
 * Where a command prints. Answers go to standard output: text for people, or one JSON value with `--json`. Progress and notes go
 * to standard error, progress only where a person watches, so that pipes stay clean.
 */
export interface Output {
  /** The answer: `value` for machines, `text` for people. Called once; by what goes on until it is ended, once a round. */
  answer(value: unknown, text: string): void;
  /** A line for people beside the answer; silent with `--json`. */
  note(line: string): void;
  /** Shows how far long work is; replaces the line before. `share` in [0, 1], or null where it is not known. */
  progress(doing: string, share: number | null): void;
  /** Takes the progress line away. */
  settle(): void;
}

export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

export function openOutput({ stdout, stderr }: Streams, json: boolean): Output {
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write("\r\u001b[2K");
    shown = false;
  };
  return {
    answer(value, text) {
      clear();
      stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text.endsWith("\n") ? text : `${text}\n`);
    },
    note(line) {
      clear();
      if (!json) stderr.write(`${line}\n`);
    },
    progress(doing, share) {
      if (stderr.isTTY !== true) return;
      clear();
      const percent = share === null ? "" : ` ${String(Math.floor(share * 100)).padStart(3)} %`;
      stderr.write(`${bar(share)}${percent} ${doing}`.slice(0, (stderr.columns ?? 80) - 1));
      shown = true;
    },
    settle: clear,
  };
}

/** Rows of cells with aligned columns; numbers right, the rest left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const numeric = head.map((_, at) => rows.length > 0 && rows.every((row) => /^[-\d.,% ]*$/.test(row[at] ?? "")));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (numeric[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

function bar(share: number | null): string {
  const width = 20;
  const full = share === null ? 0 : Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}]`;
}
