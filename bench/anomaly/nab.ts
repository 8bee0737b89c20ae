/** The series of the Numenta Anomaly Benchmark through the detector of series, and its own scorer over them, run from a copy of its repository. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDetector } from "../../packages/learn/src/anomaly/detector.ts";
import { detectorDefaults } from "../../packages/learn/src/anomaly/settings.ts";
import type { DetectorSettings } from "../../packages/learn/src/anomaly/settings.ts";
import { dataRoot } from "../csv.ts";

const DAY = 86_400_000;

/**
 * One setting for all series. Gaps are no anomalies to the labels of the benchmark, nor is how often something happens: both kinds are not asked
 * for.
 */
export const nabSettings: DetectorSettings = {
  ...detectorDefaults,
  budget: { alarms: 1, per: 2 * DAY },
  kinds: ["point", "level", "trend", "variance", "season"],
};

/** The folder of the repository numenta/NAB; null where none was given. */
export function nabFolder(): string | null {
  const folder = process.env["NAB_FOLDER"];
  return folder !== undefined && existsSync(join(folder, "nab", "sweeper.py")) ? folder : null;
}

/** The names of the series of `shared/data`, and of those of the whole benchmark that are not among them. */
export function nabSeries(folder: string): { here: string[]; others: string[] } {
  const here = Object.keys(windows(join(dataRoot, "anomaly/nab/labels/combined_windows.json"))).sort();
  const all = Object.keys(windows(join(folder, "labels/combined_windows.json")));
  return { here, others: all.filter((name) => !here.includes(name)).sort() };
}

const windows = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

export type Profile = "standard" | "reward_low_FP_rate" | "reward_low_FN_rate";
export type NabScores = Readonly<Record<Profile, { readonly score: number }>>;

/** Alarms of ours: the score where an event starts, 0 elsewhere. Values as they come, none seen before its time. */
export function scoresOfOurs(folder: string, name: string): number[] {
  const detector = createDetector(nabSettings, 1);
  return rowsOf(join(folder, "data", name)).map(([time, value]) => {
    const { event, score } = detector.observe(0, Date.parse(`${time!.replace(" ", "T")}Z`), Number(value));
    return event === "starts" ? score : 0;
  });
}

/** The published scores of a detector. */
export function scoresOfPeer(folder: string, peer: string, name: string): number[] {
  return rowsOf(join(folder, "results", peer, dirname(name), `${peer}_${name.split("/")[1]!}`)).map((row) => Number(row[2]));
}

function rowsOf(path: string): string[][] {
  const [, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => line.trim().split(","));
}

/** By the scorer of the benchmark, each profile at its best threshold for all the series. */
export async function scoreNab(
  python: string,
  folder: string,
  names: readonly string[],
  scoresOf: (name: string) => number[],
): Promise<NabScores> {
  const input = Object.fromEntries(
    names.map((name) => [name, { times: rowsOf(join(folder, "data", name)).map(([time]) => time), scores: scoresOf(name) }]),
  );
  const script = join(dirname(fileURLToPath(import.meta.url)), "nab_score.py");
  const child = spawn(python, [script, folder, join(folder, "labels/combined_windows.json")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(input));
  let answer = "";
  for await (const part of child.stdout) answer += String(part);
  return JSON.parse(answer) as NabScores;
}
