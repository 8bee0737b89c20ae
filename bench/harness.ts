/**
 * What every bench is: a named peer and ours, measured in turn in one run on one machine, so that a busy or a slow machine disturbs both
 * alike; medians over the rounds, and the ratio of each round's pair rather than of two medians. Results go to
 * `bench/results/<name>.json` and `.md`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Bench {
  readonly name: string;
  readonly title: string;
  /** The answer is why nothing could be measured, if so. */
  run(report: Report): Promise<void | { readonly skipped: string }>;
}

/** One figure of ours, beside the peer's where there is one. One value a round, rounds in the same order; or the median alone. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly ours: readonly number[];
  readonly peer?: { readonly name: string; readonly values: readonly number[] };
  /** What the product promises, in words. */
  readonly promise?: string;
}

export interface Report {
  add(figure: Figure): void;
  /** A sentence under the table: how it was measured, what is not comparable. */
  note(text: string): void;
}

/** Runs the peer and ours in turn, `rounds` times each; one round before is thrown away. */
export async function inTurn<Peer, Ours>(
  rounds: number,
  peer: () => Promise<Peer>,
  ours: () => Promise<Ours>,
): Promise<{ peer: Peer[]; ours: Ours[] }> {
  const measured: { peer: Peer[]; ours: Ours[] } = { peer: [], ours: [] };
  for (let round = 0; round <= rounds; round++) {
    const pair = [await peer(), await ours()] as const;
    if (round === 0) continue;
    measured.peer.push(pair[0]);
    measured.ours.push(pair[1]);
  }
  return measured;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Runs one bench and writes its results; the answer is its table in Markdown. */
export async function runBench(bench: Bench, now: Date): Promise<string> {
  const figures: Figure[] = [];
  const notes: string[] = [];
  const outcome = await bench.run({ add: (figure) => figures.push(figure), note: (text) => notes.push(text) });
  if (outcome) return `# ${bench.title}\n\nSkipped: ${outcome.skipped}\n`;
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version, at: now.toISOString() };
  const markdown = table(bench.title, figures, notes, machine);
  const folder = join(dirname(fileURLToPath(import.meta.url)), "results");
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, `${bench.name}.json`),
    `${JSON.stringify({ name: bench.name, machine, figures, notes }, null, 2)}\n`,
  );
  await writeFile(join(folder, `${bench.name}.md`), markdown);
  return markdown;
}

function table(
  title: string,
  figures: readonly Figure[],
  notes: readonly string[],
  machine: Record<string, string | number>,
): string {
  const rows = figures.map(({ what, unit, better, ours, peer, promise }) => {
    const theirs = peer ? `${digits(median(peer.values))} ${unit} (${peer.name})` : "";
    const ratio = peer ? `${digits(median(ours.map((value, round) => gain(value, peer.values[round]!, better))))} x` : "";
    return `| ${what} | ${digits(median(ours))} ${unit} | ${theirs} | ${ratio} | ${promise ?? ""} |`;
  });
  return [
    `# ${title}`,
    "",
    "| | ours | peer | as good as the peer | promised |",
    "|---|---:|---:|---:|---|",
    ...rows,
    "",
    ...notes.map((note) => `- ${note}`),
    `- Medians of rounds in turn, on ${machine["cpu"]}, ${machine["cores"]} cores, Node ${machine["node"]}, ${machine["at"]}.`,
    "",
  ].join("\n");
}

/** Above 1 where ours is better. */
function gain(ours: number, peer: number, better: Figure["better"]): number {
  return better === "higher" ? ours / peer : peer / ours;
}

function digits(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
