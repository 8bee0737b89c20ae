/** The program as a shell in the folder of a project would start it. */
import { fileURLToPath } from "node:url";

/** For `process.execPath`: what stands before the words of a command. */
export const program: readonly string[] = [
  "--conditions=inlay-source",
  "--disable-warning=ExperimentalWarning",
  fileURLToPath(new URL("../../src/main/bin.ts", import.meta.url)),
];

export const programEnv: NodeJS.ProcessEnv = { ...process.env };
delete programEnv["INLAY_CALLED_FROM"];
